"""What of a finished study may stand for work that a benchmark would do: only what its dvc.lock vouches for."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from benchmarks.common.provenance import ROOT
from benchmarks.common.trainings import code_of
from semclear.errors import one_line
from semclear.files import sha256
from semclear.params.slices import part, slice_of


def unchanged(study: Path, stage: str) -> bool:
    """Return whether outputs, inputs, code and settings of a stage are those of the study's dvc.lock, by content.

    Parameters
    ----------
    study : Path
        The study's folder, with dvc.yaml and dvc.lock.
    stage : str
        Like ``train@hybrid``.
    """
    from dvc.exceptions import DvcException
    from dvc.repo import Repo

    try:
        with Repo(str(study)) as repo:
            # A bare name would be looked up in the working folder's dvc.yaml.
            return not repo.status([f"{study.resolve() / 'dvc.yaml'}:{stage}"])
    except DvcException as error:
        print(f"{study}, {stage}: not taken ({one_line(error)})", file=sys.stderr)
        return False


def values_of(study: Path) -> dict[str, Any] | None:
    """Return the study's params.yaml as plain values, or None without one."""
    path = study / "params.yaml"
    return yaml.safe_load(path.read_text(encoding="utf-8")) if path.is_file() else None


def effective(piece: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return what a training's slice comes to, whatever the experiment's name.

    Parameters
    ----------
    piece : mapping
        The training step's slice of params.yaml.
    name : str
        Of the experiment.
    """
    rest = {key: value for key, value in piece.items() if not key.startswith("experiments.")}
    return {**rest, **part(piece, f"experiments.{name}")}


def bundle_of(study: Path, piece: Mapping[str, Any], name: str, data_sha256: str) -> Path | None:
    """Return the study's bundle that is what a training would make, or None.

    Its settings (threads and backend included), data and code must be those of
    the training, and dvc.lock must vouch for them and for the bundle.

    Parameters
    ----------
    study : Path
        Folder of a study.
    piece, name
        The training's slice of params.yaml, and its name there.
    data_sha256 : str
        Of the data set's manifest.
    """
    values = values_of(study)
    if values is None:
        return None
    wanted = effective(piece, name)
    for own in values["experiments"]:
        if effective(json.loads(slice_of("train", values, model=own)), own) != wanted:
            continue
        data = study / "data" / wanted["dataset"] / "manifest.json"
        bundle = study / "results" / "models" / f"{own}.semclear"
        if (
            bundle.is_file()
            and data.is_file()
            and sha256(data) == data_sha256
            and code_of("train", root=study) == code_of("train")
            and unchanged(study, f"train@{own}")
        ):
            return bundle
    return None


def data_of(study: Path, values: Mapping[str, Any], dataset: str) -> Path | None:
    """Return the study's manifest of a synthetic data set that has these settings and the present code, or None.

    Parameters
    ----------
    study : Path
        Folder of a study.
    values : mapping
        params.yaml as plain values, for which the data are wanted.
    dataset : str
        A key of `degradations`.
    """
    theirs, manifest = values_of(study), study / "data" / dataset / "manifest.json"
    if theirs is None or dataset not in theirs["degradations"] or not manifest.is_file():
        return None
    steps = ("synthesize", "degrade")
    same = all(
        slice_of(step, theirs, dataset=dataset) == slice_of(step, values, dataset=dataset) for step in steps
    )
    if not same or (study != ROOT and code_of(*steps, root=study) != code_of(*steps)):
        return None
    vouched = all(unchanged(study, stage) for stage in ("synthesize", f"degrade@{dataset}"))
    return manifest if vouched else None
