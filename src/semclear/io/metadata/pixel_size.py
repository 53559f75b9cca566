"""Pixel size and instrument from what a file holds itself: vendors' tags, ImageJ, OME, resolution tags."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import tifffile

from semclear.io.formats.containers import PARSER_ERRORS, reason_of
from semclear.io.metadata import ome
from semclear.io.metadata.vendors import fei, tescan, zeiss
from semclear.io.metadata.vendors.finding import NANOMETRES, Finding, believed
from semclear.io.metadata.vendors.texts import printable_lines

TESCAN_TAG = 50431
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


def resolution_of(page: tifffile.TiffPage) -> tuple[tuple[int, int], tuple[int, int], int] | None:
    """Return the resolution tags in x and y, as fractions, and their unit (1 none, 2 inch, 3 cm); None without any."""
    values = [page.tags.valueof(name) for name in ("XResolution", "YResolution")]
    if not all(isinstance(value, tuple) and len(value) == 2 and min(value) > 0 for value in values):
        return None
    unit = page.tags.valueof("ResolutionUnit", default=2)  # TIFF 6.0: inch unless said
    return next(((*values, known) for known in (1, 2, 3) if unit == known), None)


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


def size_by_resolution(page: tifffile.TiffPage) -> float | None:
    """Return the width of a pixel in nanometres by a page's resolution tags alone; None where it is not believed."""
    found = _of_resolution(page, _unit_nm(page), "")
    return None if found is None else believed(found.width_nm)


def _of_imagej(tiff: tifffile.TiffFile, page: tifffile.TiffPage) -> Finding | None:
    imagej = tiff.imagej_metadata or {}
    if "unit" not in imagej:
        return None
    unit = str(imagej["unit"]).replace("\\u00B5", "µ").replace("\\u00b5", "µ")
    return _of_resolution(page, NANOMETRES.get(unit, math.nan), "ImageJ")


def _of_ome(tiff: tifffile.TiffFile) -> Finding | None:
    xml = tiff.ome_metadata
    return Finding("", *ome.pixel_size(xml), "OME-XML") if xml else None


def _of_tescan(page: tifffile.TiffPage, height: int) -> Finding | None:
    data = page.tags.valueof(TESCAN_TAG)
    if isinstance(data, str):
        data = data.encode("latin-1", errors="replace")
    if not isinstance(data, bytes | bytearray):
        return None
    return tescan.of_text(printable_lines(bytes(data)), f"TESCAN tag {TESCAN_TAG}", height)


def _aspect(resolution: tuple[tuple[int, int], tuple[int, int], int] | None) -> float:
    """Return height over width of a pixel; 1 where the tags are silent or say what no scan has."""
    if resolution is None:
        return 1.0
    (x, x_unit), (y, y_unit), _ = resolution
    aspect = x * y_unit / (x_unit * y)
    return aspect if 0.5 < aspect < 2 else 1.0


def _maker(page: tifffile.TiffPage) -> str:
    said = " ".join(str(page.tags.valueof(code) or "") for code in (MAKE, MODEL, SOFTWARE)).lower()
    names = {
        "fei": "FEI/Thermo Fisher",
        "zeiss": "Zeiss",
        "jeol": "JEOL",
        "tescan": "TESCAN",
        "hitachi": "Hitachi",
    }
    return next((vendor for word, vendor in names.items() if word in said.split() or f"{word} " in said), "")


def found_in_tiff(tiff: tifffile.TiffFile, page: tifffile.TiffPage, notes: list[str]) -> Finding:
    """Return what a TIFF says of pixel size and instrument.

    The first believable pixel size counts, in this order: FEI / Thermo Fisher (tags 34682, 34680), Zeiss (34118),
    TESCAN (50431), OME-XML, ImageJ (its unit with the resolution tag), and the plain resolution tags in pixels a
    centimetre or inch.

    Parameters
    ----------
    tiff : tifffile.TiffFile
        The open file.
    page : tifffile.TiffPage
        The page that holds the micrograph.
    notes : list of str
        Receives what could not be read. The picture is none the worse for it.

    Returns
    -------
    Finding
        Empty where the file says nothing, or what it says cannot be parsed.
    """
    width, height = page.imagewidth, page.imagelength
    makers: Sequence[tuple[str, Source]] = (
        (
            "the FEI tag",
            lambda: fei.of_tag(tiff.fei_metadata or {}, width, _aspect(resolution_of(page))),
        ),
        ("the Zeiss tag", lambda: zeiss.of_tag(tiff.sem_metadata or {}, width)),
        ("the TESCAN tag", lambda: _of_tescan(page, height)),
    )
    others: Sequence[tuple[str, Source]] = (
        ("the OME-XML", lambda: _of_ome(tiff)),
        ("the ImageJ description", lambda: _of_imagej(tiff, page)),
        ("the resolution tags", lambda: _of_resolution(page, _unit_nm(page), "TIFF resolution")),
    )
    maker = next((found for one in makers if (found := _asked(*one, notes))), None)
    sizes = [maker, *(_asked(*one, notes) for one in others)]
    best = next((size for entry in sizes if entry and (size := believable(entry)).width_nm), Finding())
    maker = maker or _asked("the maker's name", lambda: Finding(vendor=_maker(page)), notes) or Finding()
    return replace(maker, width_nm=best.width_nm, height_nm=best.height_nm, source=best.source)


def _asked(name: str, source: Source, notes: list[str]) -> Finding | None:
    """Return what one source says; of one that breaks its own format, a note says so."""
    try:
        return source()
    except PARSER_ERRORS as error:
        notes.append(
            f"{name} cannot be read ({reason_of(error)}): pixel size and instrument were looked for elsewhere"
        )
        return None


def of_tiff(tiff: tifffile.TiffFile, page: tifffile.TiffPage, notes: list[str]) -> float | None:
    """Return the width of a pixel in nanometres, or None where the file does not say; see `found_in_tiff`."""
    return found_in_tiff(tiff, page, notes).width_nm
