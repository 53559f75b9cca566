"""Putting restored grays in the place of the stored ones."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

import numpy as np

from semclear.errors import FileError
from semclear.io.formats import exif, palette
from semclear.io.formats.page import StoredPage
from semclear.io.read import Original, Page

STRIP = 2**20
"""Pixels that are worked on at once: copies of a large micrograph in floats are not to fill the memory."""


def _strips(shape: tuple[int, ...]) -> Iterator[slice]:
    """Yield slices of whole rows that cover an image."""
    rows = max(1, STRIP // shape[1])
    for first in range(0, shape[0], rows):
        yield slice(first, min(first + rows, shape[0]))


class Numbers(Protocol):
    """Stored numbers, as `read.Original` has them: their type, and what 0 and 1 stand for."""

    @property
    def dtype(self) -> Any: ...
    @property
    def low(self) -> float: ...
    @property
    def high(self) -> float: ...


def quantised(image: np.ndarray, original: Numbers) -> np.ndarray:
    """Return an image in [0, 1] in the numbers of the file.

    Parameters
    ----------
    image : ndarray, (H, W), float
        0 and 1 stand for `read.low` and `read.high`; values outside are clipped.
    original : Numbers
        Gives type and range.

    Returns
    -------
    ndarray, (H, W), `read.dtype`
        ``low + (high - low) image``; integers rounded, halves up.
    """
    dtype = np.dtype(original.dtype)
    precise = np.float32 if dtype.kind in "iu" else np.float64  # enough for 16 bits, and half the memory
    low, high = precise(original.low), precise(original.high)
    values = np.clip(np.asarray(image, precise), precise(0), precise(1)) * (high - low)
    return (np.floor(values + precise(0.5)) + low if dtype.kind in "iu" else values + low).astype(dtype)


def checked(image: np.ndarray, page: Page, name: str) -> np.ndarray:
    """Return an image with as many rows as the page, after looking at its shape and numbers.

    Parameters
    ----------
    image : ndarray, (H, W) or (H - databar_rows, W), float
        Restored.
    page : Page
        What it was restored from.
    name : str
        The file, for errors.

    Raises
    ------
    SemclearError
        When the shape is another, or values are not finite.
    """
    image = np.asarray(image)
    height, width = page.values.shape
    if image.shape == (height - page.databar_rows, width):
        image = np.concatenate([image, page.image[len(image) :].astype(image.dtype)])
    if image.shape != (height, width):
        raise FileError(
            name,
            f"got a restored image of shape {image.shape}, expected ({height}, {width}); restore the whole page",
        )
    if image.dtype.kind != "f" or not np.isfinite([image.min(), image.max()]).all():
        raise FileError(
            name,
            f"got {image.dtype} with NaN or infinite values or no floats, expected floats in [0, 1]; "
            "find where they arose, nothing was written",
        )
    return image


def composed(image: np.ndarray, page: Page, original: Original) -> tuple[StoredPage, int]:
    """Return a page whose picture shows the restored image; all else is as stored.

    Channels of the picture become equal; transparency, data bar, frame and pixels outside the picture keep their
    stored values.

    Parameters
    ----------
    image : ndarray, (H, W), float
        In [0, 1].
    page : Page
        What it was restored from.
    original : Original
        Gives type and range.

    Returns
    -------
    tuple
        The page, and the number of gray levels that a full palette could not show exactly.
    """
    stored = page.stored
    if page.is_blank:
        return stored, 0
    picture = np.zeros(page.values.shape, bool)
    page.box.of(picture)[...] = True
    np.greater(picture, page.fixed, out=picture)  # and not fixed, without a copy
    levels = page.values.copy()
    for rows in _strips(levels.shape):
        np.copyto(levels[rows], quantised(image[rows], original), where=picture[rows])
    if stored.indices is not None and stored.palette is not None:
        indices, colours, missing = palette.indices_for(
            levels, stored.indices, page.values, stored.palette, picture
        )
        return StoredPage(colours[indices], stored.layout, indices, colours), missing
    if stored.pixels.ndim == 2:
        return StoredPage(levels, stored.layout), 0
    pixels = stored.pixels.copy()
    colours = pixels.shape[2] if pixels.shape[2] in (1, 3) else pixels.shape[2] - 1
    np.copyto(pixels[..., :colours], levels[..., None], where=picture[..., None])
    return StoredPage(pixels, stored.layout), 0


def cropped(page: StoredPage, rows: int) -> StoredPage:
    """Return a page without its last `rows` rows."""
    end = len(page.pixels) - rows
    return StoredPage(
        page.pixels[:end], page.layout, None if page.indices is None else page.indices[:end], page.palette
    )


def as_stored(page: StoredPage, orientation: int) -> StoredPage:
    """Return a page that is the right way up as its file stores it; see `exif.shown`."""
    if orientation == 1:
        return page
    indices = None if page.indices is None else exif.stored(page.indices, orientation)
    return StoredPage(exif.stored(page.pixels, orientation), page.layout, indices, page.palette)
