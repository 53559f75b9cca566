"""Reading one micrograph from PNG, TIFF, BMP or JPEG, or saying in one line why not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np

from semclear.errors import SemclearError
from semclear.micrographs import containers
from semclear.micrographs.containers import DamagedError
from semclear.micrographs.micrograph import Micrograph
from semclear.micrographs.tiff import TiffMicrograph, UnsuitableError

SUFFIXES = (".png", ".tif", ".tiff", ".bmp", ".jpg", ".jpeg")
"""Names of files that are taken from a folder, in lower case. What a file is, its first bytes decide."""

LARGEST_PIXELS = 2**28
"""268 million: beyond what scanning microscopes store, and 1 GiB as float32. More is a damaged or hostile header."""

GRAY_TOLERANCE = 8 / 255
"""Channels that differ by no more are one gray image that went through a colour JPEG."""

FRAME_LINES = 8
"""Coloured rows and columns that pass for a frame: two pixels wide on each side."""

TWELVE_BIT = 4095


@contextmanager
def _quiet_opencv() -> Iterator[None]:
    """Keep OpenCV's own remarks off the terminal: what matters of them is raised."""
    before = cv2.utils.logging.getLogLevel()
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    try:
        yield
    finally:
        cv2.utils.logging.setLogLevel(before)


def _bytes_of(path: Path) -> bytes:
    if path.is_dir():
        raise SemclearError(f"{path}: got a folder, expected an image file; give a file")
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise SemclearError(f"{path}: got no such file, expected a micrograph; correct the path") from None
    except OSError as error:
        raise SemclearError(
            f"{path}: cannot be read ({error.strerror}), expected a micrograph; mend or remove it"
        ) from None
    if not data:
        raise SemclearError(
            f"{path}: got an empty file (0 bytes), expected a micrograph; copy it again or remove it"
        )
    return data


def _check_size(size: tuple[int, int]) -> None:
    if size[0] * size[1] > LARGEST_PIXELS:
        raise UnsuitableError(
            f"declares {size[0]} x {size[1]} pixels, expected at most {LARGEST_PIXELS // 10**6} million; crop it first"
        )


def _decode(data: bytes) -> tuple[np.ndarray, float | None]:
    """Return the pixels as stored, (H, W) or (H, W, channels), and the pixel size in nm."""
    kind = containers.kind_of(data)
    if kind is None:
        raise UnsuitableError(
            f"got no image that is known (first bytes {data[:4].hex(' ')}), expected PNG, TIFF, BMP or JPEG; convert or remove it"
        )
    if kind == "TIFF":
        tiff = TiffMicrograph(data)
        _check_size(tiff.size)
        return tiff.decode(), tiff.pixel_size_nm
    size = containers.declared_size(data, kind)
    _check_size(size)
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if pixels is None or pixels.shape[:2] != size[::-1]:
        raise DamagedError(f"its {kind} pixels cannot be decoded")
    return pixels, None


def _scaled(pixels: np.ndarray) -> tuple[np.ndarray, list[str]]:
    """Return float32 in [0, 1] of the same shape, and remarks."""
    if pixels.dtype in (np.uint8, np.uint16):
        remarks = []
        if pixels.dtype == np.uint16 and pixels.ndim == 2 and pixels.max() <= TWELVE_BIT:
            remarks.append(
                f"16-bit file with values up to {pixels.max()} only (12-bit detector?): divided by 65535 all the same"
            )
        return pixels.astype(np.float32) / np.float32(np.iinfo(pixels.dtype).max), remarks
    if pixels.dtype == np.float32:
        if not np.isfinite(pixels).all():
            count = int(pixels.size - np.isfinite(pixels).sum())
            raise UnsuitableError(
                f"got NaN or infinite values in {count} places, expected numbers; fill them or remove the file"
            )
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
    if image.ndim != 3 or image.shape[2] > 4:
        raise UnsuitableError(
            f"got an array of shape {image.shape}, expected one gray image; save one channel alone"
        )
    if image.shape[2] in (2, 4):
        alpha = image[..., -1]
        if alpha.min() != alpha.max():
            raise UnsuitableError(
                "got a varying transparency (alpha channel), expected an opaque image; flatten it"
            )
        image = image[..., :-1]
    apart = np.ptp(image, axis=2)
    lines, outside = _coloured_lines(apart > GRAY_TOLERANCE)
    if outside or lines > FRAME_LINES:
        raise UnsuitableError(
            f"got colour (channels differ by up to {round(255 * float(apart.max()))} of 255), expected gray; "
            "convert it to gray, without coloured labels"
        )
    gray = image.mean(axis=2, dtype=np.float32)
    return gray, [f"{lines} coloured lines of a frame became gray"] if lines else []


def _coloured_lines(coloured: np.ndarray) -> tuple[int, bool]:
    """Return how many rows and columns are coloured nearly throughout, and whether there is colour elsewhere.

    FEI's software draws a green frame, one pixel wide, around the quadrant that is selected.
    """
    rows, columns = coloured.mean(axis=1) > 0.8, coloured.mean(axis=0) > 0.8
    return int(rows.sum() + columns.sum()), bool(coloured[~rows][:, ~columns].any())


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
    data = _bytes_of(path)
    try:
        with _quiet_opencv():
            pixels, pixel_size_nm = _decode(data)
        image, remarks = _scaled(pixels)
        image, more = _gray(image)
    except DamagedError as error:
        raise SemclearError(
            f"{path}: is truncated or damaged: {error}, expected a whole image; copy it again or remove it"
        ) from None
    except UnsuitableError as error:
        raise SemclearError(f"{path}: {error}") from None
    if image.min() == image.max():
        raise SemclearError(f"{path}: got one grey value everywhere, expected a picture; remove the file")
    return Micrograph(image, pixel_size_nm, str(pixels.dtype), path, (*remarks, *more))
