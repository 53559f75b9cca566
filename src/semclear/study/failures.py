"""What a run of Snakemake leaves when jobs failed: tables of what is there, and one block that says what to do.

Partial tables, figures and releases stand where the whole ones belong, and
Snakemake holds them for incomplete, so that the next run makes them whole
whatever was changed meanwhile.
"""

from __future__ import annotations

import atexit
import json
import os
import shlex
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from semclear.study.missing import classical_name

#: The rules that sum up the study, in the order in which they are made.
SUMMARIES = ("tabulate", "plot", "release")
LINE = "=" * 78


@dataclass(frozen=True)
class Failure:
    """A job that failed.

    Attributes
    ----------
    rule : str
        Of the workflow.
    name : str
        Experiment or data set; empty for a rule of the whole study.
    log : Path or None
        What it printed.
    """

    rule: str
    name: str
    log: Path | None


def record_of(model: str, since: float, folder: Path = Path("results/models")) -> dict[str, Any] | None:
    """Return what a training that failed for good wrote of itself, None where it wrote nothing in this run.

    Parameters
    ----------
    model : str
        The experiment.
    since : float
        Start of the run, seconds of the epoch: an older file tells of another run.
    folder : Path
        Where ``MODEL.failed.json`` stands.
    """
    path = folder / f"{model}.failed.json"
    try:
        if path.stat().st_mtime < since:
            return None
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return values if isinstance(values, dict) else None


def last_line(log: Path | None) -> str:
    """Return the last line that a job printed, empty where there is none."""
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines() if log else []
    except OSError:
        lines = []
    return next((line.strip() for line in reversed(lines) if line.strip()), "")


def _of_training(failure: Failure, since: float) -> list[str]:
    values = record_of(failure.name, since)
    if values is None:
        said = last_line(failure.log).removeprefix("error: ") or "it printed nothing"
        return [f"  {failure.name}: {said}", *_log(failure)]
    terms = values.get("terms") or {}
    what = (
        ", ".join(f"{term} = {value}" for term, value in terms.items()) if isinstance(terms, Mapping) else ""
    )
    where = ", ".join(f"{key} {values[key]}" for key in ("epoch", "step") if values.get(key) is not None)
    attempts = values.get("attempts")
    tried = f" ({len(attempts)} attempts)" if isinstance(attempts, list) and len(attempts) > 1 else ""
    head = ": ".join(part for part in (where, str(values.get("kind") or ""), what) if part)
    lines = [f"  {failure.name}: {head or 'failed'}{tried}"]
    lines += [f"    {values['advice']}"] if values.get("advice") else []
    return [*lines, *_log(failure)]


def _log(failure: Failure) -> list[str]:
    return [f"    {failure.log}"] if failure.log else []


def block(failures: Sequence[Failure], missing: Sequence[str], made: Mapping[str, bool], since: float) -> str:
    """Return what to read at the end of a run in which jobs failed.

    Parameters
    ----------
    failures : sequence of Failure
        The jobs.
    missing : sequence of str
        Experiments, and ``classical-DATASET``, without scores.
    made : mapping
        By rule of `SUMMARIES` that was tried, whether it was made of what is there.
    since : float
        Start of the run, see `record_of`.
    """
    trainings = sorted((f for f in failures if f.rule == "train"), key=lambda f: f.name)
    others = sorted((f for f in failures if f.rule != "train"), key=lambda f: (f.rule, f.name))
    lines = [LINE]
    if trainings:
        lines.append("Trainings that failed:" if len(trainings) > 1 else "A training failed:")
        for failure in trainings:
            lines += _of_training(failure, since)
    if others:
        lines.append("Other jobs that failed:" if trainings else "Jobs that failed:")
        for failure in others:
            said = last_line(failure.log).removeprefix("error: ")
            lines += [
                f"  {' '.join((failure.rule, failure.name)).strip()}{f': {said}' if said else ''}",
                *_log(failure),
            ]
    lines += _of_summaries(missing, made)
    again = "Then run the same command again: it makes what is missing and all that follows from it."
    return "\n".join([*lines, again, LINE])


