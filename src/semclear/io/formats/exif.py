"""Which way up a picture is to be shown: the tag Orientation of TIFF and of Exif, and turning by it."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import tifffile

from semclear.io.formats.damage import PARSER_ERRORS, reason_of

ORIENTATION = 274

MPF, PICTURES = b"MPF\0", 0xB001
"""How the index of several pictures in a JPEG begins, and its tag with their number."""

EXIF, XMP = b"Exif\0\0", b"http://ns.adobe.com/xap/1.0/\0"
"""So these parts of a JPEG begin."""

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
    """Return the orientation in the eXIf part of a PNG, 1 where it is silent; `notes` as for `parts_of_jpeg`."""
    return next((_in_exif(contents, notes) for name, contents in chunks if name == b"eXIf"), 1)


def parts_of_jpeg(data: bytes, notes: list[str]) -> tuple[tuple[tuple[bytes, bytes], ...], list[str]]:
    """Return what of a JPEG beside its pixels goes into a PNG, and the names of what does not.

    Exif (Exif 2.32, section 4.7.2) becomes an eXIf part, a comment a tEXt part, XMP an iTXt part. JFIF and Adobe's mark
    say how the pixels are packed and are not named.

    Parameters
    ----------
    data : bytes
        The whole file.
    notes : list of str
        Receives that the Exif part cannot be read; it is left out then. The picture is none the worse for it.

    Returns
    -------
    tuple
        Parts of a PNG as `raster.PlainImage` has them, and names of parts.
    """
    kept: list[tuple[bytes, bytes]] = []
    lost: dict[str, None] = {}
    for marker, contents in _segments(data):
        if marker == 0xFE and b"\0" not in contents.rstrip(b"\0"):
            kept.append((b"tEXt", b"Comment\0" + contents.rstrip(b"\0")))
        elif marker == 0xE1 and contents.startswith(EXIF):
            before = len(notes)
            _in_exif(contents[len(EXIF) :], notes)
            kept += [(b"eXIf", contents[len(EXIF) :])] if len(notes) == before else []
        elif marker == 0xE1 and contents.startswith(XMP):
            kept.append((b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + contents[len(XMP) :]))
        elif marker == 0xFE or (0xE1 <= marker <= 0xEF and not contents.startswith(b"Adobe\0")):
            name = contents.partition(b"\0")[0][:20].decode("latin-1")
            lost[name if name.isprintable() and name else f"marker {marker:X}"] = None
    return tuple(kept), list(lost)


def pictures_of_jpeg(data: bytes) -> int:
    """Return how many pictures a JPEG says that it holds behind one another (CIPA DC-007, Multi-Picture Format)."""
    index = next((part for marker, part in _segments(data) if marker == 0xE2 and part.startswith(MPF)), None)
    if index is None:
        return 1
    try:
        with tifffile.TiffFile(io.BytesIO(index[len(MPF) :])) as tiff:
            count = tiff.pages.first.tags.valueof(PICTURES)
    except PARSER_ERRORS:  # the name of the part is noted all the same
        return 1
    return count if isinstance(count, int) else 1


def _segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield marker and contents of each part of a JPEG before its pixels."""
    position = 2
    while position + 4 <= len(data) and data[position] == 0xFF and data[position + 1] != 0xDA:
        marker, (length,) = data[position + 1], struct.unpack_from(">H", data, position + 2)
        yield marker, data[position + 4 : position + 2 + length]
        position += 2 + length


def _in_exif(exif: bytes, notes: list[str]) -> int:
    try:
        with tifffile.TiffFile(io.BytesIO(exif)) as tiff:
            found = tiff.pages.first.tags.valueof(ORIENTATION)
    except PARSER_ERRORS as error:
        notes.append(f"the Exif part cannot be read ({reason_of(error)}): it is shown as it is stored")
        return 1
    return known(found)
