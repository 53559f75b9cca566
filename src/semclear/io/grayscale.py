"""Whether stored channels are one gray image, and its gray values."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from semclear.io import intensity
from semclear.io.databar import Box
from semclear.io.formats.page import ColouredError, StoredPage

GRAY_TOLERANCE = 8 / 255
"""Channels that differ by no more are one gray image that went through a colour JPEG."""

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

    Channels that differ by no more than 8/255 are averaged; real colours, where they are let in, and those that JPEG
    let run over from the bar are weighted by `LUMA`.

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
    if let_in and not to_gray:
        raise ColouredError(
            f"got colour (channels differ by up to {round(255 * float(apart.max()))} of 255), expected gray; "
            "convert it to gray, without coloured labels"
        )
    if let_in or run_over.any():
        weighed = coloured if let_in else np.zeros_like(coloured)
        part.of(weighed)[run_over] = True
        colours = page.pixels[..., :3].astype(np.float64) @ LUMA
        values = np.where(weighed, _rounded(colours, values.dtype), values)
    if let_in:
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
