"""Maps of uncertainty of one micrograph, from its orientations and from several trained models, and their worth."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from semclear.evaluation.metrics import psnr, ssim
from semclear.io.png import to_uint8
from semclear.restoration.checks import uncertainty as worth
from semclear.restoration.outcome import Outcome

METRICS = {"psnr": psnr, "ssim": ssim}
ORIENTATIONS, SEEDS, BOTH = "orientations", "seeds", "seeds and orientations"


class Map(NamedTuple):
    """Which map: what it is the spread over, and the training seeds whose models it takes, like ``0 1 2``."""

    over: str
    seeds: str


class Product(NamedTuple):
    """A restoration (H, W) in [0, 1] and its map (H, W), a grey standard deviation."""

    image: np.ndarray
    uncertainty: np.ndarray


class Interval(NamedTuple):
    """Intervals x +- factor (s + floor), the floor in grey."""

    factor: float
    floor: float


#: Half a grey level, and up to an eighth of the range.
FLOORS = tuple(worth.FLOOR * 2.0**power for power in range(7))
#: Which floor: that of rounding to 8 bits, or fitted.
ROUNDING, FITTED = "rounding", "fitted"

#: From a degraded micrograph (H, W) to its restoration by the model of each training seed.
Restore = Callable[[np.ndarray], Mapping[str, Outcome]]


def products(made: Mapping[str, Outcome]) -> dict[Map, Product]:
    """Return the restorations and maps that one micrograph's restorations by several models give.

    Parameters
    ----------
    made : mapping of str to Outcome
        By training seed; each the mean over the eight orientations, with the
        standard deviation over them.

    Returns
    -------
    dict
        Each model's own; and from two models on the mean over all with the
        standard deviation of the models' means (a deep ensemble,
        Lakshminarayanan et al. 2017, arXiv:1612.01474), and with that of all
        restorations: by the law of total variance the root of the variance of
        the means plus the mean of the variances, as each model has eight.
    """
    found = {Map(ORIENTATIONS, seed): Product(one.image, one.uncertainty) for seed, one in made.items()}
    if len(made) > 1:
        together = " ".join(made)
        images = np.stack([one.image for one in made.values()]).astype(np.float64)
        within = np.mean([np.square(one.uncertainty, dtype=np.float64) for one in made.values()], axis=0)
        mean, between = images.mean(axis=0), images.var(axis=0)
        found[Map(SEEDS, together)] = Product(mean, np.sqrt(between))
        found[Map(BOTH, together)] = Product(mean, np.sqrt(between + within))
    return found


def calibrated(
    pairs: Iterable[tuple[np.ndarray, np.ndarray]], restore: Restore, coverage: float
) -> dict[Map, dict[str, Interval]]:
    """Return the intervals of each map as calibrated on pairs of degraded micrograph and truth, (H, W).

    Returns
    -------
    dict
        `ROUNDING`, as `restoration.uncertainty` has them; and `FITTED`, with
        that one of `FLOORS` that makes them narrowest on these micrographs.
    """
    seen: dict[Map, list[tuple[np.ndarray, np.ndarray]]] = {}
    for image, truth in pairs:
        for kind, product in products(restore(image)).items():
            error = np.abs(product.image - truth)
            seen.setdefault(kind, []).append(
                (product.uncertainty.astype(np.float32), error.astype(np.float32))
            )
    return {kind: _narrowest(values, coverage) for kind, values in seen.items()}


def _narrowest(seen: Sequence[tuple[np.ndarray, np.ndarray]], coverage: float) -> dict[str, Interval]:
    mean = float(np.mean([np.mean(spread, dtype=np.float64) for spread, _ in seen]))
    tried = []
    for floor in FLOORS:
        factor = worth.factor((scores_of(spread, error, floor) for spread, error in seen), coverage)
        # Ten digits, as the table keeps them: a benchmark that goes on has the same.
        tried.append(Interval(float(f"{factor:.10g}"), float(f"{floor:.10g}")))
    return {ROUNDING: tried[0], FITTED: min(tried, key=lambda made: made.factor * (mean + made.floor))}


def scores_of(uncertainty: np.ndarray, error: np.ndarray, floor: float) -> np.ndarray:
    """Return |error| / (uncertainty + floor), as `uncertainty.normalised` with another floor."""
    return worth.normalised(np.asarray(uncertainty, np.float64) + (floor - worth.FLOOR), error)


def measure(product: Product, truth: np.ndarray, intervals: Mapping[str, Interval]) -> dict[str, Any]:
    """Return what a restoration and its map are worth on one micrograph.

    Parameters
    ----------
    product : Product
        Restoration and map, (H, W).
    truth : ndarray, (H, W)
        In [0, 1].
    intervals : mapping of str to Interval
        By calibration.

    Returns
    -------
    dict
        "psnr" (dB) and "ssim" of the restoration as an 8-bit file holds it;
        "error", its mean absolute error in grey; "correlation" (Spearman's
        of map and absolute error, NaN where the map is constant);
        "curve" and "best" (sparsification at `SHARES`) and "area" between
        them; and "coverage" and "interval_width" (grey) by calibration.
    """
    error = product.image - truth
    rounded = to_uint8(product.image).astype(np.float32) / np.float32(255)
    correlation = worth.rank_correlation(product.uncertainty, error)
    curve, best = worth.sparsification(product.uncertainty, error)
    # As `uncertainty.sparsification_area`, without sorting all pixels again.
    area = float(np.trapezoid(curve - best, worth.SHARES))
    mean = float(np.mean(product.uncertainty, dtype=np.float64))
    holds = {
        name: scores_of(product.uncertainty, error, made.floor) <= made.factor
        for name, made in intervals.items()
    }
    return {
        **{name: function(truth, rounded) for name, function in METRICS.items()},
        "error": float(np.mean(np.abs(error))),
        "correlation": float("nan") if correlation is None else correlation,
        "curve": curve,
        "best": best,
        "area": area,
        "coverage": {name: float(np.mean(held)) for name, held in holds.items()},
        "interval_width": {name: 2 * made.factor * (mean + made.floor) for name, made in intervals.items()},
    }
