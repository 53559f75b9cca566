"""Where a pixel size was looked for, to be told where there was none."""

from __future__ import annotations

from pathlib import Path

WITHIN = {
    "TIFF": (
        "FEI tags 34682 and 34680",
        "Zeiss tag 34118",
        "TESCAN tag 50431",
        "OME-XML",
        "ImageJ's unit",
        "TIFF resolution",
    ),
    "PNG": ("PNG pHYs",),
    "BMP": ("BMP resolution",),
    "JPEG": ("JFIF resolution",),
}
"""By the format of the file, as `semclear.io.read.read` names it."""

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
        Parts of the file, then the side-cars, see `semclear.io.metadata.vendors.sidecars.beside`.
    """
    suffix = path.suffix[1:]
    return [*WITHIN.get(kind, ()), f"{path.stem}.txt", f"{path.stem}.hdr", f"{path.stem}-{suffix}.hdr"]
