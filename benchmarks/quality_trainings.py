"""The trainings of `quality.py`: what they are, whether one is at hand, and how one is run within a deadline."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from provenance import ROOT

from semclear.errors import SemclearError
from semclear.files import sha256, whole_file
from semclear.model import bundle as bundles
from semclear.params import Experiment, Train, validate
from semclear.portable.choice import line_of
from semclear.slices import part, slice_of
from semclear.sources import files_of


class OutOfTime(Exception):
    """The time given is over; what has been done so far is kept."""


def digest(*parts: Any) -> str:
    """Return 16 hexadecimal digits that stand for JSON-able values."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


def code_of(*steps: str) -> str:
    """Return 16 hexadecimal digits that stand for the source files of workflow steps."""
    return digest([(file, sha256(ROOT / file)) for step in steps for file in files_of(step, ROOT)])


@dataclass(frozen=True)
class Training:
    """One training: its slices of params.yaml and the data it gets.

    Attributes
    ----------
    dataset, method, seed
        What is trained; `seed` is ``train.seed``.
    train, restore : str
        Slices of params.yaml, JSON.
    """

    dataset: str
    method: str
    seed: int
    train: str
    restore: str

    @property
    def name(self) -> str:
        """Name of the experiment: the same as in the slice."""
        return name_of(self.dataset, self.method, self.seed)

    @property
    def overrides(self) -> dict[str, Any]:
        """What its line of experiments sets besides data set, method and seed."""
        line = json.loads(self.train)[f"experiments.{self.name}"]
        return {key: value for key, value in line.items() if key not in ("dataset", "method", "seed")}

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
    trainings = []
    for seed in seeds:
        for dataset in datasets:
            for method in methods:
                name = name_of(dataset, method, seed)
                line = {**line_of(values["experiments"], dataset, method), "seed": seed}
                own = {**values, "experiments": {name: line}}
                train, restore = slice_of("train", own, model=name), slice_of("restore", own, model=name)
                trainings.append(Training(dataset, method, seed, train, restore))
    return trainings


def at_hand(training: Training, data_sha256: str, models: Path) -> Path | None:
    """Return a bundle of the study whose settings and data are those of a training, or None.

    Bundles do not say which code made them, so one that is older than a source file of the training does
    not count; nor is the number of threads compared.
    """
    values = json.loads(training.train)
    experiment = validate(Experiment, part(values, f"experiments.{training.name}"), training.name)
    train = validate(Train, {**values["train"], **experiment.overrides}, training.name).model_dump()
    wanted = {**train, **part(values, "scales.*.train"), "study_seed": values["seed"]}
    newest = max((ROOT / file).stat().st_mtime for file in files_of("train", ROOT))
    for path in sorted(models.glob("*.semclear")):
        if path.stat().st_mtime < newest:
            continue
        try:
            bundle = bundles.load(path)
        except SemclearError:
            continue
        if (
            (bundle.method, bundle.data_sha256, dict(bundle.training))
            == (training.method, data_sha256, wanted)
            and bundle.size.model_dump() == part(values, "scales.*.model")
            and bundle.model.model_dump() == values["model"]
        ):
            return path
    return None


def step(words: Sequence[str | Path], log: Path, deadline: float, checkpoints: Path | None = None) -> None:
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
                command, stdout=stream, stderr=subprocess.STDOUT, env=environment, timeout=left, check=False
            )
        except subprocess.TimeoutExpired:
            raise OutOfTime from None
    if done.returncode:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines() or ["it printed nothing"]
        raise SemclearError(f"semclear step {words[0]}: failed ({lines[-1]}); see {log}")


def make_data(
    values: Mapping[str, Any], datasets: Sequence[str], work: Path, deadline: float
) -> dict[str, Path]:
    """Return the data sets' manifests, made by the workflow's steps where they are not there yet.

    They stand in a folder named by settings and code, and are those of the study to the byte.
    """
    scenes_slice = slice_of("synthesize", values)
    root = work / f"data-{digest(scenes_slice, code_of('synthesize'))}"
    scenes = root / "scenes" / "manifest.json"
    if not scenes.is_file():
        step(["synthesize", "--params", scenes_slice, "--manifest", scenes], root / "scenes.log", deadline)
    made = {}
    for dataset in datasets:
        own = slice_of("degrade", values, dataset=dataset)
        made[dataset] = root / f"{dataset}-{digest(own, code_of('degrade'))}" / "manifest.json"
        if not made[dataset].is_file():
            words = ["degrade", "--params", own, "--dataset", dataset, "--scenes", scenes]
            step([*words, "--manifest", made[dataset]], root / f"{dataset}.log", deadline)
    return made


def run(
    training: Training, data: Path, data_sha256: str, work: Path, models: Path, deadline: float
) -> tuple[Path, str]:
    """Train, restore and score; whatever of it stands already is not done again.

    Returns
    -------
    scores : Path
        Tidy table of scores.
    source : str
        Where the model came from: ``trained`` here, or ``study``.
    """
    folder = work / f"{training.name}-{digest(training.key(data_sha256), code_of('train'))}"
    bundle, source = folder / "model.semclear", folder / "source.txt"
    common = ["--model", training.name, "--data", data, "--bundle", bundle]
    if not (bundle.is_file() and source.is_file()):
        found = at_hand(training, data_sha256, models)
        if found is not None:
            with whole_file(bundle) as scratch:
                shutil.copy(found, scratch)
        else:
            words = ["train", "--params", training.train, *common]
            words += ["--history", folder / "history.csv", "--steps", folder / "steps.csv"]
            step(words, folder / "train.log", deadline, work / "checkpoints")
        with whole_file(source) as scratch:
            scratch.write_text("trained" if found is None else "study", encoding="utf-8")
    restored = folder / "restored" / "manifest.json"
    step(
        ["restore", "--params", training.restore, *common, "--manifest", restored],
        folder / "restore.log",
        deadline,
    )
    return score(data, restored, folder, deadline), source.read_text(encoding="utf-8")


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
        step(
            ["classical", "--params", own, "--data", data, "--manifest", restored],
            folder / "classical.log",
            deadline,
        )
        score(data, restored, folder, deadline)
    return folder / "scores.csv"
