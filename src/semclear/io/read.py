"""Reading a micrograph so that a restored one can be written back in its place."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from semclear.io import databar as bars
from semclear.io import intensity
from semclear.io.databar import Box
from semclear.io.decode import DecodedFile, decode
from semclear.io.formats import guards
from semclear.io.formats.page import StoredPage, UnsuitableError
from semclear.io.formats.tiff import turned
from semclear.io.formats.tiff_layout import TiffContainer
from semclear.io.grayscale import Gray, gray_of, settled, views_of
from semclear.io.intensity import Levels
from semclear.io.metadata import past_processing
from semclear.io.metadata.instrument import understood
from semclear.io.metadata.provenance import LEFT_OUT

DTYPES = ("uint8", "uint16", "int8", "int16", "float16", "float32", "float64")
"""Types of which an image of 32-bit floats in [0, 1] gives every stored integer back."""


@dataclass(frozen=True)
class Page:
    """One full-size page.

    Attributes
    ----------
    image : ndarray, (H, W), float32
        0 to 1, what a network sees; `box` is the part of it that is picture, the rest is clipped.
    values : ndarray, (H, W)
        Gray as stored, black lowest, in the file's type.
    databar_rows : int
        Rows of the data bar at the bottom; 0 where there is none, or it is on another side.
    box : Box
        The picture: without data bar and drawn frame. Restored values outside it are not written.
    stored : StoredPage
        Channels, palette and transparency as stored.
    fixed : ndarray, (H, W), bool
        Coloured pixels of a frame, which are written back as they were.
    metadata : dict
        As `Original.metadata`, of this page alone: pages may show the signals of several detectors.
    is_blank : bool
        True where the picture is of one grey value, as slices may be at the end of a stack, or would become so in the
        range that is taken: nothing is there to be restored. At least one page of a file is not of one value.
    """

    image: np.ndarray
    values: np.ndarray
    databar_rows: int
    box: Box
    stored: StoredPage
    fixed: np.ndarray
    metadata: dict[str, float | str] = field(default_factory=dict)
    is_blank: bool = False


def _other_way(bounds: tuple[float, float], white: int | None) -> tuple[float, float]:
    """Return a range of stored numbers in turned ones, or the other way round, see `tiff.TiffPages.white`."""
    return bounds if white is None else (white - bounds[1], white - bounds[0])


@dataclass(frozen=True)
class _Asked:
    """What `read` was asked for."""

    to_gray: bool
    databar: int | None
    grey_range: tuple[float, float] | None


@dataclass(frozen=True)
class Original:
    """A file of one or more micrographs.

    Attributes
    ----------
    path : Path
        Where it was read.
    format : {"TIFF", "PNG", "BMP", "JPEG", "MRC", "CZI", "DigitalMicrograph"}
        By its first bytes.
    dtype : str
        Type of the stored numbers.
    layout : {"gray", "gray+alpha", "rgb", "rgba", "palette"}
        Channels of the file.
    pages : tuple of Page
        All of one size and type, the way they are to be shown.
    low, high : float
        Values of `Page.values` that 0 and 1 of `Page.image` stand for, see `intensity.range_of`: by the pictures of
        all pages, without their data bars and frames. The few pixels beyond a 12-bit range are clipped, and a note
        counts them. `stored_range` has them as the file does.
    pixel_size_nm : float or None
        Width of a pixel in nanometres, as it is shown.
    pixel_size_source : str
        Such as "FEI tag 34682", "TIFF resolution", "side-car a.txt"; "" where it is unknown.
    vendor : str
        "FEI/Thermo Fisher", "Zeiss", "JEOL", "TESCAN", "Hitachi" or "".
    metadata : dict
        Some of ``voltage_kv``, ``magnification``, ``working_distance_mm``, ``detector``, ``instrument``, and
        ``found_in``: of the first page, or of the side-car.
    notes : tuple of str
        What a person should know of the reading.
    pixel_height_nm : float or None
        Height of a pixel in nanometres, as it is shown.
    container : TiffContainer or None
        How a TIFF packs its pixels, its resolution tags and the vendor's tags.
    chunks : tuple of (bytes, bytes)
        Parts of a PNG; of a JPEG that is to be shown turned, the part that says so in a PNG.
    per_metre : tuple of float, or None
        Resolution that a PNG, BMP or JPEG states, in pixels a metre.
    account : dict or None
        Of the restoration that the file is, from the file or from beside it, see `past_processing`; None where
        neither says that it is one.
    orientation : int
        In which the file stores its pages, see `exif.shown`; 1 is as they are here.
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
    orientation: int = 1

    @property
    def stored_range(self) -> tuple[float, float]:
        """`low` and `high` as the file has them: where white is stored as zero, the lower one is white."""
        return _other_way((self.low, self.high), self.container.white if self.container else None)

    @property
    def restored_before(self) -> str | None:
        """What made a file that is a restoration: model or method, and version; None for a micrograph."""
        if self.account is None:
            return None
        model = self.account.get("model")
        name = model.get("name") if isinstance(model, dict) else None
        made_by = name or self.account.get("method") or "an unknown method"
        return f"{made_by} (semclear {self.account['semclear']})"


