"""The training step against the customary one, and against itself without the feeding; and the pace of any checkout.

    python -m benchmarks.cost.step [--methods cyclegan cyclegan-physics] [--backend jax] [--scale paper --blocks 5]
    python -m benchmarks.cost.step --pace --label before --source FOLDER --work FOLDER

Two kinds of steps are timed by turns, so that whatever else the machine does meets both. `customary`: ours against a
persistent tape with four gradients and four optimizers, same networks, losses and batch (TensorFlow alone), in one
process. `training`: the same two, each fed with crops as they come by the same pipeline, as trainings are, ours with
what it does to freed memory; a process of its own a block. `feeding`: the steps of `fit` with its callbacks on crops as
they come against steps on one batch that stays, in one process. A ratio under 1 is in favour of the first. Rows go to
benchmarks/results/step.csv, those of --pace (processor seconds until the first step and a step, which breakdown.py
extrapolates with) to step_pace.csv.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any

from benchmarks.common import trainings
from benchmarks.common.ledger import Ledger
from benchmarks.common.provenance import commit, machine
from benchmarks.cost import apart, step_run
from semclear.errors import SemclearError
from semclear.params import overrides

METHODS = ("cyclegan", "cyclegan-physics")
DATASET = "hybrid"
COMPARISONS = ("customary", "training", "feeding")
KEYS = (
    "comparison",
    "method",
    "scale",
    "backend",
    "threads",
    "blocks",
    "steps",
    "settings_sha256",
    "code",
    "machine",
)
TIMES = (
    *("first_s", "second_s", "ratio", "low", "high"),
    *(
        "first_cpu_s",
        "second_cpu_s",
        "cpu_ratio",
        "cpu_low",
        "cpu_high",
        "first_opening_s",
        "second_opening_s",
    ),
)
COLUMNS = (
    *("comparison", "method", "scale", "backend", "threads", "device", "crop", "batch", "blocks", "steps"),
    *(*TIMES, "settings_sha256", "code", "commit", "machine"),
)
PACE_KEYS = ("code_label", "kind", "scale", "short", "long", "settings_sha256", "code", "machine")
PACE_COLUMNS = (
    *(
        "code_label",
        "kind",
        "method",
        "scale",
        "short",
        "long",
        "cpu_short",
        "cpu_long",
        "pace_cpu_s",
        "start_cpu_s",
    ),
    *("settings_sha256", "code", "commit", "machine"),
)
#: A line of `experiments` for each method.
PACED = ("hybrid", "hybrid-plain", "hybrid-paired")
OWN = [f"benchmarks/cost/{name}.py" for name in ("customary", "drawn", "step", "step_run", "watching")]


def slice_for(given: argparse.Namespace, method: str) -> dict[str, Any]:
    """Return the slice of params.yaml of a method's training."""
    piece = overrides.slice_from(
        apart.ROOT / "params.yaml",
        dataset=DATASET,
        scale=given.scale,
        method=method,
        backend=given.backend,
        changes=given.changes,
    )
    piece["compute"] = {**piece["compute"], "threads": given.threads}
    return piece


def compare(given: argparse.Namespace) -> None:
    """Add a row a comparison and method that the table does not hold yet."""
    table = Ledger(given.results / "step.csv", COLUMNS, KEYS)
    for method in given.methods:
        piece = slice_for(given, method)
        size = piece[f"scales.{given.scale}.train"]
        row = {
            "method": method,
            "scale": given.scale,
            "backend": given.backend,
            "threads": given.threads,
            "crop": size["crop"],
            "batch": size["batch"],
            "blocks": given.blocks,
            "steps": given.steps,
            "settings_sha256": trainings.digest(piece),
            "code": trainings.code_of("train", files=OWN),
            "machine": machine(),
        }
        words = {"slice": piece, "side": 2 * size["crop"], "blocks": given.blocks, "steps": given.steps}
        for comparison in given.comparisons:
            if comparison != "feeding" and given.backend != "tensorflow":
                print(f"{method}: {comparison}: skipped: a gradient tape is TensorFlow's", file=sys.stderr)
                continue
            row["comparison"] = comparison
            if not table.done(**row):
                table.add([{**row, **measured(comparison, words), "commit": commit()}])
            print(text_of(next(r for r in table.rows if all(r[k] == str(row[k]) for k in KEYS))), flush=True)


def measured(comparison: str, words: dict[str, Any]) -> dict[str, Any]:
    """Return what `step_run` finds: both kinds in one process, or of `training` a process a block."""
    if comparison != "training":
        return apart.call(f"step_run:{comparison}", words)
    ways = ("ours", "customary")
    found = [
        [apart.call("step_run:training", {**words, "way": way}) for way in ways]
        for _ in range(words["blocks"])
    ]
    times = [[one["seconds"] for one in block] for block in found]
    openings = {"first_opening_s": None, "second_opening_s": None}
    return {**step_run.by_blocks(times), **openings, "device": found[0][0]["device"]}


