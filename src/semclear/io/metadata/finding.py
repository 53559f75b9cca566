"""What one source says of a micrograph, and which numbers of it are believed."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

NANOMETRES = {
    "pm": 1e-3,
    "Å": 0.1,
    "angstrom": 0.1,
    "nm": 1.0,
    "nanometer": 1.0,
    "nanometre": 1.0,
    "um": 1e3,
    "µm": 1e3,
    "μm": 1e3,
    **dict.fromkeys(
        ("ƒÊm", "¦Ìm", "Âμm", "æm"), 1e3
    ),  # µm in Japanese, Chinese, UTF-8 and DOS bytes read as Windows'
    "micron": 1e3,
    "microns": 1e3,
    "micrometer": 1e3,
    "micrometre": 1e3,
    "mm": 1e6,
    "millimeter": 1e6,
    "cm": 1e7,
    "inch": 2.54e7,
    "m": 1e9,
    "meter": 1e9,
}
"""Nanometres in each unit of length that ImageJ, OME, Zeiss, JEOL, Gatan and Phenom write."""


def nanometres_in(unit: str) -> float | None:
    """Return the nanometres in a unit as ImageJ writes it, its µ in ASCII too; None in one of another kind."""
    return NANOMETRES.get(unit.replace("\\u00B5", "µ").replace("\\u00b5", "µ"))


_GROUPED = re.compile(r"[-+]?\d{1,3}(?:([ ',.\u2019])\d{3})(?:\1\d{3})*")
"""Thousands apart: 1,234,567 and 1.234.567, 1 234 and 1'234."""

_NUMBER = re.compile(
    r"([-+]?(?:\d[\d.,'\u2019]*(?: \d{3}(?!\d))*(?:[.,]\d+)?|[.,]\d+)(?:[eE][-+]?\d+)?)\s*(|(?![eE]$)[^\d\s.,+-][^\d]*)"
)
"""A number, and behind it nothing or a unit: never a further digit."""

SMALLEST_NM, LARGEST_NM = 1e-3, 5e3
"""Beyond these no number is an SEM's pixel: 5 um a pixel is 5080 dpi, so that print resolutions fall out."""

ROUNDING = 0.01
"""Share by which the width of the field over the pixel may differ from the pixels a row: both are rounded."""


@dataclass(frozen=True)
class Finding:
    """What was understood; None, "" and {} where the source is silent.

    Attributes
    ----------
    vendor : str
        "FEI/Thermo Fisher", "Zeiss", "JEOL", "TESCAN", "Hitachi" or "Gatan".
    width_nm, height_nm : float or None
        Edges of a pixel in nanometres.
    source : str
        Where the pixel size stands, such as "FEI tag 34682".
    picture : tuple of (int or None, int or None)
        Width and height in pixels that the source gives the picture, without its data bar.
    metadata : dict
        Some of ``voltage_kv``, ``magnification``, ``working_distance_mm``, ``detector``, ``instrument``.
    of_another : bool
        True where a pixel size was not taken, since it is that of another picture.
    notes : tuple of str
        What of the source is not understood, or in doubt.
    """

    vendor: str = ""
    width_nm: float | None = None
    height_nm: float | None = None
    source: str = ""
    picture: tuple[int | None, int | None] = (None, None)
    metadata: dict[str, float | str] = field(default_factory=dict)
    of_another: bool = False
    notes: tuple[str, ...] = ()


def _plain(text: str) -> str | None:
    """Return a number with a point as its decimal mark and nothing between its thousands; None where that is open."""
    mantissa, exponent, power = text.replace("E", "e").partition("e")
    last = max(mantissa.rfind("."), mantissa.rfind(","))
    marks = {mark: mantissa.count(mark) for mark in ".,"}
    if last < 0 or marks[mantissa[last]] > 1:  # a whole number
        whole_part, fraction = mantissa, ""
    elif (
        mantissa[last] == ","
        and not marks["."]
        and _GROUPED.fullmatch(mantissa)
        and mantissa.strip("+-")[0] != "0"
    ):
        return None  # 1,250 is 1250 in one country and 1.25 in another
    else:
        whole_part, fraction = mantissa[:last], mantissa[last:].replace(",", ".")
    grouped = _GROUPED.fullmatch(whole_part)
    if grouped is not None:
        whole_part = whole_part.replace(grouped[1], "")
    return whole_part + fraction + exponent + power


def _parted(value: Any) -> tuple[float | None, str]:
    """Return the number that a value is, and the unit behind it."""
    if isinstance(value, bool):
        return None, ""
    text = unicodedata.normalize("NFKC", str(value)).replace("\u2212", "-").strip(" \t\r\n\0")
    match = _NUMBER.fullmatch(text)
    plain = _plain(match[1]) if match else None
    try:
        found = float(plain) if plain is not None else math.nan
    except ValueError:
        found = math.nan
    return (found if math.isfinite(found) else None), (match[2].strip() if match else "")


def number(value: Any, scale: float = 1.0) -> float | None:
    """Return a number, with or without a unit behind it, times `scale`; None where it is not wholly understood.

    Decimal commas, thousands apart and full-width digits are read; ``1,250``, which is two numbers in two countries,
    is not.
    """
    found = _parted(value)[0]
    return found * scale if found is not None and math.isfinite(found * scale) else None


def length_nm(value: Any, unit: str = "") -> float | None:
    """Return a length such as ``5um`` in nanometres, or None; see `number`. `unit` is that of a number without one."""
    found, behind = _parted(value)
    named = unicodedata.normalize("NFKC", behind or unit).strip().removesuffix("/pixel").removesuffix("/px")
    scale = NANOMETRES.get(named, NANOMETRES.get(named.lower(), math.nan))
    return found * scale if found is not None and math.isfinite(found * scale) else None


def lengths_nm(text: Any) -> tuple[float | None, float | None]:
    """Return width and height of a text such as ``0.400mm 0.300mm``; None each where it is not understood."""
    parts = re.findall(r"\S*\d\s*[^\d\s.,+-][^\d\s]*", unicodedata.normalize("NFKC", str(text or "")))
    return (length_nm(parts[0]), length_nm(parts[1])) if len(parts) == 2 else (None, None)


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


def columns_told(columns: int | None, width: int) -> int | None:
    """Return the pixels a row that a source tells by numbers that were rounded: `width` where they come near it."""
    return width if columns is not None and abs(columns / width - 1) <= ROUNDING else columns


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
