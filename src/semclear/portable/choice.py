"""What to train: params.yaml with the words of the command line put in."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from semclear import params
from semclear.errors import SemclearError
from semclear.slices import slice_of

#: Name of the training in its slice of params.yaml.
NAME = "packed"


def put(values: dict[str, Any], change: str) -> None:
    """Put one change, ``dotted.key=value`` with the value in YAML, into the values of params.yaml.

    Raises
    ------
    SemclearError
        When it has no such form, or nothing stands where the key leads.
    """
    dotted, equals, text = change.partition("=")
    *way, last = dotted.split(".")
    place: Any = values
    for name in way:
        place = place.get(name) if isinstance(place, dict) else None
    if not equals or not isinstance(place, dict):
        raise SemclearError(
            f"-S {change}: expected a key of params.yaml and a value, like train.seed=1; correct it"
        )
    try:
        place[last] = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise SemclearError(
            f"-S {change}: got a value that is not YAML ({' '.join(str(error).split())}); correct it"
        ) from None


def slice_from(
    params_file: str | Path,
    *,
    dataset: str,
    scale: str,
    method: str,
    backend: str,
    changes: Sequence[str] = (),
) -> dict[str, Any]:
    """Return the training step's slice of params.yaml for a training that stands in no line of `experiments`.

    Parameters
    ----------
    params_file : str or Path
        params.yaml.
    dataset : str
        Name of the data set.
    scale, method, backend : str
        As params.yaml would say them.
    changes : sequence of str
        ``dotted.key=value``, put in first.

    Returns
    -------
    dict
        Dotted key to value, as `training.run.settings_of` takes it under the name `NAME`.

    Raises
    ------
    SemclearError
        When the file or a change is wrong: every value is validated as in a run of the study.
    """
    params.load(params_file)  # says what is wrong with the file itself, before any change
    values = yaml.safe_load(Path(params_file).read_text(encoding="utf-8"))
    for change in changes:
        put(values, change)
    values["scale"] = scale
    values["compute"] = {**values["compute"], "backend": backend}
    params.validate(params.Params, values, f"{params_file} with the options given")
    experiment = {"dataset": dataset, "method": method}
    params.validate(params.Experiment, experiment, "--method")
    values["experiments"] = {NAME: experiment}
    return json.loads(slice_of("train", values, model=NAME))
