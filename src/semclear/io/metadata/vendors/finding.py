"""What one source says of a micrograph, and which numbers of it are believed."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

NANOMETRES = {
    "pm": 1e-3,
    "Å": 0.1,
    "angstrom": 0.1,
    "nm": 1.0,
    "um": 1e3,
    "µm": 1e3,
    "μm": 1e3,
    "micron": 1e3,
    "microns": 1e3,
    "mm": 1e6,
    "cm": 1e7,
    "inch": 2.54e7,
    "m": 1e9,
}
"""Nanometres in each unit of length that ImageJ, OME, Zeiss and JEOL write."""

SMALLEST_NM, LARGEST_NM = 1e-3, 5e3
"""Beyond these no number is an SEM's pixel: 5 um a pixel is 5080 dpi, so that print resolutions fall out."""


@dataclass(frozen=True)
class Finding:
    """What was understood; None, "" and {} where the source is silent.

    Attributes
    ----------
    vendor : str
        "FEI/Thermo Fisher", "Zeiss", "JEOL", "TESCAN" or "Hitachi".
    width_nm, height_nm : float or None
        Edges of a pixel in nanometres.
    source : str
        Where the pixel size stands, such as "FEI tag 34682".
    picture : tuple of (int or None, int or None)
        Width and height in pixels that the source gives the picture, without its data bar.
    metadata : dict
        Some of ``voltage_kv``, ``magnification``, ``working_distance_mm``, ``detector``, ``instrument``.
    """

    vendor: str = ""
    width_nm: float | None = None
    height_nm: float | None = None
    source: str = ""
    picture: tuple[int | None, int | None] = (None, None)
    metadata: dict[str, float | str] = field(default_factory=dict)


def number(value: Any, scale: float = 1.0) -> float | None:
    """Return the number that a text begins with, times `scale`, or None."""
    match = re.match(r"\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)", str(value))
    if match is None:
        return None
    result = float(match[1]) * scale
    return result if math.isfinite(result) else None


def length_nm(value: Any, unit: str | None = None) -> float | None:
    """Return a length such as ``5um`` or ``(5, "µm")`` in nanometres, or None."""
    if unit is None:
        match = re.match(r"\s*([-+0-9.eE]+?)\s*([A-Za-zµμÅ]+)\s*$", str(value))
        if match is None:
            return None
        value, unit = match[1], match[2]
    return number(value, NANOMETRES.get(unit.strip(), math.nan))


def believed(nanometres: float | None) -> float | None:
    """Return an edge of a pixel if it is one that scanning microscopes have, 0.001 to 5000 nm; None otherwise."""
    return nanometres if nanometres is not None and SMALLEST_NM <= nanometres <= LARGEST_NM else None


def whole(value: Any) -> int | None:
    """Return a count of pixels, or None."""
    found = number(value)
    return int(found) if found is not None and found == int(found) and found > 0 else None


def pair(value: Any) -> tuple[int | None, int | None]:
    """Return width and height of a text such as ``1280 960`` or ``1280x960``."""
    found = re.findall(r"\d+", str(value or ""))
    return (int(found[0]), int(found[1])) if len(found) >= 2 else (None, None)


def known(**entries: float | str | None) -> dict[str, float | str]:
    """Return the entries that are not None or empty, floats rounded to six digits."""
    return {
        name: float(f"{value:.6g}") if isinstance(value, float) else value
        for name, value in entries.items()
        if value not in (None, "")
    }


def text_of(fields: Mapping[str, Any], *names: str) -> str | None:
    """Return the first of these fields that is not empty, as stripped text."""
    return next((text for name in names if (text := str(fields.get(name) or "").strip())), None)
