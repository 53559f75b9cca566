"""How close does unpaired training come to paired, over data sets and seeds, and is it above every classical method?

Each finished training is one row of benchmarks/results/quality_runs.csv; its scores a micrograph stand in
quality_scores.csv. Call it again to go on where it stopped; what is there already is not trained again.

    python -m benchmarks.quality.quality --seeds 0 1 2 --scale laptop --minutes 60
    python -m benchmarks.quality.quality --tables
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks.common.ledger import Ledger
from benchmarks.common.provenance import ROOT, commit, machine
from benchmarks.common.trainings import OutOfTime, code_of, digest
from benchmarks.quality import quality_tables as tables
from benchmarks.quality import quality_trainings as trainings
from semclear import params
from semclear.errors import SemclearError
from semclear.files import sha256
from semclear.params.overrides import values_of

METHODS = ("cyclegan-physics", "paired", "cyclegan")
METRICS = ("psnr", "ssim", "psnr_affine")
RUNS = (
    *("key", "code", "dataset", "method", "seed", "scale", "overrides", "study_seed", "data_sha256"),
    *("source", "seconds", "micrographs", *METRICS, "commit", "machine"),
)
SCORES = ("key", "code", *tables.COLUMNS[1:])
KEYS = ("key", "code")


def runs_of(results: Path) -> Ledger:
    """Return the table of finished trainings."""
    return Ledger(results / "quality_runs.csv", RUNS, KEYS)


def scores_of(results: Path) -> Ledger:
    """Return the table of scores a micrograph."""
    return Ledger(results / "quality_scores.csv", SCORES, KEYS)


def record(results: Path, row: dict[str, Any], scores_csv: Path, method: str | None) -> None:
    """Write one finished training, or the classical methods of a data set (`method` None), to both tables.

    The scores come first: a row of runs says that its scores are there.
    """
    scores = pd.read_csv(scores_csv, dtype=str, keep_default_na=False)
    chosen = scores[scores["metric"].isin(METRICS)]
    if method is not None:
        chosen = chosen[chosen["method"] == method]
    head = {name: row[name] for name in ("key", "code", "seed")}
    scores_of(results).add(chosen.assign(**head).to_dict("records"))
    if method is None:
        return
    means = chosen["value"].astype(float).groupby(chosen["metric"]).mean()
    row = {
        **row,
        **{name: float(means[name]) for name in METRICS},
        "micrographs": chosen["micrograph"].nunique(),
    }
    runs_of(results).add([row])


def chosen_scores(results: Path, keys: dict[str, str], code: str, any_code: bool) -> pd.DataFrame:
    """Return the scores of the settings `keys`, made by the present code or (any_code) last by any.

    `keys` maps the key of a training's settings and data to its name.
    """
    scores = pd.DataFrame(scores_of(results).rows, columns=list(SCORES))
    scores = scores[scores["key"].isin(list(keys))]
    if any_code:
        last = scores.groupby("key")["code"].last()
        scores = scores[scores["code"] == scores["key"].map(last)]
    else:
        scores = scores[scores["code"] == code]
    return scores.assign(value=scores["value"].astype(float))[list(tables.COLUMNS)]


def with_pairs(values: dict[str, Any]) -> list[str]:
    """Return the synthetic data sets that the study also trains on with pairs: elsewhere there is no gap to close."""
    paired = {line["dataset"] for line in values["experiments"].values() if line["method"] == "paired"}
    return sorted(paired & set(values["degradations"]))


def options(arguments: list[str] | None = None) -> argparse.Namespace:
    """Return the command line's options."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2], help="of the trainings")
    parser.add_argument(
        "--datasets",
        nargs="+",
        help="lines of degradations in params.yaml (default: those with a paired training)",
    )
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=list(METHODS))
    parser.add_argument("--scale", default="laptop", help="key of scales in params.yaml")
    parser.add_argument(
        "-S", "--set", dest="changes", action="append", default=[], help="like train.budget=0.5"
    )
    parser.add_argument(
        "--minutes", type=float, default=float("inf"), help="stop after these; call again to go on"
    )
    parser.add_argument("--tables", action="store_true", help="make and train nothing, print what is there")
    parser.add_argument(
        "--any-code", action="store_true", help="print also what other versions of the code trained"
    )
    parser.add_argument("--params", type=Path, default=ROOT / "params.yaml")
    parser.add_argument(
        "--work", type=Path, default=ROOT / ".quality", help="folder for data, models and checkpoints"
    )
    parser.add_argument("--results", type=Path, default=ROOT / "benchmarks" / "results")
    parser.add_argument(
        "--study",
        type=Path,
        default=ROOT,
        help="folder of a study, whose data and models are taken where they fit",
    )
    return parser.parse_args(arguments)