QUARTER_TURNED = 4
"""Orientations above have their columns shown as rows."""

LEAST_ROWS = 16
"""Of picture that a data bar leaves: with fewer, nothing can be said of a restoration."""


def _bar(
    stored: StoredPage, gray: Gray, first: tuple[float, float], asked: int | None, declared: int | None
) -> tuple[int, Box, tuple[str, ...]]:
    """Return the rows of the data bar at the bottom: as asked, else as seen, else as the vendor's tags say; what it and
    those on other sides leave; and a note of the latter, which are not looked for where rows are asked for."""
    height, width = gray.values.shape
    if asked is not None:
        most = max(0, height - LEAST_ROWS)
        if not 0 <= asked <= most:
            raise UnsuitableError(f"got a data bar of {asked} rows, expected 0 to {most}; correct the number")
        return asked, Box(0, 0, width, height - asked), ()
    of_tags = None if declared is None else height - declared
    is_believed = of_tags is not None and 0 < of_tags <= bars.SEARCHED * height
    views = [(view, intensity.scaled(view, first)) for view in views_of(stored, gray)]
    found = bars.found(views, of_tags if is_believed else None)
    return found.rows, found.box, bars.notes_of(found)


def _range(
    pictures: list[np.ndarray],
    first: tuple[float, float],
    given: tuple[float, float] | None,
    notes: list[str],
    where: str,
) -> tuple[float, float]:
    """Return black and white of the pictures, and say what a person should know of them.

    `first` is the range over all that is stored, and `where` the pictures are, in words, if theirs is another.
    """
    dtype = pictures[0].dtype
    if given:
        notes.append(intensity.remark_of_given(given, intensity.strays(pictures, first)))
        return first
    levels = intensity.levels_of(pictures)
    bounds = intensity.range_of(levels, dtype)
    beyond = intensity.strays(pictures, bounds)
    said = intensity.remark(levels, dtype, bounds, beyond, "" if bounds == first else where)
    notes += [said] if said else []
    return bounds


def _doubt(pictures: list[np.ndarray], bounds: tuple[float, float], white: int | None) -> list[str]:
    """Return the note of a range that few pixels may have made too wide, in the numbers of the file."""
    if white is not None and pictures[0].dtype.kind in "iu":
        pictures = [turned(picture, white) for picture in pictures]
        bounds = _other_way(bounds, white)
    said = intensity.doubt(intensity.counted(pictures), bounds)
    return [said] if said else []


def _where(values: list[np.ndarray], parts: list[Box], boxes: list[Box]) -> str:
    """Return in words where the pictures are in what is stored; "" where they are all of it."""
    if any((part.height, part.width) != one.shape for part, one in zip(parts, values, strict=True)):
        return "beside its data bar"
    return "inside its frame" if parts != boxes else ""


def _surplus(pictures: list[np.ndarray], white: int) -> int:
    """Return by how much numbers that were turned about the largest of their type are too high for their detector."""
    dtype = pictures[0].dtype
    if dtype.kind not in "iu" or white != np.iinfo(dtype).max:
        return 0
    turned = intensity.levels_of(pictures)
    ends = (white - turned.highest, white - turned.lowest, white - turned.high, white - turned.low)
    return white - intensity.full_scale(Levels(*ends), dtype)


