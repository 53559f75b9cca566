"""TESCAN: a side-car ``.hdr`` file, and TIFF tag 50431 with the same text among binary blocks.

Tested on files constructed after the layout that Gwyddion (tescan.c) and NexusLIMS (tescan_tif) read: ini text,
``[MAIN]`` with ``PixelSizeX`` and ``PixelSizeY`` in metres, ``Magnification`` and ``ImageStripSize``, the rows of the
data bar; ``[SEM]`` with ``HV`` in volts and ``WD`` in metres. tifffile has no reader for the tag.
"""

from __future__ import annotations

import tifffile

from semclear.io.metadata.finding import Finding, believed, known, number, text_of, whole
from semclear.io.metadata.texts import fields_of, printable_lines
from semclear.io.metadata.vendor import Vendor

TAG = 50431


def of_text(text: str, source: str, height: int) -> Finding | None:
    """Return what a ``.hdr`` file or the text of tag 50431 says.

    Parameters
    ----------
    text : str
        Lines ``key=value``.
    source : str
        Where the text stands, for the person.
    height : int
        Rows of the image: the picture's are fewer by ``ImageStripSize``.

    Returns
    -------
    Finding or None
        None where the text is none of TESCAN's.
    """
    fields = fields_of(text)
    if "PixelSizeX" not in fields:
        return None
    strip = whole(fields.get("ImageStripSize"))
    width = number(fields["PixelSizeX"], 1e9)
    said = f"{source} says PixelSizeX={fields['PixelSizeX'][:20]!r}, expected metres of a pixel: it was not taken"
    found = known(
        voltage_kv=number(text_of(fields, "HV", "AcceleratorVoltage"), 1e-3),
        magnification=number(fields.get("Magnification")),
        working_distance_mm=number(fields.get("WD"), 1e3),
        detector=text_of(fields, "Detector", "Detector0"),
        instrument=text_of(fields, "DeviceModel", "Device"),
    )
    return Finding(
        "TESCAN",
        width,
        number(fields.get("PixelSizeY"), 1e9),
        source,
        (None, height - strip if strip and strip < height else None),
        found,
        notes=() if believed(width) else (said,),
    )


def _in_tiff(page: tifffile.TiffPage) -> Finding | None:
    data = page.tags.valueof(TAG)
    if isinstance(data, str):
        data = data.encode("latin-1", errors="replace")
    if data is None:
        return None
    if not isinstance(data, bytes | bytearray):
        raise ValueError(f"tag {TAG} holds no text")
    found = of_text(printable_lines(bytes(data)), f"TESCAN tag {TAG}", page.imagelength)
    if found is None:
        raise ValueError(f"tag {TAG} has no PixelSizeX")
    return found


VENDOR = Vendor(
    "TESCAN",
    50,
    word="tescan",
    in_tiff=_in_tiff,
    part="the TESCAN tag",
    tags=f"TESCAN tag {TAG}",
    beside=lambda text, source, height, width: of_text(text, source, height),
    endings=(".txt", ".hdr", "-{suffix}.hdr"),
)
