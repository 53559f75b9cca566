"""Where tiles of a large micrograph lie: on the strided grid, and either with margins or with smooth weights.

A network with strides treats pixels by their place on the grid of its
coarsest level, and sees zeros beyond the border of what it is given. A tile
gives the same result as the whole where it starts at a multiple of that grid
and reaches beyond the wanted pixels as far as the network sees, or up to the
border of the whole.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np


def padded(length: int, multiple: int) -> int:
    """Return the least multiple of `multiple` that is at least `length`."""
    return length + -length % multiple


def reflected(start: int, stop: int, length: int) -> np.ndarray:
    """Return the indices of pixels `start` to `stop`, continued beyond ``[0, length)`` as NumPy's "symmetric" does."""
    places = np.arange(start, stop) % (2 * length)
    return np.minimum(places, 2 * length - 1 - places)


def start_of(first: int, length: int, multiple: int, reach: int, side: int) -> int:
    """Return where the window of `side` pixels starts that serves the pixels from `first` on.

    Parameters
    ----------
    first : int
        First wanted pixel.
    length, multiple : int
        Of the micrograph along this axis, and of the grid. The micrograph is
        continued to the next multiple.
    reach : int
        Pixels to each side that a wanted pixel depends on.
    side : int
        Of the window, a multiple, at most the continued length.

    Returns
    -------
    int
        A multiple of `multiple`.
    """
    return max(0, min((first - reach) // multiple * multiple, padded(length, multiple) - side))


def least_side(multiple: int, reach: int) -> int:
    """Return the smallest window that has room for a step of the grid between its margins."""
    return padded(2 * reach, multiple) + 4 * multiple


def cores(
    first: int, last: int, length: int, multiple: int, reach: int, side: int
) -> Iterator[tuple[int, int]]:
    """Yield the fewest stretches that cover ``[first, last)`` and are served by windows of one side.

    Each is served whichever way the axis runs: also when the micrograph is
    mirrored before it is continued to a multiple, which moves the grid.

    Parameters
    ----------
    first, last : int
        Pixels along one axis, ``0 <= first < last <= length``.
    length, multiple, reach : int
        As in `start_of`.
    side : int
        Of the windows: a multiple, at least `least_side`, or the whole continued length or more.

    Yields
    ------
    first, last : int
    """
    if side >= padded(length, multiple):
        yield first, last
        return
    # The window starts up to multiple - 1 pixels early; one that ends with the micrograph goes on to the multiple.
    at_border = side - reach - 2 * (multiple - 1)
    within = min(side - 2 * reach - (multiple - 1), at_border)
    while first < last:
        ends = last == length and length - first <= at_border
        room = within if first and not ends else at_border
        yield first, min(first + room, last)
        first += room


def spread(length: int, multiple: int, overlap: int, side: int) -> list[int]:
    """Return where tiles with blended overlap start: on the grid, evenly, the last at the end.

    Parameters
    ----------
    length, multiple : int
        As in `start_of`.
    overlap : int
        Least overlap of neighbours, a multiple, at most half the side.
    side : int
        Of the tiles, a multiple.

    Returns
    -------
    list of int
        The last tile may reach beyond `length`, up to the next multiple.
    """
    whole = padded(length, multiple)
    if side >= whole:
        return [0]
    count = -(-(whole - overlap) // (side - overlap))
    room = (whole - side) // multiple
    return [place * room // (count - 1) * multiple for place in range(count)]


def weights_of(starts: list[int], side: int, overlap: int, length: int) -> list[np.ndarray]:
    """Return the weights along one axis of overlapping tiles: smooth, above 0, and of sum 1 at every pixel.

    Each tile rises and fades as a raised cosine over the overlap, except at
    the border of the micrograph; the sum is then divided out.

    Parameters
    ----------
    starts : list of int
        From `spread`.
    side, overlap : int
        As there.
    length : int
        Of the axis; tiles are cut there.

    Returns
    -------
    list of ndarray, (min(side, length - start),), float32
    """
    rise = 0.5 - 0.5 * np.cos(np.pi * (np.arange(overlap) + 0.5) / max(overlap, 1))
    total, shapes = np.zeros(length), []
    for start in starts:
        shape = np.ones(min(side, length - start))
        if start > 0:
            shape[:overlap] *= rise
        if start + shape.size < length:
            shape[shape.size - overlap :] *= rise[::-1]
        total[start : start + shape.size] += shape
        shapes.append(shape)
    return [
        (shape / total[start : start + shape.size]).astype(np.float32)
        for start, shape in zip(starts, shapes, strict=True)
    ]
