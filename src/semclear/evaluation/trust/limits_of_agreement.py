"""Bland and Altman's limits of agreement, of one set of differences or pooled from several."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

WIDTH = 1.96
"""Standard deviations of a normal distribution that hold 95 %."""


def limits(counts: ArrayLike, means: ArrayLike, deviations: ArrayLike) -> tuple[np.ndarray, ...]:
    """Return bias and limits of agreement, bias +/- 1.96 s, of differences known by their sums.

    Bland and Altman 1986, doi:10.1016/S0140-6736(86)90837-8. The limits hold
    about 95 % of the single differences; s is their sample standard
    deviation, within and between groups together.

    Parameters
    ----------
    counts, means, deviations : array_like, (..., groups)
        Number of differences in each group, their mean, and their population
        standard deviation (divided by n); a group of 0 counts nothing,
        whatever its mean.

    Returns
    -------
    bias, lower, upper : ndarray, (...)
        NaN without a difference, limits NaN with fewer than two.
    """
    counts, means, deviations = (np.asarray(values, np.float64) for values in (counts, means, deviations))
    means, deviations = np.where(counts > 0, means, 0), np.where(counts > 0, deviations, 0)
    total = counts.sum(axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        bias = np.sum(counts * means, axis=-1) / total
        squares = np.sum(counts * (deviations**2 + (means - bias[..., None]) ** 2), axis=-1)
        spread = np.sqrt(np.where(total > 1, squares / (total - 1), np.nan))
    return bias, bias - WIDTH * spread, bias + WIDTH * spread
