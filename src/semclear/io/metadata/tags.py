"""Tags of a TIFF page as vendors write them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import tifffile

from semclear.io.metadata.finding import number
from semclear.io.metadata.texts import text_in


def resolution_of(page: tifffile.TiffPage) -> tuple[tuple[int, int], tuple[int, int], int] | None:
    """Return the resolution tags in x and y, as fractions, and their unit (1 none, 2 inch, 3 cm); None without any."""
    values = [page.tags.valueof(name) for name in ("XResolution", "YResolution")]
    if not all(isinstance(value, tuple) and len(value) == 2 and min(value) > 0 for value in values):
        return None
    unit = page.tags.valueof("ResolutionUnit", default=2)  # TIFF 6.0: inch unless said
    return next(((*values, known) for known in (1, 2, 3) if unit == known), None)


def aspect_of(page: tifffile.TiffPage) -> float:
    """Return height over width of a pixel; 1 where the tags are silent or say what no scan has."""
    resolution = resolution_of(page)
    if resolution is None:
        return 1.0
    (x, x_unit), (y, y_unit), _ = resolution
    aspect = x * y_unit / (x_unit * y)
    return aspect if 0.5 < aspect < 2 else 1.0


def _says_something(values: Mapping[str, Any]) -> bool:
    """Return whether tifffile understood anything: it parses any bytes, and keeps lines without a name under ""."""
    return any(values) or any(number(line) is not None for line in values.get("", ()))


def parsed(page: tifffile.TiffPage, *codes: int) -> Mapping[str, Any]:
    """Return the first of these tags as tifffile parsed it; {} where there is none.

    Raises
    ------
    ValueError
        When the tag is there and is no text of its vendor.
    """
    for code in codes:
        value = page.tags.valueof(code)
        if isinstance(value, Mapping) and _says_something(value):
            return value
        if value is not None:
            raise ValueError(f"tag {code} is no text of its kind")
    return {}


def text_of_tag(page: tifffile.TiffPage, code: int) -> str:
    """Return the text of a tag, in whatever encoding; "" where there is none."""
    value = page.tags.valueof(code)
    return (
        text_in(bytes(value))
        if isinstance(value, bytes | bytearray)
        else value
        if isinstance(value, str)
        else ""
    )
