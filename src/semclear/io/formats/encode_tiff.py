"""Encoding TIFF in the form of the input, with the pixel size where every reader looks.

ImageDescription holds either the input's OME-XML with the new pixel size, or a text that begins ``ImageJ=``. In the
latter ``unit=cm`` goes with ResolutionUnit centimetre, so that ImageJ (which turns small centimetres into um), tifffile
and readers that know the resolution tags alone find the same number. The restoration's JSON is one line of
it, ``semclear={...}``: ImageJ and tifffile parse such lines as properties and read on.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import tifffile

from semclear.io.formats.page import StoredPage
from semclear.io.formats.tiff import turned
from semclear.io.formats.tiff_layout import ONE_BYTE_TYPES, POSITIONS, SOFTWARE, Tag, TiffContainer
from semclear.io.metadata import ome
from semclear.io.metadata.finding import nanometres_in
from semclear.io.metadata.provenance import DESCRIPTION_KEY

IMAGEJ_VERSION = "1.54f"
"""A version of ImageJ whose description has the lines written here."""

OWN_LINES = ("ImageJ", "images", "unit", DESCRIPTION_KEY)
"""Lines of an ImageJ description that are written anew; the input's others stay."""

SPACING, SPACING_UNIT, HEIGHT_UNIT = "spacing", "zunit", "yunit"
"""Lines of lengths beside the pixel's width: distance of slices, its unit and the height's where they are others."""

LARGEST = 2**32 - 1
CENTIMETRE_NM = 10_000_000
CENTIMETRE = 3
UNITS = {2: "inch", CENTIMETRE: "cm"}
"""ImageJ's unit by ResolutionUnit, where its description names none."""

INCH_CM = Fraction(254, 100)
UNSIGNED_FRACTION = 5
"""RATIONAL among the types of TIFF."""

SAME_EDGE = 1e-6
"""Share by which an edge of the resolution tags may differ from what was read of them."""

Resolution = tuple[tuple[int, int], tuple[int, int], int]


def rational(value: Fraction) -> tuple[int, int] | None:
    """Return numerator and denominator below 2^32 of the nearest fraction that TIFF can store; None beyond."""
    if not 0 < value <= LARGEST:
        return None
    limit = max(1, int(LARGEST / max(value, Fraction(1))))
    near = value.limit_denominator(limit)
    return (near.numerator, near.denominator) if near.numerator else None


def resolution_of(size_nm: tuple[float, float]) -> Resolution | None:
    """Return the resolution tags, pixels a centimetre, of a pixel's width and height in nanometres."""
    x, y = (rational(CENTIMETRE_NM / Fraction(size)) for size in size_nm)
    return (x, y, CENTIMETRE) if x and y else None


def holds(container: TiffContainer, size_nm: tuple[float, float]) -> bool:
    """Return whether the input's resolution tags, which all pages get, and its unit say this width and height.

    Parameters
    ----------
    container : TiffContainer
        The input's form: its resolution is that of the first page.
    size_nm : tuple of float
        Along stored rows and columns, in nanometres.
    """
    unit_nm = nanometres_in(_unit_before(container))
    if container.resolution is None or unit_nm is None:
        return False
    edges = [unit_nm * units / pixels for pixels, units in container.resolution[:2]]
    return all(abs(edge / size - 1) <= SAME_EDGE for edge, size in zip(edges, size_nm, strict=True))


def _description(container: TiffContainer, pages: int, unit: str | None, text: str | None) -> str | None:
    """Return ImageJ's description where there is a unit, a stack or such a description before; else the text alone."""
    own = [f"{DESCRIPTION_KEY}={text}"] if text else []
    lines = container.description.splitlines() if container.is_imagej else []
    kept = [line for line in lines if line.partition("=")[0].strip() not in OWN_LINES]
    kept = _in_unit(kept, _unit_before(container), unit)
    if not (unit or container.is_imagej or pages > 1):
        return own[0] if own else None
    first = [f"ImageJ={IMAGEJ_VERSION}"]
    if pages > 1:
        first += [f"images={pages}"] if container.is_imagej else [f"images={pages}", f"slices={pages}"]
    if unit:
        first.append(f"unit={unit}")
    return "\n".join([*first, *kept, *own]).encode("ascii", "backslashreplace").decode("ascii") + "\n"


def _in_unit(lines: list[str], before: str, unit: str | None) -> list[str]:
    """Return the lines of an ImageJ description with the lengths that stand in its unit in another one."""
    if unit is None or unit == before:
        return lines
    values = {name.strip(): value.strip() for name, _, value in (line.partition("=") for line in lines)}
    of_slices = values.get(SPACING_UNIT, before)
    length, old, new = _number(values.get(SPACING, "")), nanometres_in(of_slices), nanometres_in(unit)
    # The height stands in the resolution tags, as the width does.
    rest = [
        line for line in lines if line.partition("=")[0].strip() not in (SPACING, SPACING_UNIT, HEIGHT_UNIT)
    ]
    if SPACING not in values:
        return rest
    if length is None or old is None or new is None:  # such as slices counted in pixels
        return [*rest, f"{SPACING}={values[SPACING]}", f"{SPACING_UNIT}={of_slices}"]
    return [*rest, f"{SPACING}={length * old / new:.9g}"]


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _unit_before(container: TiffContainer) -> str:
    """Return in what lengths of the input's ImageJ description stand."""
    of_resolution = UNITS.get(container.resolution[2]) if container.resolution else None
    return _imagej_unit(container) or of_resolution or "pixel"


