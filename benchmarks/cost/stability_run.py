"""What `stability.py` runs in processes of their own, by the code of any checkout: data sets, one training cut short.

Only what the project has had for long is used: the workflow's steps, `slice_of`, `settings_of`, `fit`.
"""

from __future__ import annotations

import copy
import hashlib
import json
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from semclear.errors import SemclearError
from semclear.files import sha256
from semclear.params.slices import slice_of
from semclear.study.step_code import files_of

#: Steps at the start that a second largest ratio leaves out: terms begin high and fall.
OPENING = 50
#: Times its median that a term of an exploding training exceeds.
EXPLODED = 20.0


def digest(*parts: Any) -> str:
    """Return 16 hexadecimal digits that stand for JSON-able values."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


def _code(root: Path, *steps: str) -> str:
    files = sorted({file for step in steps for file in files_of(step, root)})
    return digest([(file, sha256(root / file)) for file in files])


def _step(*words: Any) -> None:
    """Run a step of the workflow, with the semclear that this process has."""
    command = [sys.executable, "-m", "semclear.cli", "step", *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["it printed nothing"]
        raise SemclearError(f"semclear step {words[0]}: failed ({lines[-1]})")


def _synthetic(values: Mapping[str, Any], dataset: str, root: Path, work: Path) -> Path:
    """Return the manifest of a data set of the study, made where it does not stand."""
    scenes_slice, own = slice_of("synthesize", values), slice_of("degrade", values, dataset=dataset)
    scenes = work / f"scenes-{digest(scenes_slice, _code(root, 'synthesize'))}" / "manifest.json"
    path = scenes.parent.parent / f"{dataset}-{digest(own, scenes.parent.name, _code(root, 'degrade'))}"
    path = path / "manifest.json"
    if not scenes.is_file():
        _step("synthesize", "--params", scenes_slice, "--manifest", scenes)
    if not path.is_file():
        _step("degrade", "--params", own, "--dataset", dataset, "--scenes", scenes, "--manifest", path)
    return path


def _own(scale: str, images: Path, work: Path) -> tuple[dict[str, Any], str, Path]:
    """Return slice, name and data set of own images, clear ones from sharp/ and degraded from blurry/."""
    from semclear.datasets.real import enter
    from semclear.params import overrides
    from semclear.tool.own_data import run
    from semclear.tool.own_data.gathering import Folders
    from semclear.tool.own_data.order import Order

    table = images / "SOURCES.csv"
    folders = Folders(images / "sharp", images / "blurry", sources=table if table.is_file() else None)
    order = Order(
        folders,
        work / "own.semclear",
        scale=scale,
        method="cyclegan-physics",
        backend="tensorflow",
        threads=1,
    )
    prepared = run.prepare(order)
    path = work / f"own-{digest(dict(prepared.plan))}" / "manifest.json"
    if not path.is_file():
        found, seed = prepared.gathered.found, prepared.values["seed"]
        enter(found, prepared.real, prepared.data_scale, seed, prepared.name, path)
    return dict(prepared.training), overrides.NAME, path


def prepare(given: Mapping[str, Any]) -> dict[str, Any]:
    """Settle the trainings of each kind and make their data sets.

    Parameters
    ----------
    given : mapping
        "source": the checkout; "work": folder for data; "scale"; "kinds";
        "images": folder of real micrographs or None.

    Returns
    -------
    dict
        "kinds": slice, name and data set a kind; "skipped": why, a kind that
        cannot be trained; "code": digest of what a training runs.
    """
    root, work = Path(given["source"]), Path(given["work"])
    values = yaml.safe_load((root / "params.yaml").read_text(encoding="utf-8"))
    values["scale"] = given["scale"]
    made: dict[str, Any] = {}
    skipped: dict[str, str] = {}
    for kind in given["kinds"]:
        if kind == "own":
            if given["images"] is None:
                skipped[kind] = (
                    "no real micrographs: set SEMCLEAR_SEM_IMAGES to a folder with sharp/ and blurry/"
                )
                continue
            piece, name, data = _own(given["scale"], Path(given["images"]), work)
        elif kind not in values["experiments"]:
            skipped[kind] = "params.yaml has no such line of experiments"
            continue
        else:
            piece, name = json.loads(slice_of("train", values, model=kind)), kind
            data = _synthetic(values, values["experiments"][kind]["dataset"], root, work)
        made[kind] = {"slice": piece, "name": name, "data": str(data)}
    return {"kinds": made, "skipped": skipped, "code": _code(root, "train")}


def without_recovery(train: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings under `train` with the recovery from a loss that is not a number switched off.

    The one place that knows that key: code without it has no recovery, and nothing is changed.
    """
    return {**train, "recovery_attempts": 0} if "recovery_attempts" in train else dict(train)


