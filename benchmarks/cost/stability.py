"""Whether a training survives other processors: the first steps of every kind, over seeds and numeric variants.

    python -m benchmarks.cost.stability --work FOLDER [--jobs 2] [--minutes 100] [--label before --source FOLDER]
    python -m benchmarks.cost.stability --table

Each kind of training of the study, and one on own micrographs (SEMCLEAR_SEM_IMAGES=FOLDER with sharp/ and blurry/),
runs its first steps of the full-length schedule in a process of its own, as oneDNN computes on processors of other
years, without oneDNN, with two threads, and on JAX. The recovery from a loss that is not a number is switched off,
unless --recovery. A row a training in benchmarks/results/stability.csv; called again it goes on where it was.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks.common.ledger import Ledger
from benchmarks.common.provenance import commit, machine
from benchmarks.cost import apart, stability_table
from benchmarks.cost.numerics import ROUNDS, VARIANTS, Piece, plan
from benchmarks.cost.stability_run import digest, settled
from semclear.errors import SemclearError

#: Lines of `experiments` that differ in more than the seed, in the order that the assignment of variants goes by.
KINDS = (
    *("hybrid", "own", "general", "gaussian-plain", "fog", "hybrid-paired", "edge-10"),
    *("gaussian", "fog-plain", "edge-0", "hybrid-plain", "gaussian-paired", "fog-paired"),
    *("hybrid-instrument", "gaussian-instrument", "fog-instrument"),
)
#: What makes two rows the same training. Not the data's bytes: two processors round a drawn micrograph apart.
KEYS = (
    *("code_label", "scale", "steps", "recovery", "kind", "seed", "variant"),
    *("settings_sha256", "code"),
)
COLUMNS = (
    *(
        "code_label",
        "scale",
        "kind",
        "dataset",
        "method",
        "seed",
        "variant",
        "threads",
        "backend",
        "recovery",
    ),
    *("steps", "length", "done", "outcome", "failed_step", "failed_terms", "recoveries"),
    *("worst_ratio", "worst_term", "worst_step", "late_ratio", "late_term", "late_step"),
    *("gradient_norm", "gradient_step", "correlation", "cpu_seconds", "seconds"),
    *("settings_sha256", "data_sha256", "code", "commit", "machine"),
)


def failed(row: Mapping[str, str]) -> bool:
    """Return whether a row tells of a training that went wrong: no number, an explosion or inverted contrast."""
    return row["outcome"] != "finished" or stability_table.inverted(row)


def wanted(given: argparse.Namespace, rows: Sequence[Mapping[str, str]]) -> list[Piece]:
    """Return the trainings asked for, in the order of the assignment, which the choice of some does not change."""
    pieces = [
        piece
        for piece in plan(KINDS, given.rounds)
        if piece.kind in given.kinds and piece.variant in given.variants
    ]
    if not given.only_failed:
        return pieces
    others = [row for row in rows if row["code_label"] != given.label and failed(row)]
    bad = {(row["kind"], row["seed"], row["variant"]) for row in others}
    return [piece for piece in pieces if (piece.kind, str(piece.seed), piece.variant) in bad]


def run_all(
    pieces: Sequence[Piece], one: Callable[[Piece], None], jobs: int, minutes: float | None
) -> list[str]:
    """Run trainings side by side, begin none after the time given, and return what went wrong.

    Parameters
    ----------
    pieces : sequence of Piece
        In order.
    one : callable
        Runs one and records it.
    jobs : int
        How many at once.
    minutes : float, optional
        After which none is begun.
    """
    deadline = float("inf") if minutes is None else time.monotonic() + 60 * minutes
    wrong: list[str] = []

    def begin(piece: Piece) -> None:
        if time.monotonic() >= deadline:
            return
        try:
            one(piece)
        except SemclearError as error:
            wrong.append(f"{piece.kind}, seed {piece.seed}, {piece.variant}: {error}")
            print(f"error: {wrong[-1]}", file=sys.stderr, flush=True)

    with ThreadPoolExecutor(jobs) as pool:
        list(pool.map(begin, pieces))
    return wrong


def run(given: argparse.Namespace) -> int:
    """Run what is asked for and not in the table yet; return the exit code."""
    table = Ledger(given.results / "stability.csv", COLUMNS, KEYS)
    pieces = wanted(given, table.rows)
    source, work = apart.source_of(given.source), given.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    images = os.environ.get("SEMCLEAR_SEM_IMAGES")
    prepared = apart.call(
        "stability_run:prepare",
        {
            "source": str(source),
            "work": str(work),
            "scale": given.scale,
            "kinds": sorted({piece.kind for piece in pieces}),
            "images": images and str(Path(images).resolve()),
        },
        source,
    )
    for kind, why in prepared["skipped"].items():
        print(f"{kind}: skipped: {why}", file=sys.stderr)
    same: dict[str, Any] = {
        "code_label": given.label,
        "scale": given.scale,
        "steps": given.steps,
        "recovery": "on" if given.recovery else "off",
        "code": prepared["code"],
    }
    origin = {"commit": commit(source), "machine": machine()}

    def words_of(piece: Piece) -> dict[str, Any]:
        how = {"threads": VARIANTS[piece.variant].threads, "backend": VARIANTS[piece.variant].backend}
        chosen = {"seed": piece.seed, "steps": given.steps, "recovery": given.recovery}
        return {**prepared["kinds"][piece.kind], **how, **chosen}

    def stands(piece: Piece) -> bool:
        words = words_of(piece)
        return table.done(**same, **piece._asdict(), settings_sha256=digest(settled(words)))

    def one(piece: Piece) -> None:
        words = words_of(piece)
        found = apart.call("stability_run:train", words, source, VARIANTS[piece.variant].environment)
        how = {"threads": words["threads"], "backend": words["backend"]}
        table.add([{**same, **origin, **piece._asdict(), **how, **found}])
        print(
            f"{piece.kind}, seed {piece.seed}, {piece.variant}: {found['outcome']} after {found['done']} steps, "
            f"{found['worst_term']} at most {found['worst_ratio'] or 0:.1f} times its median, "
            f"{found['cpu_seconds']:.0f} s of processor",
            flush=True,
        )

    left = [piece for piece in pieces if piece.kind in prepared["kinds"] and not stands(piece)]
    print(f"{len(pieces)} trainings asked for, {len(left)} to run", file=sys.stderr, flush=True)
    wrong = run_all(left, one, given.jobs, given.minutes)
    return 1 if wrong else 0


def parser_of() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--steps", type=int, default=600, help="of each training, or its length where shorter"
    )
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="trainings a kind; 12 meet every variant")
    parser.add_argument("--kinds", nargs="+", default=list(KINDS), choices=KINDS)
    parser.add_argument("--variants", nargs="+", default=list(VARIANTS), choices=list(VARIANTS))
    parser.add_argument(
        "--only-failed", action="store_true", help="only what went wrong under another label of the table"
    )
    parser.add_argument("--recovery", action="store_true", help="leave the recovery on")
    parser.add_argument(
        "--label", default="after", help="of the code, so that a table holds before and after"
    )
    parser.add_argument("--source", type=Path, default=apart.ROOT, help="checkout whose code is tried")
    parser.add_argument("--scale", default="laptop", help="key of scales in params.yaml")
    parser.add_argument("--jobs", type=int, default=1, help="trainings at once")
    parser.add_argument("--minutes", type=float, help="begin none after this time")
    parser.add_argument("--work", type=Path, default=apart.ROOT / ".stability", help="folder for data sets")
    parser.add_argument(
        "--results", type=Path, default=apart.ROOT / "benchmarks/results", help="where to write"
    )
    parser.add_argument("--table", action="store_true", help="run nothing; write stability.md and print it")
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Run or tabulate; bad input is one line and exit code 1."""
    given = parser_of().parse_args(arguments)
    try:
        for name, value in (("steps", given.steps), ("rounds", given.rounds), ("jobs", given.jobs)):
            if value < 1:
                raise SemclearError(f"--{name}: got {value}, expected at least 1; correct it")
        if not given.table:
            return run(given)
        rows = Ledger(given.results / "stability.csv", COLUMNS, KEYS).rows
        print(stability_table.write(rows, given.results / "stability.md"))
    except SemclearError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
