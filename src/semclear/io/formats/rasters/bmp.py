"""BMP: 8 bits with palette, 24 or 32 bits, and the resolution."""

from __future__ import annotations

import struct

import numpy as np

from semclear.io.formats.damage import DamagedError
from semclear.io.formats.page import StoredPage, palette_page, plain_page
from semclear.io.formats.raster import Chunks, PlainImage, Raster, opencv, with_palette


def size(data: bytes) -> tuple[int, int]:
    """Return width and height, see `Raster.size`."""
    if len(data) < 54:
        raise DamagedError("it ends too early")
    start, header, width, height, _, bits, compression, stored = struct.unpack_from("<IIiiHHII", data, 10)
    if header < 40:
        raise DamagedError(f"its header has {header} bytes, expected at least 40")
    if compression in (0, 3):
        stored = (width * bits + 31) // 32 * 4 * abs(height)
    if start + stored > len(data):
        raise DamagedError("it ends too early")
    return width, abs(height)


def decode(data: bytes, size: tuple[int, int]) -> PlainImage:
    """Return the picture, see `Raster.decode`."""
    start, header, _, height, _, bits, compression, _, x, y, used = struct.unpack_from(
        "<IIiiHHIIiiI", data, 10
    )
    per_metre = (x, y) if x > 0 and y > 0 else None
    if bits > 8:
        return PlainImage(plain_page(opencv(data, size, "BMP")), per_metre)
    count = min(used or 1 << bits, 256)
    table = np.frombuffer(data, np.uint8, 4 * count, 14 + header).reshape(-1, 4)[:, 2::-1]
    if bits == 8 and compression == 0:
        stride = (size[0] + 3) // 4 * 4
        rows = np.frombuffer(data, np.uint8, stride * size[1], start).reshape(size[1], stride)
        indices = np.ascontiguousarray((rows if height < 0 else rows[::-1])[:, : size[0]])
        page = palette_page(indices, table)
    else:
        page = with_palette(opencv(data, size, "BMP"), table)
    if page.palette is not None and (page.palette == np.arange(256, dtype=np.uint8)[:, None]).all():
        page = plain_page(page.pixels[..., 0])  # every gray BMP has a palette
    return PlainImage(page, per_metre, bits=bits)


def encode(
    page: StoredPage, resolution: tuple[int, int] | None, kept: Chunks = (), text: str | None = None
) -> bytes:
    """Return an uncompressed BMP file with a header of 40 bytes: 8 bits with palette, 24 or 32 bits.

    Parameters
    ----------
    page : StoredPage
        uint8; "gray", "palette", "rgb" or "rgba".
    resolution : tuple of int, or None
        Pixels a metre in x and y.
    kept, text
        Not used: there is no place for them.
    """
    indexed = page.pixels.ndim == 2 or page.indices is not None
    table = b""
    if indexed:
        pixels = (page.pixels if page.indices is None else page.indices)[..., None]
        palette = (
            np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, 1) if page.palette is None else page.palette
        )
        table = np.concatenate([palette[:, ::-1], np.zeros((256, 1), np.uint8)], axis=1).tobytes()
    else:
        pixels = page.pixels[..., [2, 1, 0, 3][: page.pixels.shape[2]]]
    height, width, channels = pixels.shape
    rows = np.zeros((height, (width * channels + 3) // 4 * 4), np.uint8)
    rows[:, : width * channels] = pixels.reshape(height, -1)
    body = rows[::-1].tobytes()
    start = 54 + len(table)
    x, y = resolution or (0, 0)
    return (
        struct.pack("<2sIHHI", b"BM", start + len(body), 0, 0, start)
        + struct.pack(
            "<IiiHHIIiiII", 40, width, height, 1, 8 * channels, 0, len(body), x, y, len(table) // 4, 0
        )
        + table
        + body
    )


RASTER = Raster("BMP", 30, b"BM", (".bmp",), size, decode, "BMP resolution", encode=encode, has_texts=False)