def settled(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the slice of one training: its draw, threads, backend and recovery put in."""
    values = copy.deepcopy(given["slice"])
    values["compute"] = {
        **values["compute"],
        "backend": given["backend"],
        "threads": given["threads"],
        "require_gpu": False,
    }
    key = f"experiments.{given['name']}"
    values[key] = {**values[key], "seed": given["seed"]}
    if not given["recovery"]:
        values["train"], values[key] = without_recovery(values["train"]), without_recovery(values[key])
    return values


def _fitted(given: Mapping[str, Any]) -> tuple[Any, Any, Any, dict[str, Any]]:
    """Train the steps asked for as `fit` does; return the watch, settings, data set and slice."""
    from semclear import compute, params

    values = settled(given)
    compute.configure(params.validate(params.Compute, values["compute"], "compute"))
    from benchmarks.cost.watching import Enough, Watch, not_finite, watched
    from semclear.datasets import manifest
    from semclear.training import fitting
    from semclear.training.run import settings_of

    settings, dataset = settings_of(values, given["name"]), manifest.load(given["data"])
    watch = Watch(min(given["steps"], settings.epochs * settings.scale.steps_per_epoch))
    try:
        with watched(fitting, watch):
            fitting.fit(settings, dataset, None, lambda text: None)
    except Enough:
        pass
    except SemclearError:
        if not_finite(watch.rows)[0] is None:
            raise
    if not watch.rows:
        raise SemclearError(
            "fitting.fit no longer fits what fitting.build returns: the benchmark is to be adapted"
        )
    return watch, settings, dataset, values


def pace(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the processor seconds of a training's process after `short` and after `steps` of its steps.

    Parameters
    ----------
    given : mapping
        As for `train`, and "short".
    """
    watch, settings, _, values = _fitted(given)
    if len(watch.cpu) < given["steps"]:
        raise SemclearError(
            f"--long: got {given['steps']}, expected at most {len(watch.cpu)}, the training's steps"
        )
    return {
        "method": settings.method,
        "cpu_short": watch.cpu[given["short"] - 1],
        "cpu_long": watch.cpu[given["steps"] - 1],
        "settings_sha256": digest(values),
    }


def train(given: Mapping[str, Any]) -> dict[str, Any]:
    """Train the first steps of a full-length training, as `fit` does, and say what became of it.

    Parameters
    ----------
    given : mapping
        "slice", "name", "data" from `prepare`; "seed"; "steps"; "threads";
        "backend"; "recovery": whether it may go back after a loss that is
        not a number.

    Returns
    -------
    dict
        The row's outcome: see README.md of the results.
    """
    began = time.monotonic()
    watch, settings, dataset, values = _fitted(given)
    from benchmarks.cost.watching import not_finite, worst
    from semclear.training import fitting

    step, terms = not_finite(watch.rows)
    # What clips gradients may report their norm as a further value, which is no term of the loss.
    losses = [{name: value for name, value in row.items() if "norm" not in name} for row in watch.rows]
    ratio, term, at = worst(losses)
    late, late_term, late_at = worst(losses, OPENING)
    ended = not_finite(watch.rows[-1:])[0] is not None
    correlation = None
    if not ended:
        row: dict[str, float] = {}
        validation = fitting.validation_of(settings, dataset, lambda: row)
        validation.set_model(watch.model)
        validation.on_epoch_end(0)
        correlation = row.get("correlation")
    norms = [(value, row["step"]) for row in watch.rows for name, value in row.items() if "norm" in name]
    largest = max((pair for pair in norms if pair[0] == pair[0]), default=(None, None))
    exploded = ratio is not None and ratio > EXPLODED
    outcome = "not a number" if ended else "exploded" if exploded else "finished"
    if step is not None and not ended:
        outcome = "recovered"
    return {
        "dataset": values[f"experiments.{given['name']}"]["dataset"],
        "method": settings.method,
        "length": settings.epochs * settings.scale.steps_per_epoch,
        "done": watch.rows[-1]["step"],
        "outcome": outcome,
        "failed_step": step,
        "failed_terms": terms,
        "recoveries": watch.recoveries,
        "worst_ratio": ratio,
        "worst_term": term,
        "worst_step": at,
        "late_ratio": late,
        "late_term": late_term,
        "late_step": late_at,
        "gradient_norm": largest[0],
        "gradient_step": largest[1],
        "correlation": correlation,
        "cpu_seconds": round(time.process_time(), 2),
        "seconds": round(time.monotonic() - began, 2),
        "settings_sha256": digest(values),
        "data_sha256": dataset.digest[:16],
    }
