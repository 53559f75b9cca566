"""Tiles of one side, over which checks are averaged: a check must not depend on how large a micrograph is.

Power of a line grows with the line's length, and contrast with the area that
is looked at. A family of small micrographs, such as the squares of a training,
would call every larger micrograph a stranger.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

#: Side in pixels: no larger than most training squares, and the spectrum's lowest band still has 148 frequencies.
SIDE = 128


def _starts(length: int, side: int) -> list[int]:
    """Return first pixels of the fewest stretches of `side` that cover `length`, evenly spread."""
    count = -(-length // side)
    return [int(start) for start in np.linspace(0, length - side, count).round()]


def tiles(image: np.ndarray, side: int) -> Iterator[np.ndarray]:
    """Yield squares that cover an image, row by row; they overlap where `side` does not divide its sides.

    Parameters
    ----------
    image : ndarray, (H, W)
        Any unit.
    side : int
        In pixels; where the image is smaller, its own side is taken.

    Yields
    ------
    ndarray, (min(side, H), min(side, W))
        Views.
    """
    height, width = (min(side, length) for length in image.shape)
    for row in _starts(image.shape[0], height):
        for column in _starts(image.shape[1], width):
            yield image[row : row + height, column : column + width]


def average(
    measure: Callable[[np.ndarray], dict[str, float]], image: np.ndarray, side: int
) -> dict[str, float]:
    """Return the mean over tiles of every value that `measure` gives of them all."""
    rows = [measure(tile) for tile in tiles(image, side)]
    return {
        name: float(np.mean([row[name] for row in rows])) for name in rows[0] if all(name in r for r in rows)
    }


def contrast(image: np.ndarray, side: int) -> float:
    """Return the root mean variance of the tiles of an image (H, W), in its unit: the deviation within them."""
    return float(np.sqrt(np.mean([np.var(np.asarray(tile, np.float64)) for tile in tiles(image, side)])))
