"""Models and classical methods that a person can choose, and the one that is loaded."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from semclear.napari.region import Grid

if TYPE_CHECKING:
    from semclear.models.catalogue import Model
    from semclear.tool.restore.engine import Engine

MODEL, METHOD = "model", "method"


@dataclass(frozen=True)
class Choice:
    """What restores: kind ("model" or "method"), and its file or name."""

    kind: str
    value: str


@dataclass(frozen=True)
class Loaded:
    """An engine, and what of the surroundings its pixels depend on."""

    engine: Engine
    grid: Grid


def choices(project: str | Path = ".") -> list[tuple[str, Choice]]:
    """Return names and choices: the package's model first, then those of `semclear models`, then classical methods.

    Of bundles with equal names the one that `semclear restore --model` takes stands alone, and of ONNX files likewise.
    """
    from semclear.models import catalogue
    from semclear.restoration import classical_defaults

    found: dict[str, Choice] = {}
    for model in sorted(catalogue.every(project), key=lambda model: model.name != catalogue.DEFAULT):
        name = f"{model.name} (ONNX)" if model.is_onnx else model.name
        label = f"{name} (comes with semclear)" if model.where == "package" else name
        if model.where != "package" or model.name == catalogue.DEFAULT or label not in found:
            found.setdefault(label, Choice(MODEL, str(model.path.absolute())))
    return [
        *found.items(),
        *((f"{method} (classical)", Choice(METHOD, method)) for method in classical_defaults.defaults()),
    ]


class Loader:
    """Loads engines and keeps the last one: previews follow each other with the same."""

    def __init__(self) -> None:
        self._key: tuple | None = None
        self._loaded: Loaded | None = None

    def __call__(self, choice: Choice, ensembling: bool = True, memory: str = "") -> Loaded:
        """Return what restores; a model that was trained anew is read again.

        Parameters
        ----------
        choice : Choice
            One of `choices`, or a model's file.
        ensembling : bool
            Whether the product is the mean over several orientations, which
            gives the uncertainty. Ignored by classical methods.
        memory : str
            What restoring may take, like "2GB"; "" is the tool's own default.

        Raises
        ------
        SemclearError
            When there is no such model or method, it is damaged or of
            another version, or `memory` is no amount.
        """
        from semclear.models import catalogue
        from semclear.tool.restore import engine
        from semclear.tool.restore.memory import memory_amount

        amount = memory_amount(memory) if memory.strip() else None
        if choice.kind == METHOD:
            return Loaded(engine.of_classical(choice.value), Grid())
        model = catalogue.find(choice.value)
        state = model.path.stat()
        key = (model.path.resolve(), state.st_mtime_ns, state.st_size, ensembling, amount)
        if self._loaded is None or key != self._key:
            self._loaded = Loaded(
                engine.of_model(model, ensembling=ensembling, memory=amount), _grid_of(model)
            )
            self._key = key
        return self._loaded


def _grid_of(model: Model) -> Grid:
    from semclear.models import archive, catalogue
    from semclear.restoration.tiled import receptive_field

    with catalogue.opened(model, threads=1) as file:
        size, settings = archive.settings_of(model.path, file.header)
    return Grid(2**size.levels, receptive_field.radius_of(size, settings))
