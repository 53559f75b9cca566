"""Does the same study come out again to the byte: in another clone, on other cores, after kills, on a cluster?

    python -m benchmarks.reproduce --work FOLDER [--scale smoke|laptop|small] [--only twice cores kill slurm]

A run is the whole study in a fresh clone of one commit: ``first`` and ``second`` (two cores each), ``cores-1`` and
``cores-8``, ``killed`` (killed twice on its way and started again by the same command), ``slurm`` (by profiles/slurm
on the two nodes of `benchmarks.slurm.cluster`: root and Debian's packages). Every file below data/ and results/, and
dvc.lock, is compared by its SHA-256; Snakemake's own measurements of time and memory (results/benchmarks) are not.
``small`` is the smoke scale with one data set and two trainings.

A comparison is a row of benchmarks/results/reproduce.csv. Where ``first`` was not run, ``killed`` and ``slurm`` are
held against another undisturbed run. Started again, the benchmark takes finished runs from FOLDER; a run that was
broken off begins anew. Without --only all is compared but ``slurm``.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.common.ledger import Ledger
from benchmarks.common.provenance import ROOT, machine
from benchmarks.kills import COMMANDS, Clone, smallest
from semclear.files import whole_file

TABLE = ROOT / "benchmarks" / "results" / "reproduce.csv"
KINDS = ("table", "model", "image", "other")
COLUMNS = (
    "comparison", "scale", "first", "second", "files", *(f"{kind}s" for kind in KINDS), "unequal", "which",
    "half_written", "mlflow_running", "to_do", "first_s", "second_s", "seed", "commit", "machine",
)  # fmt: skip
#: Comparison to its runs; the first of a pair may be another undisturbed one.
PAIRS = {
    "twice": ("first", "second"),
    "cores": ("cores-1", "cores-8"),
    "kill": ("first", "killed"),
    "slurm": ("first", "slurm"),
}
UNDISTURBED = ("first", "second", "cores-1", "cores-8")
#: After which share of its steps a run is killed: Snakemake with all jobs, then by Ctrl-C.
KILLS = ((0.3, signal.SIGKILL), (0.6, signal.SIGINT))
NAMED = 10  # unequal files that a row names


@dataclass(frozen=True)
class Run:
    """A finished run: hash by file, seconds, and what it left (`Clone.half_written`, `.running`, `.to_do`)."""

    name: str
    outputs: dict[str, str]
    seconds: float
    half_written: int
    mlflow_running: int
    to_do: str


class FailedError(Exception):
    """A run ended with an error: its name and the end of its log."""


def kind_of(file: str) -> str:
    """Return what a file of the study is: "table" (also card, curve, manifest), "model", "image" or "other"."""
    ending = Path(file).suffix
    if ending == ".semclear":
        return "model"
    if ending in (".png", ".npz", ".npy"):
        return "image"
    return "table" if ending in (".csv", ".json", ".md", ".tex") else "other"


def compared(one: Run, other: Run) -> dict[str, Any]:
    """Return what a row says of two runs' files: how many of each kind, and which are unequal or in one run alone."""
    files = one.outputs.keys() | other.outputs.keys()
    unequal = sorted(name for name in files if one.outputs.get(name) != other.outputs.get(name))
    counts = Counter(kind_of(name) for name in files)
    more = f" and {len(unequal) - NAMED} more" if len(unequal) > NAMED else ""
    return {
        "first": one.name,
        "second": other.name,
        "files": len(files),
        **{f"{kind}s": counts[kind] for kind in KINDS},
        "unequal": len(unequal),
        "which": " ".join(unequal[:NAMED]) + more,
        "half_written": one.half_written + other.half_written,
        "mlflow_running": one.mlflow_running + other.mlflow_running,
        "to_do": " ".join(filter(None, [one.to_do, other.to_do])),
        "first_s": one.seconds,
        "second_s": other.seconds,
    }


def _scaled(scale: str) -> Callable[[dict[str, Any]], None]:
    """Return what sets a study's scale in the values of params.yaml."""

    def change(values: dict[str, Any]) -> None:
        values["scale"] = scale

    return smallest if scale == "small" else change


def _cores(number: int) -> tuple[str, ...]:
    return ("snakemake", "--cores", str(number), "--nocolor", "all")


def _finish(clone: Clone, *command: str) -> None:
    if clone.start(*(command or COMMANDS["snakemake"])).wait() != 0:
        raise FailedError(
            f"{clone.folder.name}: {clone.log.read_text(encoding='utf-8', errors='replace')[-3000:]}"
        )


