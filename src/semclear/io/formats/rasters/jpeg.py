"""JPEG, which is read alone: what is written in it is not what was restored."""

from __future__ import annotations

import re
import struct

from semclear.io.formats import exif
from semclear.io.formats.damage import DamagedError
from semclear.io.formats.page import plain_page
from semclear.io.formats.raster import PlainImage, Raster, one_of_many, opencv

_END_OF_SCAN = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_START_OF_FRAME = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}


def size(data: bytes) -> tuple[int, int]:
    """Return width and height, see `Raster.size`."""
    width = height = 0
    position = 2
    while position + 4 <= len(data):
        if data[position] != 0xFF:
            raise DamagedError(f"byte {position} is no marker")
        marker = data[position + 1]
        if marker == 0xD9:
            break
        if marker == 0xFF:  # padding
            position += 1
            continue
        (length,) = struct.unpack_from(">H", data, position + 2)
        if marker in _START_OF_FRAME and position + 9 <= len(data):
            height, width = struct.unpack_from(">HH", data, position + 5)
        position += 2 + length
        if marker == 0xDA:  # pixels follow, up to the next marker
            found = _END_OF_SCAN.search(data, position)
            if found is None:
                raise DamagedError("it ends too early")
            position = found.start()
    if data[position : position + 2] != b"\xff\xd9":
        raise DamagedError("it ends too early")
    return width, height


def decode(data: bytes, size: tuple[int, int]) -> PlainImage:
    """Return the picture, see `Raster.decode`."""
    per_metre = None
    if data[6:11] == b"JFIF\0":
        unit, x, y = struct.unpack_from(">BHH", data, 13)
        scale = {1: 1 / 0.0254, 2: 100.0}.get(unit)
        per_metre = (x * scale, y * scale) if scale and x and y else None
    page = plain_page(opencv(data, size, "JPEG"))
    notes: list[str] = []
    parts, lost = exif.parts_of_jpeg(data, notes)
    if lost:
        notes.append(f"parts of the JPEG that are not in the result: {', '.join(lost)}")
    if (count := exif.pictures_of_jpeg(data)) > 1:
        notes.append(one_of_many(count, "JPEG"))
    orientation = exif.of_png(parts, [])
    return PlainImage(page, per_metre, parts, orientation=orientation, notes=tuple(notes))


RASTER = Raster(
    "JPEG", 40, b"\xff\xd8\xff", (".jpg", ".jpeg"), size, decode, "JPEG resolution", "JFIF resolution"
)
