"""Whether stored channels are one gray image, and its gray values."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from semclear.io import intensity
from semclear.io.databar import Box
from semclear.io.formats.page import ColouredError, StoredPage

GRAY_TOLERANCE = 8 / 255
"""Channels that differ by no more are one gray image that went through a colour JPEG."""

OWN_TOLERANCE = 0.25
"""Share of a picture's own spread by which one channel may differ from another, beside a constant: of channels that
correlate by 0.97. Pictures of two detectors differ by more, however few gray levels they take up."""

ROUNDED = 2
"""Gray levels by which rounding alone makes channels of integers differ."""

FEW, LOOKED_AT = 0.5, 2**20
"""Percent of the pixels at either end that say nothing of a spread, and pixels that are looked at for it."""

MIXED = 16
"""Pixels that a block of JPEG's colours spans, where they have half the resolution (ITU-T T.81, 4:2:0)."""

FRAME_LINES = 8
"""Coloured rows and columns that pass for a frame: two pixels wide on each side."""

LUMA = (0.299, 0.587, 0.114)
"""Weights of red, green and blue in the gray of a colour picture (ITU-R BT.601)."""


def coloured_lines(coloured: np.ndarray) -> tuple[int, bool]:
    """Return how many rows and columns are coloured nearly throughout, and whether there is colour elsewhere.

    FEI's software draws a green frame, one pixel wide, around the quadrant that is selected.

    Parameters
    ----------
    coloured : ndarray, (H, W), bool
        Pixels whose channels differ by more than `GRAY_TOLERANCE`.
    """
    rows, columns = coloured.mean(axis=1) > 0.8, coloured.mean(axis=0) > 0.8
    return int(rows.sum() + columns.sum()), bool(coloured[~rows][:, ~columns].any())


@dataclass(frozen=True)
class Gray:
    """A page as gray, before it is decided whether it is gray.

    Attributes
    ----------
    values : ndarray, (H, W)
        In the page's own numbers; the mean of channels.
    apart : ndarray, (H, W), float32, or None
        Largest difference between the channels of each pixel, as a share of the range in use; None where all are equal.
    """

    values: np.ndarray
    apart: np.ndarray | None = None


def _spread(values: np.ndarray) -> float:
    low, high = np.percentile(values, (FEW, 100 - FEW))
    return float(high - low)


def own_difference(channels: np.ndarray, left_out: np.ndarray) -> float:
    """Return by how much channels are different pictures, as a share of the spread of the widest of them.

    Parameters
    ----------
    channels : ndarray, (H, W, 3)
        Of the picture.
    left_out : ndarray, (H, W), bool
        Coloured pixels, of a frame or of a bar nearby.

    Returns
    -------
    float
        The spread of the difference of two channels, the largest; 0 where it is within `ROUNDED` of integers, or
        nothing is looked at.
    """
    step = max(1, math.ceil(math.sqrt(left_out.size / LOOKED_AT)))
    seen = channels[::step, ::step][~left_out[::step, ::step]].astype(np.float64)
    if not len(seen):
        return 0.0
    apart = max(_spread(seen[:, one] - seen[:, other]) for one, other in ((0, 1), (1, 2), (0, 2)))
    own = max(_spread(seen[:, one]) for one in range(3))
    least = ROUNDED if channels.dtype.kind in "iu" else 0
    return apart / (own or 1.0) if apart > least else 0.0


def _rounded(values: np.ndarray, dtype: np.dtype) -> np.ndarray:
    return (np.floor(values + 0.5) if dtype.kind in "iu" else values).astype(dtype)


def gray_of(page: StoredPage) -> Gray:
    """Return the gray values of a page, and how far its channels differ; an alpha channel is left aside."""
    pixels = page.pixels
    if pixels.ndim == 2:
        return Gray(pixels)
    if page.layout == "gray+alpha":
        return Gray(np.ascontiguousarray(pixels[..., 0]))
    channels = pixels[..., :3]
    if (channels[..., :1] == channels[..., 1:]).all():
        return Gray(np.ascontiguousarray(channels[..., 0]))
    # Beside the type's largest number, three different pictures of 12 bits would look alike.
    low, high = intensity.range_of(intensity.levels_of([channels]), pixels.dtype)
    apart = channels.max(axis=2).astype(np.float64) - channels.min(axis=2)
    return Gray(
        _rounded(channels.mean(axis=2, dtype=np.float64), pixels.dtype),
        (apart / ((high - low) or 1.0)).astype(np.float32),
    )


