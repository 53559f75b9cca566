"""Pixel size and instrument from what a file holds itself: vendors' tags, ImageJ, OME, resolution tags."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import tifffile

from semclear.io.formats.damage import PARSER_ERRORS, reason_of
from semclear.io.metadata import ome, ome_model
from semclear.io.metadata.finding import LARGEST_NM, SMALLEST_NM, Finding, believed, nanometres_in
from semclear.io.metadata.tags import resolution_of
from semclear.io.metadata.vendor import vendors

MAKE, MODEL, SOFTWARE = 271, 272, 305

Source = Callable[[], Finding | None]
"""Reads one place where a file may say its pixel size."""


def believable(found: Finding) -> Finding:
    """Return the finding without a pixel size that no scanning microscope has.

    300 dpi is the printer's pixel: edges outside 0.001 to 5000 nm are not believed; a height alone is not either.
    """
    width = believed(found.width_nm)
    if width is None:
        return replace(found, width_nm=None, height_nm=None, source="")
    return replace(found, width_nm=width, height_nm=believed(found.height_nm) or width)


def _of_resolution(page: tifffile.TiffPage, unit_nm: float, source: str) -> Finding | None:
    resolution = resolution_of(page)
    if resolution is None or not math.isfinite(unit_nm):
        return None
    width, height = (unit_nm * units / pixels for pixels, units in resolution[:2])
    return Finding(width_nm=width, height_nm=height, source=source)


def _unit_nm(page: tifffile.TiffPage) -> float:
    """Return the nanometres in the unit of the resolution tags; NaN where they name none."""
    resolution = resolution_of(page)
    return {2: 2.54e7, 3: 1e7}.get(resolution[2], math.nan) if resolution else math.nan


def _of_imagej(tiff: tifffile.TiffFile, page: tifffile.TiffPage) -> Finding | None:
    imagej = tiff.imagej_metadata or {}  # it stands on the first page and speaks of all
    if "unit" not in imagej:
        return None
    return _of_resolution(page, nanometres_in(str(imagej["unit"])) or math.nan, "ImageJ")


def _of_ome(tiff: tifffile.TiffFile, number: int) -> Finding | None:
    xml = tiff.ome_metadata
    if not xml:
        return None
    found = ome_model.of_page(xml, number)
    if found is None:
        width, height, columns = ome.pixel_size(xml, number)
        found = Finding("", width, height, ome_model.SOURCE, (columns, None))
    said = ome.stated(xml, number) if believed(found.width_nm) is None else ""
    expected = f"expected {SMALLEST_NM:g} to {LARGEST_NM:g} nm: its pixel size was not taken"
    return replace(found, notes=(f"{found.source} says {said} a pixel, {expected}",)) if said else found


def _maker(page: tifffile.TiffPage) -> str:
    said = " ".join(str(page.tags.valueof(code) or "") for code in (MAKE, MODEL, SOFTWARE)).lower()
    words = {vendor.word: vendor.name for vendor in vendors() if vendor.word}
    return next((name for word, name in words.items() if word in said.split() or f"{word} " in said), "")


def of_this_picture(found: Finding, width: int, notes: list[str]) -> Finding:
    """Return a finding without its pixel size where it speaks of another number of pixels a row; a note says so.

    Parameters
    ----------
    found : Finding
        With the size of the picture that it speaks of.
    width : int
        Stored pixels a row.
    notes : list of str
        Receives the note.
    """
    if found.picture[0] in (None, width):
        return found
    if found.width_nm is not None:
        notes.append(
            f"{found.source} speaks of {found.picture[0]} pixels a row, the image has {width}: "
            "its pixel size was not taken"
        )
    lost = found.width_nm is not None
    return replace(found, width_nm=None, height_nm=None, source="", picture=(None, None), of_another=lost)


def found_in_tiff(tiff: tifffile.TiffFile, page: tifffile.TiffPage, notes: list[str]) -> Finding:
    """Return what a page of a TIFF says of pixel size and instrument.

    The first believable pixel size counts, in this order: the makers (`vendor.vendors`), OME-XML, ImageJ (its unit
    with the resolution tag), and the plain resolution tags in pixels a centimetre or inch. Each is asked whatever the
    others say, and none counts that speaks of another number of pixels a row.

    Parameters
    ----------
    tiff : tifffile.TiffFile
        The open file.
    page : tifffile.TiffPage
        A page that holds a micrograph; its own tags count, not those of others.
    notes : list of str
        Receives what could not be read or was not taken. The picture is none the worse for it.

    Returns
    -------
    Finding
        Empty where the file says nothing, or what it says cannot be parsed.
    """
    width = page.imagewidth
    makers = [
        (vendor.part, partial(vendor.in_tiff, page)) for vendor in vendors() if vendor.in_tiff is not None
    ]
    others: Sequence[tuple[str, Source]] = (
        ("the OME-XML", lambda: _of_ome(tiff, page.index)),
        ("the ImageJ description", lambda: _of_imagej(tiff, page)),
        ("the resolution tags", lambda: _of_resolution(page, _unit_nm(page), "TIFF resolution")),
    )
    of_makers = [_asked(*one, notes) for one in makers]
    of_others = [_asked(*one, notes) for one in others]
    every = [entry for entry in (*of_makers, *of_others) if entry]
    notes += [note for entry in every for note in entry.notes]
    sizes = [believable(entry) for entry in every]
    sizes = [of_this_picture(size, width, notes) for size in sizes]
    best = next((size for size in sizes if size.width_nm), Finding())
    maker = next((entry for entry in of_makers if entry), None)
    maker = maker or _asked("the maker's name", lambda: Finding(vendor=_maker(page)), notes) or Finding()
    if maker.picture[0] not in (None, width):
        maker = replace(maker, picture=(None, None))
    if not maker.metadata:  # OME's channel and instrument
        maker = replace(maker, metadata=next((one.metadata for one in of_others if one and one.metadata), {}))
    of_another = any(size.of_another for size in sizes)
    return replace(
        maker, width_nm=best.width_nm, height_nm=best.height_nm, source=best.source, of_another=of_another
    )


def _asked(name: str, source: Source, notes: list[str]) -> Finding | None:
    """Return what one source says; of one that breaks its own format, a note says so."""
    try:
        return source()
    except PARSER_ERRORS as error:
        notes.append(
            f"{name} cannot be read ({reason_of(error)}): pixel size and instrument were looked for elsewhere"
        )
        return None
