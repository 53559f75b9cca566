"""Imports that spare what a library only takes along in case somebody uses it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

#: Keras and TensorFlow import these where they are installed, to take their tables and estimators and to draw: nearly
#: half of the time until a step begins, and nothing here uses it.
SPARED_BY_KERAS = ("jax", "matplotlib", "pandas", "sklearn")


@contextmanager
def without(names: tuple[str, ...]) -> Iterator[None]:
    """Make packages look as if they were not installed while the block imports others.

    For processes that are ours alone: a library that looked in vain does not
    look again. An entry None in `sys.modules` makes ``import`` raise ModuleNotFoundError,
    see the Python reference, "The module cache". Packages that are imported
    already stay, and after the block each can be imported as ever.

    Parameters
    ----------
    names : tuple of str
        Top-level packages that the block's imports can do without.
    """
    hidden = [name for name in names if name not in sys.modules]
    for name in hidden:
        sys.modules[name] = None  # type: ignore[assignment]  # which import takes for "not there"
    try:
        yield
    finally:
        for name in hidden:
            sys.modules.pop(name, None)


def spared_on(backend: str) -> tuple[str, ...]:
    """Return what Keras can do without on a backend: all of `SPARED_BY_KERAS` but the backend itself."""
    return tuple(name for name in SPARED_BY_KERAS if name != backend)
