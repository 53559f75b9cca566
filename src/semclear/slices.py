"""Which keys of params.yaml each step may see: the one list that both orchestrators use."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from semclear.errors import SemclearError
from semclear.params import merged

STEP_KEYS: dict[str, tuple[str, ...]] = {
    "synthesize": ("seed", "scenes", "scales.{scale}.data"),
    "degrade": ("seed", "degradations.{dataset}"),
    "ingest": ("seed", "real.{dataset}", "scales.{scale}.data"),
    "train": (
        "seed",
        "compute",
        "model",
        "train",
        "experiments.{model}",
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
    return [key.format(scale=params["scale"], **wildcards) for key in STEP_KEYS[step]]


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

    What a training's line of `experiments` has under `model` is put into its `model`.

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
    values = {key: lookup(params, key) for key in keys_of(step, params, **wildcards)}
    if step == "train":
        own = lookup(params, f"experiments.{wildcards['model']}").get("model", {})
        values["model"] = merged(values["model"], own)
    return json.dumps(values, sort_keys=True)


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
