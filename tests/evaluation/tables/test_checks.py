"""The table of checks: which metrics enter it, their means, and how they print."""

import pandas as pd
import pytest

from semclear.evaluation.metric import names_of
from semclear.evaluation.scoring import COLUMNS
from semclear.evaluation.tables import checks, formatting
from semclear.evaluation.tables.summary import summarise
from semclear.params import Evaluation

SETTINGS = Evaluation(bootstrap=200, confidence=0.95)


def scores():
    rows = [("fog", "fog", "cyclegan", "a", "spheres", "trust_flag", 1.0)]
    rows += [("fog", "fog", "cyclegan", name, "spheres", "trust_flag", 0.0) for name in "bcd"]
    rows += [("fog", "fog", "cyclegan", name, "spheres", "psnr", 20.0) for name in "abcd"]
    rows += [("fog", "fog", "cyclegan", "null-empty", "", "null_empty_change", 0.02)]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def means():
    return summarise(scores().query("metric != 'psnr'"), 1, SETTINGS)


def test_means_of_checks_by_hand():
    table = means().set_index("metric")
    assert set(table.index) == {"trust_flag", "null_empty_change"} <= set(names_of(checks.ENTRIES))
    assert table.loc["trust_flag", "mean"] == 0.25 and table.loc["trust_flag", "n"] == 4
    assert table.loc["null_empty_change", "mean"] == 0.02
    assert pd.isna(table.loc["null_empty_change", "low"]), "one field has no interval"


@pytest.mark.parametrize(
    ("metric", "value", "printed"),
    [
        ("trust_flag", 0.25, "25.0"),
        ("sigma_bias", 0.5, "+0.500"),
        ("hiding_amplification", 0.1234, "0.123"),
        ("null_empty_change", 0.02, "0.0200"),
        ("redegradation_rms", 0.01536, "0.0154"),
        ("interval_width", 0.1, "0.1000"),
        ("null_noise_objects", 31.0, "31"),
        ("null_noise_object_contrast", 0.25, "0.2500"),
        ("null_clear_objects_missed_before", 0.25, "25.0"),
    ],
)
def test_printed_in_the_right_unit(metric, value, printed):
    assert formatting.number(value, metric) == printed


def test_grey_values_are_columns_of_the_table():
    names = names_of(checks.ENTRIES)
    grey = [entry for entry in checks.ENTRIES if entry.digits == checks.GREY]
    assert len(grey) == 12 and not any(entry.percent for entry in grey)
    assert names.index("redegradation_rms") < names.index("redegradation_ratio")
    assert len(set(names)) == len(names)


def test_null_tests_are_a_block_of_their_own():
    table = means()
    (shown,) = formatting.method_blocks(table, "Checks on", order=names_of(checks.OF_RESTORATIONS))
    (nulls,) = formatting.method_blocks(
        table, "Null tests on", order=names_of(checks.OF_NULL_TESTS), counted="at most"
    )
    assert (shown.title, nulls.title) == ("Checks on fog, 4 test micrographs", "Null tests on fog, 1 at most")
    assert len(nulls.columns) == 3 and nulls.rows == [["CycleGAN", "fog", "0.0200"]]
