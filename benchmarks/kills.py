"""Kill the study again and again at random moments: does the same command, given again, end as if nothing had been?

    python -m benchmarks.kills --work FOLDER --kills 100
    python -m benchmarks.kills --work FOLDER --kills 20 --orchestrator dvc

A round is a small study (the smoke scale, one data set, two trainings) from
nothing to its end in a clone of the commit. It is killed at most `MOST` times
on the way; after each the same command is given again and nothing else is
done. A row a kill is added to benchmarks/results/kills.csv at once. At the
end of a round everything that dvc.lock names must be what an undisturbed run
of Snakemake made, dvc.lock itself included, DVC and Snakemake must have
nothing to do, no half-written file may lie about, and MLflow may call no run
running: a row of benchmarks/results/kills_rounds.csv. Started again, the
benchmark goes on in the round where it was, with a clone as the stop left it.

Moments are counted in processor seconds of the call and all its jobs, so that
they fall on the same work on a busy machine and on an idle one.

With ``--quick`` the steps only write small files, which depend on their
settings and inputs: the rules, Snakemake and DVC are the real ones, and a
round takes seconds of work instead of minutes. The column `steps` says it.

What is killed: ``group`` SIGKILL to the command and all its jobs, ``alone``
SIGKILL to Snakemake, or DVC, alone, ``job`` SIGKILL to one job, ``interrupt``
SIGINT to all, as Ctrl-C does.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil
import yaml

from benchmarks.common.ledger import Ledger
from benchmarks.common.provenance import ROOT, machine
from semclear.files import SCRATCH, sha256, whole_file

sys.path.append(str(ROOT / "tools"))  # the small study of the pipeline's checks

sys.path.append(str(ROOT / "tests" / "helpers"))  # its steps that take no time

import quick_steps
from pipeline_checks.sandbox import shrink

RESULTS = ROOT / "benchmarks" / "results"
KINDS = ("group", "alone", "job", "interrupt")
COMMANDS = {
    "snakemake": ("snakemake", "--cores", "8", "--nocolor", "all"),
    "dvc": ("dvc", "repro"),
}
MOST = 20  # kills a round: then it may end
SPAN = 0.5  # of the work of an undisturbed run: the latest moment of a kill, counted from its call's start
KILLS = (
    "steps", "orchestrator", "round", "kill", "kind", "work_s", "after_s", "progress", "jobs", "exit_code", "commit",
    "machine",
)  # fmt: skip
ROUNDS = (
    "steps", "orchestrator", "round", "kills", "exit_code", "dvc_lock_equal", "files_unequal", "half_written",
    "mlflow_running", "to_do", "commit", "machine",
)  # fmt: skip
STEP = re.compile(r"(\d+) of (\d+) steps")


def smallest(params: dict[str, Any]) -> None:
    """Leave of the study one data set and two trainings at the smoke scale: every rule, and two jobs side by side."""
    shrink(params)
    params["degradations"] = {"fog": params["degradations"]["fog"]}
    params["experiments"] = {
        "fog": {"dataset": "fog", "method": "cyclegan"},
        "fog-paired": {"dataset": "fog", "method": "paired"},
    }


def clone_parser(description: str | None, table: Path) -> argparse.ArgumentParser:
    """Return the parser of a benchmark that plays with one clone of the smallest study."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--work", type=Path, required=True, help="folder for the clone")
    parser.add_argument(
        "--built", type=Path, help="a finished clone of `benchmarks.kills`, taken over as it is"
    )
    parser.add_argument("--table", type=Path, default=table)
    return parser