def _excess(pictures: list[np.ndarray], white: int, given: tuple[float, float]) -> int:
    """Return how much lower the number must be about which pictures are turned, that the range is as it was given.

    That is 0 where no picture of integers could be turned so without going round.
    """
    dtype = pictures[0].dtype
    if dtype.kind not in "iu":
        return 0
    least, most = (int(end) for end in (np.iinfo(dtype).min, np.iinfo(dtype).max))
    by = white - int(sum(given))
    ends = [int(end) - by for picture in pictures for end in (picture.min(), picture.max())]
    return by if all(least <= number <= most for number in (by, white - by, *ends)) else 0


def _moved(file: DecodedFile, by: int) -> DecodedFile:
    """Return a TIFF file whose white as zero was turned about a number that is lower by so much."""
    assert file.container is not None and file.container.white is not None
    pages = [replace(page, pixels=page.pixels - page.pixels.dtype.type(by)) for page in file.pages]
    return replace(file, pages=pages, container=replace(file.container, white=file.container.white - by))


def _pages(
    file: DecodedFile, asked: _Asked, declared: int | None, notes: list[str]
) -> tuple[DecodedFile, tuple[Page, ...], tuple[float, float]]:
    """Return the file, its pages and the range of their pictures; white as zero is now turned about the full scale.

    A data bar is looked for in [0, 1]: for that a first range, over all that is stored, has to do. What it leaves as
    picture then decides the range, unless it is given, and has to be gray.
    """
    grays = [gray_of(page) for page in file.pages]
    dtype = grays[0].values.dtype
    over_all = intensity.levels_of(gray.values for gray in grays)
    if not np.isfinite(over_all.highest - over_all.lowest):
        raise UnsuitableError(
            f"got values from {over_all.lowest:.3g} to {over_all.highest:.3g}, expected a range that 64-bit floats "
            "hold; divide them"
        )
    given = asked.grey_range and intensity.checked_range(asked.grey_range, dtype)
    white = file.container.white if file.container else None
    asked_for = given and _other_way(given, white)
    first = asked_for or intensity.range_of(over_all, dtype)
    found = [
        _bar(page, gray, first, asked.databar, declared) for page, gray in zip(file.pages, grays, strict=True)
    ]
    parts = [part for _, part, _ in found]
    gray_pages = [
        settled(*entry, asked.to_gray, file.is_lossy) for entry in zip(file.pages, grays, parts, strict=True)
    ]
    notes += dict.fromkeys(note for entry in (*found, *gray_pages) for note in entry[2])
    values = [entry[0] for entry in gray_pages]
    boxes = [bars.without_frame(*entry) for entry in zip(values, parts, strict=True)]
    pictures = [box.of(one) for box, one in zip(boxes, values, strict=True)]
    blank = [number for number, picture in enumerate(pictures, 1) if picture.min() == picture.max()]
    if len(blank) == len(pictures):
        raise UnsuitableError("got one grey value everywhere, expected a picture; remove the file")
    if blank:
        notes.append(f"{_named(blank)} of one grey value: left as stored")
    shown = [number for number in range(len(pictures)) if number + 1 not in blank]
    seen = [pictures[number] for number in shown]
    if white is not None and (by := _excess(seen, white, given) if given else _surplus(seen, white)):
        file = _moved(file, by)
        values = [one - dtype.type(by) for one in values]
        seen = [boxes[number].of(values[number]) for number in shown]
        first = given or intensity.range_of(intensity.levels_of(values), dtype)
    bounds = _range(seen, first, given, notes, _where(values, parts, boxes))
    if not given:
        notes += _doubt(seen, bounds, file.container.white if file.container else None)
    ends = [(float(picture.min()), float(picture.max())) for picture in seen]
    clipped = [
        n + 1 for n, of_picture in zip(shown, ends, strict=True) if intensity.is_one_grey(*of_picture, bounds)
    ]
    if clipped and len(pictures) > 1:
        notes.append(f"{_named(clipped)} of one grey value in that range: left as stored")
    pages = tuple(
        Page(
            image=intensity.scaled(values[number], bounds),
            values=values[number],
            databar_rows=found[number][0],
            box=boxes[number],
            stored=file.pages[number],
            fixed=gray_pages[number][1],
            metadata=dict(file.of_pages[number].metadata),
            is_blank=number + 1 in (*blank, *clipped),
        )
        for number in range(len(values))
    )
    return file, pages, bounds


