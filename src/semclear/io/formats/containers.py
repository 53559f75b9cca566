"""The formats that are known: a TIFF, and those of the folder `rasters`."""

from __future__ import annotations

from functools import cache

from semclear.io.formats.raster import rasters

TIFF = "TIFF"
TIFF_PLACE = 20
"""Among `Raster.place`, in lists for people."""
TIFF_SIGNATURES = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
TIFF_SUFFIXES = (".tif", ".tiff")


@cache
def suffixes() -> dict[str, tuple[str, ...]]:
    """Return the suffixes of each format by its name, in the order in which people are told of them."""
    known: dict[int, tuple[str, tuple[str, ...]]] = {TIFF_PLACE: (TIFF, TIFF_SUFFIXES)}
    known |= {raster.place: (raster.name, raster.suffixes) for raster in rasters().values()}
    return dict(known[place] for place in sorted(known))


def kind_of(data: bytes) -> str | None:
    """Return the name of a format by the first bytes, whatever the file is called; None for others."""
    if data.startswith(TIFF_SIGNATURES):
        return TIFF
    return next((name for name, raster in rasters().items() if data.startswith(raster.signature)), None)


def listed(names: list[str]) -> str:
    """Return names as a person reads them: "PNG, TIFF, BMP or JPEG"."""
    return f"{', '.join(names[:-1])} or {names[-1]}"
