"""PNG (ISO/IEC 15948): the same bytes every time, with palette, transparency, resolution and texts."""

from __future__ import annotations

import struct
import zlib

import numpy as np

from semclear.io.formats import exif
from semclear.io.formats.damage import DamagedError
from semclear.io.formats.page import StoredPage, plain_page
from semclear.io.formats.raster import Chunks, PlainImage, Raster, one_of_many, opencv, with_palette
from semclear.io.metadata.provenance import TEXT_KEYWORD

SIGNATURE = b"\x89PNG\r\n\x1a\n"

DEFLATE_RATIO = 1100
"""Deflate reaches 1032 to 1 at most (RFC 1951: 258 bytes from two bits): a PNG that claims more has a false header."""

COLOUR_TYPES = {"gray": 0, "rgb": 2, "palette": 3, "gray+alpha": 4, "rgba": 6}
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


BLOCK_ROWS = 64


def is_kept(name: bytes) -> bool:
    """Return whether a part of a PNG is copied: one of `KEPT_CHUNKS`, or one that says itself that it may be copied by
    whoever does not know it (ISO/IEC 15948, section 5.4: fourth letter, and first, small)."""
    may_be_copied = name[:1].islower() and name[3:].islower()
    return name in KEPT_CHUNKS or (may_be_copied and name not in WRITTEN_ANEW)


def size(data: bytes) -> tuple[int, int]:
    """Return width and height, see `Raster.size`; the checksum of every part is looked at."""
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


def chunks_of(data: bytes) -> tuple[tuple[bytes, bytes], ...]:
    """Return name and contents of every part of a whole PNG file (ISO/IEC 15948, section 5.3)."""
    found, position = [], 8
    while position + 12 <= len(data):
        length, name = struct.unpack_from(">I4s", data, position)
        found.append((name, data[position + 8 : position + 8 + length]))
        position += 12 + length
    return tuple(found)


def decode(data: bytes, size: tuple[int, int]) -> PlainImage:
    """Return the picture, see `Raster.decode`."""
    chunks = chunks_of(data)
    parts = dict(reversed(chunks))
    stored = sum(len(contents) for name, contents in chunks if name == b"IDAT")
    depth, colour_type = parts[b"IHDR"][8:10]
    channels = {2: 3, 4: 2, 6: 4}.get(colour_type, 1)
    if size[0] * size[1] * channels * depth // 8 > DEFLATE_RATIO * stored + 4096:
        raise DamagedError(f"its {stored} bytes cannot hold the {size[0]} x {size[1]} pixels it declares")
    pixels = opencv(data, size, "PNG")
    if colour_type == 3 and pixels.shape[2:] != (4,):
        page = with_palette(pixels, np.frombuffer(parts[b"PLTE"], np.uint8).reshape(-1, 3))
    elif colour_type == 4 and pixels.shape[2:] == (4,):
        page = plain_page(np.ascontiguousarray(pixels[..., [0, 3]]))
    else:
        page = plain_page(pixels)
    notes: list[str] = []
    if colour_type == 0 and len(parts.get(b"tRNS", b"")) == 2:
        page = _with_transparent_grey(page, struct.unpack(">H", parts[b"tRNS"])[0], depth, notes)
    physical = parts.get(b"pHYs", b"")
    x, y, unit = struct.unpack(">IIB", physical) if len(physical) == 9 else (0, 0, 0)
    orientation = exif.of_png(chunks, notes)
    frames = parts.get(b"acTL", b"")[:4]
    if len(frames) == 4 and (count := struct.unpack(">I", frames)[0]) > 1:
        notes.append(one_of_many(count, "PNG"))
    private = dict.fromkeys(name for name, _ in chunks if name[1:2].islower() and not is_kept(name))
    if private:
        named = ", ".join(name.decode("latin-1") for name in private)
        notes.append(f"private parts of the PNG that are not in the result: {named}")
    per_metre = (x, y) if unit == 1 and x and y else None
    return PlainImage(page, per_metre, chunks, depth, orientation, tuple(notes))


def _with_transparent_grey(page: StoredPage, grey: int, depth: int, notes: list[str]) -> StoredPage:
    """Return a gray page with the transparency that a PNG gives to one grey value of `depth` bits.

    What has this value after restoring is other pixels, so that the result has to say of each whether it is
    transparent, as OpenCV already does for colours (ISO/IEC 15948, section 11.3.2.1).
    """
    most = int(np.iinfo(page.pixels.dtype).max)
    grey &= (1 << depth) - 1  # of fewer bits than 16 the lowest count
    transparent = page.pixels == grey * most // ((1 << depth) - 1)
    if not transparent.any():
        notes.append(
            f"no pixel has the grey value {grey} that the PNG declares transparent: the result declares none"
        )
        return page
    alpha = np.where(transparent, 0, most).astype(page.pixels.dtype)
    count = int(np.count_nonzero(transparent))
    notes.append(
        f"the PNG declares the grey value {grey} transparent ({count} pixel{'s' if count > 1 else ''}): the result has "
        "an alpha channel for the same pixels"
    )
    return plain_page(np.dstack([page.pixels, alpha]))


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


def encode(
    page: StoredPage, resolution: tuple[int, int] | None, kept: Chunks = (), text: str | None = None
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
    kind = COLOUR_TYPES[page.layout]
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
    return b"".join([SIGNATURE, *parts, _chunk(b"IDAT", packed), _chunk(b"IEND", b"")])


RASTER = Raster("PNG", 10, SIGNATURE, (".png",), size, decode, "PNG pHYs", encode=encode)
