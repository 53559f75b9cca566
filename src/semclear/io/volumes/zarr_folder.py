"""Which folders are volumes, and the packages of the extra `volumes` that read them."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

from semclear import extras

#: What stands in the folder of a Zarr group or array: of version 3, and of version 2.
MARKERS = ("zarr.json", ".zgroup", ".zattrs", ".zarray")

SUFFIX = ".zarr"


def is_volume(path: Path) -> bool:
    """Return whether a path is the folder of a Zarr store; nothing is imported to find out."""
    return path.is_dir() and any((path / name).is_file() for name in MARKERS)


def need(package: str) -> ModuleType:
    """Return an imported package of the extra `volumes`; SemclearError where it is not installed."""
    return extras.need(package, "volumes", "OME-Zarr")
