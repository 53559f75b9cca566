"""Write dvc.lock after a run of Snakemake, and finish what a stop left half done.

Snakemake calls no hook of ours when it finds nothing to do. So the lock file
that agrees with everything on disk is known by its hash in `RECORDED`: any run
that starts jobs takes that away, and where it is missing or another,
`demand` has the rule `all` run, which costs nothing and ends in `record`.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml

from semclear.errors import one_line
from semclear.files import sha256, whole_file

PARAMS = Path("params.yaml")
LOCK = Path("dvc.lock")
#: Hash of the dvc.lock that was last found to name everything on disk.
RECORDED = Path(".snakemake/semclear.recorded")
#: dvc.lock as it was, while DVC writes it; empty where there was none.
BEFORE = Path(".snakemake/semclear.dvc.lock")
TRIGGERS = {"CODE", "INPUT", "MTIME", "PARAMS"}
TIMESTAMP = ".snakemake_timestamp"

#: File systems and Snakemake round times differently.
SECONDS = 1e-3


def stage_of(rule: str, wildcards: Mapping[str, str], settings: Mapping[str, Any]) -> str:
    """Return the name in dvc.yaml of a Snakemake job."""
    real = rule in ("classical", "score_classical") and wildcards["dataset"] in settings["real"]
    return "@".join([f"{rule}_real" if real else rule, *wildcards.values()])


def _by_dvc() -> bool:
    """Return whether DVC called us, which writes its own lock file, or is not used at all."""
    return "DVC_STAGE" in os.environ or not Path(".dvc").is_dir()


def _elsewhere(workflow: Any) -> str:
    """Return the address of the bucket in which data and results lie, empty where they lie here."""
    settings = workflow.storage_settings
    return (
        str(settings.default_storage_prefix or "") if settings and settings.default_storage_provider else ""
    )


def _is_full_run(workflow: Any) -> bool:
    dag = workflow.dag_settings
    return (
        set(dag.targets or ()) <= {"all"}
        and not (dag.until or dag.omit_from or dag.allowed_rules or dag.batch or dag.target_jobs)
        and {trigger.name for trigger in workflow.rerun_triggers} >= TRIGGERS
    )


def _lock_hash() -> str:
    return sha256(LOCK) if LOCK.is_file() else "none"


def is_recorded() -> bool:
    """Return whether dvc.lock is the one that was last found to name everything on disk."""
    return RECORDED.is_file() and RECORDED.read_text(encoding="utf-8") == _lock_hash()


def demand(workflow: Any) -> list[str]:
    """Have the rule `all` run where dvc.lock may not name what is there; called as an input of that rule.

    Not before: while the Snakefile is read, Snakemake does not yet know what it is asked for.

    Parameters
    ----------
    workflow : snakemake.workflow.Workflow
        The run. A partial or dry one, one that DVC called and the process of
        a single job are left alone.

    Returns
    -------
    list of str
        Empty: no file is asked for.
    """
    asked = workflow.executor_plugin is not None and not workflow.dryrun  # not for a list or a report
    whole = workflow.exec_mode.name == "DEFAULT" and not _by_dvc() and _is_full_run(workflow)
    if asked and whole and not _elsewhere(workflow) and not is_recorded():
        workflow.dag.forcerules.add(workflow.get_rule("all"))
    return []


def begin() -> None:
    """Note that jobs are about to run, whoever called; from here on dvc.lock is behind."""
    RECORDED.unlink(missing_ok=True)


def _checksum(path: str) -> str:
    with Path(path).open("rb") as stream:
        return "sha256:" + hashlib.file_digest(stream, "sha256").hexdigest()


def _is_as_written(output: Any, endtime: float) -> bool:
    path = Path(output)
    if not path.is_dir():
        return abs(path.lstat().st_mtime - endtime) <= SECONDS
    entries = [path, *(entry for entry in path.rglob("*") if entry.name != TIMESTAMP)]
    return all(entry.lstat().st_mtime <= endtime + SECONDS for entry in entries)


def _built_here(workflow: Any, job: Any) -> bool:
    """Return whether the job's outputs are those Snakemake made, from the inputs now on disk."""
    for output in job.output:
        record = workflow.persistence.metadata(output)
        if not record or record.endtime is None or not _is_as_written(output, record.endtime):
            return False
        sums = record.input_checksums or {}
        if any(sums.get(str(file)) != _checksum(file) for file in job.input):
            return False
    return True


def record(workflow: Any, config: Mapping[str, Any]) -> None:
    """Write dvc.lock after a Snakemake run, vouching only for what it really built.

    Parameters
    ----------
    workflow : snakemake.workflow.Workflow
        The run that succeeded.
    config : mapping
        What it took for params.yaml.
    """
    if _by_dvc():
        return
    if bucket := _elsewhere(workflow):
        _say(f"dvc.lock not touched: data and results lie in {bucket}, which DVC does not watch")
        return
    if not _is_full_run(workflow) or yaml.safe_load(PARAMS.read_text(encoding="utf-8")) != config:
        _say("dvc.lock not touched: this was a partial run, or params.yaml changed meanwhile")
        return
    from dvc.exceptions import DvcException

    try:
        changed = _healed(lambda repo: set(repo.status()))
        jobs = {stage_of(job.rule.name, dict(job.wildcards), config): job for job in workflow.dag.jobs}
        foreign = sorted(
            name for name in changed if name not in jobs or not _built_here(workflow, jobs[name])
        )
        if foreign:
            _say(
                f"dvc.lock not touched: Snakemake cannot vouch for {', '.join(foreign)}; "
                "run `dvc repro`, then `semclear sync`"
            )
            return
        if changed:
            _keep_before()
            # Without links to the cache: they would give files new times, and a stop among them would leave files
            # that nobody vouches for.
            _healed(lambda repo: repo.commit(force=True, relink=False))
    except DvcException as error:
        _say(f"dvc.lock not written: {one_line(error)}; run `snakemake all` again afterwards")
        return
    except KeyboardInterrupt:
        _say("dvc.lock not written: stopped; the next `snakemake all` writes it")
        raise
    BEFORE.unlink(missing_ok=True)
    with whole_file(RECORDED) as scratch:
        scratch.write_text(_lock_hash(), encoding="utf-8")


def _keep_before() -> None:
    with whole_file(BEFORE) as scratch:
        scratch.write_bytes(LOCK.read_bytes() if LOCK.is_file() else b"")


def _healed(action: Callable[[Any], Any]) -> Any:
    """Return what `action` does with DVC's repository; what a killed DVC left half written is put right first.

    DVC overwrites dvc.lock and its list of busy files in place.
    """
    from dvc.exceptions import DvcException
    from dvc.repo import Repo
    from dvc.rwlock import RWLOCK_FILE, RWLockFileCorruptedError, RWLockFileFormatError

    busy = Path(".dvc/tmp") / RWLOCK_FILE
    ways = [
        (DvcException, BEFORE, _put_back),
        ((RWLockFileCorruptedError, RWLockFileFormatError), busy, busy.unlink),
    ]
    while True:
        try:
            with Repo(".") as repo:
                return action(repo)
        except DvcException as error:
            fitting = [way for way in ways if isinstance(error, way[0]) and way[1].is_file()]
            if not fitting:
                raise
            ways.remove(fitting[-1])  # each once
            fitting[-1][2]()


def _put_back() -> None:
    if BEFORE.stat().st_size:
        with whole_file(LOCK) as scratch:
            scratch.write_bytes(BEFORE.read_bytes())
    else:
        LOCK.unlink(missing_ok=True)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
