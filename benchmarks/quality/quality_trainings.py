"""The trainings of `quality.py`: what they are, their data, and how one is trained, restored and scored."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.common import study, trainings
from benchmarks.common.trainings import code_of, digest, step
from semclear.errors import SemclearError
from semclear.files import sha256
from semclear.params.slices import slice_of


@dataclass(frozen=True)
class Training:
    """One training: its slices of params.yaml and the data it gets.

    Attributes
    ----------
    dataset, method, seed
        What is trained; `seed` is ``train.seed``.
    train, restore : str
        Slices of params.yaml, JSON.
    overrides : mapping
        What the study's line of experiments sets besides data set, method and seed.
    """

    dataset: str
    method: str
    seed: int
    train: str
    restore: str
    overrides: Mapping[str, Any]

    @property
    def name(self) -> str:
        """Name of the experiment: the same as in the slice."""
        return name_of(self.dataset, self.method, self.seed)

    def key(self, data_sha256: str) -> str:
        """Return what names its settings and data, whatever the code."""
        return digest(self.train, self.restore, data_sha256)


def name_of(dataset: str, method: str, seed: int) -> str:
    """Return the name of an experiment."""
    return f"{dataset}-{method}-{seed}"


def plan(
    values: Mapping[str, Any], datasets: Sequence[str], methods: Sequence[str], seeds: Sequence[int]
) -> list[Training]:
    """Return the trainings, all of the first seed before any of the second.

    A data set and method is trained as the line of the study says that `line_of` finds.

    Parameters
    ----------
    values : mapping
        params.yaml as plain values, already valid.
    datasets, methods, seeds
        What to combine.
    """
    planned = []
    for seed in seeds:
        for dataset in datasets:
            for method in methods:
                line = trainings.line_of(values["experiments"], dataset, method)
                own = {key: value for key, value in line.items() if key not in ("dataset", "method", "seed")}
                name = name_of(dataset, method, seed)
                piece = trainings.slice_for(values, name, dataset, method, seed=seed)
                train, restore = json.dumps(piece, sort_keys=True), slice_of("restore", values, model=name)
                planned.append(Training(dataset, method, seed, train, restore, own))
    return planned


def make_data(
    values: Mapping[str, Any],
    datasets: Sequence[str],
    work: Path,
    finished: Path,
    deadline: float,
    make: bool = True,
) -> dict[str, Path]:
    """Return the data sets' manifests: the study's, or made by the workflow's steps, the same to the byte.

    Parameters
    ----------
    values : mapping
        params.yaml as plain values.
    datasets : sequence of str
        Keys of `degradations`.
    work : Path
        Where data are made, in a folder named by settings and code.
    finished : Path
        Folder of a study; its data are taken where they have these settings.
    deadline : float
        On the clock of `time.monotonic`.
    make : bool
        Whether to make what is not there.

    Raises
    ------
    SemclearError
        When data are not there and `make` is false.
    OutOfTime
        At the deadline.
    """
    scenes_slice = slice_of("synthesize", values)
    root = work / f"data-{digest(scenes_slice, code_of('synthesize'))}"
    made = {}
    for dataset in datasets:
        own = slice_of("degrade", values, dataset=dataset)
        path = root / f"{dataset}-{digest(own, code_of('degrade'))}" / "manifest.json"
        made[dataset] = path if path.is_file() else study.data_of(finished, values, dataset) or path
        if made[dataset].is_file():
            continue
        if not make:
            raise SemclearError(
                f"{dataset}: the data set is not there with these settings and this code, expected it in {finished} "
                f"(as dvc.lock knows it) or {work}; call without --tables, or run the study"
            )
        scenes = root / "scenes" / "manifest.json"
        if not scenes.is_file():
            words = ["synthesize", "--params", scenes_slice, "--manifest", scenes]
            step(words, root / "scenes.log", deadline)
        words = ["degrade", "--params", own, "--dataset", dataset, "--scenes", scenes]
        step([*words, "--manifest", path], root / f"{dataset}.log", deadline)
    return made


def run(
    training: Training, data: Path, data_sha256: str, work: Path, finished: Path, deadline: float
) -> tuple[Path, str]:
    """Train, restore and score; a model that stands already is not trained again.

    Returns
    -------
    scores : Path
        Tidy table of scores.
    source : str
        Where the model came from: ``trained`` here, or ``study``.
    """
    piece = json.loads(training.train)
    found = study.bundle_of(finished, piece, training.name, data_sha256)
    bundle = found or trainings.train(piece, training.name, data, work, deadline)
    key = digest(training.key(data_sha256), code_of("train", "restore", "score"))
    folder = work / "scores" / f"{training.name}-{key}"
    restored = folder / "restored" / "manifest.json"
    words = ["restore", "--params", training.restore, "--model", training.name, "--data", data]
    words += ["--bundle", bundle, "--manifest", restored]
    step(words, folder / "restore.log", deadline)
    return score(data, restored, folder, deadline), "trained" if found is None else "study"


def score(data: Path, restored: Path, folder: Path, deadline: float) -> Path:
    """Score restored micrographs and return the tidy table."""
    scores = folder / "scores.csv"
    words = ["score", "--data", data, "--restored", restored, "--scores", scores]
    step([*words, "--card", folder / "scores.card.json"], folder / "score.log", deadline)
    return scores


def run_classical(values: Mapping[str, Any], dataset: str, data: Path, work: Path, deadline: float) -> Path:
    """Tune the classical methods on validation, apply them to test and return their tidy table of scores."""
    own = slice_of("classical", values)
    folder = work / f"classical-{dataset}-{digest(own, sha256(data), code_of('classical', 'score'))}"
    if not (folder / "scores.csv").is_file():
        restored = folder / "restored" / "manifest.json"
        words = ["classical", "--params", own, "--data", data, "--manifest", restored]
        step(words, folder / "classical.log", deadline)
        score(data, restored, folder, deadline)
    return folder / "scores.csv"
