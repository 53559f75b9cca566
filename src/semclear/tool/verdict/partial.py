"""A verdict by a part of the checks: an exported file holds the restorer alone, without what degrades again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from semclear.tool.verdict.cautions import Caution
from semclear.tool.verdict.explanations import meaning

if TYPE_CHECKING:
    from semclear.restoration.checks.trust_flag import Family

OF_METHOD = {
    "cyclegan-physics": ("read_", "redegradation_", "residual_"),
    "instrument": ("read_", "redegradation_", "residual_"),
    "cyclegan": ("redegradation_", "residual_"),
}
"""Beginnings of the checks that a method's degrader makes; a network that was trained with pairs has none."""


def unchecked(record: Mapping[str, Any], family: Family | None) -> tuple[str, ...]:
    """Return the checks of the trust flag that could not be made.

    Parameters
    ----------
    record : mapping
        `Engine.record`: ONNX Runtime runs exported restorers alone.
    family : Family or None
        What the trust flag looks at.

    Returns
    -------
    tuple of str
        Names of `semclear.restoration.checks.trust_flag.LOOKED_AT`; empty for a bundle, and without a family.
    """
    if family is None or "onnxruntime" not in record:
        return ()
    from semclear.restoration.checks.trust_flag import LOOKED_AT

    kinds = OF_METHOD.get(record["method"], ())
    return tuple(name for name in LOOKED_AT if name.startswith(kinds) and name not in family.names)


def of_part(names: Sequence[str]) -> list[Caution]:
    """Return that checks are missing, and what to do; nothing where none is, see `unchecked`."""
    if not names:
        return []
    told = (meaning(name).name for name in names)
    listed = ", ".join(f"{name[:1].lower()}{name[1:]}" for name in told)
    return [
        Caution(
            "partly-judged",
            f"judged by a part of the checks: an exported restorer cannot tell {listed}; for the whole verdict use the "
            ".semclear file that it was exported from",
        )
    ]
