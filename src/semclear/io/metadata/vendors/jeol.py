"""JEOL: a side-car ``.txt`` file of the image's name.

Lines of a key and a value: ``$CM_ACCEL_VOLT 15.0`` (kV), ``$CM_MAG 5000``, ``$CM_FULL_SIZE 1280 960``,
``$$SM_WD 10.2`` (mm); the pixel size follows from the length of the drawn scale bar in pixels, ``$$SM_MICRON_BAR
160``, and what it stands for, ``$$SM_MICRON_MARKER 5um``, else from ``$CM_PIXEL_SIZE 25nm`` or the width of the
field, ``$CM_FIELD_OF_VIEW 0.400mm 0.300mm``. Versions differ in the number of dollars. The magnification alone says
nothing: it is that of a print, whose width it does not name. Tested on side-cars constructed after that layout, beside
real images of a JEOL microscope (which came without theirs).
"""

from __future__ import annotations

import re

from semclear.io.metadata.finding import Finding, known, length_nm, lengths_nm, number, pair, text_of
from semclear.io.metadata.vendor import Vendor


def of_text(text: str, source: str, width: int | None = None) -> Finding | None:
    """Return what a side-car file says.

    Parameters
    ----------
    text : str
        The file's contents.
    source : str
        Where the text stands, for the person.
    width : int, optional
        Pixels a row of the image, where the text does not say how many the field of view has.

    Returns
    -------
    Finding or None
        None where the text is none of JEOL's.
    """
    lines = (
        re.split(r"[\s=]+", line.strip(), maxsplit=1)
        for line in text.splitlines()
        if line.lstrip().startswith("$")
    )
    fields = {entry[0].lstrip("$"): entry[1] if len(entry) > 1 else "" for entry in lines}
    if not any(name.startswith(("CM_", "SM_")) for name in fields):
        return None
    picture = pair(text_of(fields, "CM_FULL_SIZE", "CM_IMAGE_RES", "CM_IMAGE_SIZE"))
    bar, stands_for = number(fields.get("SM_MICRON_BAR")), length_nm(fields.get("SM_MICRON_MARKER"))
    size = stands_for / bar if bar and stands_for else length_nm(fields.get("CM_PIXEL_SIZE"))
    high = size
    if size is None:
        across, down = lengths_nm(fields.get("CM_FIELD_OF_VIEW"))
        columns, rows = picture[0] or width, picture[1]
        size = across / columns if across and columns else None
        high = down / rows if size and down and rows else size
    found = known(
        voltage_kv=number(fields.get("CM_ACCEL_VOLT")),
        magnification=number(fields.get("CM_MAG")),
        working_distance_mm=number(text_of(fields, "SM_WD")),
        detector=text_of(fields, "CM_SIGNAL_NAME", "CM_SIGNAL"),
        instrument=text_of(fields, "CM_INSTRUMENT"),
    )
    return Finding("JEOL", size, high, source, picture, found)


VENDOR = Vendor(
    "JEOL",
    40,
    word="jeol",
    beside=lambda text, source, height, width: of_text(text, source, width),
    endings=(".txt",),
)
