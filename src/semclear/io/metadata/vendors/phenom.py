"""Phenom desktop microscopes of Thermo Fisher Scientific: XML in TIFF tag 34683, or among the bytes of a JPEG.

``<FeiImage>`` holds ``<pixelWidth unit="nm">``, ``<pixelHeight>`` and ``<databarHeight>``, as public readers of these
files take them. Tested on constructed files.
"""

from __future__ import annotations

import re
from xml.etree import ElementTree

import tifffile

from semclear.io.metadata.finding import Finding, believed, known, length_nm, number, whole
from semclear.io.metadata.tags import text_of_tag
from semclear.io.metadata.vendor import Vendor

TAG = 34683
END = "</FeiImage>"
_EDGE = r"<pixel{}\s+unit=[\"\']([^\"\']*)[\"\']\s*>([^<]*)<"


def _text(xml: str, name: str) -> str | None:
    found = re.search(rf"<{name}\b[^>]*>([^<]*)<", xml)
    return found[1].strip() if found else None


def of_xml(xml: str, source: str, height: int) -> Finding | None:
    """Return what the XML says.

    Parameters
    ----------
    xml : str
        Any text that may hold it.
    source : str
        Where it stands, for the person.
    height : int
        Rows of the image, of which the data bar takes some.

    Returns
    -------
    Finding or None
        None where the text is none of Phenom's.
    """
    begin = xml.find("<FeiImage")
    if begin < 0:
        return None
    notes = [] if xml.find(END, begin) >= 0 else [f"{source} is cut off: it has no {END}"]
    xml = xml[begin : begin + 2**16]
    edges = [re.search(_EDGE.format(name), xml) for name in ("Width", "Height")]
    width, down = (length_nm(edge[2], edge[1] or "?") if edge else None for edge in edges)
    if believed(width) is None:
        notes.append(f"{source} has no pixelWidth that is a length: no pixel size was taken from it")
    bar = whole(_text(xml, "databarHeight"))
    found = known(
        voltage_kv=number(_text(xml, "highVoltage") or "", 1e-3),
        working_distance_mm=number(_text(xml, "workingDistance")),
        detector=_text(xml, "detector"),
        instrument=_text(xml, "type"),
    )
    rows = height - bar if bar and bar < height else None
    return Finding("FEI/Thermo Fisher", width, down or width, source, (None, rows), found, notes=tuple(notes))


def _check_xml(text: str) -> None:
    """Raise ValueError for what is no XML at all; that of another root, as of FEI's Titan, is sound."""
    try:
        if "<!DOCTYPE" in text:  # entities can fill the memory
            raise ValueError(f"tag {TAG} has a DOCTYPE")
        ElementTree.fromstring(text.strip("\0\ufeff \r\n\t"))
    except ElementTree.ParseError as error:
        raise ValueError(f"tag {TAG} is no XML: {error}") from None


def _in_tiff(page: tifffile.TiffPage) -> Finding | None:
    if page.tags.valueof(TAG) is None:
        return None
    text = text_of_tag(page, TAG)
    found = of_xml(text, f"Phenom tag {TAG}", page.imagelength)
    if found is None:
        _check_xml(text)
    return found


VENDOR = Vendor("FEI/Thermo Fisher", 60, in_tiff=_in_tiff, part="the Phenom tag", tags=f"Phenom tag {TAG}")
