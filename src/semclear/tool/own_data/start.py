"""Which model a training on own images starts from, told without loading Keras."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from semclear.errors import SemclearError
from semclear.models import archive, catalogue
from semclear.params.slices import lookup

if TYPE_CHECKING:
    from semclear import params

NONE = "none"
#: The method that can start from a model, see `semclear.training.start`.
METHOD = "instrument"
OPTION = "--start"


@dataclass(frozen=True)
class Start:
    """A model that a training starts from.

    Attributes
    ----------
    name : str
        As its release says, else that of its file.
    path : Path
        Its file.
    sha256 : str
        Of the file.
    size : params.ModelScale
        Levels and widths of its networks.
    model : params.Model
        Their other settings.
    """

    name: str
    path: Path
    sha256: str
    size: params.ModelScale
    model: params.Model


def find(word: str | None, method: str) -> Start | None:
    """Return the model that a training starts from, or None where it starts from nothing.

    Parameters
    ----------
    word : str or None
        A file, a name of `semclear models`, or "none". None: the model that
        comes with the package, where training and model are both of the
        method `instrument`, else nothing.
    method : str
        Of the training.

    Raises
    ------
    SemclearError
        When there is no such model, it is damaged or not of the method, or
        the method of the training starts from nothing alone.
    """
    if word == NONE:
        return None
    if method != METHOD:
        if word is None:
            return None
        raise SemclearError(
            f"{OPTION}: got {word} for --method {method}, expected --method {METHOD}, which alone can start from a "
            f"model; leave {OPTION} out"
        )
    if word is None and not catalogue.has_default():
        return None
    path = (
        catalogue.bundle_of(catalogue.DEFAULT, OPTION) if word is None else catalogue.bundle_of(word, OPTION)
    )
    with archive.Archive(path) as file:
        if (found := file.header.get("method")) != METHOD or "degrader" not in file.header["networks"]:
            if word is None:
                return None
            raise SemclearError(
                f"{OPTION} {word}: got a model of the method {found}, expected one of {METHOD} with its encoder; "
                f"choose another, or say {OPTION} {NONE}"
            )
        size, model = archive.settings_of(path, file.header)
        return Start(str(file.about.get("name") or path.stem), path, file.digest, size, model)


def with_networks(
    values: Mapping[str, Any], scale: str, changes: Sequence[str], start: Start
) -> dict[str, Any]:
    """Return params.yaml's values with the networks of a start.

    Parameters
    ----------
    values : mapping
        With the changes put in.
    scale : str
        Key of `scales`.
    changes : sequence of str
        ``dotted.key=value``.
    start : Start
        What a training starts from.

    Raises
    ------
    SemclearError
        When a change says of the networks what the model is not.
    """
    networks = {"model": start.model.model_dump()}
    sizes = {**values["scales"][scale], "model": start.size.model_dump()}
    made = {**values, **networks, "scales": {**values["scales"], scale: sizes}}
    for change in changes:
        dotted = change.partition("=")[0]
        for key in ("model", f"scales.{scale}.model"):
            if dotted == key or dotted.startswith(f"{key}."):
                for name, got in _leaves(dotted, lookup(values, dotted)):
                    _compare(name, got, made, start)
    return made


def _leaves(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if not isinstance(value, Mapping):
        yield name, value
        return
    for key, inner in value.items():
        yield from _leaves(f"{name}.{key}", inner)


def _compare(name: str, got: Any, made: Mapping[str, Any], start: Start) -> None:
    expected = lookup(made, name)
    if got != expected:
        raise SemclearError(
            f"-S {name}: got {got}, expected {expected} as {start.name} has it, which the training starts from; leave "
            f"it out, or say {OPTION} {NONE}"
        )
