"""Decoding PNG, BMP and JPEG, and the resolution they state."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import cv2
import numpy as np

from semclear.io.formats.containers import DamagedError
from semclear.io.formats.page import StoredPage, indices_of, palette_page, plain_page

DEFLATE_RATIO = 1100
"""Deflate reaches 1032 to 1 at most (RFC 1951: 258 bytes from two bits): a PNG that claims more has a false header."""


@contextmanager
def _quiet_opencv() -> Iterator[None]:
    """Keep OpenCV's own remarks off the terminal: what matters of them is raised."""
    before = cv2.utils.logging.getLogLevel()
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    try:
        yield
    finally:
        cv2.utils.logging.setLogLevel(before)


@dataclass(frozen=True)
class PlainImage:
    """A decoded PNG, BMP or JPEG.

    Attributes
    ----------
    page : StoredPage
        The pixels.
    per_metre : tuple of float, or None
        Pixels a metre in x and y, as the file states it.
    chunks : tuple of (bytes, bytes)
        Name and contents of every part of a PNG file; empty for the others.
    """

    page: StoredPage
    per_metre: tuple[float, float] | None
    chunks: tuple[tuple[bytes, bytes], ...] = ()


def png_chunks(data: bytes) -> tuple[tuple[bytes, bytes], ...]:
    """Return name and contents of every part of a whole PNG file (ISO/IEC 15948, section 5.3)."""
    found, position = [], 8
    while position + 12 <= len(data):
        length, name = struct.unpack_from(">I4s", data, position)
        found.append((name, data[position + 8 : position + 8 + length]))
        position += 12 + length
    return tuple(found)


def _opencv(data: bytes, size: tuple[int, int], kind: str) -> np.ndarray:
    with _quiet_opencv():
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if pixels is None or pixels.shape[:2] != size[::-1]:
        raise DamagedError(f"its {kind} pixels cannot be decoded")
    if pixels.ndim == 3 and pixels.shape[2] >= 3:
        pixels = pixels[..., [2, 1, 0, 3][: pixels.shape[2]]]
    return np.ascontiguousarray(pixels)


def _with_palette(pixels: np.ndarray, palette: np.ndarray) -> StoredPage:
    colours = np.repeat(pixels[..., None], 3, axis=2) if pixels.ndim == 2 else pixels
    return palette_page(indices_of(colours, palette), palette)


def _png(data: bytes, size: tuple[int, int]) -> PlainImage:
    chunks = png_chunks(data)
    parts = dict(reversed(chunks))
    stored = sum(len(contents) for name, contents in chunks if name == b"IDAT")
    depth, colour_type = parts[b"IHDR"][8:10]
    channels = {2: 3, 4: 2, 6: 4}.get(colour_type, 1)
    if size[0] * size[1] * channels * depth // 8 > DEFLATE_RATIO * stored + 4096:
        raise DamagedError(f"its {stored} bytes cannot hold the {size[0]} x {size[1]} pixels it declares")
    pixels = _opencv(data, size, "PNG")
    if colour_type == 3 and pixels.shape[2:] != (4,):
        page = _with_palette(pixels, np.frombuffer(parts[b"PLTE"], np.uint8).reshape(-1, 3))
    elif colour_type == 4 and pixels.shape[2:] == (4,):
        page = plain_page(np.ascontiguousarray(pixels[..., [0, 3]]))
    else:
        page = plain_page(pixels)
    physical = parts.get(b"pHYs", b"")
    x, y, unit = struct.unpack(">IIB", physical) if len(physical) == 9 else (0, 0, 0)
    return PlainImage(page, (x, y) if unit == 1 and x and y else None, chunks)


def _bmp(data: bytes, size: tuple[int, int]) -> PlainImage:
    start, header, _, height, _, bits, compression, _, x, y, used = struct.unpack_from(
        "<IIiiHHIIiiI", data, 10
    )
    per_metre = (x, y) if x > 0 and y > 0 else None
    if bits > 8:
        return PlainImage(plain_page(_opencv(data, size, "BMP")), per_metre)
    count = min(used or 1 << bits, 256)
    table = np.frombuffer(data, np.uint8, 4 * count, 14 + header).reshape(-1, 4)[:, 2::-1]
    if bits == 8 and compression == 0:
        stride = (size[0] + 3) // 4 * 4
        rows = np.frombuffer(data, np.uint8, stride * size[1], start).reshape(size[1], stride)
        indices = np.ascontiguousarray((rows if height < 0 else rows[::-1])[:, : size[0]])
        page = palette_page(indices, table)
    else:
        page = _with_palette(_opencv(data, size, "BMP"), table)
    if page.palette is not None and (page.palette == np.arange(256, dtype=np.uint8)[:, None]).all():
        page = plain_page(page.pixels[..., 0])  # every gray BMP has a palette
    return PlainImage(page, per_metre)


def _jpeg(data: bytes, size: tuple[int, int]) -> PlainImage:
    per_metre = None
    if data[6:11] == b"JFIF\0":
        unit, x, y = struct.unpack_from(">BHH", data, 13)
        scale = {1: 1 / 0.0254, 2: 100.0}.get(unit)
        per_metre = (x * scale, y * scale) if scale and x and y else None
    return PlainImage(plain_page(_opencv(data, size, "JPEG")), per_metre)


def decode(data: bytes, kind: str, size: tuple[int, int]) -> PlainImage:
    """Return the pixels of a PNG, BMP or JPEG file.

    Parameters
    ----------
    data : bytes
        The whole file.
    kind : {"PNG", "BMP", "JPEG"}
        See `containers.kind_of`.
    size : tuple of int
        Width and height that `containers.declared_size` returned.

    Returns
    -------
    PlainImage
        With 8- or 16-bit pixels; less than 8 bits a sample become 8.

    Raises
    ------
    DamagedError
        When the pixels cannot be decoded, or are more than the file's bytes can hold.
    """
    readers = {"PNG": _png, "BMP": _bmp, "JPEG": _jpeg}
    try:
        return readers[kind](data, size)
    except (struct.error, IndexError, KeyError, ValueError) as error:
        if isinstance(error, DamagedError):
            raise
        raise DamagedError(f"its {kind} header is wrong ({' '.join(str(error).split())})") from None
