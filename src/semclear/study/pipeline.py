"""Keep Snakemake's records and dvc.lock in step.

DVC decides by content what is stale, Snakemake alone runs commands, and
whoever ran writes the other's ledger: `record` after a full Snakemake run,
`adopt` (``semclear sync``) after DVC changed files by itself.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml

from semclear import params
from semclear.errors import SemclearError
from semclear.study import failures

PARAMS = Path("params.yaml")
LOCKS = Path(".snakemake/locks")
RECORDS = Path(".snakemake/metadata")
TRIGGERS = {"CODE", "INPUT", "MTIME", "PARAMS"}
TIMESTAMP = ".snakemake_timestamp"

#: File systems and Snakemake round times differently.
SECONDS = 1e-3

_held: list[Any] = []
_started = time.time()


def start(workflow: Any) -> None:
    """Check what a run starts from and set its environment; called at the top of the Snakefile.

    Jobs run the sources of the Snakefile's folder with the Python that runs
    Snakemake, also where nothing is activated and in the temporary copies of
    ``dvc exp run --temp``.

    Parameters
    ----------
    workflow : snakemake.workflow.Workflow
        The run.

    Raises
    ------
    SystemExit
        With one line, when params.yaml is wrong or values were given on the
        command line, which DVC would never see.
    """
    if workflow.config_settings.overwrite_config or workflow.config_settings.configfiles:
        sys.exit("--config and --configfile: DVC would not see these values; edit params.yaml instead")
    checked(params.load, PARAMS)
    _put_first("PYTHONPATH", str(Path(workflow.basedir) / "src"))
    _put_first("PATH", str(Path(sys.executable).parent))
    clear_stale_locks()
    if "DVC_STAGE" not in os.environ and not workflow.touch and results_are_unknown():
        _say(
            "note: the results here were not made here, so changes of params.yaml are not seen; run `semclear sync`"
        )


def checked(check: Callable[[Any], Any], values: Any) -> None:
    """Call `check` of a part of params.yaml; end the run with its one line where it is refused."""
    try:
        check(values)
    except SemclearError as error:
        sys.exit(str(error))


def results_are_unknown() -> bool:
    """Return whether there are results of which Snakemake has no records, as after ``dvc pull`` in a fresh clone."""
    return any(Path("results/models").glob("*.semclear")) and not any(RECORDS.glob("*"))


def _put_first(variable: str, folder: str) -> None:
    others = os.environ.get(variable, "").split(os.pathsep)
    os.environ[variable] = os.pathsep.join(
        [folder, *(other for other in others if other not in ("", folder))]
    )


def gpus() -> int:
    """Return how many GPUs a network's job asks for: 0 without one, or trainings would queue one behind the other."""
    hidden = os.environ.get("CUDA_VISIBLE_DEVICES") in ("", "-1")
    return int(Path("/dev/nvidia0").exists() and not hidden)


def clear_stale_locks() -> None:
    """Remove the locks of a Snakemake that was killed; keep those of one that runs.

    Every run holds a shared lock that the system drops with the process. Who
    gets it alone knows that no other run is alive.
    """
    import fcntl  # of Unix alone, where the study runs

    LOCKS.parent.mkdir(exist_ok=True)
    handle = (LOCKS.parent / "semclear.lock").open("w")
    _held.append(handle)  # open until this process ends
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        pass
    else:
        for lock in LOCKS.glob("*.lock"):
            lock.unlink(missing_ok=True)
    fcntl.flock(handle, fcntl.LOCK_SH)


def micrographs_of(real: Mapping[str, Any]) -> list[str]:
    """Return the files of a real data set, as its rule's inputs.

    Parameters
    ----------
    real : mapping
        Its entry under `real` in params.yaml.

    Returns
    -------
    list of str
        Sorted. A missing folder adds none: the step itself says so in words.
    """
    folders = [Path(real[key]) for key in ("clear", "degraded", "truth") if real.get(key)]
    files = [file for folder in folders for file in folder.rglob("*") if file.is_file()]
    files += [Path(real["sources"])] if real.get("sources") else []
    return sorted({file.as_posix() for file in files})


def stage_of(rule: str, wildcards: Mapping[str, str], settings: Mapping[str, Any]) -> str:
    """Return the name in dvc.yaml of a Snakemake job."""
    real = rule in ("classical", "score_classical") and wildcards["dataset"] in settings["real"]
    return "@".join([f"{rule}_real" if real else rule, *wildcards.values()])


def _is_full_run(workflow: Any) -> bool:
    dag = workflow.dag_settings
    return (
        set(dag.targets or ()) <= {"all"}
        and not (dag.until or dag.omit_from or dag.allowed_rules or dag.batch)
        and {trigger.name for trigger in workflow.rerun_triggers} >= TRIGGERS
    )


def _sha256(path: str) -> str:
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
        if any(sums.get(str(file)) != _sha256(file) for file in job.input):
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
    if "DVC_STAGE" in os.environ or not Path(".dvc").is_dir():
        return  # DVC called us and writes its own lock file, or is not used
    if not _is_full_run(workflow) or yaml.safe_load(PARAMS.read_text(encoding="utf-8")) != config:
        _say("dvc.lock not touched: this was a partial run, or params.yaml changed meanwhile")
        return
    from dvc.exceptions import DvcException
    from dvc.repo import Repo

    try:
        with Repo(".") as repo:
            changed = set(repo.status())
    except DvcException as error:
        _say(f"dvc.lock not touched: {' '.join(str(error).split())}; run `snakemake all` again afterwards")
        return
    jobs = {stage_of(job.rule.name, dict(job.wildcards), config): job for job in workflow.dag.jobs}
    foreign = sorted(name for name in changed if name not in jobs or not _built_here(workflow, jobs[name]))
    if foreign:
        _say(
            f"dvc.lock not touched: Snakemake cannot vouch for {', '.join(foreign)}; run `dvc repro`, then "
            "`semclear sync`"
        )
    elif changed and subprocess.run(["dvc", "commit", "--force", "--quiet"]).returncode:
        _say("dvc.lock not written: `dvc commit` failed; run it by hand")


def fail(workflow: Any) -> None:
    """Say what failed and make tables of what is there; called when a run of Snakemake failed.

    Parameters
    ----------
    workflow : snakemake.workflow.Workflow
        The run.
    """
    failures.report(workflow, _started)


def adopt() -> None:
    """Take what DVC put on disk (pull, checkout, repro) as up to date for Snakemake.

    Raises
    ------
    SemclearError
        When the files are not those of dvc.lock, or Snakemake fails.
    """
    _put_first("PATH", str(Path(sys.executable).parent))
    if subprocess.run(["dvc", "status", "--quiet"]).returncode:
        raise SemclearError(
            "dvc.lock: got other files than it names, expected `dvc status` to be clean; "
            "run `dvc checkout`, `dvc pull` or `dvc repro` first"
        )
    command = ["snakemake", "--cores", "1", "--touch", "--forceall", "--quiet", "all", "--", "all"]
    if subprocess.run(command).returncode:
        raise SemclearError("snakemake --touch: failed, expected all outputs on disk; run `snakemake all`")


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
