"""The classical methods by name: those in `METHODS` of any module of this folder."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

import numpy as np
from pydantic import create_model

from semclear.params import Settings, validate
from semclear.restoration import classical
from semclear.restoration.classical.method import Grid, Method, Values

METHODS = (Method("degraded", "Degraded", "degraded", 0, 0, lambda image: np.asarray(image, np.float32)),)


@cache
def methods() -> Mapping[str, Method]:
    """Return the classical methods of the study by name, in the order of tables; the first changes nothing.

    The first call imports the packages that they use.
    """
    return {name: method for name, method in every().items() if not method.needs_psf}


@cache
def every() -> Mapping[str, Method]:
    """Return `methods`, and between them those that need a measured point spread function."""
    modules = [
        import_module(f"{classical.__name__}.{found.name}") for found in iter_modules(classical.__path__)
    ]
    found = [method for module in modules for method in getattr(module, "METHODS", ())]
    return {method.name: method for method in sorted(found, key=lambda method: method.place)}


def grids_of(values: Any) -> dict[str, Values]:
    """Return the block `classical` of params.yaml, validated: the grids of all methods by name.

    Parameters
    ----------
    values : mapping
        As YAML gives it.

    Raises
    ------
    SemclearError
        When a grid is missing or belongs to no method, or a value is out of its range.
    """
    grids: dict[str, Grid] = {grid.name: grid for method in methods().values() for grid in method.grids}
    blocks: dict[str, Any] = {name: (grid.settings(), ...) for name, grid in grids.items()}
    checked: Settings = validate(create_model("Classical", __base__=Settings, **blocks), values, "classical")
    return checked.model_dump()
