"""One trial on the way to the settings: a training with changed settings, scored on validation and test.

    python benchmarks/trial.py NAME DATASET METHOD [train.KEY=VALUE model.KEY=VALUE ...]

Like `benchmarks/trial.py rate2 fog paired train.learning_rate=2e-3 train.budget=0.6`. Starts from the study's line
of that method; any key of params.yaml may be changed. Appends a row to benchmarks/results/quality.csv, scored
as it stands and as mean over eight orientations; an interrupted trial goes on when called again. Choose settings
by the validation columns: those of the test are there to see that both agree.
"""

from __future__ import annotations

import argparse
import csv
import re
import resource
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import trainings
from ledger import Ledger
from provenance import ROOT, commit, machine
from quality_trainings import make_data

from semclear import compute, params
from semclear.datasets import manifest
from semclear.datasets.record import Record
from semclear.errors import SemclearError
from semclear.evaluation.metrics import psnr, psnr_affine, ssim
from semclear.files import sha256
from semclear.params.overrides import values_of

METRICS = {"psnr": psnr, "ssim": ssim, "psnr_affine": psnr_affine}
TEST = (*METRICS, *(f"{metric}_ensemble" for metric in METRICS))
COLUMNS = (
    *("trial", "dataset", "method", "steps", "seed", "learning_rate", "output", "encoder", "changed"),
    *TEST,
    *("validation_psnr_by_epoch", "cpu_seconds", "note"),
    *(f"validation_{metric}" for metric in TEST),
    *("scale", "study_seed", "data_sha256", "settings_sha256", "code", "commit", "machine"),
)
#: Changes that have a column of their own.
NAMED = ("train.learning_rate", "train.seed", "train.budget", "model.output")
METHODS = ("cyclegan", "cyclegan-physics", "paired")
Restore = Callable[[np.ndarray], np.ndarray]


def scores(records: Sequence[Record], plain: Restore, ensemble: Restore) -> dict[str, float]:
    """Return the mean scores of micrographs with truth, restored as they stand and as mean over orientations."""
    found = {}
    for restore, suffix in ((plain, ""), (ensemble, "_ensemble")):
        pairs = [(record.truth(), restore(record.image())) for record in records]
        for metric, function in METRICS.items():
            found[metric + suffix] = float(np.mean([function(*pair) for pair in pairs]))
    return found


def changed(changes: Sequence[str]) -> str:
    """Return the changes that no column tells, in the table's words."""
    told = [change for change in changes if change.partition("=")[0] not in NAMED]
    return "; ".join(re.sub(r"^(train|model)\.", "", change) for change in told)


def by_epoch(history: Path) -> str:
    """Return the validation PSNR of each epoch, dB, from a training's table of epochs."""
    with history.open(newline="", encoding="utf-8") as stream:
        return " ".join(f"{float(row['validation_psnr']):.2f}" for row in csv.DictReader(stream))