def _named(pages: list[int]) -> str:
    return f"page{'s' if len(pages) > 1 else ''} {', '.join(map(str, pages))}"


def _account(file: DecodedFile, path: Path) -> dict[str, Any] | None:
    if file.container is not None:
        found = past_processing.in_description(file.container.description)
    else:
        found = past_processing.in_chunks(file.image.chunks if file.image else ())
    if found is not None and LEFT_OUT not in found:
        return found
    # Beside the file stand all accounts, of which its description may have no room for the oldest.
    beside = past_processing.beside(path)
    is_same = found is None or (beside is not None and beside.get("input") == found.get("input"))
    return beside if is_same else found


def read(
    path: str | Path,
    *,
    to_gray: bool = False,
    databar: int | None = None,
    grey_range: tuple[float, float] | None = None,
    most_pixels: int = guards.LARGEST_PIXELS,
) -> Original:
    """Read every full-size page of a file of a known format with all that is needed to write it back.

    Parameters
    ----------
    path : str or Path
        The file; its first bytes say what it is, not its name.
    to_gray : bool
        True takes pictures in colour too, weighted by ITU-R BT.601.
    databar : int, optional
        Rows of the data bar at the bottom. None looks for it; 0 says there is none.
    grey_range : tuple of float, optional
        The stored numbers that are black and white, the lower one first; of integers whole ones. Pixels beyond it are
        clipped, and a note counts them. None takes `intensity.range_of`.
    most_pixels : int
        Of all pages together, where memory allows fewer than `guards.LARGEST_PIXELS`.

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
        `databar` or `grey_range` does not fit.

    Examples
    --------
    >>> import tempfile, numpy, tifffile
    >>> folder = tempfile.TemporaryDirectory()
    >>> path = Path(folder.name) / "a.tif"
    >>> tifffile.imwrite(path, numpy.arange(4096, dtype="uint16").reshape(64, 64))
    >>> original = read(path)
    >>> original.format, original.dtype, original.high, original.pages[0].image.max()
    ('TIFF', 'uint16', 4095.0, np.float32(1.0))
    >>> original.notes
    ('16-bit file with values up to 4095 only (12-bit detector): 0 to 4095 became 0 to 1',)
    >>> folder.cleanup()
    """
    path = Path(path)
    data = guards.bytes_of(path)
    with guards.one_line_errors(path):
        kind = guards.kind_of(data)
        file = decode(data, kind, path, range_is_given=grey_range is not None, most_pixels=most_pixels)
        del data
        dtype = file.pages[0].pixels.dtype
        if dtype.name not in DTYPES:
            raise UnsuitableError(
                f"got {dtype} values, expected 8-bit, 16-bit or 32-bit float; convert it to 16-bit"
            )
        for stored in file.pages:
            if dtype.kind == "f" and (error := guards.not_finite(stored.pixels)) is not None:
                raise error
        notes = list(file.notes)
        height, width = file.pages[0].pixels.shape[:2]
        on_its_side = file.orientation > QUARTER_TURNED
        found = understood(file.found, path, kind, (height, width) if on_its_side else (width, height), notes)
        if on_its_side:
            found = replace(found, width_nm=found.height_nm, height_nm=found.width_nm)
        declared = (
            found.picture[1] if file.orientation == 1 else None
        )  # else nobody knows on which side the bar is
        file, pages, bounds = _pages(file, _Asked(to_gray, databar, grey_range), declared, notes)
    detectors = dict.fromkeys(page.metadata.get("detector") for page in pages)
    if len(detectors) > 1:
        notes.append(f"pages of several detectors: {', '.join(str(name) for name in detectors)}")
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
        account=_account(file, path),
        orientation=file.orientation,
    )