def work(chosen: argparse.Namespace, values: dict[str, Any]) -> pd.DataFrame:
    """Do what is missing within the time given, and return the scores there are."""
    deadline = time.monotonic() + 60 * chosen.minutes
    datasets = chosen.datasets or with_pairs(values)
    unknown = sorted(set(datasets) - set(values["degradations"]))
    if unknown:
        raise SemclearError(f"--datasets: got {unknown}, expected some of {sorted(values['degradations'])}")
    code = code_of("train", "restore", "classical", "score")
    planned = trainings.plan(values, datasets, chosen.methods, chosen.seeds)
    try:
        data = trainings.make_data(
            values, datasets, chosen.work.resolve(), chosen.study.resolve(), deadline, not chosen.tables
        )
    except OutOfTime:
        print("time is over before the data sets were made; call again to go on")
        return pd.DataFrame(columns=list(tables.COLUMNS))
    hashes = {dataset: sha256(path) for dataset, path in data.items()}
    keys = {item.key(hashes[item.dataset]): item.name for item in planned}
    classical_keys = {digest("classical", values["classical"], hashes[name]): name for name in datasets}
    if not chosen.tables:
        try:
            _do(chosen, values, planned, data, hashes, classical_keys, code, deadline)
        except OutOfTime:
            print("time is over; call again to go on")
    scores = chosen_scores(chosen.results, {**keys, **classical_keys}, code, chosen.any_code)
    missing = [name for key, name in keys.items() if key not in set(scores["key"])]
    print(
        f"{len(keys) - len(missing)} of {len(keys)} trainings"
        + (f"; missing: {', '.join(missing)}" if missing else "")
    )
    return scores


def _do(
    chosen: argparse.Namespace,
    values: dict[str, Any],
    planned: list[trainings.Training],
    data: dict[str, Path],
    hashes: dict[str, str],
    classical_keys: dict[str, str],
    code: str,
    deadline: float,
) -> None:
    done, scored = runs_of(chosen.results), scores_of(chosen.results)
    for key, dataset in classical_keys.items():
        if not scored.done(key=key, code=code):
            table = trainings.run_classical(values, dataset, data[dataset], chosen.work.resolve(), deadline)
            record(chosen.results, {"key": key, "code": code, "seed": tables.NO_SEED}, table, None)
    for item in planned:
        data_sha256 = hashes[item.dataset]
        if done.done(key=(key := item.key(data_sha256)), code=code):
            continue
        start = time.monotonic()
        table, source = trainings.run(
            item, data[item.dataset], data_sha256, chosen.work.resolve(), chosen.study, deadline
        )
        seconds = time.monotonic() - start
        row = {"key": key, "code": code, "dataset": item.dataset, "method": item.method, "seed": item.seed}
        row |= {"scale": chosen.scale, "overrides": json.dumps(item.overrides, sort_keys=True)}
        row |= {"study_seed": values["seed"], "data_sha256": data_sha256, "source": source}
        row |= {"seconds": f"{seconds:.0f}", "commit": commit(), "machine": machine()}
        record(chosen.results, row, table, item.method)
        print(f"{item.name}: {source}, {seconds:.0f} s", flush=True)


def show(scores: pd.DataFrame, values: dict[str, Any]) -> None:
    """Print gap closures and tests."""
    evaluation = params.validate(params.Evaluation, values["evaluation"], "evaluation")
    closed = tables.closures(scores, values["seed"], evaluation)
    print(
        f"\nGap closure, {evaluation.confidence:.0%} interval over micrographs, standard deviation over seeds"
    )
    print(
        closed.to_string(index=False, float_format=lambda v: f"{v:.3f}")
        if len(closed)
        else "no paired training yet"
    )
    tested = tables.tests(scores, values["seed"], evaluation)
    print(f"\n{tables.TESTED} against classical methods (Wilcoxon, Holm over all {len(tested)} tests)")
    print(
        tested.to_string(index=False, float_format=lambda v: f"{v:.3g}")
        if len(tested)
        else "nothing to compare yet"
    )


def main(arguments: list[str] | None = None) -> int:
    """Train what is missing, and print the tables."""
    chosen = options(arguments)
    try:
        values = values_of(chosen.params, chosen.scale, chosen.changes)
        scores = work(chosen, values)
        if len(scores):
            show(scores, values)
    except SemclearError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