def cpu_seconds() -> float:
    """Return the processor time of the processes that this one has started and that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def table_of(results: Path, name: str) -> Ledger:
    """Return the table of trials, which must not hold one of this name yet.

    Raises
    ------
    SemclearError
        When the name is taken or unfit.
    """
    if not re.fullmatch(r"\w[\w.-]*", name):
        raise SemclearError(f"NAME: got {name!r}, expected letters, digits, dots and dashes; choose another")
    table = Ledger(results / "quality.csv", COLUMNS, ("trial",))
    if table.done(trial=name):
        raise SemclearError(f"NAME: got {name}, which {table.path} holds already; choose another")
    return table


def data_of(given: argparse.Namespace, values: dict[str, Any]) -> Path:
    """Return the manifest of the trial's data set, made where the study does not have it.

    Raises
    ------
    SemclearError
        When params.yaml has no such data set, or a step fails.
    """
    if given.dataset not in values["degradations"]:
        raise SemclearError(
            f"DATASET: got {given.dataset!r}, expected one of {sorted(values['degradations'])}"
        )
    work, study = given.work.resolve(), given.study.resolve()
    return make_data(values, [given.dataset], work, study, float("inf"))[given.dataset]


def trained(
    given: argparse.Namespace, values: dict[str, Any], data: Path, changes: Sequence[str], *files: str
) -> dict[str, Any]:
    """Train on a data set, score, and return the trial's row.

    Parameters
    ----------
    given : Namespace
        ``name``, ``dataset``, ``method``, ``scale``, ``note`` and ``work`` of the trial.
    values : dict
        params.yaml as plain values, changes put in.
    data : Path
        Manifest of the training data, with the validation and test micrographs.
    changes : sequence of str
        What differs from the study's line of the method, in the table's words.
    *files : str
        Further files, from the project's root, that the row depends on.

    Raises
    ------
    SemclearError
        When a setting is wrong or the training fails.
    """
    dataset = manifest.load(data)
    piece = trainings.slice_for(values, given.name, given.dataset, given.method)
    started = cpu_seconds()
    bundle_path = trainings.train(piece, given.name, data, given.work.resolve())
    used = round(cpu_seconds() - started)
    compute.configure(params.validate(params.Compute, values["compute"], "compute"))
    from semclear.networks import bundle as bundles
    from semclear.restoration.network_step import method_of
    from semclear.training.run import settings_of

    settings, bundle = settings_of(piece, given.name), bundles.load(bundle_path)
    restores = method_of(bundle, ensembling=False), method_of(bundle, ensembling=True)
    return {
        "trial": given.name,
        "dataset": given.dataset,
        "method": given.method,
        "steps": settings.epochs * settings.scale.steps_per_epoch,
        "seed": settings.train.seed,
        "learning_rate": settings.train.learning_rate,
        "output": settings.model.output,
        "encoder": "present" if given.method == "cyclegan-physics" else "",
        "changed": changed(changes),
        **scores(dataset.split("test"), *restores),
        "validation_psnr_by_epoch": by_epoch(bundle_path.with_name("history.csv")),
        "cpu_seconds": used,
        "note": given.note,
        **{f"validation_{k}": v for k, v in scores(dataset.split("validation"), *restores).items()},
        "scale": given.scale,
        "study_seed": values["seed"],
        "data_sha256": sha256(data)[:16],
        "settings_sha256": trainings.digest(piece),
        "code": trainings.code_of("train", "restore", "score", files=["benchmarks/trial.py", *files]),
        "commit": commit(),
        "machine": machine(),
    }


def run(given: argparse.Namespace) -> dict[str, Any]:
    """Train, score and record one trial, and return its row.

    Raises
    ------
    SemclearError
        When the name is taken or unfit, a setting is wrong, or a step fails.
    """
    table = table_of(given.results, given.name)
    values = values_of(given.params, given.scale, given.changes)
    row = trained(given, values, data_of(given, values), given.changes)
    table.add([row])
    return row


def arguments_of(parser: argparse.ArgumentParser) -> None:
    """Add what every trial takes behind its name and kind."""
    parser.add_argument("changes", nargs="*", help="like train.learning_rate=2e-3")
    parser.add_argument("--scale", default="laptop", help="key of scales in params.yaml")
    parser.add_argument("--note", default="", help="what the trial is about")
    parser.add_argument("--params", type=Path, default=ROOT / "params.yaml")
    parser.add_argument("--study", type=Path, default=ROOT, help="folder of a study, whose data are taken")
    parser.add_argument("--work", type=Path, default=ROOT / ".quality", help="folder for data and models")
    parser.add_argument("--results", type=Path, default=ROOT / "benchmarks/results", help="where to write")


def main(arguments: list[str] | None = None) -> int:
    """Read the arguments and run; bad input is one line and exit code 1."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("name", help="of the trial, not yet in the table")
    parser.add_argument("dataset", help="line of `degradations` in params.yaml")
    parser.add_argument("method", choices=METHODS)
    arguments_of(parser)
    try:
        row = run(parser.parse_args(arguments))
    except SemclearError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print("\n".join(f"{name}: {row[name]}" for name in COLUMNS if row[name] != ""))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
