"""Trust measures of a whole test set: means over micrographs, and what is pooled over objects and gaps."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from semclear.evaluation.metric import Metric, names_of
from semclear.evaluation.tables import bootstrap
from semclear.evaluation.tables.summary import COLUMNS
from semclear.evaluation.trust.limits_of_agreement import limits
from semclear.evaluation.trust.narrow_gaps import BINS
from semclear.params import Evaluation

MEANS = (
    Metric("frc_resolution", "FRC resolution (px)", 2, better="lower"),
    Metric("invented_energy", "invented energy (%)", 1, percent=True, better="lower"),
    Metric("objects_found", "objects found (%)", 1, percent=True, better="higher"),
    Metric("objects_missed", "missed (%)", 1, percent=True, better="lower"),
    Metric("objects_invented", "invented (%)", 1, percent=True, better="lower"),
    Metric("size_distance", "size distance (px)", 2, better="lower"),
)
LIMITS = (
    Metric("diameter_bias", "diameter bias (px)", 2, signed=True),
    Metric("diameter_lower", "lower limit (px)", 2, signed=True),
    Metric("diameter_upper", "upper limit (px)", 2, signed=True),
)
SEEN = tuple(
    Metric(f"gaps_seen_{name}", f"gaps of {name.replace('_', ' to ')} px seen (%)", 1, True, better="higher")
    for name in BINS
)
ENTRIES = (*MEANS[:5], *LIMITS, MEANS[5], *SEEN)
METRICS = names_of(ENTRIES)

Pooled = Callable[..., tuple[np.ndarray, ...]]


def _mean(values: np.ndarray) -> tuple[np.ndarray, ...]:
    return (values.mean(axis=-1),)


def _agreement(
    true: np.ndarray, found: np.ndarray, bias: np.ndarray, deviation: np.ndarray
) -> tuple[np.ndarray, ...]:
    return limits(np.rint(true * found), bias, deviation)


def _ratio(seen: np.ndarray, count: np.ndarray) -> tuple[np.ndarray, ...]:
    return (seen.sum(axis=-1) / count.sum(axis=-1),)


def _statistics() -> list[tuple[tuple[str, ...], tuple[str, ...], Pooled]]:
    """Return (results, scores a micrograph they need, how they follow)."""
    means = [((name,), (name,), _mean) for name in names_of(MEANS)]
    sizes = ("objects_true", "objects_found", "diameter_bias", "diameter_deviation")
    ratios = [((f"gaps_seen_{name}",), (f"gaps_seen_{name}", f"gaps_{name}"), _ratio) for name in BINS]
    return [*means, (names_of(LIMITS), sizes, _agreement), *ratios]


def pool(scores: pd.DataFrame, seed: int, settings: Evaluation) -> pd.DataFrame:
    """Return the trust measures of every method on every data set with bootstrap intervals over micrographs.

    Shares, resolution and the distance of sizes are means over the
    micrographs that have them. Bias and limits of agreement of the diameters
    are those of all matched objects together, and the share of gaps seen that
    of all gaps of a range of widths: a micrograph with more objects counts
    more. Their intervals draw whole micrographs, objects of one not being
    independent.

    Parameters
    ----------
    scores : DataFrame
        Tidy scores, sorted.
    seed : int
        The study's seed.
    settings : Evaluation
        Number of draws and confidence.

    Returns
    -------
    DataFrame
        As `summary.COLUMNS`, metrics as in `METRICS`; `n` counts the
        micrographs, `low` and `high` are NaN for a single one.
    """
    rows = []
    for key, group in scores.groupby(["dataset", "model", "method"], sort=False):
        table = group.pivot(index="micrograph", columns="metric", values="value").sort_index()
        made = {}
        for names, needed, statistic in _statistics():
            if not set(needed) <= set(table.columns):
                continue
            values = table[list(needed)].dropna().to_numpy(np.float64).T
            count = values.shape[1]
            if count == 0:
                continue
            drawn = [(np.nan, np.nan)] * len(names)
            if count > 1:
                indices = bootstrap.resamples(count, settings.bootstrap, seed, key[0])
                draws = statistic(*(row[indices] for row in values))
                drawn = [bootstrap.percentiles(draw, settings.confidence) for draw in draws]
            for name, mean, ends in zip(names, statistic(*values), drawn, strict=True):
                made[name] = (*key, name, count, float(mean), *ends)
        rows += [made[name] for name in METRICS if name in made]
    return pd.DataFrame(rows, columns=list(COLUMNS))