@dataclass(frozen=True)
class Series:
    """What a row belongs to.

    Attributes
    ----------
    steps : str
        ``study``, or ``quick``: see the module.
    orchestrator : str
        Of `COMMANDS`.
    """

    steps: str
    orchestrator: str

    def clone(self, folder: Path, commit: str = "HEAD", found: bool = False) -> Clone:
        """Return a clone with these steps, or the one that stands there."""
        clone = Clone(folder, commit, found, smallest)
        if self.steps == "quick" and not found:
            shutil.copy(quick_steps.__file__, folder / "src" / "semclear" / "cli" / "main.py")
        return clone

    def start(self, clone: Clone) -> subprocess.Popen[bytes]:
        """Give the command."""
        return clone.start(*COMMANDS[self.orchestrator])

    def rows(self, ledger: Ledger, number: int | None = None) -> list[dict[str, str]]:
        """Return its rows of a table, of one round or of all."""
        return [
            row
            for row in ledger.rows
            if (row["steps"], row["orchestrator"]) == (self.steps, self.orchestrator)
            and number in (None, int(row["round"]))
        ]


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
    reduce : callable
        Makes the settings those of a small study.
    """

    def __init__(
        self,
        folder: Path,
        commit: str = "HEAD",
        found: bool = False,
        reduce: Callable[[dict[str, Any]], None] = shrink,
    ) -> None:
        self.folder = folder
        if not found:
            shutil.rmtree(folder, ignore_errors=True)
            subprocess.run(["git", "clone", "--quiet", str(ROOT), str(folder)], check=True)
            subprocess.run(["git", "checkout", "--quiet", "--detach", commit], cwd=folder, check=True)
            file = folder / "params.yaml"
            params = yaml.safe_load(file.read_text(encoding="utf-8"))
            reduce(params)
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
        """Start the study, by Snakemake if no other command is given, in a session of its own."""
        with self.log.open("w", encoding="utf-8") as log:
            return subprocess.Popen(
                command or COMMANDS["snakemake"],
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


def work_of(process: psutil.Process) -> float:
    """Return the processor seconds of a process and all it started; those of a child that ended are its parent's."""
    total = 0.0
    for one in [process, *process.children(recursive=True)]:
        try:
            total += sum(one.cpu_times()[:4])
        except psutil.NoSuchProcess:
            continue  # ended meanwhile
    return total


def strike(clone: Clone, process: subprocess.Popen[bytes], kind: str, rng: random.Random) -> str:
    """Kill what `kind` says and return the steps that ran at that moment."""
    jobs = clone.jobs()
    names = " ".join(sorted({job.info["cmdline"][job.info["cmdline"].index("step") + 1] for job in jobs}))
    if kind == "job":
        rng.choice(jobs).kill()
    elif kind == "alone":
        process.kill()
    else:
        os.killpg(process.pid, signal.SIGKILL if kind == "group" else signal.SIGINT)
    return names


def disturb(clone: Clone, series: Series, kind: str, moment: float, rng: random.Random) -> dict[str, Any]:
    """Call the command once, kill at a moment, and return what is known of it; kind ``none`` where it was faster.

    Parameters
    ----------
    clone : Clone
        The study.
    series : Series
        Gives the command.
    kind : str
        Of `KINDS`.
    moment : float
        Processor seconds of the call, see `work_of`.
    rng : random.Random
        Chooses the job.
    """
    process, start, work = series.start(clone), time.monotonic(), 0.0
    watched = psutil.Process(process.pid)
    # One job can be killed only where there is one.
    while process.poll() is None and (work < moment or (kind == "job" and not clone.jobs())):
        time.sleep(0.05)
        try:
            work = max(work, work_of(watched))
        except psutil.NoSuchProcess:
            break
    row = {"kind": kind, "work_s": work, "after_s": time.monotonic() - start, "jobs": ""}
    ended = process.poll() is not None
    if not ended:
        try:
            row["jobs"] = strike(clone, process, kind, rng)
        except (psutil.NoSuchProcess, ProcessLookupError, IndexError):
            ended = True
    row |= {"exit_code": process.wait(), "progress": "{} of {}".format(*clone.progress())}
    return row | ({"kind": "none"} if ended else {})


def compare(clone: Clone, whole: dict[str, str]) -> dict[str, Any]:
    """Return in what a finished round is otherwise than an undisturbed run, whose hashes are `whole`."""
    made = clone.outputs()
    unequal = sorted(name for name in {*whole, *made} if whole.get(name) != made.get(name))
    if unequal:
        print(f"unequal: {', '.join(unequal[:20])}", file=sys.stderr, flush=True)
    return {
        "dvc_lock_equal": "dvc.lock" not in unequal,
        "files_unequal": len(unequal),
        "half_written": len(clone.half_written()),
        "mlflow_running": clone.running(),
        "to_do": clone.to_do(),
    }


def undisturbed(work: Path, steps: str) -> dict[str, Any]:
    """Return commit, work in processor seconds and hashes of an undisturbed run, an earlier one's where there is one.

    Parameters
    ----------
    work : Path
        Keeps it.
    steps : str
        See `Series`.

    Raises
    ------
    SystemExit
        With its last words, where the run fails.
    """
    name = "undisturbed" if steps == "study" else f"undisturbed-{steps}"
    kept = work / f"{name}.json"
    if kept.is_file():
        return json.loads(kept.read_text(encoding="utf-8"))
    clone = Series(steps, "snakemake").clone(work / name)
    process, seconds = clone.start(), 0.0
    watched = psutil.Process(process.pid)
    while process.poll() is None:
        with suppress(psutil.NoSuchProcess):
            seconds = max(seconds, work_of(watched))
        time.sleep(0.1)
    if process.returncode != 0:
        sys.exit(clone.log.read_text(encoding="utf-8")[-3000:])
    commit = clone.output_of("git", "rev-parse", "HEAD").strip()  # the project may be worked on meanwhile
    found = {"commit": commit, "work_s": seconds, "outputs": clone.outputs()}
    with whole_file(kept) as scratch:
        scratch.write_text(json.dumps(found), encoding="utf-8")
    return found