def _killed(clone: Clone) -> None:
    """Run a study that is killed twice on its way, and each time started again."""
    for share, kind in KILLS:
        process = clone.start(*COMMANDS["snakemake"])
        while process.poll() is None:
            done, total = clone.progress()
            # Progress is counted anew in each call: the share is of what was left.
            if total and done >= share * total:
                os.killpg(process.pid, kind)
                break
            time.sleep(0.2)
        process.wait()
        print(f"killed: {kind.name} after {'{} of {}'.format(*clone.progress())} steps", flush=True)
    _finish(clone)


def _on_cluster(clone: Clone) -> None:
    from benchmarks.slurm import cluster as clusters
    from benchmarks.slurm.lost_node import OPTIONS

    with clusters.started(clone.folder.with_name("cluster")):
        _finish(clone, "snakemake", *OPTIONS, "all")


WAYS: Mapping[str, Callable[[Clone], None]] = {
    "first": _finish,
    "second": _finish,
    "cores-1": lambda clone: _finish(clone, *_cores(1)),
    "cores-8": lambda clone: _finish(clone, *_cores(8)),
    "killed": _killed,
    "slurm": _on_cluster,
}


def _found(work: Path, name: str, commit: str) -> Run | None:
    """Return a run that is finished already, of this commit."""
    file = work / f"{name}.json"
    values = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {"commit": ""}
    return Run(**values["run"]) if values["commit"] == commit else None


def run(work: Path, name: str, scale: str, commit: str) -> Run:
    """Return a run: a finished one, or a new one in a fresh clone.

    Raises
    ------
    FailedError
        When the study ends with an error.
    """
    if (made := _found(work, name, commit)) is not None:
        return made
    print(f"{name}: begins", flush=True)
    begun = time.monotonic()
    clone = Clone(work / name, commit, reduce=_scaled(scale))
    WAYS[name](clone)
    made = Run(
        name,
        clone.outputs(),
        round(time.monotonic() - begun, 1),
        len(clone.half_written()),
        clone.running(),
        clone.to_do(),
    )
    with whole_file(work / f"{name}.json") as scratch:
        scratch.write_text(json.dumps({"commit": commit, "run": vars(made)}, indent=1), encoding="utf-8")
    print(f"{name}: {len(made.outputs)} files in {made.seconds:.0f} s", flush=True)
    return made


def _reference(work: Path, comparison: str, commit: str) -> str:
    """Return the run that a comparison's second is held against."""
    first = PAIRS[comparison][0]
    if comparison not in ("kill", "slurm"):
        return first
    return next((name for name in UNDISTURBED if _found(work, name, commit) is not None), first)


def shown(rows: list[dict[str, str]]) -> str:
    """Return the rows as a printed table."""
    heads = ("comparison", "scale", "first", "second", "files", "unequal", "half_written", "to_do", "commit")
    lines = [heads, *[tuple(row[head] or "-" for head in heads) for row in rows]]
    widths = [max(len(line[place]) for line in lines) for place in range(len(heads))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines
    )


def main() -> int:
    """Run and compare; exit code 1 where anything is unequal, half-written, left to do, or a run failed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--work", type=Path, required=True, help="folder for the clones")
    parser.add_argument("--scale", choices=("smoke", "laptop", "small"), default="smoke")
    parser.add_argument("--only", nargs="+", choices=tuple(PAIRS), default=["twice", "cores", "kill"])
    parser.add_argument("--commit", default="HEAD", help="of the project, to clone")
    parser.add_argument("--table", type=Path, default=TABLE)
    asked = parser.parse_args()
    work = asked.work.resolve() / asked.scale
    work.mkdir(parents=True, exist_ok=True)
    found = subprocess.run(
        ["git", "rev-parse", asked.commit], cwd=ROOT, capture_output=True, text=True, check=True
    )
    commit = found.stdout.strip()
    ledger = Ledger(asked.table, COLUMNS, ("comparison", "scale", "commit"))
    for comparison in asked.only:
        try:
            one = run(work, _reference(work, comparison, commit), asked.scale, commit)
            other = run(work, PAIRS[comparison][1], asked.scale, commit)
        except FailedError as error:
            print(error, file=sys.stderr)
            return 1
        row = compared(one, other) | {
            "comparison": comparison,
            "scale": asked.scale,
            "seed": seed_of(work / one.name),
            "commit": commit[:10],
            "machine": machine(),
        }
        ledger.add([row])
        print(shown(ledger.rows), flush=True)
    bad = [
        row
        for row in ledger.rows
        if row["to_do"] or {row["unequal"], row["half_written"], row["mlflow_running"]} != {"0"}
    ]
    return 1 if bad else 0


def seed_of(clone: Path) -> int:
    """Return the seed of a clone's study."""
    import yaml

    return int(yaml.safe_load((clone / "params.yaml").read_text(encoding="utf-8"))["seed"])


if __name__ == "__main__":
    sys.exit(main())