def text_of(row: dict[str, str]) -> str:
    """Return a row in words."""
    of = {
        "customary": "ours by customary",
        "training": "ours by customary, as trainings",
        "feeding": "fed by resident",
    }[row["comparison"]]
    said = (
        f"{row['method']}, {row['scale']}, {row['backend']}: {of}: {float(row['cpu_ratio']):.3f} of the processor time "
        f"({float(row['cpu_low']):.3f} to {float(row['cpu_high']):.3f}), {float(row['ratio']):.3f} of the time "
        f"({float(row['low']):.3f} to {float(row['high']):.3f}); {1000 * float(row['first_s']):.1f} and "
        f"{1000 * float(row['second_s']):.1f} ms a step"
    )
    if not row["first_opening_s"]:
        return said
    openings = (float(row[f"{which}_opening_s"]) for which in ("first", "second"))
    return f"{said}, first step {next(openings):.1f} and {next(openings):.1f} s"


def pace(given: argparse.Namespace) -> None:
    """Add a row a kind: processor seconds a step, and until the first, by the code of a checkout."""
    table = Ledger(given.results / "step_pace.csv", PACE_COLUMNS, PACE_KEYS)
    source, work = apart.source_of(given.source), given.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    images = os.environ.get("SEMCLEAR_SEM_IMAGES")
    wanted = {"source": str(source), "work": str(work), "scale": given.scale, "kinds": given.kinds}
    wanted["images"] = images and str(Path(images).resolve())
    prepared = apart.call("stability_run:prepare", wanted, source)
    for kind, why in prepared["skipped"].items():
        print(f"{kind}: skipped: {why}", file=sys.stderr)
    for kind, words in prepared["kinds"].items():
        how = {"seed": 0, "threads": given.threads, "backend": given.backend, "recovery": True}
        found = apart.call(
            "stability_run:pace", {**words, **how, "short": given.short, "steps": given.long}, source
        )
        a_step = (found["cpu_long"] - found["cpu_short"]) / (given.long - given.short)
        table.add(
            [
                {
                    **found,
                    "code_label": given.label,
                    "kind": kind,
                    "scale": given.scale,
                    "short": given.short,
                    "long": given.long,
                    "pace_cpu_s": a_step,
                    "start_cpu_s": found["cpu_short"] - given.short * a_step,
                    "code": prepared["code"],
                    "commit": commit(source),
                    "machine": machine(),
                }
            ]
        )
        row = table.rows[-1]
        print(
            f"{given.label}: {kind}: {float(row['start_cpu_s']):.1f} s and {1000 * a_step:.1f} ms a step "
            "of the processor",
            flush=True,
        )


def parser_of() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("changes", nargs="*", help="of params.yaml, like scales.laptop.train.batch=8")
    parser.add_argument("--methods", nargs="+", default=list(METHODS), choices=METHODS)
    parser.add_argument("--comparisons", nargs="+", default=list(COMPARISONS), choices=COMPARISONS)
    parser.add_argument("--backend", default="tensorflow", choices=("tensorflow", "jax", "torch"))
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--scale", default="laptop", help="key of scales in params.yaml")
    parser.add_argument("--blocks", type=int, default=15, help="of each kind, by turns")
    parser.add_argument("--steps", type=int, default=10, help="of a block")
    parser.add_argument(
        "--results", type=Path, default=apart.ROOT / "benchmarks/results", help="where to write"
    )
    parser.add_argument("--pace", action="store_true", help="measure start-up and pace instead, of --source")
    parser.add_argument(
        "--kinds", nargs="+", default=list(PACED), help="--pace: lines of experiments, or own"
    )
    parser.add_argument("--short", type=int, default=100, help="--pace: steps after which it is read first")
    parser.add_argument("--long", type=int, default=300, help="--pace: and last")
    parser.add_argument("--label", default="after", help="--pace: of the code")
    parser.add_argument(
        "--source", type=Path, default=apart.ROOT, help="--pace: checkout whose code is measured"
    )
    parser.add_argument(
        "--work", type=Path, default=apart.ROOT / ".stability", help="--pace: folder for data sets"
    )
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Measure; bad input is one line and exit code 1."""
    given = parser_of().parse_args(arguments)
    try:
        for name, value in (("blocks", given.blocks), ("steps", given.steps), ("threads", given.threads)):
            if value < 1:
                raise SemclearError(f"--{name}: got {value}, expected at least 1; correct it")
        if not 0 < given.short < given.long:
            raise SemclearError(
                f"--short: got {given.short}, expected more than 0 and less than --long {given.long}; correct it"
            )
        pace(given) if given.pace else compare(given)
    except SemclearError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
