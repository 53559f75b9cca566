"""semclear: unpaired restoration of degraded SEM micrographs, as a reproducible study and a tool.

``semclear.load(...).restore(array)`` restores NumPy arrays, see `semclear.api`,
which is imported when it is first asked for.
"""

from __future__ import annotations

import importlib

__version__ = "0.1.0"


def __getattr__(name: str) -> object:
    """Return `load` when it is asked for: importing the package stays instant.

    An import statement would count as used by every step of the workflow.
    """
    if name == "load":
        return importlib.import_module("semclear.api").load
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), "load"})
