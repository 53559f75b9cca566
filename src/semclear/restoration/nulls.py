"""Null tests: what a method makes of micrographs in which there is nothing to restore."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np
from scipy.ndimage import gaussian_filter

from semclear.seeds import generator

#: Standard deviation in pixels of the smoothing that leaves structure and takes out pixel noise.
SMOOTHING = 2.0


def structure(image: np.ndarray) -> float:
    """Return the grey standard deviation of a smoothed image (H, W): structure of some pixels and more."""
    return float(np.std(gaussian_filter(np.asarray(image, np.float64), SMOOTHING, mode="reflect")))


def _compared(before: np.ndarray, after: np.ndarray) -> dict[str, float]:
    change = np.asarray(after, np.float64) - before
    return {
        "change": float(np.mean(np.abs(change))),
        "shift": float(np.mean(change)),
        "invented": structure(change - change.mean()),
    }


def fields_of(images: Sequence[np.ndarray], noises: Sequence[float]) -> dict[str, np.ndarray]:
    """Return the fields without objects that belong to a set of micrographs.

    Parameters
    ----------
    images : sequence of ndarray, (H, W)
        Micrographs of the set, in [0, 1]; the fields have the first one's size.
    noises : sequence of float
        The grey standard deviation of the noise in each.

    Returns
    -------
    dict
        "empty": the set's median grey, with white noise of its median
        strength. "noise": white noise of the set's median grey standard
        deviation: as much contrast as a micrograph, and no object.
    """
    grey = float(np.median([np.median(image) for image in images]))
    spreads = {"empty": np.median(noises), "noise": np.median([np.std(image) for image in images])}
    shape = images[0].shape
    return {
        name: np.clip(
            grey + spread * generator(0, "null test", name).standard_normal(shape), 0.0, 1.0
        ).astype(np.float32)
        for name, spread in spreads.items()
    }


def measure(
    restore: Callable[[np.ndarray], np.ndarray],
    fields: dict[str, np.ndarray],
    clear: Iterable[np.ndarray] = (),
) -> dict[str, dict[str, float]]:
    """Return what a method does where it should do nothing.

    Parameters
    ----------
    restore : callable
        (H, W) in [0, 1] to the same.
    fields : dict of ndarray
        From `fields_of`.
    clear : iterable of ndarray
        Already clear micrographs; may be empty.

    Returns
    -------
    dict
        By test ("empty", "noise" and, with such, "clear", a mean over
        micrographs): "change", mean |restored - input|; "shift", its signed
        mean; "invented", the `structure` of the change: all in grey, 0 for a
        method that leaves alone what needs nothing.
    """
    results = {name: _compared(image, restore(image)) for name, image in fields.items()}
    rows = [_compared(image, restore(image)) for image in clear]
    if rows:
        results["clear"] = {key: float(np.mean([row[key] for row in rows])) for key in rows[0]}
    return results
