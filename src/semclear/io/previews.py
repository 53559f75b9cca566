"""Whether a page beside the data shows the data: then it is a preview of them, else a picture of its own."""

from __future__ import annotations

import math

import numpy as np

SAME_SCENE = 0.9
"""Least correlation of ranks between data and their preview: what a preview that clips half of them still has. A
preview in reversed or stretched grays keeps its ranks."""

LOOKED_AT = 2**16
"""Pixels that are looked at."""

UPPER = 0.7
"""Share of the rows that is looked at alone, too: a preview may have a data bar drawn over its lower part."""


def _reduced(gray: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Return means over a grid of so many rows and columns, at most as many as the picture has."""
    height, width = gray.shape
    rows = np.arange(size[0]) * height // size[0]
    columns = np.arange(size[1]) * width // size[1]
    sums = np.add.reduceat(np.add.reduceat(gray.astype(np.float64), rows, axis=0), columns, axis=1)
    return sums / np.outer(np.diff([*rows, height]), np.diff([*columns, width]))


def _ranks(values: np.ndarray) -> np.ndarray:
    """Return the place of each value among all, in the middle of its equals."""
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2)[places.ravel()]


def _correlation(one: np.ndarray, other: np.ndarray) -> float:
    ranks = _ranks(one), _ranks(other)
    if any(part.min() == part.max() for part in ranks):
        return 0.0
    return abs(float(np.corrcoef(*ranks)[0, 1]))


def shows(preview: np.ndarray, data: np.ndarray) -> bool:
    """Return whether a page shows what the data show, in whatever grays or colours.

    Parameters
    ----------
    preview, data : ndarray, (H, W) or (H, W, channels)
        The same way up; of one shape, or nearly.

    Returns
    -------
    bool
        True also of a preview of one value, with which nothing is lost.

    Examples
    --------
    >>> import numpy as np
    >>> data = np.sin(np.arange(4096.0)).reshape(64, 64)
    >>> shows((100 - 90 * data).astype(np.uint8), data), shows(data[:, ::-1], data)
    (True, False)
    """
    small, large = (page if page.ndim == 2 else page.mean(axis=-1) for page in (preview, data))
    if small.min() == small.max():
        return True
    if small.shape == large.shape:
        # Noise is part of the picture: two exposures of a scene do not share it.
        step = max(1, math.ceil(math.sqrt(small.size / LOOKED_AT)))
        small, large = small[::step, ::step], large[::step, ::step]
    else:
        # By whatever rule a preview was made smaller, the means of many pixels are the same.
        edge = math.isqrt(LOOKED_AT) // 4
        ratio = min(1.0, edge / max(1, *small.shape), edge / max(1, *large.shape))
        height, width = (
            max(1, int(ratio * min(pair))) for pair in zip(small.shape, large.shape, strict=True)
        )
        size = height, width
        small, large = _reduced(small, size), _reduced(large, size)
    upper = math.ceil(UPPER * len(small))
    return max(_correlation(small, large), _correlation(small[:upper], large[:upper])) >= SAME_SCENE
