"""Markdown and LaTeX text."""

import re

import numpy as np
import pandas as pd

from semclear.evaluation.tables.formatting import number, with_interval
from semclear.evaluation.tables.writers import Block, escape, latex, markdown, write_csv

BLOCK = Block("50 % of x_1", ["method", "a|b"], [["A & B", "-1.2 [-2.0, +0.1]"], ["wiener-2", "3"]])


def test_latex_specials_print_as_they_stand():
    assert escape(r"a_b & 5 % $x$ #1 {y} ~ ^ \z") == (
        r"a\_b \& 5 \% \$x\$ \#1 \{y\} \textasciitilde{} \textasciicircum{} \textbackslash{}z"
    )
    assert escape("-1.5 [-2, wiener-2]") == "$-$1.5 [$-$2, wiener-2]"


def test_latex_has_a_booktabs_table_with_even_rows():
    text = latex([BLOCK], "Note.")
    assert text.index(r"\toprule") < text.index(r"\midrule") < text.index(r"\bottomrule")
    assert r"\begin{tabular}{lr}" in text and r"\caption{50 \% of x\_1. Note.}" in text
    body = re.findall(r"^(.*) \\\\$", text, re.M)
    assert [len(re.findall(r"(?<!\\)&", line)) for line in body] == [1, 1, 1]
    assert text.count("{") == text.count("}")


def test_markdown_escapes_pipes():
    text = markdown([BLOCK], "Note.")
    assert "| method | a\\|b |\n| :-- | --: |\n| A & B | -1.2 [-2.0, +0.1] |" in text
    assert text.endswith("Note.\n")


def test_numbers_have_the_decimals_of_their_metric():
    assert number(12.346, "psnr") == "12.35"
    assert number(0.12345, "ssim") == "0.123"
    assert number(-0.25, "ag_error") == "-25.0"
    assert number(np.nan, "psnr") == "-"
    assert with_interval(1.0, np.nan, np.nan, "psnr") == "1.00"
    assert with_interval(1.0, -0.5, 2.0, "psnr", signed=True) == "+1.00 [-0.50, +2.00]"


def test_csv_has_ten_digits_and_empty_cells_for_nan(tmp_path):
    write_csv(tmp_path / "t.csv", pd.DataFrame({"a": [1 / 3, np.nan], "n": [1, 2]}))
    assert (tmp_path / "t.csv").read_bytes() == b"a,n\n0.3333333333,1\n,2\n"
