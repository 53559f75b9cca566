"""What to train: params.yaml with the words of the command line put in."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from semclear import params
from semclear.errors import SemclearError, one_line
from semclear.params.slices import slice_of

#: Name of the training in its slice of params.yaml.
NAME = "packed"


def put(values: dict[str, Any], change: str) -> None:
    """Put one change, ``dotted.key=value`` with the value in YAML, into the values of params.yaml.

    A key of `train` or `model` that is given so counts in every line
    of `experiments` too: what is said last, wins.

    Raises
    ------
    SemclearError
        When it has no such form, nothing stands where the key leads, or it leads to `experiments`.
    """
    dotted, equals, text = change.partition("=")
    *way, last = dotted.split(".")
    if dotted.split(".")[0] == "experiments":
        raise SemclearError(
            f"-S {change}: got a line of experiments, expected a key of what all share; "
            "name the method and set train.KEY or model.output"
        )
    place: Any = values
    for name in way:
        place = place.get(name) if isinstance(place, dict) else None
    if not equals or not isinstance(place, dict):
        raise SemclearError(
            f"-S {change}: expected a key of params.yaml and a value, like train.seed=1; correct it"
        )
    try:
        place[last] = _number_of(yaml.safe_load(text))
    except yaml.YAMLError as error:
        raise SemclearError(
            f"-S {change}: got a value that is not YAML ({one_line(error)}); correct it"
        ) from None
    values["experiments"] = {name: without(line, dotted) for name, line in values["experiments"].items()}


def _number_of(value: Any) -> Any:
    """Return text that is a finite number as one: YAML 1.1 takes 1e-3 for text."""
    if not isinstance(value, str):
        return value
    try:
        number = float(value)
    except ValueError:
        return value
    return number if math.isfinite(number) else value


def _overridden(dotted: str) -> set[str]:
    """Return the keys of a line of `experiments` that a change of `dotted` sets."""
    head, _, key = dotted.partition(".")
    if head == "train":
        return {key} if key else set(params.Train.model_fields)
    return {"output"} if dotted in ("model", "model.output") else set()


def without(line: Mapping[str, Any], dotted: str) -> dict[str, Any]:
    """Return a line of `experiments` without what it says itself of the key `dotted`."""
    kept = {key: value for key, value in line.items() if key not in _overridden(dotted)}
    if dotted == "model":
        kept.pop("model", None)
    elif dotted.startswith("model.") and "model" in kept:
        kept["model"] = _pruned(kept["model"], dotted.split(".")[1:])
    return kept


def _pruned(values: Mapping[str, Any], way: Sequence[str]) -> dict[str, Any]:
    """Return nested values without the key that `way` leads to."""
    kept = dict(values)
    if len(way) == 1:
        kept.pop(way[0], None)
    elif isinstance(kept.get(way[0]), Mapping):
        kept[way[0]] = _pruned(kept[way[0]], way[1:])
    return kept


def values_of(params_file: str | Path, scale: str, changes: Sequence[str] = ()) -> dict[str, Any]:
    """Return params.yaml as plain, validated values at a scale, with changes put in.

    Parameters
    ----------
    params_file : str or Path
        params.yaml.
    scale : str
        Key of `scales`.
    changes : sequence of str
        ``dotted.key=value``, see `put`.

    Raises
    ------
    SemclearError
        When the file or a change is wrong.
    """
    params.load(params_file)  # says what is wrong with the file itself, before any change
    values = yaml.safe_load(Path(params_file).read_text(encoding="utf-8"))
    for change in changes:
        put(values, change)
    values["scale"] = scale
    params.validate(params.Params, values, f"{params_file} with the options given")
    return values


def line_of(experiments: Mapping[str, Mapping[str, Any]], dataset: str, method: str) -> dict[str, Any]:
    """Return the line of `experiments` by which a method is trained on a data set.

    It is the first line of the main study (without `study`) of that method,
    the data set's own before another's: a data set that the study does not
    know gets the settings that the method has there.

    Parameters
    ----------
    experiments : mapping
        `experiments` of params.yaml as plain values.
    dataset, method : str
        What to train.

    Returns
    -------
    dict
        With `dataset` and `method` as asked for; without further keys where the study has no such line.
    """
    fitting = [line for line in experiments.values() if line["method"] == method and not line.get("study")]
    own = [line for line in fitting if line["dataset"] == dataset]
    chosen = (own or fitting or [{}])[0]
    kept = {key: value for key, value in chosen.items() if key != "study"}
    return {**kept, "dataset": dataset, "method": method}


def slice_from(
    params_file: str | Path,
    *,
    dataset: str,
    scale: str,
    method: str,
    backend: str,
    changes: Sequence[str] = (),
) -> dict[str, Any]:
    """Return the training step's slice of params.yaml for a method of the study on any data set.

    Parameters
    ----------
    params_file : str or Path
        params.yaml.
    dataset : str
        Name of the data set.
    scale, method, backend : str
        As params.yaml would say them; what the study's line of that method (`line_of`) sets, counts.
    changes : sequence of str
        ``dotted.key=value``; they count more than that line.

    Returns
    -------
    dict
        Dotted key to value, as `training.run.settings_of` takes it under the name `NAME`.

    Raises
    ------
    SemclearError
        When the file or a change is wrong: every value is validated as in a run of the study.
    """
    values = values_of(params_file, scale, changes)
    values["compute"] = {**values["compute"], "backend": backend}
    params.validate(params.Params, values, f"{params_file} with the options given")
    line = line_of(values["experiments"], dataset, method)
    params.validate(params.Experiment, line, "--method")
    return json.loads(slice_of("train", {**values, "experiments": {NAME: line}}, model=NAME))
