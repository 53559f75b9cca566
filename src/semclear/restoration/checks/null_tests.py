"""Null tests: what a method makes of micrographs in which there is nothing to restore."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter

from semclear.seeds import generator

#: Standard deviation in pixels of the smoothing that leaves structure and takes out pixel noise.
SMOOTHING = 2.0


def structure(image: np.ndarray) -> float:
    """Return the grey standard deviation of a smoothed image (H, W): structure of some pixels and more."""
    return float(np.std(gaussian_filter(np.asarray(image, np.float64), SMOOTHING, mode="reflect")))


@dataclass(frozen=True)
class Trial:
    """A null test made: what a method was given, and what came of it.

    Attributes
    ----------
    test : str
        "empty", "noise" or "clear".
    id : str
        The micrograph, of "clear"; the test's name where there is but one field.
    before, after : ndarray, (H, W)
        In [0, 1].
    """

    test: str
    id: str
    before: np.ndarray
    after: np.ndarray


def _compared(trial: Trial) -> dict[str, float]:
    change = np.asarray(trial.after, np.float64) - trial.before
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


def tried(
    restore: Callable[[np.ndarray], np.ndarray],
    fields: Mapping[str, np.ndarray],
    clear: Mapping[str, np.ndarray] | None = None,
) -> list[Trial]:
    """Return what a method makes of micrographs in which it should do nothing.

    Parameters
    ----------
    restore : callable
        (H, W) in [0, 1] to the same.
    fields : mapping of str to ndarray
        From `fields_of`.
    clear : mapping of str to ndarray, optional
        Already clear micrographs by name.

    Returns
    -------
    list of Trial
        A trial a field, then one a clear micrograph (test "clear").
    """
    given = [(name, name, image) for name, image in fields.items()]
    given += [("clear", name, image) for name, image in (clear or {}).items()]
    return [Trial(test, name, image, restore(image)) for test, name, image in given]


def measure(trials: Sequence[Trial]) -> dict[str, dict[str, float]]:
    """Return how much a method changed where it should do nothing.

    Parameters
    ----------
    trials : sequence of Trial
        From `tried`.

    Returns
    -------
    dict
        By test, a mean over its trials: "change", mean |restored - input|;
        "shift", its signed mean; "invented", the `structure` of the change:
        all in grey, 0 for a method that leaves alone what needs nothing.
        The objects in them are counted by whoever scores the restoration.
    """
    results = {}
    for test in dict.fromkeys(trial.test for trial in trials):
        rows = [_compared(trial) for trial in trials if trial.test == test]
        results[test] = {key: float(np.mean([row[key] for row in rows])) for key in rows[0]}
    return results
