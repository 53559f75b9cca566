"""Zeiss SmartSEM: TIFF tag 34118, which tifffile parses into named parameters and a tuple of unnamed ones.

Tested on files constructed after the layout that tifffile (``read_cz_sem``) and rosettasciio (``rsciio.tiff``) read:
pairs of lines, ``AP_IMAGE_PIXEL_SIZE`` and ``Image Pixel Size = 5.58 nm``. Four of them speak of the pixel:

- ``AP_IMAGE_PIXEL_SIZE`` is that of the stored picture and counts where it is there;
- ``AP_WIDTH`` is the width of the field, so that a pixel is that over the pixels a row;
- ``AP_PIXEL_SIZE`` and the fourth unnamed number (in metres) are those of a picture 1024 pixels wide.

``DP_IMAGE_STORE`` (``1024 * 768``) is the size in which the picture was stored.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import tifffile

from semclear.io.metadata.finding import Finding, believed, columns_told, known, length_nm, number, pair
from semclear.io.metadata.tags import parsed
from semclear.io.metadata.vendor import Vendor

STANDARD_WIDTH = 1024


def _entry(metadata: Mapping[str, Any], *names: str) -> tuple[Any, str]:
    for name in names:
        entry = metadata.get(name)
        if isinstance(entry, tuple) and len(entry) >= 2:
            return entry[1], str(entry[2]) if len(entry) > 2 else ""
    return None, ""


def _magnification(value: Any) -> float | None:
    found = number(value)
    return found if found is None else found * (1000 if re.search(r"\dx?\s*K", str(value)) else 1)


def _length(metadata: Mapping[str, Any], name: str) -> float | None:
    return length_nm(*_entry(metadata, name))


def _stored_width(metadata: Mapping[str, Any]) -> int | None:
    """Return the pixels a row of the picture that the tag speaks of, by its size or by its field and pixel."""
    width = pair(_entry(metadata, "dp_image_store")[0])[0]
    field, size = _length(metadata, "ap_width"), _length(metadata, "ap_image_pixel_size")
    return width if width or not (field and size) else round(field / size)


def of_tag(metadata: Mapping[str, Any], width: int) -> Finding | None:
    """Return what tag 34118 says.

    Parameters
    ----------
    metadata : mapping
        Value of the tag as tifffile parses it.
    width : int
        Pixels a row of the page.

    Returns
    -------
    Finding or None
        None where there is no such tag.
    """
    if not metadata:
        return None
    field, of_standard = _length(metadata, "ap_width"), _length(metadata, "ap_pixel_size")
    unnamed = [value for value in metadata.get("") or () if value != ""]
    places = (
        _length(metadata, "ap_image_pixel_size"),
        field and field / width,
        of_standard and of_standard * STANDARD_WIDTH / width,
        number(unnamed[3], 1e9 * STANDARD_WIDTH / width) if len(unnamed) > 3 else None,
    )
    size = next((believed(place) for place in places if believed(place)), None)
    stored = columns_told(_stored_width(metadata), width)
    distance = _length(metadata, "ap_wd")
    value, unit = _entry(metadata, "ap_mag")
    detector, _ = _entry(metadata, "dp_detector_type", "dp_detector_channel")
    instrument, _ = _entry(metadata, "dp_sem", "sv_serial_number")
    found = known(
        voltage_kv=number(_entry(metadata, "ap_actualkv", "ap_manualkv")[0]),
        magnification=_magnification(f"{value} {unit}") if value is not None else None,
        working_distance_mm=distance and distance * 1e-6,
        detector=detector and str(detector),
        instrument=instrument and str(instrument),
    )
    return Finding("Zeiss", size, size, "Zeiss tag 34118", (stored, None), found)


def _in_tiff(page: tifffile.TiffPage) -> Finding | None:
    return of_tag(parsed(page, 34118), page.imagewidth)


VENDOR = Vendor("Zeiss", 20, word="zeiss", in_tiff=_in_tiff, part="the Zeiss tag", tags="Zeiss tag 34118")