def _of_summaries(missing: Sequence[str], made: Mapping[str, bool]) -> list[str]:
    names = {"tabulate": "tables", "plot": "figures", "release": "releases"}
    done = [names[rule] for rule in SUMMARIES if made.get(rule)]
    refused = [rule for rule in SUMMARIES if made.get(rule) is False]
    lines = []
    if done:
        lines.append(f"Made of what is there: {', '.join(done)}. Missing in them: {', '.join(missing)}.")
    elif missing:
        lines.append(f"Without scores: {', '.join(missing)}. Tables and figures are not made.")
    lines += [
        f"{names[rule].capitalize()} could not be made of what is there: logs/{rule}.log" for rule in refused
    ]
    return lines


def failed_jobs(jobs: Iterable[Any]) -> list[Failure]:
    """Return the failures of Snakemake's jobs, those of a group one by one."""
    single = [part for job in jobs for part in (getattr(job, "jobs", None) or [job])]
    return [
        Failure(job.rule.name, ", ".join(dict(job.wildcards).values()), Path(job.log[0]) if job.log else None)
        for job in single
    ]


def missing_in(dag: Any) -> list[str]:
    """Return the experiments, and ``classical-DATASET``, whose scores this run should have made and did not."""
    found = []
    for job in dag.needrun_jobs():
        if job.rule.name == "score":
            found.append(job.wildcards.model)
        elif job.rule.name == "score_classical":
            found.append(classical_name(job.wildcards.dataset))
    return sorted(found)


def summarise(workflow: Any, missing: Sequence[str]) -> dict[str, bool]:
    """Make tables, figures and releases of what is there, with the commands of their own rules.

    Parameters
    ----------
    workflow : snakemake.workflow.Workflow
        The run that failed.
    missing : sequence of str
        What to leave out.

    Returns
    -------
    dict
        By rule that was tried, whether it was made. Without tables the others are not tried.
    """
    dag = workflow.dag
    waiting = {job.rule.name: job for job in dag.needrun_jobs() if job.rule.name in SUMMARIES}
    failed = {failure.rule for failure in failed_jobs(workflow.scheduler.failed)}
    scored = [job for job in dag.jobs if job.rule.name in ("score", "score_classical")]
    made: dict[str, bool] = {}
    if failed & set(SUMMARIES) or not missing or len(missing) == len(scored):
        return made
    left_out = " ".join(f"--missing {shlex.quote(name)}" for name in missing)
    for rule in SUMMARIES:
        if rule not in waiting or made.get("tabulate") is False:
            continue
        # Before anything is written: a run that is killed here must leave no partial table that passes for whole.
        workflow.persistence.started(waiting[rule])
        done = subprocess.run(f"{waiting[rule].shellcmd} {left_out}", shell=True)
        made[rule] = done.returncode == 0
    return made


def report(workflow: Any, since: float) -> None:
    """Sum up a run that failed, as the last thing it prints; called from ``onerror`` of the Snakefile.

    Parameters
    ----------
    workflow : snakemake.workflow.Workflow
        The run.
    since : float
        Its start, seconds of the epoch.
    """
    failures = failed_jobs(workflow.scheduler.failed)
    # Ctrl-C ends the jobs, too, and who pressed it wants no tables.
    if not failures or getattr(workflow.scheduler, "_user_kill", None):
        return
    missing = missing_in(workflow.dag)
    # DVC expects of a stage its own outputs and nothing else.
    made = {} if "DVC_STAGE" in os.environ else summarise(workflow, missing)
    text = block(failures, missing, made, since)
    # Snakemake says more after this hook.
    atexit.register(lambda: print(text, file=sys.stderr, flush=True))
