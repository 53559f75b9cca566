"""Which way up a JPEG is to be shown: the tag Orientation in its Exif part, for the PNG that comes of it."""

from __future__ import annotations

import io
import struct

import tifffile

ORIENTATION = 274


def of_jpeg(data: bytes) -> int:
    """Return the orientation that a whole JPEG file asks for, 1 to 8 (Exif 2.32, section 4.6.4); 1 where it is silent.

    Decoders differ in whether they turn the picture; here it stays as it is stored.
    """
    position = 2
    while position + 10 <= len(data) and data[position] == 0xFF and data[position + 1] != 0xDA:
        (length,) = struct.unpack_from(">H", data, position + 2)
        if data[position + 1] == 0xE1 and data[position + 4 : position + 10] == b"Exif\0\0":
            return _in_exif(data[position + 10 : position + 2 + length])
        position += 2 + length
    return 1


def _in_exif(exif: bytes) -> int:
    # A damaged part can raise anything out of the parser; the picture is none the worse for it.
    try:
        with tifffile.TiffFile(io.BytesIO(exif)) as tiff:
            found = tiff.pages.first.tags.valueof(ORIENTATION)
    except Exception:
        return 1
    return found if isinstance(found, int) and 1 <= found <= 8 else 1


def exif_of(orientation: int) -> bytes:
    """Return the contents of a PNG's eXIf part that says the orientation, and nothing else."""
    return struct.pack(">2sHIHHHIHHI", b"MM", 42, 8, 1, ORIENTATION, 3, 1, orientation, 0, 0)
