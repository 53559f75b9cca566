"""Which pixels are seen, and which must be restored for them so that they come out as in the whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from semclear.errors import SemclearError
from semclear.io.databar import Box

LEAST_SIDE = 256
"""Pixels: side of the smallest window that is restored for a preview, so that a network sees the scene."""
CONTEXT = 64
"""Pixels: margin where no margin makes the preview exact (instance normalisation, classical methods)."""


@dataclass(frozen=True)
class Grid:
    """What of the surroundings one restored pixel depends on.

    Attributes
    ----------
    multiple : int
        Pixels of the network's strided grid.
    reach : int or None
        Its receptive radius in pixels; None where every pixel depends on the whole micrograph.
    """

    multiple: int = 1
    reach: int | None = None


def visible(corners: np.ndarray, box: Box) -> Box:
    """Return the part of a picture that is seen.

    Parameters
    ----------
    corners : array_like, (2, 2), int
        First and last row and column on the canvas, in pixels of the layer:
        `Layer.corner_pixels` of its two displayed axes.
    box : Box
        The picture: without data bar and frame.

    Raises
    ------
    SemclearError
        When nothing of the picture is seen.
    """
    (top, left), (bottom, right) = np.asarray(corners, int).tolist()
    seen = Box(left, top, right - left + 1, bottom - top + 1).common(box)
    if seen.width < 1 or seen.height < 1:
        raise SemclearError(
            "preview: nothing of this layer is seen; move the camera, or press the home button"
        )
    return seen


def _stretch(first: int, last: int, length: int, grid: Grid) -> tuple[int, int]:
    margin = CONTEXT if grid.reach is None else grid.reach
    missing = max(0, LEAST_SIDE - (last - first + 2 * margin))
    first, last = first - margin - missing // 2, last + margin + (missing + 1) // 2
    # A window at the border of the micrograph continues to the least side inwards.
    first, last = first - max(0, last - length), last + max(0, -first)
    first = max(0, first) // grid.multiple * grid.multiple
    # The mirrored micrograph's grid begins at its other end.
    last = length - max(0, length - last) // grid.multiple * grid.multiple
    return first, last


def window(seen: Box, shape: Sequence[int], grid: Grid) -> Box:
    """Return what must be restored for `seen`.

    It is larger by the receptive radius, begins on the network's grid, and
    ends on that of the mirrored micrograph: each of the eight orientations
    then restores the pixels of `seen` from the same numbers as in the whole.

    Parameters
    ----------
    seen : Box
        In pixels of the picture.
    shape : (int, int)
        Height and width of the picture.
    grid : Grid
        Of the network.
    """
    top, bottom = _stretch(seen.y, seen.y + seen.height, shape[0], grid)
    left, right = _stretch(seen.x, seen.x + seen.width, shape[1], grid)
    return Box(left, top, right - left, bottom - top)


def is_exact(inside: Box, shape: Sequence[int], grid: Grid) -> bool:
    """Return whether restoring the window `inside` gives what restoring a picture of `shape` gives."""
    return grid.reach is not None or (inside.height, inside.width) == tuple(shape)
