"""What a person asks for, and what was settled before the training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from semclear import params
from semclear.tool.own_data import gathering
from semclear.tool.own_data.gathering import Folders
from semclear.tool.own_data.start import Start


@dataclass(frozen=True)
class Order:
    """What a person asks for.

    Attributes
    ----------
    folders : Folders
        The micrographs.
    output : Path
        ``NAME.semclear`` to appear, with NAME.md and NAME.html beside it.
    scale, method, backend : str
        As params.yaml would say them; the backend may be "auto".
    start : str or None
        Model that the training starts from, or "none"; by default see `start.find`.
    threads : int or None
        All of the computer's by default.
    memory : int or None
        Bytes that restoring the held-out micrographs may take; as `semclear restore` by default.
    test_share : float
        Share of the degraded sources that is held out, in (0, 0.5].
    params_file : Path or None
        The settings; by default those that came with the package.
    changes : tuple of str
        ``dotted.key=value``.
    overwrite, keep, dry_run : bool
        Begin anew and replace; leave the working folder; only say what would be done.
    """

    folders: Folders
    output: Path
    scale: str = "laptop"
    method: str = "instrument"
    backend: str = "auto"
    start: str | None = None
    threads: int | None = None
    memory: int | None = None
    test_share: float = 0.25
    params_file: Path | None = None
    changes: tuple[str, ...] = ()
    overwrite: bool = False
    keep: bool = False
    dry_run: bool = False

    @property
    def work(self) -> Path:
        """Folder beside the output where everything is made, and from which an interrupted training goes on."""
        return self.output.with_name(f"{self.output.name}.work")

    @property
    def beside(self) -> tuple[Path, Path]:
        """The card and the page."""
        return self.output.with_suffix(".md"), self.output.with_suffix(".html")


@dataclass(frozen=True)
class Prepared:
    """All that was settled before the first heavy import: see `prepare`.

    `start` is None where the training starts from nothing, `drawn` how many clear micrographs are drawn.
    """

    gathered: gathering.Gathered
    real: params.Real
    data_scale: params.DataScale
    name: str
    values: Mapping[str, Any]
    training: Mapping[str, Any]
    plan: Mapping[str, Any]
    warnings: Sequence[str]
    text: str
    start: Start | None = None
    drawn: int = 0
