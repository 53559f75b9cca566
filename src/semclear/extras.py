"""Packages of the extras, and what to say where they are not installed."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from semclear.errors import SemclearError


def advice(extra: str) -> str:
    """Return what to do for an extra that is not installed."""
    return f'install it: pip install "semclear[{extra}]"'


def need(package: str, extra: str, what: str) -> ModuleType:
    """Return an imported package of an extra.

    Parameters
    ----------
    package : str
        Name to import.
    extra : str
        Extra of semclear that brings it.
    what : str
        What it is needed for.

    Raises
    ------
    SemclearError
        When it is not installed, or cannot be loaded.
    """
    try:
        return import_module(package)
    except ImportError as error:
        raise SemclearError(
            f"{what}: the package {package} cannot be imported ({error}); {advice(extra)}"
        ) from None
