"""What an image file declares before it is decoded: kind, size, and whether all its bytes are there.

Decoders fill what is missing with grey and say nothing, and allocate whatever
size a header claims; so both are looked at first.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Callable

SIGNATURES = {
    "PNG": (b"\x89PNG\r\n\x1a\n",),
    "JPEG": (b"\xff\xd8\xff",),
    "BMP": (b"BM",),
    "TIFF": (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"),
}

_END_OF_SCAN = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_START_OF_FRAME = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}


PARSER_ERRORS = (
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
)
"""What parsers raise on bytes that break their format. Whatever else comes out of one is a fault of the program."""


def reason_of(error: Exception) -> str:
    """Return in one short line what an error says, for a person."""
    return " ".join(f"{type(error).__name__}: {error}".split())[:160]


class DamagedError(ValueError):
    """The file breaks its own format; the text says how."""


def kind_of(data: bytes) -> str | None:
    """Return "PNG", "JPEG", "BMP" or "TIFF" by the first bytes, whatever the file is called; None for others."""
    return next((kind for kind, starts in SIGNATURES.items() if data.startswith(starts)), None)


def _png(data: bytes) -> tuple[int, int]:
    width = height = 0
    position = 8
    while position + 12 <= len(data):
        length, name = struct.unpack_from(">I4s", data, position)
        end = position + 12 + length
        if end > len(data):
            break
        if zlib.crc32(data[position + 4 : end - 4]) != struct.unpack_from(">I", data, end - 4)[0]:
            raise DamagedError(f"the checksum of its {name.decode('latin-1')!r} part is wrong")
        if name == b"IHDR":
            width, height = struct.unpack_from(">II", data, position + 8)
        if name == b"IEND":
            return width, height
        position = end
    raise DamagedError("it ends too early")


def _jpeg(data: bytes) -> tuple[int, int]:
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


def _bmp(data: bytes) -> tuple[int, int]:
    if len(data) < 54:
        raise DamagedError("it ends too early")
    start, header, width, height, _, bits, compression, size = struct.unpack_from("<IIiiHHII", data, 10)
    if header < 40:
        raise DamagedError(f"its header has {header} bytes, expected at least 40")
    if compression in (0, 3):
        size = (width * bits + 31) // 32 * 4 * abs(height)
    if start + size > len(data):
        raise DamagedError("it ends too early")
    return width, abs(height)


def declared_size(data: bytes, kind: str) -> tuple[int, int]:
    """Return (width, height) that a complete PNG, JPEG or BMP file declares.

    Parameters
    ----------
    data : bytes
        The whole file.
    kind : {"PNG", "JPEG", "BMP"}
        See `kind_of`.

    Returns
    -------
    tuple of int
        Pixels.

    Raises
    ------
    DamagedError
        When bytes are missing, a PNG checksum is wrong, or no size is declared.
    """
    readers: dict[str, Callable[[bytes], tuple[int, int]]] = {"PNG": _png, "JPEG": _jpeg, "BMP": _bmp}
    try:
        width, height = readers[kind](data)
    except struct.error:
        raise DamagedError("it ends too early") from None
    if width <= 0 or height <= 0:
        raise DamagedError(f"it declares {width} x {height} pixels")
    return width, height
