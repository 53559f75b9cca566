"""What one maker's microscopes or programs write into or beside an image, and the list of the makers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

import tifffile

from semclear.io.metadata import vendors as folder
from semclear.io.metadata.finding import Finding


@dataclass(frozen=True)
class Vendor:
    """A maker; a module of `vendors` has one as `VENDOR`.

    Attributes
    ----------
    name : str
        As it stands in `Finding.vendor`.
    place : int
        Makers are asked in the order of these numbers: the first believable pixel size counts.
    word : str
        By which the tags Make, Model and Software name it; "" where they do not.
    in_tiff : callable, optional
        From a page of a TIFF to what it says; None where it is none of this maker's.
    part, tags : str
        What that part of the file is called in a note, such as "the Zeiss tag", and where a person is told what was
        looked into, such as "Zeiss tag 34118".
    beside : callable, optional
        ``beside(text, source, height, width)``: what a side-car says, None where it is none of this maker's. `source`
        is its name for the person, `height` and `width` (None where nobody knows) are the image's.
    endings : tuple of str
        Of side-cars, after the image's name without its suffix; ``{suffix}`` stands for that.
    """

    name: str
    place: int
    word: str = ""
    in_tiff: Callable[[tifffile.TiffPage], Finding | None] | None = None
    part: str = ""
    tags: str = ""
    beside: Callable[[str, str, int, int | None], Finding | None] | None = None
    endings: tuple[str, ...] = ()


@cache
def vendors() -> tuple[Vendor, ...]:
    """Return the makers, in the order in which they are asked: `VENDOR` of each module of the folder."""
    modules = (import_module(f"{folder.__name__}.{found.name}") for found in iter_modules(folder.__path__))
    return tuple(sorted((module.VENDOR for module in modules), key=lambda vendor: vendor.place))
