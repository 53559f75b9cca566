"""Reading a micrograph so that a restored one can be written back in its place."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from semclear.micrographs import databar as bars
from semclear.micrographs import earlier, reading
from semclear.micrographs.databar import Box
from semclear.micrographs.decoding import decode
from semclear.micrographs.gray import gray_values
from semclear.micrographs.instrument import understood
from semclear.micrographs.stored import StoredPage, UnsuitableError
from semclear.micrographs.tiff_container import TiffContainer

DTYPES = ("uint8", "uint16", "int8", "int16", "float16", "float32", "float64")
"""Types of which an image of 32-bit floats in [0, 1] gives every stored integer back."""


@dataclass(frozen=True)
class Page:
    """One full-size page.

    Attributes
    ----------
    image : ndarray, (H, W), float32
        0 to 1, what a network sees; `box` is the part of it that is picture.
    values : ndarray, (H, W)
        Gray as stored, black lowest, in the file's type.
    databar_rows : int
        Rows of the data bar at the bottom; 0 where there is none.
    box : Box
        The picture: without data bar and drawn frame. Restored values outside it are not written.
    stored : StoredPage
        Channels, palette and transparency as stored.
    fixed : ndarray, (H, W), bool
        Coloured pixels of a frame, which are written back as they were.
    """

    image: np.ndarray
    values: np.ndarray
    databar_rows: int
    box: Box
    stored: StoredPage
    fixed: np.ndarray


@dataclass(frozen=True)
class Original:
    """A file of one or more micrographs.

    Attributes
    ----------
    path : Path
        Where it was read.
    format : {"TIFF", "PNG", "BMP", "JPEG"}
        By its first bytes.
    dtype : str
        Type of the stored numbers.
    layout : {"gray", "gray+alpha", "rgb", "rgba", "palette"}
        Channels of the file.
    pages : tuple of Page
        All of one size and type.
    low, high : float
        Stored values that 0 and 1 of `Page.image` stand for: of unsigned integers 0 and the largest number of the
        type, or 4095 where the pictures of a 16-bit file hold no larger one (a 12-bit detector); of signed integers the largest, and
        0 or (with negative values) the smallest number; of floats the range of all pages.
    pixel_size_nm, pixel_height_nm : float or None
        Edges of a pixel in nanometres.
    pixel_size_source : str
        Such as "FEI tag 34682", "TIFF resolution", "side-car a.txt"; "" where it is unknown.
    vendor : str
        "FEI/Thermo Fisher", "Zeiss", "JEOL", "TESCAN", "Hitachi" or "".
    metadata : dict
        Some of ``voltage_kv``, ``magnification``, ``working_distance_mm``, ``detector``, ``instrument``, and
        ``found_in``.
    notes : tuple of str
        What a person should know of the reading.
    container : TiffContainer or None
        How a TIFF packs its pixels, its resolution tags and the vendor's tags.
    chunks : tuple of (bytes, bytes)
        Parts of a PNG; of a JPEG that is to be shown turned, the part that says so in a PNG.
    per_metre : tuple of float, or None
        Resolution that a PNG, BMP or JPEG states, in pixels a metre.
    account : dict or None
        Of the restoration that the file is, see `earlier`; None where it does not say that it is one (a BMP cannot).
    """

    path: Path
    format: str
    dtype: str
    layout: str
    pages: tuple[Page, ...]
    low: float
    high: float
    pixel_size_nm: float | None
    pixel_size_source: str
    vendor: str
    metadata: dict[str, float | str]
    notes: tuple[str, ...]
    pixel_height_nm: float | None = None
    container: TiffContainer | None = None
    chunks: tuple[tuple[bytes, bytes], ...] = ()
    per_metre: tuple[float, float] | None = None
    account: dict[str, Any] | None = None


def _range(values: list[np.ndarray], notes: list[str]) -> tuple[float, float]:
    """Return the stored values that 0 and 1 stand for, see `Original`."""
    dtype = values[0].dtype
    lowest, highest = min(v.min() for v in values), max(v.max() for v in values)
    if dtype.kind == "f":
        notes.append(
            f"{8 * dtype.itemsize}-bit float file: its own range {lowest:.6g} to {highest:.6g} became 0 to 1"
        )
        return float(lowest), float(highest)
    if dtype == np.uint16 and highest <= reading.TWELVE_BIT:
        notes.append(
            f"16-bit file with values up to {highest} only (12-bit detector): 0 to 4095 became 0 to 1"
        )
        return 0.0, float(reading.TWELVE_BIT)
    limits = np.iinfo(dtype)
    return float(limits.min if lowest < 0 else 0), float(limits.max)


def _bar(image: np.ndarray, asked: int | None, declared: int | None) -> int:
    """Return the rows of the data bar: as asked, else as seen, else as the vendor's tags say."""
    height = len(image)
    if asked is not None:
        if not 0 <= asked < height:
            raise UnsuitableError(
                f"got a data bar of {asked} rows, expected 0 to {height - 1}; correct the number"
            )
        return asked
    seen = bars.rows(image)
    if seen or declared is None or not 0 < height - declared <= bars.SEARCHED * height:
        return seen
    return height - declared


