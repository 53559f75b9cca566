"""The formats that are known: a TIFF, those of the folder `rasters`, and those of `foreign`."""

from __future__ import annotations

from functools import cache

from semclear.io.formats.foreign.foreign_format import formats
from semclear.io.formats.raster import rasters

FIRST_BYTES = 256
"""Of a file, by which its format is told: MRC has its letters in the middle of its header."""

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
    known |= {foreign.place: (foreign.name, foreign.suffixes) for foreign in formats().values()}
    return dict(known[place] for place in sorted(known))


def kind_of(data: bytes) -> str | None:
    """Return the name of a format by the first bytes, whatever the file is called; None for others."""
    if data.startswith(TIFF_SIGNATURES):
        return TIFF
    plain = next((name for name, raster in rasters().items() if data.startswith(raster.signature)), None)
    return plain or next((name for name, foreign in formats().items() if foreign.is_of(data)), None)


def is_read_by_path(first: bytes) -> bool:
    """Return whether a file of these first bytes is read by a package that takes its path, not its bytes."""
    return kind_of(first) in formats()


def listed(names: list[str]) -> str:
    """Return names as a person reads them: "PNG, TIFF, BMP or JPEG"."""
    return f"{', '.join(names[:-1])} or {names[-1]}"
