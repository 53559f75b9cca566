"""Trainings of benchmarks: with the settings of params.yaml, resumable, never trained twice."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from semclear import params
from semclear.datasets import manifest
from semclear.errors import SemclearError
from semclear.portable.choice import line_of
from semclear.slices import slice_of


def slice_for(
    values: Mapping[str, Any], name: str, dataset: str, method: str, **overrides: Any
) -> dict[str, Any]:
    """Return the training step's slice of params.yaml for one method of the study on a data set.

    Parameters
    ----------
    values : mapping
        params.yaml as plain values.
    name, dataset, method : str
        Of the experiment.
    **overrides
        Keys of `train`; None leaves one as the study's line of the method has it.
    """
    given = {key: value for key, value in overrides.items() if value is not None}
    line = {**line_of(values["experiments"], dataset, method), **given}
    return json.loads(slice_of("train", {**values, "experiments": {name: line}}, model=name))


def digest(settings: Any) -> str:
    """Return a hash of settings as JSON holds them, 16 hexadecimal digits."""
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()[:16]


def train(
    values: Mapping[str, Any], name: str, dataset: manifest.Dataset, folder: Path, steps: int | None
) -> tuple[Any, int]:
    """Return a trained model and its number of steps; trained anew only where `folder` does not hold it.

    Parameters
    ----------
    values : mapping
        From `slice_for`.
    name : str
        Of the experiment.
    dataset : Dataset
        What to train on.
    folder : Path
        Where bundles and checkpoints lie.
    steps : int or None
        Steps in all; None for those of the scale and budget.

    Raises
    ------
    SemclearError
        On wrong settings, images smaller than the crop, or a loss that is not a number.
    """
    from semclear import compute
    from semclear.model import bundle as bundles
    from semclear.training import checkpoint, fitting, run

    settings = run.settings_of(values, name)
    if steps is not None:
        scale = settings.scale.model_copy(update={"steps_per_epoch": max(1, steps // settings.epochs)})
        settings = replace(settings, scale=scale)
    total = settings.epochs * settings.scale.steps_per_epoch
    os.environ["SEMCLEAR_CHECKPOINTS"] = str(folder / "checkpoints")
    state = checkpoint.folder_of({**values, "steps": total}, dataset.digest)
    path = folder / "models" / f"{name}-{state.name}.semclear"
    if not path.is_file():
        compute.say(f"{name}: {total} steps; {compute.describe()}")
        bundles.save(fitting.fit(settings, dataset, state, compute.say).bundle, path)
        checkpoint.Checkpoint(state).remove()
    return bundles.load(path), total


def restore_of(bundle: Any, settings: params.Params) -> Callable[[np.ndarray], np.ndarray]:
    """Return a trained model as the study applies it: (H, W) in [0, 1] to the same."""
    from semclear.restoration.network import method_of

    return method_of(bundle, ensembling=settings.restoration.ensemble)


def outside(folder: Path, root: Path) -> Path:
    """Return a working folder, which must not lie in the repository.

    Raises
    ------
    SemclearError
        When it does.
    """
    folder = folder.resolve()
    if folder.is_relative_to(root.resolve()):
        raise SemclearError(
            f"--work: got {folder}, expected a folder outside the repository, where pictures may lie; choose another"
        )
    return folder
