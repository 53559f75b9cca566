"""Run the study by profiles/slurm on two real nodes, lose one in the middle, and compare with a run on this machine.

    python -m benchmarks.slurm.lost_node --work FOLDER

Needs what `benchmarks.slurm.cluster` does, and the package
snakemake-executor-plugin-slurm beside Snakemake. The study is the smoke scale
with three trainings. After the first training has begun, the daemon of the
node it runs on and all its processes are killed; nothing else is done. The
tables must be those of the run without a cluster, byte for byte (where that run was of another commit, releases and
dvc.lock are left out, which name it). What happened
is written to benchmarks/results/slurm.md.
"""

from __future__ import annotations

import argparse
import signal
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.common.provenance import ROOT, commit, machine
from benchmarks.kills import Clone
from benchmarks.slurm import cluster as clusters
from semclear.files import whole_file

REPORT = ROOT / "benchmarks" / "results" / "slurm.md"
#: What differs from profiles/slurm here: no accounting, so no account and no sacct; seconds, not minutes.
OPTIONS = (
    "--workflow-profile", "profiles/slurm", "--slurm-no-account", "--slurm-status-command", "squeue",
    "--slurm-init-seconds-before-status-checks", "5", "--seconds-between-status-checks", "5", "--latency-wait", "20",
    "--default-resources", "slurm_partition=main", "--nocolor",
)  # fmt: skip


def _log(lines: list[str], begun: float, text: str) -> None:
    lines.append(f"{time.monotonic() - begun:6.0f} s  {text}")
    print(lines[-1], flush=True)


def _training_node() -> str:
    """Return the node on which a training runs, empty where none does."""
    done = subprocess.run(["squeue", "-h", "-t", "R", "-o", "%N %k"], capture_output=True, text=True)
    rows = [line.split(maxsplit=1) for line in done.stdout.splitlines()]
    return next((row[0] for row in rows if len(row) == 2 and "train" in row[1]), "")


def _by_commit(name: str) -> bool:
    """Return whether a file names the commit of its run, and with it the hashes of all files."""
    return name == "dvc.lock" or name.startswith("results/release/")


def play(work: Path, other: Path | None, lines: list[str]) -> bool:
    """Run the study on the cluster, lose a node, and return whether all ended as on one machine."""
    begun = time.monotonic()
    if other is None:
        alone = Clone(work / "alone")
        if alone.start().wait() != 0:
            _log(lines, begun, "the run on this machine failed: " + alone.log.read_text()[-500:])
            return False
    else:
        alone = Clone(other, found=True)
    whole = alone.outputs()
    _log(lines, begun, f"run on this machine alone{' (an earlier one)' if other else ''}: {len(whole)} files")
    with clusters.started(work / "slurm") as cluster:
        _log(lines, begun, f"cluster up: {cluster.states()}")
        clone = Clone(work / "clustered")
        process = clone.start("snakemake", *OPTIONS, "all")
        while process.poll() is None and not (node := _training_node()):
            time.sleep(1)
        if process.poll() is None:
            time.sleep(5)
            cluster.lose(node)
            _log(lines, begun, f"{node} lost, with a training on it; jobs done: {clone.progress()}")
        down = False
        while process.poll() is None:
            states = cluster.states()
            if not down and "down" in " ".join(states.values()):
                down = True
                _log(lines, begun, f"SLURM sees it: {states}")
            time.sleep(2)
        _log(
            lines,
            begun,
            f"snakemake ended with exit code {process.returncode}; {clone.progress()} jobs; {cluster.states()}",
        )
        if process.returncode != 0:
            again = clone.start("snakemake", *OPTIONS, "all").wait()
            _log(lines, begun, f"the same command again: exit code {again}")
    made = clone.outputs()
    unequal = sorted(
        name
        for name in {*whole, *made}
        if whole.get(name) != made.get(name) and not (other and _by_commit(name))
    )
    _log(lines, begun, f"{len(made)} files, {len(unequal)} unequal to those of one machine: {unequal[:10]}")
    _log(
        lines,
        begun,
        f"MLflow runs still running: {clone.running()}; left to do: {clone.to_do() or 'nothing'}",
    )
    return process.returncode == 0 and not unequal


def main() -> int:
    """Write the log of one run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--work", type=Path, required=True, help="folder for cluster and clones")
    parser.add_argument(
        "--alone", type=Path, help="a finished clone of `benchmarks.kills`, instead of a run on this machine"
    )
    asked = parser.parse_args()
    work = asked.work.resolve()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # or the daemons would go on
    lines: list[str] = []
    good, of = False, commit()  # the project may be worked on meanwhile
    try:
        good = play(work, asked.alone and asked.alone.resolve(), lines)
    finally:
        text = "\n".join(lines)
        verdict = "All tables are those of one machine." if good else "Not as on one machine, see the log."
        with whole_file(REPORT) as scratch:
            scratch.write_text(
                "# The study on two SLURM nodes, one lost in the middle\n\n"
                f"Written by `python -m benchmarks.slurm.lost_node`, commit {of}, on {machine()}: "
                f"two slurmd on one host, smoke scale, three trainings.\n{verdict}\n\n```text\n{text}\n```\n",
                encoding="utf-8",
            )
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
