"""OpenFIBSEM: JSON in ImageDescription, ``"pixel_size": {"x": 1e-9, "y": 1e-9}`` in metres beside ``"image"``.

Layout as the program writes it (``FibsemImageMetadata.to_dict``); tested on constructed files.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from semclear.io.metadata.finding import Finding, known, number
from semclear.io.metadata.vendor import Vendor


def _part(values: Any, name: str) -> Mapping[str, Any]:
    part = values.get(name) if isinstance(values, Mapping) else None
    return part if isinstance(part, Mapping) else {}


def of_description(text: str) -> Finding | None:
    """Return what an ImageDescription says; None where it is none of OpenFIBSEM's.

    Raises
    ------
    ValueError
        When it begins like one of OpenFIBSEM's, and is no JSON.
    """
    if not text.startswith("{") or '"pixel_size"' not in text:
        return None
    try:
        values = json.loads(text)
    except RecursionError:
        raise ValueError("lists in lists without end") from None
    size = _part(values, "pixel_size")
    if not size:
        return None
    width, height = (number(size.get(axis), 1e9) for axis in "xy")
    resolution = _part(values, "image").get("resolution") or values.get("resolution")
    picture = tuple(resolution) if isinstance(resolution, list) and len(resolution) == 2 else ()
    columns = picture[0] if picture and isinstance(picture[0], int) else None
    state = _part(values, "microscope_state")
    beam = _part(state, "electron_beam")
    found = known(
        voltage_kv=number(beam.get("voltage"), 1e-3),
        working_distance_mm=number(beam.get("working_distance"), 1e3),
    )
    return Finding("", width, height, "OpenFIBSEM description", (columns, None), found)


VENDOR = Vendor(
    "",
    70,
    in_tiff=lambda page: of_description(page.description),
    part="the OpenFIBSEM description",
    tags="OpenFIBSEM description",
)
