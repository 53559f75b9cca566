"""Figures of images too large for working copies: summed up strip by strip, with the results of the whole.

They equal those of `semclear.restoration.checks.residual` but for rounding.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from semclear.restoration.checks import residual
from semclear.restoration.checks import tiles as tiling

#: Pixels of a strip: working copies in double precision stay under 100 MiB.
PIXELS = 2**20


def strips(height: int, width: int) -> Iterator[slice]:
    """Yield slices of whole rows that cover an image, `PIXELS` each or one row."""
    rows = max(1, PIXELS // width)
    for first in range(0, height, rows):
        yield slice(first, min(first + rows, height))


def moments(parts: Callable[[], Iterator[np.ndarray]]) -> tuple[float, float]:
    """Return mean and standard deviation of all values, in two passes.

    Parameters
    ----------
    parts : callable
        Gives the values anew each time it is called.
    """
    count = sum(part.size for part in parts())
    mean = sum(float(np.sum(part, dtype=np.float64)) for part in parts()) / count
    variance = sum(float(np.sum((part.astype(np.float64) - mean) ** 2)) for part in parts()) / count
    return mean, float(np.sqrt(variance))


def median(parts: Callable[[], Iterator[np.ndarray]]) -> float:
    """Return the median of non-negative float32 values, the mean of the two middle ones for an even number.

    The bits of such numbers, read as integers, are in the numbers' order: a
    first pass counts the upper 16 of them, a second one sorts only the values
    that share these with the median.

    Parameters
    ----------
    parts : callable
        Gives the values anew each time it is called.
    """

    def upper(part: np.ndarray) -> np.ndarray:
        # Adding zero makes -0 a +0, whose bits are the least.
        return (np.ravel(part).astype(np.float32) + np.float32(0)).view(np.uint32) >> 16

    counts = np.zeros(2**16, np.int64)
    for part in parts():
        counts += np.bincount(upper(part), minlength=2**16)
    below, count = np.cumsum(counts), int(counts.sum())
    places = ((count - 1) // 2, count // 2)
    first, last = (int(np.searchsorted(below, place, side="right")) for place in places)
    kept = [np.ravel(part)[(upper(part) >= first) & (upper(part) <= last)] for part in parts()]
    values = np.sort(np.concatenate(kept).astype(np.float32))
    before = int(below[first - 1]) if first else 0
    return float(np.mean([values[place - before] for place in places], dtype=np.float64))


def explained(
    degraded: np.ndarray, left: np.ndarray, noise: float, side: int = tiling.SIDE
) -> dict[str, float]:
    """Return `residual.measure` of a micrograph and what its re-degraded restoration leaves of it.

    Parameters
    ----------
    degraded, left : ndarray, (H, W)
        The micrograph y, in [0, 1], and y - D(restored).
    noise : float
        Grey standard deviation of the noise measured in y.
    side : int
        Of the tiles, in pixels.
    """
    rows = list(strips(*degraded.shape))

    def pairs() -> Iterator[tuple[np.ndarray, np.ndarray]]:
        for strip in rows:
            seen = degraded[strip].astype(np.float64)
            yield seen, seen - left[strip]

    means = [sum(float(pair[which].sum()) for pair in pairs()) / degraded.size for which in (0, 1)]
    products = np.zeros(3)
    for seen, again in pairs():
        first, second = seen - means[0], again - means[1]
        products += (np.sum(first * second), np.sum(first**2), np.sum(second**2))
    power = float(np.sqrt(products[1] * products[2]))
    values = {"redegradation_pearson": float(products[0] / power)} if power > 1e-12 * degraded.size else {}
    total = sum(float(np.sum(left[strip].astype(np.float64) ** 2)) for strip in rows)
    rms = float(np.sqrt(total / degraded.size))
    values |= {"redegradation_rms": rms, "redegradation_ratio": rms / max(noise, residual.ROUNDING)}
    # Of a tile as large as the tiles that it averages over, `measure` gives the tile's own structure.
    both = zip(tiling.tiles(degraded, side), tiling.tiles(left, side), strict=True)
    tiles = [residual.measure(seen, seen - rest, noise, side) for seen, rest in both]
    for name in ("residual_correlation", "residual_rows", "residual_columns"):
        values[name] = float(np.mean([tile[name] for tile in tiles]))
    return values
