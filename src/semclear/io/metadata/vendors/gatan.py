"""Gatan DigitalMicrograph: private TIFF tags, one a number.

Tags 65003 and 65004 are the units of columns and rows, 65009 and 65010 the edges of a pixel in them, as rosettasciio
(``rsciio.tiff``) reads and writes them. Tested on constructed files.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from semclear.io.metadata.finding import Finding, length_nm
from semclear.io.metadata.vendor import Vendor

UNITS, EDGES = (65003, 65004), (65009, 65010)


def of_tags(value_of: Callable[[int], Any]) -> Finding | None:
    """Return what the tags say.

    Parameters
    ----------
    value_of : callable
        From a tag's code to its value, None where there is no such tag.

    Returns
    -------
    Finding or None
        None where the tags of either kind are not there.
    """
    edges, units = ([value_of(code) for code in codes] for codes in (EDGES, UNITS))
    if edges[0] is None or not units[0]:
        return None
    # As text of seven digits: the edges are 32-bit floats.
    width, height = (
        None
        if not isinstance(edge, float)
        else length_nm(f"{edge:.7g}", str(unit or units[0]).strip("\0 ") or "?")
        for edge, unit in zip(edges, units, strict=True)
    )
    return Finding("Gatan", width, height or width, "DigitalMicrograph tags 65003 to 65010")


VENDOR = Vendor(
    "Gatan",
    80,
    in_tiff=lambda page: of_tags(page.tags.valueof),
    part="the Gatan tags",
    tags="DigitalMicrograph tags 65003 to 65010",
)
