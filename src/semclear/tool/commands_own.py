"""From the words of `semclear train` to an order for own images."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from semclear.errors import SemclearError


def train(
    clear: Path | None,
    degraded: Path | None,
    *,
    truth: Path | None,
    sources: Path | None,
    source_column: str,
    precision: str | None,
    changes: Sequence[str] | None,
    scale: str | None,
    method: str | None,
    backend: str | None,
    memory: str | None,
    **more: Any,
) -> int:
    """Train on own images with the words of the command line and return the exit code; see `laboratory.run`.

    Raises
    ------
    SemclearError
        When a folder is missing among the words, or one of them is for packs; else as `laboratory.run`.
    """
    for option, value, hint in (
        ("--clear", clear, "a folder of clear micrographs, or a pack"),
        ("--degraded", degraded, "a folder of degraded micrographs"),
    ):
        if value is None:
            raise SemclearError(f"{option}: got none, expected {hint}; see `semclear train --help`")
    if precision not in (None, "float32"):
        raise SemclearError(f"--precision: got {precision}, which is for packs; leave it out")
    from semclear.tool import units
    from semclear.tool.own_data import run
    from semclear.tool.own_data.gathering import Folders

    words = {"scale": scale, "method": method, "backend": backend}
    return run.run(
        run.Order(
            folders=Folders(clear, degraded, truth, sources, source_column),
            changes=tuple(changes or ()),
            memory=None if memory is None else units.memory(memory),
            **{name: value for name, value in words.items() if value is not None},
            **more,
        )
    )
