"""Whether stored channels are one gray image, and its gray values."""

from __future__ import annotations

import numpy as np

from semclear.io.formats.page import ColouredError, StoredPage

GRAY_TOLERANCE = 8 / 255
"""Channels that differ by no more are one gray image that went through a colour JPEG."""

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


def check_gray(apart: np.ndarray) -> int:
    """Return the number of coloured lines of a drawn frame in an image that is gray otherwise.

    Parameters
    ----------
    apart : ndarray, (H, W), float
        Largest difference between the channels of each pixel, as a share of the largest value.

    Raises
    ------
    ColouredError
        When there is colour beyond a frame.
    """
    lines, outside = coloured_lines(apart > GRAY_TOLERANCE)
    if outside or lines > FRAME_LINES:
        raise ColouredError(
            f"got colour (channels differ by up to {round(255 * float(apart.max()))} of 255), expected gray; "
            "convert it to gray, without coloured labels"
        )
    return lines


def _rounded(values: np.ndarray, dtype: np.dtype) -> np.ndarray:
    return (np.floor(values + 0.5) if dtype.kind in "iu" else values).astype(dtype)


def gray_values(page: StoredPage, to_gray: bool) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    """Return the gray values of a page in its own numbers.

    Channels that differ by no more than 8/255 are averaged; real colours, where they are let in, are weighted by
    `LUMA`. An alpha channel is left aside.

    Parameters
    ----------
    page : StoredPage
        As decoded.
    to_gray : bool
        True lets colour pictures in.

    Returns
    -------
    tuple
        Values, (H, W), of the page's dtype; the pixels that are a coloured frame, (H, W), bool; remarks.

    Raises
    ------
    ColouredError
        When the page is in colour and `to_gray` is False.
    """
    pixels = page.pixels
    if pixels.ndim == 2:
        return pixels, np.zeros(pixels.shape, bool), ()
    if page.layout == "gray+alpha":
        return np.ascontiguousarray(pixels[..., 0]), np.zeros(pixels.shape[:2], bool), ()
    channels = pixels[..., :3]
    if (channels[..., :1] == channels[..., 1:]).all():
        return np.ascontiguousarray(channels[..., 0]), np.zeros(pixels.shape[:2], bool), ()
    largest = (
        float(np.iinfo(pixels.dtype).max) if pixels.dtype.kind in "iu" else float(np.ptp(channels)) or 1.0
    )
    apart = (channels.max(axis=2).astype(np.float64) - channels.min(axis=2)) / largest
    values = _rounded(channels.mean(axis=2, dtype=np.float64), pixels.dtype)
    coloured = apart > GRAY_TOLERANCE
    try:
        lines = check_gray(apart)
    except ColouredError:
        if not to_gray:
            raise
        values = np.where(coloured, _rounded(channels.astype(np.float64) @ LUMA, pixels.dtype), values)
        return values, np.zeros(coloured.shape, bool), ("colour became gray (ITU-R BT.601)",)
    if lines:
        return values, coloured, (f"{lines} coloured lines of a frame are left as they are",)
    return values, coloured, ("channels that differed by up to 8 of 255 became one gray",)
