"""Where a pixel size was looked for, to be told where there was none."""

from __future__ import annotations

from pathlib import Path

OF_TIFF = ("OME-XML", "ImageJ's unit", "TIFF resolution")
"""Beside makers' tags."""

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
    from semclear.io.formats.foreign.foreign_format import formats
    from semclear.io.formats.raster import rasters
    from semclear.io.metadata import sidecars
    from semclear.io.metadata.vendor import vendors

    within: list[str] = []
    if kind == "TIFF":
        within = [*(vendor.tags for vendor in vendors() if vendor.tags), *OF_TIFF]
    elif (raster := rasters().get(kind)) is not None:
        within = [raster.looked_into or raster.resolution]
    elif (foreign := formats().get(kind)) is not None:
        within = [foreign.looked_into]
    return [*within, *sidecars.names(path)]
