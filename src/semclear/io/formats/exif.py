"""Which way up a JPEG is to be shown: the tag Orientation in its Exif part, for the PNG that comes of it."""

from __future__ import annotations

import io
import struct

import tifffile

from semclear.io.formats.containers import PARSER_ERRORS, reason_of

ORIENTATION = 274


def of_jpeg(data: bytes, notes: list[str]) -> int:
    """Return the orientation that a whole JPEG file asks for, 1 to 8 (Exif 2.32, section 4.6.4); 1 where it is silent.

    Decoders differ in whether they turn the picture; here it stays as it is stored.

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
    return found if isinstance(found, int) and 1 <= found <= 8 else 1


def exif_of(orientation: int) -> bytes:
    """Return the contents of a PNG's eXIf part that says the orientation, and nothing else."""
    return struct.pack(">2sHIHHHIHHI", b"MM", 42, 8, 1, ORIENTATION, 3, 1, orientation, 0, 0)
