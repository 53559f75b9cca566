"""Figures of a plane that is never whole in memory, with the values that `ndarray`s of it would give."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import numpy as np

from semclear import row_noise
from semclear.io.volumes.levels import percentiles
from semclear.params import Choosing

Window = tuple[slice, slice]


class Plane(Protocol):
    """(H, W) numbers that are read where they are looked at, see `semclear.io.volumes.stored.StoredPlane`."""

    shape: tuple[int, ...]

    @property
    def size(self) -> int: ...
    def __getitem__(self, key: object) -> np.ndarray: ...
    def windows(self) -> list[Window]: ...


def noise_of(plane: Plane) -> tuple[float, float | None]:
    """Return `row_noise.strength_and_correlation` of a plane: of a large one from the same bands of 18 rows.

    Parameters
    ----------
    plane : Plane
        In [0, 1], 3 rows or more.
    """
    # Its private parts, as that module is an input of every training: no result may hang on a change for this.
    if plane.size <= row_noise.PIXELS or plane.shape[0] < row_noise.BAND:
        return row_noise.strength_and_correlation(plane[:, :])
    ends = np.array([(part.min(), part.max()) for part in (plane[window] for window in plane.windows())])
    darkest, brightest = float(ends[:, 0].min()), float(ends[:, 1].max())
    bands = row_noise._bands(*plane.shape)
    seen = [row_noise._seen(np.asarray(plane[band], np.float64), darkest, brightest) for band in bands]
    _, differences, _, extreme, uneven = zip(*seen, strict=True)
    flat = row_noise._flat(np.concatenate(extreme), np.concatenate(uneven))
    difference = np.concatenate(differences)[flat]
    own, correlation = row_noise._autocorrelation(difference)
    variance = own * (difference**2).mean(axis=(1, 2))
    typical = float(np.median(variance)) or float(variance.mean())
    return float(np.sqrt(typical / row_noise.GAIN)), correlation[0]


def is_sharp(plane: Plane, noise: float, sigma: float, choosing: Choosing) -> bool:
    """Return `restorer.is_sharp` of a plane: from the same pixels, every second of every second row."""
    if sigma >= choosing.sharp_sigma:
        return False

    def parts() -> Iterator[np.ndarray]:
        for rows, columns in plane.windows():
            first, start = rows.start + rows.start % 2, columns.start + columns.start % 2
            yield plane[first : rows.stop : 2, start : columns.stop : 2]

    count = -(-plane.shape[0] // 2) * -(-plane.shape[1] // 2)
    low, high = percentiles(parts, count, (1, 99))
    return noise < choosing.sharp_noise * (high - low)


def ends_of(plane: Plane, low: float, high: float) -> tuple[float, float]:
    """Return two percentiles of all pixels of a plane, as `numpy.percentile` has them."""
    found = percentiles(lambda: (plane[window] for window in plane.windows()), plane.size, (low, high))
    return found[0], found[1]


def sums_of(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Return of a part's input and restoration: pixels, sums, sums of squares, and of their product, (6,), float64."""
    one, other = (np.asarray(image, np.float64).ravel() for image in (before, after))
    return np.array([one.size, one.sum(), other.sum(), one @ one, other @ other, one @ other])


def changes_of(sums: np.ndarray) -> dict[str, float]:
    """Return `outcome.changes` of a plane.

    Parameters
    ----------
    sums : ndarray, (6,)
        `sums_of`, added up over all its parts.
    """
    count, one, other = sums[0], sums[1] / sums[0], sums[2] / sums[0]
    first, second = (max(float(sums[3 + k] / count - mean**2), 0.0) for k, mean in enumerate((one, other)))
    shared = float(sums[5] / count - one * other)
    squares = max(float((sums[3] + sums[4] - 2 * sums[5]) / count), 0.0)
    values = {
        "change_rms": squares**0.5,
        "change_mean": float(other - one),
        "input_deviation": first**0.5,
        "output_deviation": second**0.5,
    }
    power = (first * second) ** 0.5
    if power > 1e-12:
        values["input_output_pearson"] = shared / power
    return values
