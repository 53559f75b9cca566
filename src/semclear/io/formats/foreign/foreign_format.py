"""What a format is that a package of an extra reads, and the list of them: MRC, CZI, DigitalMicrograph."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from types import ModuleType
from typing import Literal

import numpy as np

from semclear.errors import one_line
from semclear.extras import advice
from semclear.io.formats import foreign as folder
from semclear.io.formats.damage import DamagedError
from semclear.io.formats.page import UnsuitableError
from semclear.io.metadata.finding import Finding

CheckSize = Callable[[tuple[int, int], int], None]
"""Is told width, height and number of the pictures before memory is taken for them, and refuses too many."""


@dataclass(frozen=True)
class ForeignFile:
    """What a package read.

    Attributes
    ----------
    planes : sequence of ndarray, (H, W) or (H, W, 3)
        Pictures of one size and type, black lowest, red first.
    found : sequence of Finding
        What the file says of each, in the same order.
    slice_nm : float or None
        Distance of the pictures of a volume in nanometres.
    texts : sequence of str
        What else a person wrote into the file, a line each.
    notes : sequence of str
        What a person should know.
    byteorder : {"<", ">"}
        Of its numbers, little or big endian.
    """

    planes: Sequence[np.ndarray]
    found: Sequence[Finding]
    slice_nm: float | None = None
    texts: Sequence[str] = ()
    notes: Sequence[str] = ()
    byteorder: Literal["<", ">"] = "<"


@dataclass(frozen=True)
class ForeignFormat:
    """A format; a module of this folder has one as `FORMAT`.

    Attributes
    ----------
    name : str
        As people call it.
    place : int
        Where it stands in lists for people: in the order of these numbers.
    is_of : callable
        From the first `containers.FIRST_BYTES` of a file to whether it is of this format.
    suffixes : tuple of str
        Of file names, in lower case, the usual one first.
    package, extra : str
        Name to import, and the extra of semclear that brings it.
    read : callable
        ``read(package, path, check_size)``: a `ForeignFile`.
    looked_into : str
        Where a pixel size is looked for, to be told where there is none.
    """

    name: str
    place: int
    is_of: Callable[[bytes], bool]
    suffixes: tuple[str, ...]
    package: str
    extra: str
    read: Callable[[ModuleType, Path, CheckSize], ForeignFile]
    looked_into: str


@cache
def formats() -> Mapping[str, ForeignFormat]:
    """Return the formats by name, in the order of `ForeignFormat.place`: `FORMAT` of each module that has one."""
    modules = (import_module(f"{folder.__name__}.{found.name}") for found in iter_modules(folder.__path__))
    found = [module.FORMAT for module in modules if hasattr(module, "FORMAT")]
    return {one.name: one for one in sorted(found, key=lambda one: one.place)}


def loaded(wanted: ForeignFormat) -> ModuleType | None:
    """Return the package of a format; None where it is not installed."""
    try:
        return import_module(wanted.package)
    except ImportError:
        return None


def read(kind: str, path: Path, check_size: CheckSize) -> ForeignFile:
    """Return what a file holds.

    Parameters
    ----------
    kind : str
        A key of `formats`.
    path : Path
        The file: packages read it from disk, plane by plane where they can.
    check_size : callable
        See `CheckSize`.

    Raises
    ------
    UnsuitableError
        When the package is not installed, with the extra that brings it; or when the file holds no gray pictures of
        one size.
    DamagedError
        When the package cannot read it.
    """
    wanted = formats()[kind]
    package = loaded(wanted)
    if package is None:
        raise UnsuitableError(
            f"got {wanted.name}, expected the package {wanted.package.partition('.')[0]} that reads it; "
            + advice(wanted.extra)
        )
    try:
        return wanted.read(package, path, check_size)
    except (DamagedError, UnsuitableError, MemoryError):
        raise
    except Exception as error:  # a damaged header can raise anything out of a parser; the file is to blame
        raise DamagedError(f"its {wanted.name} contents cannot be read ({one_line(error)[:160]})") from None