def place_of(work: Path, series: Series) -> Path:
    """Return where the clone of a series lies."""
    return work / f"killed-{series.steps}-{series.orchestrator}"


def play(
    work: Path,
    series: Series,
    number: int,
    whole: dict[str, Any],
    ledgers: tuple[Ledger, Ledger],
    end: float = float("inf"),
) -> None:
    """Play one round, from where an earlier call left it, and add its rows.

    Parameters
    ----------
    work : Path
        Holds the clone, see `place_of`.
    series : Series
        Steps and command.
    number : int
        Of the round; moments depend on it and the kill's number alone.
    whole : dict
        From `undisturbed`.
    ledgers : tuple of Ledger
        Of kills and of rounds.
    end : float
        No kill begins after this moment, by ``time.monotonic``: the round is left under way.
    """
    kills, rounds = ledgers
    mine = series.rows(kills, number)
    clone = series.clone(place_of(work, series), whole["commit"], found=bool(mine))
    row = asdict(series) | {"round": number, "commit": whole["commit"][:10], "machine": machine()}
    for kill in range(len(mine) + 1, MOST + 1):
        if time.monotonic() > end:
            return
        rng = random.Random(f"kills {series.steps} {series.orchestrator} {number} {kill}")
        kind = KINDS[(number + kill) % len(KINDS)]
        found = disturb(clone, series, kind, rng.uniform(0, SPAN * whole["work_s"]), rng)
        print(f"round {number}, kill {kill}: {found}", flush=True)
        if found["kind"] == "none":
            if found["exit_code"] != 0:
                print(clone.log.read_text(encoding="utf-8")[-3000:], file=sys.stderr, flush=True)
            break
        kills.add([row | {"kill": kill} | found])
    last = series.start(clone).wait()
    if last != 0:
        print(clone.log.read_text(encoding="utf-8")[-3000:], file=sys.stderr, flush=True)
    result = {"kills": len(series.rows(kills, number)), "exit_code": last} | compare(clone, whole["outputs"])
    rounds.add([row | result])
    print(f"round {number}: {result}", flush=True)


def main() -> int:
    """Play rounds until there are as many kills as asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--work", type=Path, required=True, help="folder for the clones")
    parser.add_argument("--orchestrator", choices=sorted(COMMANDS), default="snakemake")
    parser.add_argument("--quick", action="store_true", help="steps that take no time")
    parser.add_argument("--kills", type=int, default=100, help="rows that its part of the table is to have")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="begin no kill after so many")
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder of the two tables")
    asked = parser.parse_args()
    work, end = asked.work.resolve(), time.monotonic() + 60 * asked.minutes
    work.mkdir(parents=True, exist_ok=True)
    kills = Ledger(asked.results / "kills.csv", KILLS, ("steps", "orchestrator", "round", "kill"))
    rounds = Ledger(asked.results / "kills_rounds.csv", ROUNDS, ("steps", "orchestrator", "round"))
    series = Series("quick" if asked.quick else "study", asked.orchestrator)
    whole = undisturbed(work, series.steps)
    print(f"undisturbed: {whole['work_s']:.0f} s of processor, {len(whole['outputs'])} files", flush=True)
    while time.monotonic() < end:
        number = max((int(row["round"]) for row in series.rows(kills)), default=0)
        last = series.rows(kills, number)
        under_way = (
            bool(last)
            and not series.rows(rounds, number)
            and last[0]["commit"] == whole["commit"][:10]
            and place_of(work, series).is_dir()
        )
        if not under_way:
            if len(series.rows(kills)) >= asked.kills:
                break
            number += 1
        play(work, series, number, whole, (kills, rounds), end)
    done = series.rows(rounds)
    bad = [row for row in done if not ended_well(row)]
    print(
        f"{len(series.rows(kills))} kills, {len(done)} rounds, {len(bad)} of them ended otherwise than undisturbed"
    )
    return 1 if bad else 0


def ended_well(row: Mapping[str, str]) -> bool:
    """Return whether a round of the table ended as if nothing had been."""
    counts = ("exit_code", "files_unequal", "half_written", "mlflow_running")
    return row["dvc_lock_equal"] == "True" and not row["to_do"] and {row[name] for name in counts} == {"0"}


if __name__ == "__main__":
    sys.exit(main())
