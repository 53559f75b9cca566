"""Decoding a file of any known format, with what it says of pixel size and instrument."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import numpy as np

from semclear.errors import one_line
from semclear.io.formats import exif, guards
from semclear.io.formats.damage import DamagedError
from semclear.io.formats.foreign import foreign_format
from semclear.io.formats.page import StoredPage, UnsuitableError, plain_page
from semclear.io.formats.raster import PlainImage, rasters
from semclear.io.formats.samples import TO_RGB
from semclear.io.formats.tiff import TiffPages
from semclear.io.formats.tiff_layout import TiffContainer, container_of, new_container
from semclear.io.metadata.finding import Finding
from semclear.io.metadata.pixel_size import believable, found_in_tiff
from semclear.io.metadata.vendors import phenom

SAME_SIZE = 1e-3
"""Share by which the pixel sizes of pages may differ, as rounding makes them."""


@dataclass
class DecodedFile:
    """What the decoders return, whatever the format.

    Attributes
    ----------
    pages : list of StoredPage
        The full-size pages.
    found : Finding
        Pixel size and instrument, as the file itself says.
    notes : list of str
        What a person should know.
    container : TiffContainer or None
        Of a TIFF, and of what becomes one.
    image : PlainImage or None
        Of the other formats.
    of_pages : list of Finding
        What each page says itself.
    orientation : int
        As stored, see `exif.shown`; the pages here are the right way up.
    is_lossy : bool
        True where JPEG packed the colours, which then run over into their surroundings.
    """

    pages: list[StoredPage]
    found: Finding
    notes: list[str] = field(default_factory=list)
    container: TiffContainer | None = None
    image: PlainImage | None = None
    of_pages: list[Finding] = field(default_factory=list)
    orientation: int = 1
    is_lossy: bool = False


def _refuse_one_bit(bits: int) -> None:
    if bits == 1:
        raise UnsuitableError(
            "got black and white alone (1 bit a pixel), expected gray levels; use the unconverted image"
        )


def _one_size(found: list[Finding]) -> None:
    """Refuse pages of pixels that differ in width or height: one size is read and written for all."""
    sizes = sorted(
        {(one.width_nm, one.height_nm or one.width_nm) for one in found if one.width_nm is not None}
    )
    if all(max(edges) <= (1 + SAME_SIZE) * min(edges) for edges in zip(*sizes, strict=True)):
        return
    square = all(width == height for width, height in sizes)
    texts = [f"{x:.6g} nm" if square else f"{x:.6g} x {y:.6g} nm" for x, y in sizes]
    raise UnsuitableError(
        f"got pages with different pixel sizes ({', '.join(dict.fromkeys(texts))}), expected one; save each alone"
    )


def _of_silent_pages(found: list[Finding]) -> list[str]:
    """Return a note of pages that say no pixel size, where others do."""
    silent = sum(one.width_nm is None for one in found)
    if silent in (0, len(found)):
        return []
    number = next(number for number, one in enumerate(found, 1) if one.width_nm is not None)
    says = "says" if silent == 1 else "say"
    return [f"{silent} of {len(found)} pages {says} no pixel size: that of page {number} was taken for all"]


def _decode_tiff(data: bytes, range_is_given: bool, most: int) -> DecodedFile:
    tiff = TiffPages(data, range_is_given)
    guards.check_size(tiff.size, len(tiff.pages), most)
    _refuse_one_bit(tiff.pages[0].bitspersample)
    notes: list[str] = []
    own = {page: found_in_tiff(tiff.tiff, page, notes) for page in dict.fromkeys(tiff.pages)}
    found = [own[page] for page in tiff.pages]
    _one_size(found)
    pages = [tiff.decode(number) for number in range(len(tiff.pages))]
    try:
        container, of_container = container_of(tiff, data)
    except Exception as error:  # as for the directory in TiffPages
        raise DamagedError(f"its tags cannot be read ({one_line(error)})") from None
    sized = next((one for one in found if one.width_nm), found[0])
    first = replace(found[0], width_nm=sized.width_nm, height_nm=sized.height_nm, source=sized.source)
    notes = [*tiff.notes, *of_container, *dict.fromkeys(notes), *_of_silent_pages(found)]
    lossy = int(tiff.pages[0].compression) in TO_RGB
    return DecodedFile(
        pages, first, notes, container, of_pages=found, orientation=tiff.orientation, is_lossy=lossy
    )


def _decode_plain(data: bytes, kind: str, most: int) -> DecodedFile:
    raster, image = rasters()[kind], guards.decode_plain(data, kind, most)
    _refuse_one_bit(image.bits)
    x, y = (1e9 / value for value in image.per_metre) if image.per_metre else (None, None)
    found = believable(Finding(width_nm=x, height_nm=y, source=raster.resolution))
    if kind == "JPEG" and (
        phenoms := phenom.of_xml(data.decode("latin-1"), "Phenom XML", len(image.page.pixels))
    ):
        size = believable(phenoms)
        found = (
            size if size.width_nm else replace(phenoms, width_nm=x and found.width_nm, source=found.source)
        )
    notes = dict.fromkeys((*image.notes, *found.notes))
    turned = image.orientation
    return DecodedFile(
        [image.page if turned == 1 else _shown(image.page, turned)],
        found,
        list(notes),
        image=image,
        of_pages=[found],
        orientation=turned,
        is_lossy=raster.is_lossy,
    )


def _decode_foreign(path: Path, kind: str, most: int) -> DecodedFile:
    file = foreign_format.read(kind, path, partial(guards.check_size, most=most))
    kinds = {(plane.shape, plane.dtype) for plane in file.planes}
    if len(kinds) != 1:
        raise UnsuitableError(
            f"got {kind} pictures that differ in size or type, expected equal ones; save each alone"
        )
    pages = [plain_page(np.ascontiguousarray(plane, plane.dtype.newbyteorder("="))) for plane in file.planes]
    found = [believable(one) for one in file.found]
    _one_size(found)
    container = new_container(pages, file.byteorder, file.slice_nm, file.texts)
    return DecodedFile(pages, found[0], list(file.notes), container, of_pages=found)


def _shown(page: StoredPage, orientation: int) -> StoredPage:
    indices = None if page.indices is None else exif.shown(page.indices, orientation)
    return StoredPage(exif.shown(page.pixels, orientation), page.layout, indices, page.palette)


def decode(
    data: bytes,
    kind: str,
    path: Path,
    *,
    range_is_given: bool = False,
    most_pixels: int = guards.LARGEST_PIXELS,
) -> DecodedFile:
    """Return all full-size pages of a file, the way they are to be shown.

    Parameters
    ----------
    data : bytes
        As `guards.bytes_of` returned it.
    kind : str
        See `guards.kind_of`.
    path : Path
        The file.
    range_is_given : bool
        See `TiffPages`.
    most_pixels : int
        Of all pages together, see `guards.check_size`.

    Raises
    ------
    DamagedError, UnsuitableError
        When it is damaged, too large, black and white alone, or its pages differ in pixel size.
    """
    if kind in foreign_format.formats():
        return _decode_foreign(path, kind, most_pixels)
    if kind == "TIFF":
        return _decode_tiff(data, range_is_given, most_pixels)
    return _decode_plain(data, kind, most_pixels)
