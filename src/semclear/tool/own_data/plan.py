"""What a training on own images is: its settings and its micrographs, by which the same command is known again."""

from __future__ import annotations

import hashlib
import json
import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from semclear import params
from semclear.datasets.record import Split
from semclear.datasets.survey import Original
from semclear.errors import SemclearError
from semclear.params import overrides
from semclear.params.slices import slice_of
from semclear.tool.own_data.gathering import CLEAR, DEGRADED, TRUTH, Gathered
from semclear.tool.own_data.start import METHOD, Start, with_networks

#: The data set of params.yaml whose line of `experiments` own images are trained by, where the method is a CycleGAN's.
LIKE = "general"
METHODS = ("instrument", "cyclegan-physics", "cyclegan")
FORMAT = 2


def shipped_params() -> Path:
    """Return the study's params.yaml: as the build put it into the package, else that of the project."""
    packed = Path(str(resources.files("semclear.tool.own_data") / "params.yaml"))
    return packed if packed.is_file() else packed.parents[4] / packed.name


def name_of(output: Path) -> str:
    """Return the name that data set and model have inside: the file's in small plain letters, digits and hyphens."""
    plain = unicodedata.normalize("NFKD", output.stem).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or "own"


def settings_of(
    params_file: Path,
    *,
    name: str,
    scale: str,
    method: str,
    backend: str,
    threads: int,
    changes: Sequence[str],
    start: Start | None = None,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return all values of params.yaml with the changes, and the training step's slice of them.

    By `instrument`, the training is that of `own`, its networks those of the
    model that it starts from, or else of the line that `own` names. By
    another method, it is that of the study's line for `LIKE` and this
    method: its networks have no normalisation, so that a micrograph restored
    by tiles is that restored whole. A method that the study does not train
    there is trained as on its other data sets.

    Parameters
    ----------
    params_file : Path
        params.yaml.
    name : str
        Of data set and model, see `name_of`.
    scale, method, backend, threads
        What params.yaml would say.
    changes : sequence of str
        ``dotted.key=value``.
    start : Start, optional
        What the training starts from.

    Returns
    -------
    values, slice : dict
        Both plain; the slice has dotted keys, its experiment is `overrides.NAME`.

    Raises
    ------
    SemclearError
        When method, file or a change is wrong, or contradicts the start.
    """
    if method not in METHODS:
        why = "; paired training is for studies, where the truth is known" if method == "paired" else ""
        raise SemclearError(f"--method: got {method!r}, expected one of {', '.join(METHODS)}{why}")
    values = overrides.values_of(params_file, scale, changes)
    values["compute"] = {**values["compute"], "backend": backend, "threads": threads}
    if method == METHOD:
        line = _own_line(params_file, values, name, changes, start)
    else:
        line = {**overrides.line_of(values["experiments"], LIKE, method), "dataset": name}
    if start is not None:
        values = with_networks(values, scale, changes, start)
        params.validate(params.Scale, values["scales"][scale], f"--start {start.name} at the scale {scale}")
    values["experiments"] = {overrides.NAME: line}
    params.validate(params.Compute, values["compute"], "compute")
    params.validate(params.Experiment, line, "--method")
    return values, json.loads(slice_of("train", values, model=overrides.NAME))


def _own_line(
    params_file: Path, values: Mapping[str, Any], name: str, changes: Sequence[str], start: Start | None
) -> dict[str, Any]:
    """Return the line of a training by `instrument`: what `own` says, without what the changes say themselves."""
    own = values.get("own")
    if own is None:
        raise SemclearError(
            f"{params_file}: got no block own, expected one for --method {METHOD}; add it, or choose another method"
        )
    line = {"dataset": name, "method": METHOD, "family": own["family"], **own["train"]}
    if start is None:
        line |= {**own["scratch"], "model": values["pretrained"][own["networks"]].get("model", {})}
    for change in changes:
        line = overrides.without(line, change.partition("=")[0])
    return line


def inputs_of(gathered: Gathered) -> list[list[str]]:
    """Return a line a file that is used: its folder's role, name, source and SHA-256, sorted."""
    found = gathered.found
    roles = ((CLEAR, found.clear), (DEGRADED, found.degraded), (TRUTH, found.truths.values()))
    return sorted([role, item.path.name, item.source, item.sha256] for role, items in roles for item in items)


def digest_of(inputs: Sequence[Sequence[str]]) -> str:
    """Return a hash of `inputs_of`."""
    return hashlib.sha256(json.dumps([list(line) for line in inputs]).encode()).hexdigest()


def _flat(values: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in values.items():
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{before}{key}.")
        else:
            flat[f"{before}{key}"] = value
    return flat


def plan_of(
    training: Mapping[str, Any],
    restoration: Mapping[str, Any],
    data: Mapping[str, Any],
    inputs: list[list[str]],
    start_sha256: str | None = None,
) -> dict[str, Any]:
    """Return the plan, as JSON holds it.

    Parameters
    ----------
    training : mapping
        The training step's slice.
    restoration : mapping
        `restoration` of params.yaml.
    data : mapping
        How the data set is made: side of the squares, share and limits of what is held out.
    inputs : list
        Of `inputs_of`.
    start_sha256 : str, optional
        Hash of the model's file that the training starts from.
    """
    settings = {"training": dict(training), "restoration": dict(restoration), "data": dict(data)}
    if start_sha256 is not None:
        settings["start"] = {"sha256": start_sha256}
    return {"format": FORMAT, "settings": settings, "inputs_sha256": digest_of(inputs)}


def differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Return in which settings two plans differ, and whether in their micrographs; empty where they are equal."""
    if old.get("format") != new["format"]:
        return ["made by another version of semclear"]
    before, after = _flat(old.get("settings", {})), _flat(new["settings"])
    said = [
        f"{key.removeprefix('training.')} {before.get(key, 'unset')}, now {after.get(key, 'unset')}"
        for key in sorted(before.keys() | after.keys())
        if before.get(key) != after.get(key)
    ]
    if old.get("inputs_sha256") != new["inputs_sha256"]:
        said.append("other micrographs")
    return said


#: Sides below the scale's own are tried in these steps, pixels.
STEP = 32


@dataclass(frozen=True)
class Squares:
    """How training micrographs are cut: the squares' side in pixels, why, and how many each domain has."""

    side: int
    reason: str
    clear: int
    degraded: int


def family_needed(level: float) -> int:
    """Return how many members the trust flag's family needs to flag anything at a level: 1 / (n + 1) <= level."""
    return math.ceil(1 / level - 1 - 1e-9)


def count(originals: Sequence[Original], side: int) -> int:
    """Return how many squares of `side` pixels without overlap the pictures hold."""
    return sum((item.box.width // side) * (item.box.height // side) for item in originals)


def choose(
    clear: Sequence[Original],
    degraded: Sequence[Original],
    split_of: Mapping[str, Split],
    *,
    side: int,
    crop: int,
    level: float,
) -> Squares:
    """Choose the squares' side.

    It is the scale's own where all micrographs have it and there are squares
    enough for the trust flag; else the largest below it, not under the crop,
    of which that holds.

    Parameters
    ----------
    clear, degraded : sequence of Original
        Those that are used; none smaller than the crop.
    split_of : mapping
        Split of each degraded source.
    side, crop : int
        Of the scale, pixels.
    level : float
        Of the trust flag: it is calibrated on degraded training squares and validation micrographs.

    Returns
    -------
    Squares
        With as many degraded squares as possible where no side gives enough.
    """
    training = [item for item in degraded if split_of[item.source] == "degraded"]
    validation = sum(split_of[item.source] == "validation" for item in degraded)
    smallest = min(min(item.box.width, item.box.height) for item in [*clear, *degraded])
    largest = min(side, smallest)
    needed = family_needed(level)
    sides = [largest, *(s for s in range(largest - largest % STEP, crop, -STEP) if s < largest)]
    sides += [crop] if crop < largest else []
    enough = [s for s in sides if count(training, s) + validation >= needed]
    chosen = enough[0] if enough else max(sides, key=lambda s: (count(training, s), s))
    reason = "the scale's own"
    if chosen < side:
        reason = f"the scale's {side} px is more than the smallest micrograph has"
        if chosen < largest:
            reason = f"of {largest} px there would be too few for the trust flag"
    return Squares(chosen, reason, count(clear, chosen), count(training, chosen))
