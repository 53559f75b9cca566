"""Which keys of params.yaml each step may see: the one list that both orchestrators use."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from semclear.errors import SemclearError
from semclear.files import whole_file
from semclear.params import Experiment, Model, Train, model_of, train_of, validate

STEP_KEYS: dict[str, tuple[str, ...]] = {
    "synthesize": ("seed", "scenes", "scales.{scale}.data"),
    "degrade": ("seed", "degradations.{dataset}"),
    "observe": ("seed", "scenes.kinds", "views.{dataset}", "families", "scales.{scale}.data"),
    "ingest": ("seed", "real.{dataset}", "scales.{scale}.data"),
    "settings": (
        "seed",
        "compute",
        "model",
        "train",
        "experiments",
        "families",
        "scales.{scale}.model",
        "scales.{scale}.train",
    ),
    "train": (
        "seed",
        "compute",
        "model",
        "train",
        "experiments.{model}",
        "families",
        "scales.{scale}.model",
        "scales.{scale}.train",
    ),
    "restore": ("compute", "restoration"),
    "classical": ("classical",),
    "score": (),
    "tabulate": ("seed", "experiments", "evaluation"),
    "plot": ("experiments",),
    "release": ("scale", "compute.backend", "experiments"),
}


def keys_of(step: str, params: Mapping[str, Any], **wildcards: str) -> list[str]:
    """Return the dotted keys that `step` sees, wildcards and scale filled in."""
    keys = STEP_KEYS[step]
    if any("{scale}" in key for key in keys):
        wildcards["scale"] = scale_of(params, **wildcards)
    return [key.format(**wildcards) for key in keys]


def _line(params: Mapping[str, Any], model: str) -> Mapping[str, Any]:
    """Return the line of `experiments` or of `pretrained` that says what `model` is."""
    lines = {**params.get("pretrained", {}), **params["experiments"]}
    return lookup(lines, model)


def scale_of(params: Mapping[str, Any], dataset: str | None = None, model: str | None = None) -> str:
    """Return the key of `scales` that counts: the study's, or the one of a data set of views."""
    if model is not None:
        dataset = _line(params, model)["dataset"]
    view = params.get("views", {}).get(dataset)
    return params["scale"] if view is None else view["scale"]


def lookup(params: Mapping[str, Any], dotted: str) -> Any:
    """Return the value at a dotted key.

    Raises
    ------
    SemclearError
        When there is none.
    """
    value: Any = params
    for name in dotted.split("."):
        if not isinstance(value, Mapping) or name not in value:
            raise SemclearError(f"params.yaml: {dotted} is missing; add it")
        value = value[name]
    return value


def slice_of(step: str, params: Mapping[str, Any], **wildcards: str) -> str:
    """Return the step's slice as JSON with sorted keys: names and values both count as a change.

    A training's is `effective`: what its line of `experiments` leaves as it was is no change.

    Parameters
    ----------
    step : str
        A key of `STEP_KEYS`.
    params : mapping
        params.yaml as plain values.
    **wildcards : str
        `dataset` or `model`, where the step's keys need it.

    Returns
    -------
    str
        JSON object from dotted key to value.
    """
    if step == "train":
        model = wildcards["model"]
        params = {**params, "experiments": {**params["experiments"], model: _line(params, model)}}
    values = {key: lookup(params, key) for key in keys_of(step, params, **wildcards)}
    if step == "observe":
        name = values[f"views.{wildcards['dataset']}"]["family"]
        values["families"] = {name: lookup(params, f"families.{name}")}
    if step == "train":
        values = effective(values, wildcards["model"])
    return json.dumps(values, sort_keys=True)


def effective(values: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return a training's slice with all that its line of `experiments` says put where it counts.

    Of the line itself data set and method are left: what it sets stands in
    `train`, `model` and `families`, and to which study it belongs decides no number. Keys
    that have the default of their class are left out, so that a new one
    changes nothing while it is as it was.

    Parameters
    ----------
    values : mapping
        The keys of `STEP_KEYS` for ``train``, as params.yaml has them.
    name : str
        Of the experiment.

    Raises
    ------
    SemclearError
        When a value is wrong.
    """
    key = f"experiments.{name}"
    line = validate(Experiment, values[key], key)
    try:
        train = train_of(validate(Train, values["train"], "train"), line, name)
        model = model_of(validate(Model, values["model"], "model"), line, name)
    except ValueError as error:
        raise SemclearError(f"params.yaml: {error}") from None
    if line.output is not None:
        model = model.model_copy(update={"output": line.output})
    return {
        **values,
        key: {"dataset": line.dataset, "method": line.method},
        "families": {} if line.family is None else {line.family: values["families"][line.family]},
        "model": model.model_dump(exclude_defaults=True),
        "train": train.model_dump(exclude_defaults=True),
    }


def write_settings(values: Mapping[str, Any], folder: Path) -> None:
    """Write what each training depends on as ``NAME.json``, for DVC, which compares files; others there are removed.

    Parameters
    ----------
    values : mapping
        The slice of the step ``settings``.
    folder : Path
        Where they appear.
    """
    shared = {key: value for key, value in values.items() if key != "experiments"}
    files = {folder / f"{name}.json": name for name in values["experiments"]}
    for file, name in files.items():
        settings = effective({**shared, f"experiments.{name}": values["experiments"][name]}, name)
        with whole_file(file) as scratch:
            scratch.write_text(json.dumps(settings, sort_keys=True, indent=1) + "\n", encoding="utf-8")
    for old in set(folder.glob("*.json")) - set(files):
        old.unlink()  # of an experiment that is no more


def part(values: Mapping[str, Any], start: str) -> Any:
    """Return the value of the slice's one key that starts with `start` (and, if dotted, ends likewise).

    ``part(slice, "scales.*.data")`` finds ``scales.laptop.data``.
    """
    head, _, tail = start.partition("*")
    hits = [key for key in values if key.startswith(head) and key.endswith(tail)]
    if len(hits) != 1:
        raise SemclearError(
            f"--params: expected one key like {start}, got {sorted(values)}; pass the step's own slice"
        )
    return values[hits[0]]
