"""Tables as CSV, Markdown and LaTeX, the same bytes for the same numbers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from semclear.files import whole_file

_LATEX = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
}


@dataclass(frozen=True)
class Block:
    """One printed table: a title, column heads, and rows of text, the first `heads` columns being names."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    heads: int = 1


def write_csv(path: str | Path, table: pd.DataFrame) -> None:
    """Write a table with ten significant digits; NaN is left empty."""
    with whole_file(path) as scratch:
        table.to_csv(scratch, index=False, lineterminator="\n", float_format="%.10g", encoding="utf-8")


def _cell(text: str) -> str:
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("\n", " ")


def markdown(blocks: Sequence[Block], note: str) -> str:
    """Return the blocks as GitHub Markdown, the note at the end."""
    parts = []
    for block in blocks:
        marks = [":--"] * block.heads + ["--:"] * (len(block.columns) - block.heads)
        lines = [block.columns, marks, *block.rows]
        body = "\n".join("| " + " | ".join(_cell(cell) for cell in line) + " |" for line in lines)
        parts.append(f"**{_cell(block.title)}**\n\n{body}\n")
    return "\n".join([*parts, f"{note}\n"])


def escape(text: str) -> str:
    """Return text that LaTeX prints as it stands; a minus before a digit becomes a minus sign."""
    escaped = "".join(_LATEX.get(character, character) for character in text)
    return re.sub(r"(?<![\w-])-(?=\d)", "$-$", escaped)


def latex(blocks: Sequence[Block], note: str) -> str:
    """Return the blocks as LaTeX tables for the packages booktabs and graphicx."""
    parts = ["% needs \\usepackage{booktabs,graphicx}\n"]
    for block in blocks:
        form = "l" * block.heads + "r" * (len(block.columns) - block.heads)
        lines = [
            r"\begin{table}",
            r"\centering",
            rf"\caption{{{escape(block.title)}. {escape(note)}}}",
            r"\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{%",
            rf"\begin{{tabular}}{{{form}}}",
            r"\toprule",
            " & ".join(map(escape, block.columns)) + r" \\",
            r"\midrule",
            *(" & ".join(map(escape, row)) + r" \\" for row in block.rows),
            r"\bottomrule",
            r"\end{tabular}}",
            r"\end{table}",
        ]
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


def write_text(path: str | Path, text: str) -> None:
    """Write a text file, whole or not at all."""
    with whole_file(path) as scratch:
        scratch.write_text(text, encoding="utf-8")
