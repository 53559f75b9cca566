"""Reading one micrograph from PNG, TIFF, BMP or JPEG, or saying in one line why not."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from semclear.errors import SemclearError
from semclear.io import databar, intensity
from semclear.io.formats.guards import (
    bytes_of,
    check_size,
    decode_plain,
    kind_of,
    not_finite,
    one_line_errors,
)
from semclear.io.formats.page import UnsuitableError
from semclear.io.formats.tiff import TiffPages
from semclear.io.grayscale import check_gray
from semclear.io.metadata import pixel_size


def _decode(data: bytes) -> tuple[np.ndarray, float | None, list[str]]:
    """Return the pixels as stored, (H, W) or (H, W, channels), the pixel size in nm, and remarks."""
    kind = kind_of(data)
    if kind != "TIFF":
        return decode_plain(data, kind).page.pixels, None, []
    tiff = TiffPages(data)
    if len(tiff.pages) != 1:
        raise UnsuitableError(
            f"got {len(tiff.pages)} pages, expected one micrograph; save the page you want alone"
        )
    check_size(tiff.size)
    remarks: list[str] = []
    size_nm = pixel_size.of_tiff(tiff.tiff, tiff.pages[0], remarks)
    return tiff.decode().pixels, size_nm, remarks


def _scaled(pixels: np.ndarray) -> tuple[np.ndarray, list[str]]:
    """Return float32 in [0, 1] of the same shape, and remarks."""
    if pixels.dtype in (np.uint8, np.uint16):
        return pixels.astype(np.float32) / np.float32(np.iinfo(pixels.dtype).max), []
    if pixels.dtype == np.float32:
        if (error := not_finite(pixels)) is not None:
            raise error
        low, high = float(pixels.min()), float(pixels.max())
        wide = (pixels.astype(np.float64) - low) / ((high - low) or 1.0)
        return wide.astype(np.float32), [
            f"32-bit float file: its own range {low:.6g} to {high:.6g} became 0 to 1"
        ]
    raise UnsuitableError(
        f"got {pixels.dtype} values, expected 8-bit, 16-bit or 32-bit float; convert it to 16-bit"
    )


def _gray(image: np.ndarray) -> tuple[np.ndarray, list[str]]:
    """Return (H, W) of an (H, W) or (H, W, channels) image in [0, 1], if it is gray, and remarks."""
    if image.ndim == 2:
        return image, []
    if image.shape[2] in (2, 4):
        alpha = image[..., -1]
        if alpha.min() != alpha.max():
            raise UnsuitableError(
                "got a varying transparency (alpha channel), expected an opaque image; flatten it"
            )
        image = image[..., :-1]
    lines = check_gray(np.ptp(image, axis=2))
    gray = image.mean(axis=2, dtype=np.float32)
    return gray, [f"{lines} coloured lines of a frame became gray"] if lines else []


def _white_of(image: np.ndarray, dtype: np.dtype[Any]) -> tuple[int | None, list[str]]:
    """Return the stored number that is white in the picture of a gray image in [0, 1], and remarks; None of floats."""
    if dtype.kind != "u":
        return None, []
    largest = np.iinfo(dtype).max
    if dtype.itemsize == 1:
        return int(largest), []
    picture = databar.box(image).of(image)
    levels = intensity.levels_of([np.rint(picture * np.float32(largest)).astype(dtype)])
    white = intensity.full_scale(levels, dtype)
    if white == largest:
        return white, []
    return white, [
        f"16-bit file with values up to {levels.high:.0f} only ({white.bit_length()}-bit detector)"
    ]


def read(path: str | Path) -> Micrograph:
    """Read a micrograph: gray, RGB with equal channels or a gray palette; 8 or 16 bit, or 32-bit float TIFF.

    Integers are divided by the largest number of their type (255, 65535), so that grey levels of different files
    stay comparable; floats have no such number and are scaled by their own range. A constant alpha channel is
    dropped. Thumbnail pages of a TIFF are passed over.

    Parameters
    ----------
    path : str or Path
        The file; its first bytes say what it is, not its name.

    Returns
    -------
    Micrograph
        With float32 `image` in [0, 1].

    Raises
    ------
    SemclearError
        In one line that names the file, when it is missing, unreadable, empty, truncated or damaged, no image,
        in colour, of several pages, of another number type, over 268 million pixels, constant, or not finite.

    Examples
    --------
    >>> import tempfile, numpy, tifffile
    >>> folder = tempfile.TemporaryDirectory()
    >>> path = Path(folder.name) / "a.tif"
    >>> tifffile.imwrite(path, numpy.arange(256, dtype="uint8").reshape(16, 16))
    >>> micrograph = read(path)
    >>> micrograph.dtype, micrograph.white, micrograph.image.shape
    ('uint8', 255, (16, 16))
    >>> folder.cleanup()
    """
    path = Path(path)
    data = bytes_of(path)
    with one_line_errors(path):
        pixels, pixel_size_nm, remarks = _decode(data)
        image, of_range = _scaled(pixels)
        image, of_colour = _gray(image)
        white, of_white = _white_of(image, pixels.dtype)
    if image.min() == image.max():
        raise SemclearError(f"{path}: got one grey value everywhere, expected a picture; remove the file")
    notes = (*remarks, *of_range, *of_white, *of_colour)
    return Micrograph(image, pixel_size_nm, str(pixels.dtype), path, notes, white)


@dataclass(frozen=True)
class Micrograph:
    """One gray image and what its file says of it.

    Attributes
    ----------
    image : ndarray, (H, W), float32
        Black 0, white 1. Integers are divided by the largest number of their type.
    pixel_size_nm : float or None
        Edge of a pixel in nanometres, where the file's tags give it.
    dtype : str
        Type of the stored numbers: ``uint8``, ``uint16`` or ``float32``.
    path : Path
        Where it was read.
    notes : tuple of str
        What a person should know of the conversion (floats scaled by their own range, ...).
    white : int or None
        Stored number that `intensity` takes for white in the picture without data bar and frame: 4095 of a 12-bit
        detector's, else the largest of the type; None of floats. ``image`` times that largest over `white` is what
        `semclear.io.read.read` makes of the file, apart from clipping.
    """

    image: np.ndarray
    pixel_size_nm: float | None
    dtype: str
    path: Path
    notes: tuple[str, ...] = ()
    white: int | None = None
