"""Hitachi: a side-car ``.txt`` file of the image's name.

Tested on files constructed after the layout that Bio-Formats (HitachiReader) reads: a section ``[SemImageFile]`` with
``PixelSize`` in nanometres, ``DataSize`` such as ``1280x960``, ``Magnification``, ``AcceleratingVoltage`` such as
``5000 Volt``, ``WorkingDistance`` such as ``8900 um``.
"""

from __future__ import annotations

from semclear.io.metadata.finding import Finding, known, length_nm, number, pair, text_of
from semclear.io.metadata.texts import fields_of
from semclear.io.metadata.vendor import Vendor

SECTION = "[SemImageFile]"


def of_text(text: str, source: str) -> Finding | None:
    """Return what a side-car file says.

    Parameters
    ----------
    text : str
        The file's contents.
    source : str
        Where the text stands, for the person.

    Returns
    -------
    Finding or None
        None where the text is none of Hitachi's.
    """
    if SECTION not in text:
        return None
    fields = fields_of(text)
    voltage = number(fields.get("AcceleratingVoltage"))
    in_kv = "kv" in fields.get("AcceleratingVoltage", "").lower()
    distance = fields.get("WorkingDistance", "")
    nanometres = length_nm(distance, "um")
    found = known(
        voltage_kv=voltage and voltage * (1.0 if in_kv else 1e-3),
        magnification=number(fields.get("Magnification")),
        working_distance_mm=nanometres and nanometres * 1e-6,
        detector=text_of(fields, "SignalName"),
        instrument=text_of(fields, "InstructName"),
    )
    size = length_nm(fields.get("PixelSize"), "nm")
    return Finding("Hitachi", size, size, source, pair(fields.get("DataSize")), found)


VENDOR = Vendor(
    "Hitachi",
    30,
    word="hitachi",
    beside=lambda text, source, height, width: of_text(text, source),
    endings=(".txt",),
)
