"""One page of an image file as it is stored, before it is taken for a gray micrograph."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

LAYOUTS = {1: "gray", 2: "gray+alpha", 3: "rgb", 4: "rgba"}
"""Layout by the number of channels; "palette" is the fifth."""


class UnsuitableError(ValueError):
    """A sound file that holds something else than one micrograph; the text says what, expected and to do."""


@dataclass(frozen=True)
class StoredPage:
    """Pixels in the file's own numbers.

    Attributes
    ----------
    pixels : ndarray, (H, W) or (H, W, channels)
        Black lowest, red first, in the machine's byte order; the colours themselves where the file has a palette.
    layout : str
        "gray", "gray+alpha", "rgb", "rgba" or "palette".
    indices : ndarray, (H, W), uint8, or None
        Places in the palette.
    palette : ndarray, (256, 3), uint8, or None
        Colour of each index, red first.
    """

    pixels: np.ndarray
    layout: str
    indices: np.ndarray | None = None
    palette: np.ndarray | None = None


class ColouredError(UnsuitableError):
    """A picture in colour."""


def plain_page(pixels: np.ndarray) -> StoredPage:
    """Return a page without palette.

    Parameters
    ----------
    pixels : ndarray, (H, W) or (H, W, channels)
        See `StoredPage`.

    Raises
    ------
    UnsuitableError
        When it has more than four channels.
    """
    channels = 1 if pixels.ndim == 2 else pixels.shape[-1]
    if pixels.ndim not in (2, 3) or channels not in LAYOUTS:
        raise UnsuitableError(
            f"got an array of shape {pixels.shape}, expected one gray image; save one channel alone"
        )
    return StoredPage(pixels[..., 0] if pixels.ndim == 3 and channels == 1 else pixels, LAYOUTS[channels])


def palette_page(indices: np.ndarray, palette: np.ndarray) -> StoredPage:
    """Return a page with palette.

    Parameters
    ----------
    indices : ndarray, (H, W), uint8
        Places in the palette.
    palette : ndarray, (n, 3), uint8, n at most 256
        Red, green, blue; missing entries become black.
    """
    whole = np.zeros((256, 3), np.uint8)
    whole[: len(palette)] = palette[:256]
    return StoredPage(whole[indices], "palette", indices, whole)


def indices_of(colours: np.ndarray, palette: np.ndarray) -> np.ndarray:
    """Return the first place in the palette of every pixel's colour.

    Parameters
    ----------
    colours : ndarray, (H, W, 3), uint8
        Every colour stands in the palette.
    palette : ndarray, (n, 3), uint8
        n at most 256.

    Returns
    -------
    ndarray, (H, W), uint8
        Indices.
    """
    weights = np.array([1 << 16, 1 << 8, 1])
    codes = palette.astype(np.int64) @ weights
    order = np.argsort(codes, kind="stable")
    return order[np.searchsorted(codes[order], colours.astype(np.int64) @ weights)].astype(np.uint8)
