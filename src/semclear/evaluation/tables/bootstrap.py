"""What can be said of a method from a few dozen micrographs.

Micrographs are the units: patches of one micrograph are not independent.
"""

from __future__ import annotations

import numpy as np
from scipy import stats

from semclear.seeds import generator

Interval = tuple[float, float]


def resamples(count: int, draws: int, seed: int, *names: object) -> np.ndarray:
    """Return bootstrap draws of `count` micrographs with replacement.

    Parameters
    ----------
    count : int
        How many micrographs there are.
    draws : int
        How often to draw as many.
    seed : int
        The study's seed.
    *names : object
        What the draws are for. All methods and metrics of a data set use the
        same ones, so that their ratios and differences are drawn jointly.

    Returns
    -------
    ndarray, (draws, count), int
        Indices of micrographs.
    """
    return generator(seed, "bootstrap", *names, count).integers(count, size=(draws, count))


def percentiles(draws: np.ndarray, confidence: float) -> Interval:
    """Return the percentile interval of a statistic from its bootstrap draws; NaN draws are left out."""
    draws = draws[np.isfinite(draws)]
    if draws.size == 0:
        return float("nan"), float("nan")
    low, high = np.quantile(draws, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)


def interval(values: np.ndarray, indices: np.ndarray, confidence: float) -> Interval:
    """Return the percentile-bootstrap confidence interval of a mean.

    Efron and Tibshirani 1993, "An Introduction to the Bootstrap", chapter 13.

    Parameters
    ----------
    values : ndarray, (n,)
        One a micrograph.
    indices : ndarray, (draws, n)
        From `resamples`.
    confidence : float
        In (0, 1).

    Returns
    -------
    low, high : float
        NaN for a single micrograph, which says nothing about others.
    """
    values = np.asarray(values, np.float64)
    if values.size < 2:
        return float("nan"), float("nan")
    return percentiles(values[indices].mean(axis=1), confidence)


def wilcoxon(differences: np.ndarray) -> float:
    """Return the two-sided p-value of Wilcoxon's signed-rank test for paired differences.

    Wilcoxon 1945, doi:10.2307/3001968. Zero differences are left out; 1 if all are zero.
    """
    differences = np.asarray(differences, np.float64)
    if not np.any(differences):
        return 1.0
    return float(stats.wilcoxon(differences).pvalue)
