"""Pixel size from the tags that microscopes and ImageJ write into TIFF files."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import tifffile

NANOMETRES = {
    "nm": 1.0,
    "um": 1e3,
    "µm": 1e3,
    "μm": 1e3,
    "micron": 1e3,
    "microns": 1e3,
    "mm": 1e6,
    "cm": 1e7,
    "m": 1e9,
}
"""Nanometres in each unit of length that ImageJ and Zeiss write."""

SMALLEST_NM, LARGEST_NM = 1e-3, 5e3
"""Beyond these no number is an SEM's pixel: 5 um a pixel is 5080 dpi, so that print resolutions fall out."""


def _plausible(nanometres: float) -> float | None:
    return nanometres if math.isfinite(nanometres) and SMALLEST_NM <= nanometres <= LARGEST_NM else None


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return math.nan


def _of_fei(metadata: Mapping[str, Any]) -> float:
    scan = metadata.get("Scan")
    return _number(scan.get("PixelWidth")) * 1e9 if isinstance(scan, Mapping) else math.nan


def _of_zeiss(metadata: Mapping[str, Any]) -> float:
    entry = metadata.get("ap_image_pixel_size") or metadata.get("ap_pixel_size")
    if not isinstance(entry, tuple) or len(entry) != 3:
        return math.nan
    return _number(entry[1]) * NANOMETRES.get(str(entry[2]), math.nan)


def _of_resolution(page: tifffile.TiffPage, unit_nm: float) -> float:
    tag = page.tags.get("XResolution")
    if tag is None or not isinstance(tag.value, tuple) or len(tag.value) != 2 or not all(tag.value):
        return math.nan
    pixels, units = tag.value
    return unit_nm * units / pixels


def of_tiff(tiff: tifffile.TiffFile, page: tifffile.TiffPage) -> float | None:
    """Return the edge of a pixel in nanometres, or None where the file does not say.

    Tried in this order: FEI / Thermo Fisher (tag 34682, ``Scan.PixelWidth`` in metres), Zeiss (tag 34118),
    ImageJ (its unit with the resolution tag), and the plain resolution tags in pixels a centimetre or inch.
    Values outside 0.001 to 5000 nm are not believed: ``300 dpi`` is the printer's pixel, not the microscope's.

    Parameters
    ----------
    tiff : tifffile.TiffFile
        The open file.
    page : tifffile.TiffPage
        The page that holds the micrograph.

    Returns
    -------
    float or None
        Nanometres.
    """
    candidates = [_of_fei(tiff.fei_metadata or {}), _of_zeiss(tiff.sem_metadata or {})]
    imagej = tiff.imagej_metadata or {}
    if "unit" in imagej:
        unit = str(imagej["unit"]).replace("\\u00B5", "µ")
        candidates.append(_of_resolution(page, NANOMETRES.get(unit, math.nan)))
    resolution_unit = page.tags.get("ResolutionUnit")
    stored = int(resolution_unit.value) if resolution_unit is not None else 1
    candidates.append(_of_resolution(page, {2: 2.54e7, 3: 1e7}.get(stored, math.nan)))
    return next((size for size in map(_plausible, candidates) if size is not None), None)
