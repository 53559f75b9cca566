"""Pooled trust measures against sums made by hand."""

import numpy as np
import pandas as pd
import pytest

from semclear.evaluation.scoring import COLUMNS
from semclear.evaluation.tables.pooling import METRICS, pool
from semclear.params import Evaluation

SETTINGS = Evaluation(bootstrap=300, confidence=0.95)
DIFFERENCES = {"m0": np.array([1.0, 2.0, 3.0]), "m1": np.array([0.0]), "m2": np.array([])}
GAPS = {"m0": (8, 10), "m1": (0, 2)}


def scores_of(names=("m0", "m1", "m2")):
    rows = []
    for name in names:
        head, values = ("fog", "fog", "cyclegan", name, "spheres"), DIFFERENCES[name]
        rows += [(*head, "objects_true", 4.0), (*head, "objects_found", len(values) / 4)]
        if len(values):
            rows += [(*head, "diameter_bias", values.mean()), (*head, "diameter_deviation", values.std())]
        if name in GAPS:
            rows += [(*head, "gaps_seen_1", GAPS[name][0]), (*head, "gaps_1", GAPS[name][1])]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def test_objects_and_gaps_are_pooled_and_shares_are_means():
    table = pool(scores_of(), 3, SETTINGS).set_index("metric")
    everything = np.concatenate(list(DIFFERENCES.values()))
    assert table.loc["diameter_bias", "mean"] == pytest.approx(everything.mean())
    limit = 1.96 * everything.std(ddof=1)
    assert table.loc["diameter_upper", "mean"] == pytest.approx(everything.mean() + limit)
    assert table.loc["diameter_lower", "mean"] == pytest.approx(everything.mean() - limit)
    assert table.loc["diameter_bias", "n"] == 2, "a micrograph without a match has no bias"
    assert table.loc["objects_found", ["mean", "n"]].tolist() == [pytest.approx((0.75 + 0.25) / 3), 3]
    assert table.loc["gaps_seen_1", "mean"] == pytest.approx(8 / 12)
    assert (table.loc["gaps_seen_1", "low"], table.loc["gaps_seen_1", "high"]) == (0.0, 0.8)
    assert list(table.index) == [name for name in METRICS if name in table.index]


def test_a_single_micrograph_has_no_interval():
    table = pool(scores_of(("m0",)), 3, SETTINGS).set_index("metric")
    assert table["low"].isna().all() and table["high"].isna().all() and table["mean"].notna().all()


def test_scores_without_truth_give_an_empty_table():
    plain = pd.DataFrame([("tin", "tin", "cyclegan", "r0", "", "ag", 4.0)], columns=list(COLUMNS))
    table = pool(plain, 3, SETTINGS)
    assert table.empty and list(table.columns) == [
        "dataset",
        "model",
        "method",
        "metric",
        "n",
        "mean",
        "low",
        "high",
    ]