def _page(
    stored: StoredPage, gray: tuple, bounds: tuple[float, float], bar: int | None, declared: int | None
) -> Page:
    values, fixed, _ = gray
    low, high = bounds
    if values.dtype.kind == "u":  # as `reading.read`
        image = np.minimum(
            values.astype(np.float32) / np.float32(high), np.float32(1)
        )  # a bar may be brighter
    else:
        image = ((values.astype(np.float64) - low) / ((high - low) or 1.0)).astype(np.float32)
    rows = _bar(image, bar, declared)
    box = bars.box(image, rows)
    return Page(image, values, rows, box, stored, fixed)


def _of_twelve_bits(pages: tuple[Page, ...], high: float) -> int | None:
    """Return the highest picture value of 16-bit pages whose data bars alone go beyond 12 bits; None for others."""
    if pages[0].values.dtype != np.uint16 or high <= reading.TWELVE_BIT:
        return None
    highest = max(int(page.box.of(page.values).max()) for page in pages)
    return highest if highest <= reading.TWELVE_BIT else None


def read(path: str | Path, *, to_gray: bool = False, databar: int | None = None) -> Original:
    """Read every full-size page of a TIFF, PNG, BMP or JPEG file with all that is needed to write it back.

    Parameters
    ----------
    path : str or Path
        The file; its first bytes say what it is, not its name.
    to_gray : bool
        True takes pictures in colour too, weighted by ITU-R BT.601.
    databar : int, optional
        Rows of the data bar at the bottom. None looks for it; 0 says there is none.

    Returns
    -------
    Original
        Pixel size and instrument come from the file, then from a side-car of the same name, then from rosettasciio
        where that is installed.

    Raises
    ------
    SemclearError
        In one line that names the file, when it is missing, unreadable, empty, truncated or damaged, no image, in
        colour without `to_gray`, of another number type, over 268 million pixels, constant, not finite, or when
        `databar` does not fit.
    """
    path = Path(path)
    data = reading.bytes_of(path)
    with reading.one_line_errors(path):
        kind = reading.kind_of(data)
        file = decode(data, kind)
        del data
        dtype = file.pages[0].pixels.dtype
        if dtype.name not in DTYPES:
            raise UnsuitableError(
                f"got {dtype} values, expected 8-bit, 16-bit or 32-bit float; convert it to 16-bit"
            )
        for page in file.pages:
            if dtype.kind == "f" and (error := reading.not_finite(page.pixels)) is not None:
                raise error
        grays = [gray_values(page, to_gray) for page in file.pages]
        notes = [*file.notes, *dict.fromkeys(note for gray in grays for note in gray[2])]
        height, width = grays[0][0].shape
        found = understood(file.found, path, kind, (width, height), notes)
        bounds = _range([gray[0] for gray in grays], notes)
        pages = tuple(
            _page(page, gray, bounds, databar, found.picture[1])
            for page, gray in zip(file.pages, grays, strict=True)
        )
        if (highest := _of_twelve_bits(pages, bounds[1])) is not None:
            notes.append(
                f"16-bit file with values up to {highest} only beside its data bar (12-bit detector): "
                "0 to 4095 became 0 to 1"
            )
            bounds = 0.0, float(reading.TWELVE_BIT)
            pages = tuple(
                _page(page.stored, gray, bounds, page.databar_rows, None)
                for page, gray in zip(pages, grays, strict=True)
            )
        for number, page in enumerate(pages, 1):
            picture = page.box.of(page.values)
            if picture.min() == picture.max():
                where = f" on page {number}" if len(pages) > 1 else ""
                raise UnsuitableError(
                    f"got one grey value everywhere{where}, expected a picture; remove the file"
                )
    if found.width_nm and found.height_nm and abs(found.height_nm / found.width_nm - 1) > 0.01:
        notes.append(f"pixels are not square: {found.width_nm:.6g} nm wide, {found.height_nm:.6g} nm high")
    return Original(
        path=path,
        format=kind,
        dtype=dtype.name,
        layout=file.pages[0].layout,
        pages=pages,
        low=bounds[0],
        high=bounds[1],
        pixel_size_nm=found.width_nm,
        pixel_size_source=found.source,
        vendor=found.vendor,
        metadata=dict(found.metadata),
        notes=tuple(notes),
        pixel_height_nm=found.height_nm,
        container=file.container,
        chunks=file.image.chunks if file.image else (),
        per_metre=file.image.per_metre if file.image else None,
        account=earlier.in_description(file.container.description)
        if file.container
        else earlier.in_chunks(file.image.chunks if file.image else ()),
    )
