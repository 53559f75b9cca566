"""Reading one micrograph from PNG, TIFF, BMP or JPEG, or saying in one line why not."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from semclear.errors import SemclearError
from semclear.io.formats import containers, raster
from semclear.io.formats.containers import DamagedError
from semclear.io.formats.page import UnsuitableError
from semclear.io.formats.tiff import TiffPages
from semclear.io.grayscale import check_gray
from semclear.io.intensity import is_twelve_bit
from semclear.io.metadata import pixel_size
from semclear.io.micrograph import Micrograph

SUFFIXES = (".png", ".tif", ".tiff", ".bmp", ".jpg", ".jpeg")
"""Names of files that are taken from a folder, in lower case. What a file is, its first bytes decide."""

LARGEST_PIXELS = 2**28
"""268 million: beyond what scanning microscopes store, and 1 GiB as float32. More is a damaged or hostile header."""

LARGEST_BYTES = 16 * LARGEST_PIXELS
"""A file of that many pixels, four channels of 32 bits each."""


def bytes_of(path: Path) -> bytes:
    """Return the contents of a file that is an image of a known kind by its first bytes.

    Parameters
    ----------
    path : Path
        The file.

    Raises
    ------
    SemclearError
        When it is missing, no file, empty, of another kind, unreadable, or larger than any micrograph.
    """
    if path.is_dir():
        raise SemclearError(f"{path}: got a folder, expected an image file; give a file")
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise SemclearError(f"{path}: got a device or pipe, expected an image file; give a file")
        if path.stat().st_size > LARGEST_BYTES:
            raise SemclearError(
                f"{path}: got {path.stat().st_size} bytes, expected at most {LARGEST_BYTES}; crop the image first"
            )
        with path.open("rb") as stream:
            first = stream.read(16)
            data = first + stream.read() if containers.kind_of(first) else first
    except FileNotFoundError:
        raise SemclearError(f"{path}: got no such file, expected a micrograph; correct the path") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise SemclearError(
            f"{path}: cannot be read ({reason}), expected a micrograph; mend or remove it"
        ) from None
    if not data:
        raise SemclearError(
            f"{path}: got an empty file (0 bytes), expected a micrograph; copy it again or remove it"
        )
    return data


def check_size(size: tuple[int, int], pages: int = 1) -> None:
    """Refuse what no microscope stores, before memory is taken for it.

    Parameters
    ----------
    size : tuple of int
        Declared width and height.
    pages : int
        Number of such pages.

    Raises
    ------
    UnsuitableError
        Above `LARGEST_PIXELS` in all.
    """
    if size[0] * size[1] * pages > LARGEST_PIXELS:
        many = f" on {pages} pages" if pages > 1 else ""
        raise UnsuitableError(
            f"declares {size[0]} x {size[1]} pixels{many}, expected at most {LARGEST_PIXELS // 10**6} million; crop it first"
        )


def kind_of(data: bytes) -> str:
    """Return "PNG", "TIFF", "BMP" or "JPEG".

    Raises
    ------
    UnsuitableError
        For anything else.
    """
    kind = containers.kind_of(data)
    if kind is None:
        raise UnsuitableError(
            f"got no image that is known (first bytes {data[:4].hex(' ')}), expected PNG, TIFF, BMP or JPEG; convert or remove it"
        )
    return kind


def decode_plain(data: bytes, kind: str) -> raster.PlainImage:
    """Return the pixels of a PNG, BMP or JPEG file after looking at the size it declares.

    Raises
    ------
    DamagedError, UnsuitableError
        See `containers.declared_size`, `plain.decode` and `check_size`.
    """
    size = containers.declared_size(data, kind)
    check_size(size)
    return raster.decode(data, kind, size)


@contextmanager
def one_line_errors(path: Path) -> Iterator[None]:
    """Turn what the decoders raise into the one line that a person reads.

    Raises
    ------
    SemclearError
        For a `DamagedError` or `UnsuitableError` from the block, with the file's name.
    """
    try:
        yield
    except DamagedError as error:
        raise SemclearError(
            f"{path}: is truncated or damaged: {error}, expected a whole image; copy it again or remove it"
        ) from None
    except UnsuitableError as error:
        raise SemclearError(f"{path}: {error}") from None
    except MemoryError:
        raise SemclearError(
            f"{path}: does not fit into memory, expected a smaller image; crop it or close other programs"
        ) from None


def not_finite(values: np.ndarray) -> UnsuitableError | None:
    """Return the error for floats that hold NaN or infinite values, or None."""
    count = int(values.size - np.isfinite(values).sum())
    if not count:
        return None
    return UnsuitableError(
        f"got NaN or infinite values in {count} places, expected numbers; fill them or remove the file"
    )


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
