"""Where the time of a study goes: processor seconds by rule, from what Snakemake noted of every job.

    python -m benchmarks.cost.breakdown --study FOLDER
    python -m benchmarks.cost.breakdown --study FOLDER --against FOLDER [--pace step_pace.csv | --scale-training X]

Prints and writes benchmarks/results/breakdown.md: a line a rule with jobs, processor seconds and share, and how much is
neither training, restoring, scoring nor classical methods. With --against also another study's seconds, rule by rule. A
study that was trained for fewer steps than the first is stretched, training by training, to the first one's: its own
seconds plus the missing steps at a pace that `step.py --pace` measured with its code, or times a number.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import yaml

from benchmarks.cost import apart
from semclear.errors import SemclearError
from semclear.files import whole_file
from semclear.params.slices import lookup

JOBS = Path("results/benchmarks")
#: What a study is for; all else is what it costs to keep it in order.
WORK = ("train", "restore", "score", "score_classical", "classical")
ALL, REST = "all", "neither training, restoring, scoring nor classical"


@dataclass(frozen=True)
class Job:
    """One job: its rule, its wildcard, and what it took.

    Attributes
    ----------
    rule, name : str
        Of the workflow; the name is empty where a rule has one job.
    cpu, seconds, peak : float
        Processor and wall seconds, largest resident memory in MiB; 0 where
        Snakemake noted none.
    added : float
        Of `cpu`, what was not measured but put in for missing steps.
    """

    rule: str
    name: str
    cpu: float
    seconds: float = 0.0
    peak: float = 0.0
    added: float = 0.0


def _number(text: str | None) -> float:
    """Return a cell as a number; Snakemake writes NA or - where a job ended before it looked."""
    try:
        return float(text or 0)
    except ValueError:
        return 0.0


def jobs_of(study: Path) -> list[Job]:
    """Return the jobs of a study's folder.

    Raises
    ------
    SemclearError
        When it has none.
    """
    found = []
    for path in sorted((study / JOBS).rglob("*.tsv")):
        rule, *rest = path.relative_to(study / JOBS).with_suffix("").parts
        with path.open(newline="", encoding="utf-8") as stream:
            for row in csv.DictReader(stream, delimiter="\t"):
                numbers = (_number(row.get(name)) for name in ("cpu_time", "s", "max_rss"))
                found.append(Job(rule, "/".join(rest), *numbers))
    if not found:
        raise SemclearError(
            f"{study / JOBS}: got no .tsv files, expected a study's; give a folder where it has run"
        )
    return found


def trainings_of(study: Path) -> dict[str, tuple[str, int]]:
    """Return method and number of steps of each training of a study, by its params.yaml.

    Raises
    ------
    SemclearError
        When there is none, or a key is missing.
    """
    path = study / "params.yaml"
    if not path.is_file():
        raise SemclearError(
            f"{path}: is missing, expected beside the study's results; give the study's folder"
        )
    values = yaml.safe_load(path.read_text(encoding="utf-8"))
    length = lookup(values, f"scales.{values['scale']}.train")
    found = {}
    for name, line in values["experiments"].items():
        budget = line.get("budget", values["train"]["budget"])
        # As `Settings.epochs` counts them.
        found[name] = line["method"], max(1, round(length["epochs"] * budget)) * length["steps_per_epoch"]
    return found


def pace_of(path: Path, label: str | None) -> Callable[[str, str], float]:
    """Return what tells the processor seconds a step of a training by its name and method.

    A training that was not measured gets the mean pace of its method.

    Parameters
    ----------
    path : Path
        From ``step.py --pace``.
    label : str, optional
        `code_label` of the rows that count; all by default.

    Raises
    ------
    SemclearError
        When there is no such row.
    """
    with path.open(newline="", encoding="utf-8") as stream:
        rows = [row for row in csv.DictReader(stream) if label in (None, row["code_label"])]

    def pace(name: str, method: str) -> float:
        own = [row for row in rows if row["kind"] == name] or [row for row in rows if row["method"] == method]
        if not own:
            raise SemclearError(
                f"{path}: got no row of {name} or {method} with the label {label}, expected one; run step.py --pace"
            )
        return sum(float(row["pace_cpu_s"]) for row in own) / len(own)

    return pace


def stretched(
    jobs: Sequence[Job],
    done: Mapping[str, tuple[str, int]],
    wanted: Mapping[str, tuple[str, int]],
    pace: Callable[[str, str], float] | None,
    factor: float | None,
) -> list[Job]:
    """Return the jobs as if every training had had the steps wanted.

    Parameters
    ----------
    jobs : sequence of Job
        As noted.
    done, wanted : mapping
        Method and steps of each training, as it was and as it is to count.
    pace : callable, optional
        See `pace_of`: measured seconds + missing steps x seconds a step.
    factor : float, optional
        Instead: measured seconds x this.

    Raises
    ------
    SemclearError
        When steps are missing and neither says how they count.
    """
    result = []
    for job in jobs:
        missing = 0
        if job.rule == "train" and job.name in wanted:
            missing = wanted[job.name][1] - done.get(job.name, wanted[job.name])[1]
        if job.rule == "train" and factor is not None:
            added = job.cpu * (factor - 1.0)
        elif missing and pace is not None:
            added = missing * pace(job.name, done[job.name][0])
        elif missing:
            raise SemclearError(
                f"--against: training {job.name} has {done[job.name][1]} steps there, expected "
                f"{wanted[job.name][1]} as here; give --pace or --scale-training"
            )
        else:
            added = 0.0
        result.append(replace(job, cpu=job.cpu + added, added=added))
    return result


def _of(jobs: Sequence[Job], rule: str) -> list[Job]:
    if rule == ALL:
        return list(jobs)
    return [job for job in jobs if (job.rule not in WORK if rule == REST else job.rule == rule)]


def _cpu(jobs: Sequence[Job]) -> float:
    return sum(job.cpu for job in jobs)


def rules_of(jobs: Sequence[Job]) -> list[str]:
    """Return the rules by what they take, the most first, then the rest together and all."""
    return [*sorted({job.rule for job in jobs}, key=lambda rule: -_cpu(_of(jobs, rule))), REST, ALL]


def table_of(jobs: Sequence[Job]) -> list[str]:
    """Return the lines of one study's table."""
    whole = _cpu(jobs) or 1.0
    lines = ["| rule | jobs | processor (s) | share | time (s) | largest memory (MiB) |"]
    lines += ["|---|---:|---:|---:|---:|---:|"]
    for rule in rules_of(jobs):
        own = _of(jobs, rule)
        cells = [rule, str(len(own)), f"{_cpu(own):.1f}", f"{_cpu(own) / whole:.1%}"]
        cells += [
            f"{sum(job.seconds for job in own):.1f}",
            f"{max((job.peak for job in own), default=0):.0f}",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def comparison_of(jobs: Sequence[Job], others: Sequence[Job]) -> list[str]:
    """Return the lines of the table of two studies; jobs that only one of them has are left out and counted below."""
    names = {(job.rule, job.name) for job in jobs} & {(job.rule, job.name) for job in others}
    here = [job for job in jobs if (job.rule, job.name) in names]
    there = [job for job in others if (job.rule, job.name) in names]
    lines = ["| rule | jobs | here (s) | there (s) | of these put in for missing steps (s) | here by there |"]
    lines += ["|---|---:|---:|---:|---:|---:|"]
    for rule in rules_of(here):
        first, second = _of(here, rule), _of(there, rule)
        cells = [rule, str(len(first)), f"{_cpu(first):.1f}", f"{_cpu(second):.1f}"]
        cells += [f"{sum(job.added for job in second):.1f}"]
        cells += [f"{_cpu(first) / _cpu(second):.3f}" if _cpu(second) else ""]
        lines.append(f"| {' | '.join(cells)} |")
    for where, every in (("here", jobs), ("there", others)):
        lone = [f"{j.rule} {j.name}".strip() for j in every if (j.rule, j.name) not in names]
        if lone:
            lines += ["", f"Only {where}, and not compared: {', '.join(lone)}."]
    return lines


def text_of(given: argparse.Namespace) -> str:
    """Return the page."""
    jobs = jobs_of(given.study)
    lines = ["# What the study takes", ""]
    lines += ["Written by `python -m benchmarks.cost.breakdown` from what Snakemake noted of every job", ""]
    lines[-2] += " (`results/benchmarks/`; it looks at intervals, and at jobs of a second hardly)."
    lines += table_of(jobs)
    if given.against is None:
        return "\n".join(lines) + "\n"
    done, wanted = trainings_of(given.against), trainings_of(given.study)
    pace = None if given.pace is None else pace_of(given.pace, given.pace_label)
    others = stretched(jobs_of(given.against), done, wanted, pace, given.scale_training)
    lines += ["", "## Against another study", ""]
    if given.scale_training is not None:
        lines += [
            f"Its trainings are not measured at this length: their seconds times {given.scale_training:g}.",
            "",
        ]
    elif any(job.added for job in others):
        steps = sorted({(done[j.name][1], wanted[j.name][1]) for j in others if j.added})
        told = ", ".join(f"{short} steps, counted as {long}" for short, long in steps)
        lines += [
            f"Its trainings are not measured at this length but extrapolated ({told}): the seconds measured, start-up "
            "included, plus the missing steps at the processor seconds a step that `step.py --pace` measured with its "
            "code.",
            "",
        ]
    return "\n".join([*lines, *comparison_of(jobs, others)]) + "\n"


def parser_of() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--study", type=Path, default=apart.ROOT, help="folder of a study that has run")
    parser.add_argument("--against", type=Path, help="folder of another one")
    parser.add_argument("--pace", type=Path, help="table of step.py --pace with the other study's code")
    parser.add_argument("--pace-label", help="rows of it that count, by code_label")
    parser.add_argument("--scale-training", type=float, help="instead: factor on the other's trainings")
    parser.add_argument(
        "--results", type=Path, default=apart.ROOT / "benchmarks/results", help="where to write"
    )
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Print and write the page; bad input is one line and exit code 1."""
    given = parser_of().parse_args(arguments)
    try:
        if given.pace is not None and not given.pace.is_file():
            raise SemclearError(
                f"--pace: got {given.pace}, expected a table of step.py --pace; measure it first"
            )
        if given.pace is not None and given.scale_training is not None:
            raise SemclearError("--pace, --scale-training: got both, expected one; leave one out")
        text = text_of(given)
        with whole_file(given.results / "breakdown.md") as scratch:
            scratch.write_text(text, encoding="utf-8")
        print(text, end="")
    except SemclearError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
