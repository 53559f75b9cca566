"""What a format of one picture a file is, and the list of them: PNG, BMP, JPEG."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

import numpy as np

from semclear.errors import one_line
from semclear.io.formats import rasters as folder
from semclear.io.formats.damage import DamagedError
from semclear.io.formats.page import StoredPage, indices_of, palette_page

LARGEST_COUNT = 2**31 - 1
"""Pixels a metre that PNG and BMP can state: an edge of 0.47 nm."""

Chunks = Sequence[tuple[bytes, bytes]]


@dataclass(frozen=True)
class PlainImage:
    """A decoded file of one picture.

    Attributes
    ----------
    page : StoredPage
        The pixels, as they are stored.
    per_metre : tuple of float, or None
        Pixels a metre in x and y, as the file states it.
    chunks : tuple of (bytes, bytes)
        Name and contents of every part that a PNG has or would have; empty for formats without.
    bits : int
        Of a sample.
    orientation : int
        See `exif.shown`.
    notes : tuple of str
        What a person should know.
    """

    page: StoredPage
    per_metre: tuple[float, float] | None
    chunks: tuple[tuple[bytes, bytes], ...] = ()
    bits: int = 8
    orientation: int = 1
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Raster:
    """A format of one picture a file; a module of `rasters` has one as `RASTER`.

    Attributes
    ----------
    name : str
        As people call it.
    place : int
        Where it stands in lists for people: in the order of these numbers.
    signature : bytes
        First bytes of every file.
    suffixes : tuple of str
        Of file names, in lower case, the usual one first.
    size : callable
        From a whole file to the width and height that it declares. Decoders fill what is missing with grey and say
        nothing, and allocate whatever size a header claims: so this is looked at first. Raises DamagedError where
        bytes are missing.
    decode : callable
        ``decode(data, (width, height))``: the picture.
    resolution : str
        What its statement of pixels a metre is called.
    looked_into : str
        The same where a person is told that there is none; by default `resolution`.
    encode : callable, optional
        ``encode(page, per_metre, chunks, text)``: a file of the same bytes each time. None of a format that loses
        something: its result becomes a PNG.
    has_texts : bool
        Whether `encode` writes `text` and `chunks`.
    """

    name: str
    place: int
    signature: bytes
    suffixes: tuple[str, ...]
    size: Callable[[bytes], tuple[int, int]]
    decode: Callable[[bytes, tuple[int, int]], PlainImage]
    resolution: str
    looked_into: str = ""
    encode: Callable[[StoredPage, tuple[int, int] | None, Chunks, str | None], bytes] | None = None
    has_texts: bool = True

    @property
    def is_lossy(self) -> bool:
        """Whether what is written in it is not what is read."""
        return self.encode is None


@cache
def rasters() -> Mapping[str, Raster]:
    """Return the formats by name, in the order of `Raster.place`: `RASTER` of each module of the folder."""
    modules = (import_module(f"{folder.__name__}.{found.name}") for found in iter_modules(folder.__path__))
    return {raster.name: raster for raster in sorted((m.RASTER for m in modules), key=lambda one: one.place)}


@contextmanager
def _quiet_opencv() -> Iterator[None]:
    """Keep OpenCV's own remarks off the terminal: what matters of them is raised."""
    import cv2  # only here: what a file is, is asked without

    before = cv2.utils.logging.getLogLevel()
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    try:
        yield
    finally:
        cv2.utils.logging.setLogLevel(before)


def opencv(data: bytes, size: tuple[int, int], kind: str) -> np.ndarray:
    """Return the pixels that OpenCV decodes, red first.

    Raises
    ------
    DamagedError
        When it cannot, or finds another size than the (width, height) that the file declares.
    """
    import cv2

    with _quiet_opencv():
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if pixels is None or pixels.shape[:2] != size[::-1]:
        raise DamagedError(f"its {kind} pixels cannot be decoded")
    if pixels.ndim == 3 and pixels.shape[2] >= 3:
        pixels = pixels[..., [2, 1, 0, 3][: pixels.shape[2]]]
    return np.ascontiguousarray(pixels)


def one_of_many(count: int, kind: str) -> str:
    """Return the note that of so many pictures in a file the first alone is read."""
    return f"the {kind} holds {count} pictures: the first was read, {count - 1} more are not in the result"


def with_palette(pixels: np.ndarray, palette: np.ndarray) -> StoredPage:
    """Return a page of pixels whose colours, or numbers without any, are entries of a palette."""
    colours = np.repeat(pixels[..., None], 3, axis=2) if pixels.ndim == 2 else pixels
    return palette_page(indices_of(colours, palette), palette)


def per_metre(
    size_nm: tuple[float, float] | None, stated: tuple[float, float] | None
) -> tuple[int, int] | None:
    """Return pixels a metre in x and y, of the pixel size or else of what the input stated; None without either."""
    wanted = tuple(1e9 / size for size in size_nm) if size_nm else stated
    if wanted is None or not all(0.5 <= count <= LARGEST_COUNT for count in wanted):
        return None
    return round(wanted[0]), round(wanted[1])


def declared_size(data: bytes, kind: str) -> tuple[int, int]:
    """Return (width, height) that a complete file declares.

    Parameters
    ----------
    data : bytes
        The whole file.
    kind : str
        A key of `rasters`.

    Returns
    -------
    tuple of int
        Pixels.

    Raises
    ------
    DamagedError
        When bytes are missing, a PNG checksum is wrong, or no size is declared.
    """
    try:
        width, height = rasters()[kind].size(data)
    except struct.error:
        raise DamagedError("it ends too early") from None
    if width <= 0 or height <= 0:
        raise DamagedError(f"it declares {width} x {height} pixels")
    return width, height


def decode(data: bytes, kind: str, size: tuple[int, int]) -> PlainImage:
    """Return the picture of a file.

    Parameters
    ----------
    data : bytes
        The whole file.
    kind : str
        A key of `rasters`.
    size : tuple of int
        Width and height that `declared_size` returned.

    Returns
    -------
    PlainImage
        With 8- or 16-bit pixels; less than 8 bits a sample become 8.

    Raises
    ------
    DamagedError
        When the pixels cannot be decoded, or are more than the file's bytes can hold.
    """
    try:
        return rasters()[kind].decode(data, size)
    except (struct.error, IndexError, KeyError, ValueError) as error:
        if isinstance(error, DamagedError):
            raise
        raise DamagedError(f"its {kind} header is wrong ({one_line(error)})") from None
