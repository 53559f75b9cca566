"""The packages of the extra `volumes`, and which folders are volumes."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from types import ModuleType

from semclear.errors import SemclearError

MARKERS = ("zarr.json", ".zgroup", ".zattrs", ".zarray")
"""What stands in the folder of a Zarr group or array: of version 3, and of version 2."""

SUFFIX = ".zarr"


def is_volume(path: Path) -> bool:
    """Return whether a path is the folder of a Zarr store; nothing is imported to find out."""
    return path.is_dir() and any((path / name).is_file() for name in MARKERS)


def need(package: str) -> ModuleType:
    """Return an imported package of the extra `volumes`.

    Parameters
    ----------
    package : str
        Name to import.

    Raises
    ------
    SemclearError
        When it is not installed, or cannot be loaded.
    """
    try:
        return import_module(package)
    except ImportError as error:
        raise SemclearError(
            f"OME-Zarr: the package {package} cannot be imported ({error}), expected the extra volumes; install it: "
            'pip install "semclear[volumes]"'
        ) from None
