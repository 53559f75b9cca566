"""Large micrographs shown smaller: means over areas, so that nothing is skipped and no structure is aliased in."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

#: Longest side shown, in pixels: the width of most screens, and what most micrographs have.
SIDE = 2048
#: Shortest that `side_for` comes down to; below that a picture tells little of its detail.
LEAST_SIDE = 512
#: Bytes that a page may have: browsers still open it at once.
BUDGET = 200e6
#: Bytes a pixel takes in the page, four pictures of it together, base64 included: 2.1 to 3.8 on those of three makes.
BYTES_A_PIXEL = 3.6


def side_for(count: int) -> int:
    """Return the longest side to show, in pixels, that keeps a page of `count` large micrographs within `BUDGET`."""
    return int(np.clip(np.sqrt(BUDGET / BYTES_A_PIXEL / max(count, 1)), LEAST_SIDE, SIDE))


def shown_shape(shape: tuple[int, int], side: int) -> tuple[int, int]:
    """Return rows and columns of an image as it is shown, no side above `side`, none below 1."""
    share = min(1.0, side / max(shape))
    return max(1, round(shape[0] * share)), max(1, round(shape[1] * share))


def _means(image: np.ndarray, count: int) -> np.ndarray:
    """Return means over `count` equal stretches of the rows; a row that two share counts for each by its part."""
    ends = np.linspace(0, image.shape[0], count + 1)
    means = np.empty((count, image.shape[1]))
    for place, (start, end) in enumerate(pairwise(ends)):
        first, last = int(start), min(int(np.ceil(end)), image.shape[0])
        rows = np.arange(first, last)
        parts = np.minimum(rows + 1, end) - np.maximum(rows, start)
        means[place] = parts @ image[first:last] / parts.sum()
    return means


def reduced(image: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Return an image (H, W) as means over equal areas.

    Parameters
    ----------
    image : ndarray, (H, W)
        Any unit.
    shape : tuple of int
        Rows and columns wanted, no more than the image has.

    Returns
    -------
    ndarray, of `shape`, float64
        The image's own values where the shape is its own.
    """
    rows = image if shape[0] == image.shape[0] else _means(np.asarray(image), shape[0])
    both = rows if shape[1] == image.shape[1] else _means(np.ascontiguousarray(rows.T), shape[1]).T
    return np.asarray(both, np.float64)
