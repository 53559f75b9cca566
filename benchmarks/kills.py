"""Kill the study again and again at random moments: does the same command, given again, end as if nothing had been?

    python -m benchmarks.kills --work FOLDER --kills 100

A round is a small study (the smoke scale, three trainings) from the beginning
to the end in a clone of the commit, with `EACH` kills on the way; after each,
``snakemake all`` is called again and nothing else is done. At its end
everything that dvc.lock names must be what an undisturbed run made, dvc.lock
itself included, DVC and Snakemake must have nothing to do, no half-written
file may lie about, and MLflow may call no run running. A row a kill is added
to benchmarks/results/kills.csv when its round has ended; started again, the
benchmark goes on with the next round. The rows of a round share its findings.

What is killed: ``group`` SIGKILL to Snakemake and all its jobs, ``snakemake``
SIGKILL to Snakemake alone, ``job`` SIGKILL to one job, ``interrupt`` SIGINT to
all, as Ctrl-C does.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import yaml

from benchmarks.common.ledger import Ledger
from benchmarks.common.provenance import ROOT, machine
from semclear.files import SCRATCH, sha256

sys.path.append(str(ROOT / "tools"))  # the small study of the pipeline's checks

from pipeline_checks.sandbox import shrink as small

TABLE = ROOT / "benchmarks" / "results" / "kills.csv"
KINDS = ("group", "snakemake", "job", "interrupt")
EACH = 5
COLUMNS = (
    "round", "kill", "kind", "after_s", "progress", "jobs", "exit_code", "dvc_lock_equal", "files_unequal",
    "half_written", "mlflow_running", "to_do", "round_s", "commit", "machine",
)  # fmt: skip
COMMAND = ("snakemake", "--cores", "2", "--nocolor", "all")
STEP = re.compile(r"(\d+) of (\d+) steps")


class Clone:
    """A clone of the project's commit with a small study.

    Parameters
    ----------
    folder : Path
        Where to; what stands there is removed.
    commit : str
        The project's, to clone: releases name it.
    found : bool
        Take the clone that stands there instead.
    change : callable
        What makes of params.yaml's values those of the clone; by default a small study.
    """

    def __init__(
        self,
        folder: Path,
        commit: str = "HEAD",
        found: bool = False,
        change: Callable[[dict[str, Any]], None] = small,
    ) -> None:
        self.folder = folder
        if not found:
            shutil.rmtree(folder, ignore_errors=True)
            subprocess.run(["git", "clone", "--quiet", str(ROOT), str(folder)], check=True)
            subprocess.run(["git", "checkout", "--quiet", "--detach", commit], cwd=folder, check=True)
            file = folder / "params.yaml"
            params = yaml.safe_load(file.read_text(encoding="utf-8"))
            change(params)
            file.write_text(yaml.safe_dump(params, sort_keys=False), encoding="utf-8")
        hidden = ("DVC_", "MLFLOW_", "SEMCLEAR_", "GIT_")
        kept = {key: value for key, value in os.environ.items() if not key.startswith(hidden)}
        self.environment = kept | {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(folder / "src"),
            "DVC_NO_ANALYTICS": "1",
        }
        self.log = folder.with_suffix(".log")

    def start(self, *command: str) -> subprocess.Popen[bytes]:
        """Start the study, by `COMMAND` if no other is given, in a session of its own."""
        with self.log.open("w", encoding="utf-8") as log:
            return subprocess.Popen(
                command or COMMAND,
                cwd=self.folder,
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                # A shell that runs us in the background has Ctrl-C switched off for its children.
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
            )

    def output_of(self, *words: str) -> str:
        """Return what a command prints."""
        done = subprocess.run(words, cwd=self.folder, env=self.environment, capture_output=True, text=True)
        return done.stdout + done.stderr

    def progress(self) -> tuple[int, int]:
        """Return the jobs that are done and all of the present call, by its log."""
        found = STEP.findall(self.log.read_text(encoding="utf-8", errors="replace"))
        return (int(found[-1][0]), int(found[-1][1])) if found else (0, 0)

    def jobs(self) -> list[psutil.Process]:
        """Return the steps that run in the clone."""
        found = []
        for process in psutil.process_iter(["cmdline", "cwd"]):
            words = process.info["cmdline"] or []
            if process.info["cwd"] == str(self.folder) and "step" in words and "-c" not in words[:2]:
                found.append(process)
        return found

    def outputs(self) -> dict[str, str]:
        """Return hash by name of every file below data/ and results/ that DVC names, and of dvc.lock."""
        return {
            path.relative_to(self.folder).as_posix(): sha256(path)
            for path in [self.folder / "dvc.lock", *self._files()]
            if path.is_file() and not path.name.startswith(".")
        }

    def half_written(self) -> list[str]:
        """Return scratch files and folders."""
        return [path.name for path in self._files() if SCRATCH.fullmatch(path.name)]

    def _files(self) -> Iterator[Path]:
        for top in ("data", "results"):
            for path in (self.folder / top).rglob("*"):
                if "benchmarks" not in path.relative_to(self.folder).parts:
                    yield path

    def running(self) -> int:
        """Return how many runs MLflow calls running."""
        if not (self.folder / "mlflow.db").is_file():
            return 0
        import sqlite3

        with sqlite3.connect(self.folder / "mlflow.db") as store:
            return store.execute("select count(*) from runs where status = 'RUNNING'").fetchone()[0]

    def to_do(self) -> str:
        """Return what Snakemake or DVC would still do, empty where nothing."""
        words = []
        if "Nothing to be done" not in self.output_of("snakemake", "-n", "all"):
            words.append("snakemake")
        if "up to date" not in self.output_of("dvc", "status"):
            words.append("dvc")
        return " ".join(words)


def strike(clone: Clone, process: subprocess.Popen[bytes], kind: str, rng: random.Random) -> str:
    """Kill what `kind` says and return the steps that ran at that moment."""
    jobs = clone.jobs()
    names = " ".join(sorted({job.info["cmdline"][job.info["cmdline"].index("step") + 1] for job in jobs}))
    if kind == "job":
        rng.choice(jobs).kill()
    elif kind == "snakemake":
        process.kill()
    else:
        os.killpg(process.pid, signal.SIGKILL if kind == "group" else signal.SIGINT)
    return names


def play(
    folder: Path, of: str, number: int, kinds: list[str], whole: dict[str, str], length: float
) -> list[dict[str, Any]]:
    """Play one round and return its rows.

    Parameters
    ----------
    folder : Path
        Of the clone to make.
    of : str
        The commit of the undisturbed run.
    number : int
        Of the round; moments depend on it alone.
    kinds : list of str
        The kills, in order.
    whole : dict
        Outputs of an undisturbed run, see `Clone.outputs`.
    length : float
        Its seconds.
    """
    rng, rows, begun = random.Random(f"kills {number}"), [], time.monotonic()
    clone = Clone(folder, of)
    left = 1.0
    for kill, kind in enumerate(kinds, 1):
        process, start = clone.start(), time.monotonic()
        moment = start + rng.uniform(0, max(left * length, 15.0))
        while time.monotonic() < moment and process.poll() is None:
            time.sleep(0.05)
        # One job can be killed only where there is one.
        while kind == "job" and process.poll() is None and not clone.jobs():
            time.sleep(0.05)
        row = {"round": number, "kill": kill, "kind": kind, "after_s": time.monotonic() - start, "jobs": ""}
        ended = process.poll() is not None
        if not ended:
            try:
                row["jobs"] = strike(clone, process, kind, rng)
            except (psutil.NoSuchProcess, ProcessLookupError, IndexError):
                ended = True
        row |= {"exit_code": process.wait(), "progress": "{} of {}".format(*clone.progress())}
        if ended:
            row["kind"] = "none"  # it was faster
        done, total = clone.progress()
        left *= 1 - done / total if total else 1
        rows.append(row)
        if ended and row["exit_code"] == 0:
            break
    last = clone.start().wait()
    made = clone.outputs()
    unequal = sorted(name for name in {*whole, *made} if whole.get(name) != made.get(name))
    found = {
        "dvc_lock_equal": "dvc.lock" not in unequal,
        "files_unequal": len(unequal),
        "half_written": len(clone.half_written()),
        "mlflow_running": clone.running(),
        "to_do": clone.to_do() or ("" if last == 0 else f"exit code {last}"),
        "round_s": time.monotonic() - begun,
        "commit": of[:10],
        "machine": machine(),
    }
    if unequal:
        print(f"round {number}: unequal: {', '.join(unequal[:20])}", file=sys.stderr, flush=True)
    return [row | found for row in rows if row["kind"] != "none"]


def main() -> int:
    """Play rounds until there are as many kills as asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--work", type=Path, required=True, help="folder for the clones")
    parser.add_argument("--kills", type=int, default=100, help="rows that the table is to have in the end")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="begin no round after so many")
    parser.add_argument("--table", type=Path, default=TABLE)
    asked = parser.parse_args()
    work, begun = asked.work.resolve(), time.monotonic()
    ledger = Ledger(asked.table, COLUMNS, ("round", "kill", "commit"))
    clone = Clone(work / "undisturbed")
    start = time.monotonic()
    if clone.start().wait() != 0:
        print(clone.log.read_text(encoding="utf-8")[-3000:], file=sys.stderr)
        return 1
    length, whole = time.monotonic() - start, clone.outputs()
    of = clone.output_of("git", "rev-parse", "HEAD").strip()  # the project may be worked on meanwhile
    print(f"undisturbed: {length:.0f} s, {len(whole)} files", flush=True)
    number = max((int(row["round"]) for row in ledger.rows), default=0)
    while len(ledger.rows) < asked.kills and time.monotonic() - begun < 60 * asked.minutes:
        number += 1
        kinds = [KINDS[(number + place) % len(KINDS)] for place in range(EACH)]
        rows = play(work / "killed", of, number, kinds, whole, length)
        ledger.add(rows)
        print(*(" ".join(str(row[name]) for name in COLUMNS[:-2]) for row in rows), sep="\n", flush=True)
    counts = ("files_unequal", "half_written", "mlflow_running")
    bad = [
        row
        for row in ledger.rows
        if row["dvc_lock_equal"] != "True" or row["to_do"] or {row[name] for name in counts} != {"0"}
    ]
    print(f"{len(ledger.rows)} kills, {len(bad)} of them in rounds that ended otherwise than undisturbed")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
