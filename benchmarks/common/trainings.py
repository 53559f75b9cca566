"""Trainings of benchmarks: the workflow's own steps in processes of their own, resumable, never done twice."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.common.provenance import ROOT
from semclear import params
from semclear.errors import SemclearError
from semclear.files import sha256
from semclear.params.overrides import line_of
from semclear.params.slices import slice_of
from semclear.study.step_code import files_of


class OutOfTime(Exception):
    """The time given is over; what has been done so far is kept."""


def digest(*parts: Any) -> str:
    """Return 16 hexadecimal digits that stand for JSON-able values."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


def code_of(*steps: str, files: Sequence[str] = (), root: Path = ROOT) -> str:
    """Return 16 hexadecimal digits that stand for source files.

    Parameters
    ----------
    *steps : str
        Steps of the workflow, all of whose files count.
    files : sequence of str
        Further files, from the project's root: a benchmark's own.
    root : Path
        The project's folder.
    """
    named = sorted({*files, *(file for step in steps for file in files_of(step, root))})
    return digest([(file, sha256(root / file)) for file in named])


def steps_an_epoch(steps: int, epochs: int) -> int:
    """Return how many steps an epoch has in a training of `steps`.

    Raises
    ------
    SemclearError
        When they are no multiple of the epochs: another number would be trained than asked for.
    """
    each = steps // epochs
    if not each or steps % epochs:
        near = sorted({max(1, each) * epochs, (each + 1) * epochs})
        raise SemclearError(
            f"--steps: got {steps}, expected a multiple of the training's {epochs} epochs; "
            f"give {' or '.join(map(str, near))}"
        )
    return each


def slice_for(
    values: Mapping[str, Any],
    name: str,
    dataset: str,
    method: str,
    steps: int | None = None,
    **overrides: Any,
) -> dict[str, Any]:
    """Return the training step's slice of params.yaml for one method of the study on a data set.

    Parameters
    ----------
    values : mapping
        params.yaml as plain values.
    name, dataset, method : str
        Of the experiment.
    steps : int, optional
        Steps in all, instead of those of the scale and budget.
    **overrides
        Keys of `train`; None leaves one as the study's line of the method has it.

    Raises
    ------
    SemclearError
        When `steps` is no multiple of the epochs.
    """
    given = {key: value for key, value in overrides.items() if value is not None}
    line = {**line_of(values["experiments"], dataset, method), **given}
    piece = json.loads(slice_of("train", {**values, "experiments": {name: line}}, model=name))
    if steps is not None:
        from semclear.training.run import settings_of

        key = f"scales.{values['scale']}.train"
        each = steps_an_epoch(steps, settings_of(piece, name).epochs)
        piece[key] = {**piece[key], "steps_per_epoch": each}
    return piece


def step(
    words: Sequence[str | Path], log: Path, deadline: float = float("inf"), checkpoints: Path | None = None
) -> None:
    """Run one step of the workflow in a process of its own, as Snakemake would.

    Parameters
    ----------
    words : sequence of str or Path
        After ``semclear step``.
    log : Path
        Takes what it prints.
    deadline : float
        On the clock of `time.monotonic`.
    checkpoints : Path, optional
        Where a training's state stands.

    Raises
    ------
    OutOfTime
        At the deadline; a training goes on from its last finished epoch in the next call.
    SemclearError
        When the step fails, with the last line it printed.
    """
    left = deadline - time.monotonic()
    if left <= 0:
        raise OutOfTime
    environment = {**os.environ, "SEMCLEAR_TRACKING": "off"}
    if checkpoints is not None:
        environment["SEMCLEAR_CHECKPOINTS"] = str(checkpoints)
    log.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "semclear.cli", "step", *map(str, words)]
    with log.open("w", encoding="utf-8") as stream:
        try:
            done = subprocess.run(
                command,
                stdout=stream,
                stderr=subprocess.STDOUT,
                env=environment,
                timeout=None if left == float("inf") else left,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise OutOfTime from None
    if done.returncode:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines() or ["it printed nothing"]
        raise SemclearError(f"semclear step {words[0]}: failed ({lines[-1]}); see {log}")


def train(
    piece: Mapping[str, Any], name: str, data: Path, work: Path, deadline: float = float("inf")
) -> Path:
    """Return the bundle of a training, which is done only where `work` does not hold it.

    Parameters
    ----------
    piece : mapping
        The training step's slice, as from `slice_for`.
    name : str
        Of the experiment.
    data : Path
        Manifest of the data set.
    work : Path
        Where models, logs and checkpoints lie.
    deadline : float
        On the clock of `time.monotonic`.

    Raises
    ------
    OutOfTime, SemclearError
        As `step`.
    """
    folder = work / "trainings" / f"{name}-{digest(piece, sha256(data), code_of('train'))}"
    bundle = folder / "model.semclear"
    if not bundle.is_file():
        words = ["train", "--params", json.dumps(piece, sort_keys=True), "--model", name, "--data", data]
        words += ["--bundle", bundle, "--history", folder / "history.csv", "--steps", folder / "steps.csv"]
        step(words, folder / "train.log", deadline, work / "checkpoints")
    return bundle


def restore_of(bundle: Path, settings: params.Params) -> Callable[[np.ndarray], np.ndarray]:
    """Return a trained model as the study applies it: (H, W) in [0, 1] to the same."""
    from semclear.networks import bundle as bundles
    from semclear.restoration.network_step import method_of

    return method_of(
        bundles.load(bundle), ensembling=settings.restoration.ensemble, choosing=settings.restoration.choosing
    )


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
