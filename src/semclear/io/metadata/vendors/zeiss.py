"""Zeiss SmartSEM: TIFF tag 34118, which tifffile parses into named parameters and a tuple of unnamed ones.

Tested on files constructed after the layout that tifffile (``read_cz_sem``) and rosettasciio (``rsciio.tiff``) read:
pairs of lines, ``AP_IMAGE_PIXEL_SIZE`` and ``Image Pixel Size = 5.58 nm``; the fourth unnamed number is the pixel in
metres of a picture 1024 pixels wide.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from semclear.io.metadata.vendors.finding import Finding, believed, known, length_nm, number

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


def of_tag(metadata: Mapping[str, Any], width: int) -> Finding | None:
    """Return what tag 34118 says.

    Parameters
    ----------
    metadata : mapping
        ``tifffile.TiffFile.sem_metadata``.
    width : int
        Pixels a row of the page.

    Returns
    -------
    Finding or None
        None where there is no such tag.
    """
    if not metadata:
        return None
    size = believed(length_nm(*_entry(metadata, "ap_image_pixel_size")))
    size = size or believed(length_nm(*_entry(metadata, "ap_pixel_size")))
    unnamed = [value for value in metadata.get("") or () if value != ""]
    if size is None and len(unnamed) > 3:
        size = believed(number(unnamed[3], 1e9 * STANDARD_WIDTH / width))
    distance = length_nm(*_entry(metadata, "ap_wd"))
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
    return Finding("Zeiss", size, size, "Zeiss tag 34118", metadata=found)