def _imagej_unit(container: TiffContainer) -> str | None:
    lines = container.description.splitlines() if container.is_imagej else []
    return next((line.partition("=")[2].strip() for line in lines if line.startswith("unit=")), None)


def tiff(
    pages: Sequence[StoredPage],
    container: TiffContainer,
    size_nm: tuple[float, float] | None,
    text: str | None,
    keep_resolution: bool,
) -> tuple[bytes, list[str]]:
    """Return a TIFF file, and remarks.

    Parameters
    ----------
    pages : sequence of StoredPage
        Of one shape, type and layout.
    container : TiffContainer
        The input's form.
    size_nm : tuple of float, or None
        Width and height of a pixel in nanometres, along stored rows and columns.
    text : str or None
        ASCII in one line.
    keep_resolution : bool
        True repeats the input's resolution tags (they hold the pixel size, or nothing is known of it).

    Returns
    -------
    tuple
        The bytes, the same for the same arguments: no date, no identifier; and what of the input could not be kept.
    """
    resolution = None if size_nm is None or keep_resolution else resolution_of(size_nm)
    unit = "cm" if resolution else _imagej_unit(container)
    if resolution is None:
        resolution = container.resolution
    elif container.is_ome:
        unit = None
    if unit is None and size_nm is not None and resolution is not None:
        unit = UNITS.get(resolution[2])
    description, notes = None, []
    if container.is_ome:
        rows, columns = pages[0].pixels.shape[:2]
        description = ome.rewritten(container.description, size_nm, (rows, columns), text, container.kept)
        if description is None:
            notes.append(
                "the OME-XML is not in the result: it cannot be read, or is not of the pages of this file alone"
            )
    if description is None:
        description = _description(container, len(pages), unit, text)
    later = {number: text for number, text in enumerate(container.later_descriptions, 1) if text}
    buffer = io.BytesIO()
    with tifffile.TiffWriter(
        buffer, bigtiff=container.bigtiff, byteorder=container.byteorder, ome=False, shaped=False
    ) as writer:
        for number, page in enumerate(pages):
            pixels, options = _form(page, container, container.alphas[number])
            writer.write(
                pixels,
                **options,
                description=description if number == 0 else later.get(number),
                resolution=resolution[:2] if resolution else None,
                resolutionunit=resolution[2] if resolution else None,
                extratags=_tags(container, number, resolution),
                software=False,
                metadata=None,
                contiguous=False,
            )
    return buffer.getvalue(), notes


def _tags(container: TiffContainer, number: int, resolution: Resolution | None) -> list[Tag]:
    """Return the tags of a page: those that are copied, positions in the new unit, and this program on the first."""
    found: list[Tag] = []
    inches = container.resolution is not None and container.resolution[2] == 2
    in_centimetres = inches and resolution is not None and resolution[2] == CENTIMETRE
    before = b""
    for tag in container.tags[number]:
        code, kind, count, value, _ = tag
        if code == SOFTWARE and number == 0:
            before = bytes(value).rstrip(b"\0") if kind in ONE_BYTE_TYPES else b""
        elif code in POSITIONS and kind == UNSIGNED_FRACTION and count == 1 and in_centimetres and value[1]:
            found.append((code, kind, count, rational(Fraction(*value) * INCH_CM) or (0, 1), True))
        else:
            found.append(tag)
    if number == 0:
        own = DESCRIPTION_KEY.encode()
        words = before if before.startswith(own) else b"; ".join(part for part in (own, before) if part)
        found.append((SOFTWARE, 2, len(words) + 1, words + b"\0", True))
    return found


def _form(page: StoredPage, container: TiffContainer, alpha: str) -> tuple[np.ndarray, dict]:
    """Return the pixels in the file's order of channels, and tifffile's options for them."""
    options: dict = {"compression": container.compression, "predictor": container.predictor}
    if container.tile:
        options["tile"] = container.tile
    elif container.rows_per_strip:
        options["rowsperstrip"] = min(container.rows_per_strip, len(page.pixels))
    if page.indices is not None and page.palette is not None:
        return page.indices, options | {
            "photometric": "palette",
            "colormap": page.palette.T.astype(np.uint16) * 257,
        }
    pixels = page.pixels
    if container.white is not None:
        pixels = turned(pixels, container.white)  # back, as `TiffPages.decode` turned it
        options["photometric"] = "miniswhite"
    else:
        options["photometric"] = "rgb" if page.layout.startswith("rgb") else "minisblack"
    if page.layout in ("gray+alpha", "rgba"):
        options["extrasamples"] = [alpha]
    if pixels.ndim == 3:
        options["planarconfig"] = "separate" if container.separate else "contig"
        if container.separate:
            pixels = np.moveaxis(pixels, -1, 0)
    return np.ascontiguousarray(pixels), options
