"""Writing micrographs as 8-bit gray PNG, the same bytes every time."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from semclear.errors import FileError
from semclear.files import whole_file


def to_uint8(image: np.ndarray) -> np.ndarray:
    """Return an image in [0, 1] rounded to the 256 grey levels of an 8-bit file.

    Parameters
    ----------
    image : ndarray, (H, W), float
        Black 0, white 1; values outside are clipped.

    Returns
    -------
    ndarray, (H, W), uint8
        ``floor(255 * image + 0.5)``: halves go up, so that every level has the same width.
    """
    return np.floor(np.clip(image, 0.0, 1.0) * 255.0 + 0.5).astype(np.uint8)


def write_png(path: str | Path, image: np.ndarray) -> None:
    """Write a micrograph as 8-bit gray PNG, whole or not at all.

    The bytes depend on the pixels alone: no date, no software name, a fixed filter and compression level.

    Parameters
    ----------
    path : str or Path
        The file to appear; its folder is made if needed.
    image : ndarray, (H, W), float
        Black 0, white 1; values outside are clipped.

    Raises
    ------
    FileError
        When the image is not two-dimensional, is empty, holds NaN or infinite values, or the disk refuses it.
    """
    image = np.asarray(image)
    if image.ndim != 2 or image.size == 0:
        raise FileError(
            path, f"got an array of shape {image.shape}, expected (H, W); write one gray image a file"
        )
    if not np.isfinite(image).all():
        raise FileError(
            path, "got NaN or infinite values, expected [0, 1]; find where they arose, nothing was written"
        )
    write_png_integers(path, to_uint8(image))


def write_png_integers(path: str | Path, image: np.ndarray) -> None:
    """Write integers as they are: 8-bit gray, or 16-bit gray such as label masks.

    Parameters
    ----------
    path : str or Path
        The file to appear; its folder is made if needed.
    image : ndarray, (H, W), uint8 or uint16
        The PNG has the same depth.

    Raises
    ------
    FileError
        When shape or type is another, or the disk refuses it.
    """
    if image.ndim != 2 or image.size == 0 or image.dtype not in (np.uint8, np.uint16):
        raise FileError(
            path,
            f"got {image.dtype} of shape {image.shape}, expected uint8 or uint16 of shape (H, W); convert it first",
        )
    settings = [cv2.IMWRITE_PNG_COMPRESSION, 6, cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_DEFAULT]
    done, encoded = cv2.imencode(".png", np.ascontiguousarray(image), settings)
    if not done:
        raise RuntimeError(f"OpenCV refused to encode {image.dtype} of shape {image.shape} as PNG")
    with whole_file(path) as scratch:
        scratch.write_bytes(encoded.tobytes())
