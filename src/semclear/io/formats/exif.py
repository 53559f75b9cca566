"""Which way up a picture is to be shown: the tag Orientation of TIFF and of Exif, and turning by it."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterable
from typing import Any

import numpy as np
import tifffile

from semclear.io.formats.containers import PARSER_ERRORS, reason_of

ORIENTATION = 274

FLIPPED = (2, 4, 5, 7)
QUARTERS = {1: 0, 2: 0, 3: 2, 4: 2, 5: 1, 6: 3, 7: 3, 8: 1}
"""Quarter turns to the left that show an orientation the right way up, `FLIPPED` ones flipped before, left to right."""


def shown(array: np.ndarray, orientation: int) -> np.ndarray:
    """Return stored rows and columns the way they are to be shown (TIFF 6.0, Orientation).

    Parameters
    ----------
    array : ndarray, (H, W) or (H, W, channels)
        As stored.
    orientation : int
        1 to 8; the first stored row and column are shown as 1 top and left, 2 top and right, 3 bottom and right,
        4 bottom and left, 5 left and top, 6 right and top, 7 right and bottom, 8 left and bottom.

    Returns
    -------
    ndarray
        (W, H) from 5 on; see `stored` for the way back.
    """
    flipped = array[:, ::-1] if orientation in FLIPPED else array
    return np.ascontiguousarray(np.rot90(flipped, QUARTERS[orientation]))


def stored(array: np.ndarray, orientation: int) -> np.ndarray:
    """Return what `shown` made this array of."""
    back = np.rot90(array, -QUARTERS[orientation])
    return np.ascontiguousarray(back[:, ::-1] if orientation in FLIPPED else back)


def known(orientation: Any) -> int:
    """Return an orientation if it is one, else 1."""
    return int(orientation) if isinstance(orientation, int) and 1 <= orientation <= 8 else 1


def of_png(chunks: Iterable[tuple[bytes, bytes]], notes: list[str]) -> int:
    """Return the orientation in the eXIf part of a PNG, 1 where it is silent; arguments as for `of_jpeg`."""
    return next((_in_exif(contents, notes) for name, contents in chunks if name == b"eXIf"), 1)


def of_jpeg(data: bytes, notes: list[str]) -> int:
    """Return the orientation that a whole JPEG file asks for, 1 to 8 (Exif 2.32, section 4.6.4); 1 where it is silent.

    Parameters
    ----------
    data : bytes
        The whole file.
    notes : list of str
        Receives that the Exif part cannot be read. The picture is none the worse for it.
    """
    position = 2
    while position + 10 <= len(data) and data[position] == 0xFF and data[position + 1] != 0xDA:
        (length,) = struct.unpack_from(">H", data, position + 2)
        if data[position + 1] == 0xE1 and data[position + 4 : position + 10] == b"Exif\0\0":
            return _in_exif(data[position + 10 : position + 2 + length], notes)
        position += 2 + length
    return 1


def _in_exif(exif: bytes, notes: list[str]) -> int:
    try:
        with tifffile.TiffFile(io.BytesIO(exif)) as tiff:
            found = tiff.pages.first.tags.valueof(ORIENTATION)
    except PARSER_ERRORS as error:
        notes.append(f"the Exif part cannot be read ({reason_of(error)}): it is shown as it is stored")
        return 1
    return known(found)


def exif_of(orientation: int) -> bytes:
    """Return the contents of a PNG's eXIf part that says the orientation, and nothing else."""
    return struct.pack(">2sHIHHHIHHI", b"MM", 42, 8, 1, ORIENTATION, 3, 1, orientation, 0, 0)