def views_of(page: StoredPage, gray: Gray) -> list[np.ndarray]:
    """Return what of a page a data bar may be seen in: the gray values, and of colours the highest and lowest channel.

    Red writing on black, or white writing on blue, has little contrast in the mean of the channels.
    """
    if gray.apart is None:
        return [gray.values]
    channels = page.pixels[..., :3]
    return [gray.values, channels.max(axis=2), channels.min(axis=2)]


def settled(
    page: StoredPage, gray: Gray, part: Box, to_gray: bool, is_lossy: bool = False
) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    """Return the gray values of a page whose picture is gray; colour in its data bar does not count.

    Channels that differ by no more than 8/255, and by no more than `OWN_TOLERANCE`, are averaged; real colours, where
    they are let in, and those that JPEG let run over from the bar are weighted by `LUMA`.

    Parameters
    ----------
    page : StoredPage
        As decoded.
    gray : Gray
        Of it.
    part : Box
        What its data bar leaves.
    to_gray : bool
        True lets colour pictures in.
    is_lossy : bool
        True where colours of the bar may have run over.

    Returns
    -------
    tuple
        Values, (H, W), of the page's dtype; the pixels that are a coloured frame, (H, W), bool; remarks.

    Raises
    ------
    ColouredError
        When the picture is in colour and `to_gray` is False.
    """
    fixed = np.zeros(gray.values.shape, bool)
    if gray.apart is None:
        return gray.values, fixed, ()
    coloured = gray.apart > GRAY_TOLERANCE
    apart, seen = part.of(gray.apart), part.of(coloured)
    notes: tuple[str, ...] = ()
    values, run_over = gray.values, np.zeros_like(seen)
    if np.count_nonzero(coloured) > np.count_nonzero(seen):
        notes = ("colour in the data bar is left as it is",)
        if is_lossy:
            run_over = seen & ~_far_from_bar(part, coloured.shape)
    lines, outside = coloured_lines(seen & ~run_over)
    let_in = outside or lines > FRAME_LINES
    # A palette has one picture alone, whatever its colours.
    own = 0.0
    if not let_in and page.layout != "palette" and apart.any():
        own = own_difference(part.of(page.pixels[..., :3]), seen)
    is_different = own > OWN_TOLERANCE
    if is_different and not to_gray:
        raise ColouredError(
            f"got channels of different pictures (apart by {100 * own:.0f} % of their own spread), expected gray; "
            "save each as a file of its own"
        )
    if let_in and not to_gray:
        raise ColouredError(
            f"got colour (channels differ by up to {round(255 * float(apart.max()))} of 255), expected gray; "
            "convert it to gray, without coloured labels"
        )
    if let_in or is_different or run_over.any():
        weighed = coloured if let_in else np.full_like(coloured, is_different)
        part.of(weighed)[run_over] = True
        colours = page.pixels[..., :3].astype(np.float64) @ LUMA
        values = np.where(weighed, _rounded(colours, values.dtype), values)
    if let_in or is_different:
        return values, fixed, (*notes, "colour became gray (ITU-R BT.601)")
    if lines:
        part.of(fixed)[...] = seen & ~run_over
        return values, fixed, (*notes, f"{lines} coloured lines of a frame are left as they are")
    if apart.any():
        notes = (*notes, "channels that differed by up to 8 of 255 became one gray")
    return values, fixed, notes


def _far_from_bar(part: Box, shape: tuple[int, ...]) -> np.ndarray:
    """Return which pixels of the picture JPEG cannot have mixed with the bar, wherever that was cut."""
    far = np.ones((part.height, part.width), bool)
    height, width = shape
    for is_cut, beside in (
        (part.y > 0, np.s_[:MIXED]),
        (part.y + part.height < height, np.s_[max(0, part.height - MIXED) :]),
        (part.x > 0, np.s_[:, :MIXED]),
        (part.x + part.width < width, np.s_[:, max(0, part.width - MIXED) :]),
    ):
        if is_cut:
            far[beside] = False
    return far
