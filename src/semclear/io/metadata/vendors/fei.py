"""FEI and Thermo Fisher Scientific: TIFF tags 34682 (xT microscope control) and 34680 (S-FEG and XL series).

Both hold ini text, which tifffile parses. Layout as rosettasciio (rsciio.tiff) reads it, ``Scan.PixelWidth`` in
metres. Tested on files of a Quanta FEG (34682) and a Sirion (34680). The older tag has no pixel size: it follows from
the height of the screen, its aspect ratio and the magnification,

    width of a pixel = ImageDevice.SizeY [mm] * ImageDevice.RatioXY / (Vector.Magnification * pixels a row),

found by measuring the scale bar drawn in the Sirion's file, which it meets within the width of the bar's line. Its
pixels are higher than wide by the ratio of the resolution tags in x and y.

``Image.ResolutionX`` says of how many pixels a row tag 34682 speaks; where it is missing, ``Scan.HorFieldsize`` over
``Scan.PixelWidth`` does. Where that is missing, too, nothing tells whether the picture was resized since: the pixel
size is taken, and a note says so. The field alone is not taken: over the pixels of a picture that was cropped since it
would be wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import tifffile

from semclear.io.metadata.finding import Finding, believed, columns_told, known, number, text_of, whole
from semclear.io.metadata.tags import aspect_of, parsed
from semclear.io.metadata.vendor import Vendor

MAKER = "FEI/Thermo Fisher"
SOURCE = "FEI tag 34682"


def _section(metadata: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    section = metadata.get(name)
    return section if isinstance(section, Mapping) else {}


def of_tag(metadata: Mapping[str, Any], width: int, aspect: float) -> Finding | None:
    """Return what tag 34682 or 34680 says.

    Parameters
    ----------
    metadata : mapping
        ``tifffile.TiffFile.fei_metadata``.
    width : int
        Pixels a row of the page, which the older tag does not say, and the newer one may not.
    aspect : float
        Height of a pixel over its width by the resolution tags, for the older tag.

    Returns
    -------
    Finding or None
        None where there is no such tag.
    """
    if not metadata:
        return None
    scan, image, system = (_section(metadata, name) for name in ("Scan", "Image", "System"))
    if "DatabarData" in metadata or "Vector" in metadata:
        return _of_older_tag(metadata, width, aspect)
    beam = _section(metadata, str(_section(metadata, "Beam").get("Beam", "EBeam"))) or _section(
        metadata, "EBeam"
    )
    canvas, field = number(image.get("MagCanvasRealWidth")), number(scan.get("HorFieldsize"))
    detectors = _section(metadata, "Detectors")
    picture = whole(image.get("ResolutionX")), whole(image.get("ResolutionY"))
    edge = number(scan.get("PixelWidth"), 1e9) or (field and picture[0] and 1e9 * field / picture[0]) or None
    notes: tuple[str, ...] = ()
    if picture[0] is None and edge and field and field > 0 < edge:
        picture = columns_told(round(1e9 * field / edge), width), picture[1]
    elif picture[0] is None and (believed(edge) or field):
        taken = (
            "its pixel size was taken as it is"
            if believed(edge)
            else "the width of its field gives no pixel size"
        )
        notes = (f"{SOURCE} does not say how many pixels a row its picture has: {taken}",)
    found = known(
        voltage_kv=number(_section(metadata, "Beam").get("HV") or beam.get("HV"), 1e-3),
        magnification=canvas / field if canvas and field else None,
        working_distance_mm=number(beam.get("WD") or _section(metadata, "Stage").get("WorkingDistance"), 1e3),
        detector=text_of(detectors, "Name"),
        instrument=text_of(system, "SystemType"),
    )
    return Finding(MAKER, edge, number(scan.get("PixelHeight"), 1e9), SOURCE, picture, found, notes=notes)


def _of_older_tag(metadata: Mapping[str, Any], width: int, aspect: float) -> Finding:
    device, vector = _section(metadata, "ImageDevice"), _section(metadata, "Vector")
    screen, ratio = number(device.get("SizeY"), 1e6), number(device.get("RatioXY"))
    magnification = number(vector.get("Magnification"))
    edge = screen * ratio / (magnification * width) if screen and ratio and magnification else None
    found = known(
        voltage_kv=number(vector.get("HighTension"), 1e-3),
        magnification=magnification,
        working_distance_mm=number(vector.get("FWD")),
    )
    return Finding(MAKER, edge, edge and edge * aspect, "FEI tag 34680", metadata=found)


def _in_tiff(page: tifffile.TiffPage) -> Finding | None:
    return of_tag(parsed(page, 34682, 34680), page.imagewidth, aspect_of(page))


VENDOR = Vendor(MAKER, 10, word="fei", in_tiff=_in_tiff, part="the FEI tag", tags="FEI tags 34682 and 34680")
