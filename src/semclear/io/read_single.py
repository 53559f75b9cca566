"""Reading one micrograph from PNG, TIFF, BMP or JPEG, or saying in one line why not."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from semclear.errors import SemclearError
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
from semclear.io.intensity import is_twelve_bit
from semclear.io.metadata import pixel_size


def _decode(data: bytes) -> tuple[np.ndarray, float | None]:
    """Return the pixels as stored, (H, W) or (H, W, channels), and the pixel size in nm."""
    kind = kind_of(data)
    if kind != "TIFF":
        return decode_plain(data, kind).page.pixels, None
    tiff = TiffPages(data)
    if len(tiff.pages) != 1:
        raise UnsuitableError(
            f"got {len(tiff.pages)} pages, expected one micrograph; save the page you want alone"
        )
    check_size(tiff.size)
    return tiff.decode().pixels, pixel_size.of_tiff(tiff.tiff, tiff.pages[0])


def _scaled(pixels: np.ndarray) -> tuple[np.ndarray, list[str]]:
    """Return float32 in [0, 1] of the same shape, and remarks."""
    if pixels.dtype in (np.uint8, np.uint16):
        remarks = []
        if pixels.ndim == 2 and is_twelve_bit(pixels.max(), pixels.dtype):
            remarks.append(
                f"16-bit file with values up to {pixels.max()} only (12-bit detector?): divided by 65535 all the same"
            )
        return pixels.astype(np.float32) / np.float32(np.iinfo(pixels.dtype).max), remarks
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
    """
    path = Path(path)
    data = bytes_of(path)
    with one_line_errors(path):
        pixels, pixel_size_nm = _decode(data)
        image, remarks = _scaled(pixels)
        image, more = _gray(image)
    if image.min() == image.max():
        raise SemclearError(f"{path}: got one grey value everywhere, expected a picture; remove the file")
    return Micrograph(image, pixel_size_nm, str(pixels.dtype), path, (*remarks, *more))


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
    """

    image: np.ndarray
    pixel_size_nm: float | None
    dtype: str
    path: Path
    notes: tuple[str, ...] = ()
