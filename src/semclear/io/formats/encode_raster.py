"""Encoding PNG and BMP: the same bytes every time, with palette, transparency, resolution and texts."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence

import numpy as np

from semclear.io.formats.page import StoredPage
from semclear.io.metadata.provenance import TEXT_KEYWORD

PNG_COLOUR_TYPES = {"gray": 0, "rgb": 2, "palette": 3, "gray+alpha": 4, "rgba": 6}
KEPT_CHUNKS = (
    b"gAMA",
    b"cHRM",
    b"sRGB",
    b"iCCP",
    b"eXIf",
    b"tEXt",
    b"zTXt",
    b"iTXt",
    b"sCAL",
    b"pCAL",
    b"oFFs",
)
"""Parts of a PNG that are copied: how grays and which way up they are to be shown, texts, and calibrations."""

WRITTEN_ANEW = (b"pHYs", b"tRNS")
"""Parts that are made of the result."""


def is_kept(name: bytes) -> bool:
    """Return whether a part of a PNG is copied: one of `KEPT_CHUNKS`, or one that says itself that it may be copied by
    whoever does not know it (ISO/IEC 15948, section 5.4: fourth letter, and first, small)."""
    may_be_copied = name[:1].islower() and name[3:].islower()
    return name in KEPT_CHUNKS or (may_be_copied and name not in WRITTEN_ANEW)


BLOCK_ROWS = 64
LARGEST_COUNT = 2**31 - 1
"""Pixels a metre that PNG and BMP can state: an edge of 0.47 nm."""


def _chunk(name: bytes, contents: bytes) -> bytes:
    return struct.pack(">I", len(contents)) + name + contents + struct.pack(">I", zlib.crc32(name + contents))


def _filtered(rows: np.ndarray, step: int, indexed: bool) -> bytes:
    """Return rows of bytes after the filter of least absolute sum (ISO/IEC 15948, section 12.8): none, sub or up."""
    above = np.concatenate([np.zeros_like(rows[:1]), rows[:-1]])
    parts = []
    for start in range(
        0, len(rows), BLOCK_ROWS
    ):  # three candidates of the whole image would need much memory
        block = rows[start : start + BLOCK_ROWS]
        left = np.zeros_like(block)
        left[:, step:] = block[:, :-step]
        candidates = np.stack(
            [block] if indexed else [block, block - left, block - above[start:][: len(block)]]
        )
        best = np.abs(candidates.view(np.int8).astype(np.int16)).sum(axis=2, dtype=np.int64).argmin(axis=0)
        chosen = candidates[best, np.arange(len(block))]
        parts.append(np.concatenate([best.astype(np.uint8)[:, None], chosen], axis=1).tobytes())
    return b"".join(parts)


def per_metre(
    size_nm: tuple[float, float] | None, stated: tuple[float, float] | None
) -> tuple[int, int] | None:
    """Return pixels a metre in x and y, of the pixel size or else of what the input stated; None without either."""
    wanted = tuple(1e9 / size for size in size_nm) if size_nm else stated
    if wanted is None or not all(0.5 <= count <= LARGEST_COUNT for count in wanted):
        return None
    return round(wanted[0]), round(wanted[1])


def png(
    page: StoredPage,
    resolution: tuple[int, int] | None,
    kept: Sequence[tuple[bytes, bytes]] = (),
    text: str | None = None,
) -> bytes:
    """Return a PNG file (ISO/IEC 15948).

    Parameters
    ----------
    page : StoredPage
        uint8 or uint16.
    resolution : tuple of int, or None
        Pixels a metre in x and y.
    kept : sequence of (bytes, bytes)
        Parts of the input; of them those are copied that `is_kept`.
    text : str, optional
        ASCII; becomes a tEXt part with the keyword ``semclear``.

    Returns
    -------
    bytes
        They depend on the arguments and the zlib library alone.
    """
    pixels = page.pixels if page.indices is None else page.indices
    height, width = pixels.shape[:2]
    kind = PNG_COLOUR_TYPES[page.layout]
    big = np.ascontiguousarray(pixels, pixels.dtype.newbyteorder(">"))
    rows = big.view(np.uint8).reshape(height, -1)
    header = struct.pack(">IIBBBBB", width, height, 8 * pixels.dtype.itemsize, kind, 0, 0, 0)
    parts = [_chunk(b"IHDR", header)]
    parts += [
        _chunk(name, contents)
        for name, contents in kept
        if is_kept(name) and not contents.startswith(TEXT_KEYWORD + b"\0")
    ]
    if page.indices is not None and page.palette is not None:
        parts.append(_chunk(b"PLTE", page.palette.tobytes()))
    if resolution is not None:
        parts.append(_chunk(b"pHYs", struct.pack(">IIB", *resolution, 1)))
    if text is not None:
        parts.append(_chunk(b"tEXt", TEXT_KEYWORD + b"\0" + text.encode("latin-1")))
    packed = zlib.compress(_filtered(rows, rows.shape[1] // width, page.indices is not None), 6)
    return b"".join([b"\x89PNG\r\n\x1a\n", *parts, _chunk(b"IDAT", packed), _chunk(b"IEND", b"")])


def bmp(page: StoredPage, resolution: tuple[int, int] | None) -> bytes:
    """Return an uncompressed BMP file with a header of 40 bytes: 8 bits with palette, 24 or 32 bits.

    Parameters
    ----------
    page : StoredPage
        uint8; "gray", "palette", "rgb" or "rgba".
    resolution : tuple of int, or None
        Pixels a metre in x and y.
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
