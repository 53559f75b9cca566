"""What an uncertainty map is worth: does it rank errors, and do intervals made of it hold the truth?

Maps and errors are (H, W) in grey units. Intervals are calibrated on other
micrographs than they are tested on.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from scipy.stats import rankdata

from semclear.errors import SemclearError
from semclear.restoration.checks.residual import pearson

#: Grey added to every uncertainty: half a level of 255, which rounding to 8 bits makes uncertain anyway.
FLOOR = 0.5 / 255
#: Shares of pixels taken away, 0 to 0.95, at which sparsification is looked at.
SHARES = np.arange(0.0, 1.0, 0.05)
#: Resolution of the pooled distribution: quantiles of each micrograph, so that large ones weigh no more.
QUANTILES = 2001


def rank_correlation(uncertainty: np.ndarray, error: np.ndarray) -> float | None:
    """Return Spearman's correlation of a map and the absolute error, or None where either is constant."""
    return pearson(rankdata(uncertainty), rankdata(np.abs(error)))


def sparsification(uncertainty: np.ndarray, error: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean absolute error of what is left when the most uncertain pixels are taken away.

    Parameters
    ----------
    uncertainty, error : ndarray, (H, W)
        Map and signed or absolute error.

    Returns
    -------
    curve, best : ndarray, (20,)
        At `SHARES`, relative to the error of all pixels: by the map, and by
        the error itself, which no map can beat. Zeros where the error is zero.

    References
    ----------
    Ilg et al., ECCV 2018, arXiv:1802.07095.
    """
    size = np.abs(np.asarray(error, np.float64)).ravel()
    whole = size.mean() or 1.0
    kept = np.maximum(1, np.round(size.size * (1 - SHARES)).astype(int))

    def left(order: np.ndarray) -> np.ndarray:
        return (np.cumsum(size[order]) / np.arange(1, size.size + 1))[kept - 1] / whole

    return left(np.argsort(np.ravel(uncertainty), kind="stable")), left(np.argsort(size, kind="stable"))


def sparsification_area(uncertainty: np.ndarray, error: np.ndarray) -> float:
    """Return the area between a map's sparsification curve and the best one, relative to the mean error; 0 is best."""
    curve, best = sparsification(uncertainty, error)
    return float(np.trapezoid(curve - best, SHARES))


def normalised(uncertainty: np.ndarray, error: np.ndarray) -> np.ndarray:
    """Return |error| / (uncertainty + `FLOOR`), the score whose quantile makes the intervals."""
    return np.abs(np.asarray(error, np.float64)) / (np.asarray(uncertainty, np.float64) + FLOOR)


def factor(scores: Iterable[np.ndarray], coverage: float) -> float:
    """Return the factor q of the intervals x +- q (s + `FLOOR`).

    Split-conformal calibration (Angelopoulos & Bates, arXiv:2107.07511) with
    micrographs, not pixels, as what is exchangeable: the quantile of the mean
    of the micrographs' distributions (Dunn, Wasserman & Ramdas,
    arXiv:1809.07441). The promise is for a pixel drawn at random from a
    micrograph drawn at random, and holds for many calibration micrographs;
    with a dozen, test coverage is off by some per cent either way.

    Parameters
    ----------
    scores : iterable of ndarray
        `normalised` of each calibration micrograph.
    coverage : float
        Nominal, in (0, 1).

    Raises
    ------
    SemclearError
        Without any micrograph.
    """
    grid = np.linspace(0, 1, QUANTILES)
    pooled = [np.quantile(values, grid) for values in scores]
    if not pooled:
        raise SemclearError("conformal factor: got no micrograph, expected at least one with truth")
    return float(np.quantile(np.concatenate(pooled), coverage))


def measure(uncertainty: np.ndarray, error: np.ndarray, q: float | None) -> dict[str, float]:
    """Return what a map is worth on one micrograph.

    Parameters
    ----------
    uncertainty, error : ndarray, (H, W)
        Map and restored - truth, in grey.
    q : float or None
        Of `factor`; without it there are no intervals.

    Returns
    -------
    dict
        "uncertainty_correlation" (Spearman), "sparsification_area",
        "coverage" (share of pixels whose interval holds the truth) and
        "interval_width" (mean, grey; not cut to [0, 1]).
    """
    values = {
        "uncertainty_correlation": rank_correlation(uncertainty, error),
        "sparsification_area": sparsification_area(uncertainty, error),
    }
    if q is not None:
        values["coverage"] = float(np.mean(normalised(uncertainty, error) <= q))
        values["interval_width"] = float(np.mean(2 * q * (np.asarray(uncertainty, np.float64) + FLOOR)))
    return {name: value for name, value in values.items() if value is not None}
