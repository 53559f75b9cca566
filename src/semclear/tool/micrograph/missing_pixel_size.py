"""Where a pixel size was looked for, to be told where there was none."""

from __future__ import annotations

from pathlib import Path

WITHIN = {
    "TIFF": ("OME-XML", "ImageJ's unit", "TIFF resolution"),
    "PNG": ("PNG pHYs",),
    "BMP": ("BMP resolution",),
    "JPEG": ("JFIF resolution",),
}
"""Beside makers' tags, by the format of the file, as `semclear.io.read.read` names it."""

BELIEVED = "sizes outside 0.001 to 5000 nm, such as a printer's 300 dpi, do not count"


def places(path: Path, kind: str) -> list[str]:
    """Return what was looked into for the pixel size of an image, in this order.

    Parameters
    ----------
    path : Path
        The image.
    kind : str
        Its format.

    Returns
    -------
    list of str
        Parts of the file, then the side-cars, see `semclear.io.metadata.sidecars.names`.
    """
    from semclear.io.metadata import sidecars
    from semclear.io.metadata.vendor import vendors

    tags = [vendor.tags for vendor in vendors() if vendor.tags and kind == "TIFF"]
    return [*tags, *WITHIN.get(kind, ()), *sidecars.names(path)]
