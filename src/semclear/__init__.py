"""semclear: unpaired restoration of degraded SEM micrographs, as a reproducible study and a tool.

``semclear.load(...).restore(array)`` restores NumPy arrays, see `semclear.api`,
which is imported when it is first asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from semclear.api import load as load

__version__ = "0.1.0"
__all__ = ["__version__", "load"]


def __getattr__(name: str) -> Any:
    """Return `load` when it is asked for: importing the package stays instant."""
    if name == "load":
        from semclear.api import load

        return load
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
