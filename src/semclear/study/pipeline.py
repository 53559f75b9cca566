"""Keep Snakemake's records and dvc.lock in step.

DVC decides by content what is stale, Snakemake alone runs commands, and
whoever ran writes the other's ledger: `recording.record` after a full Snakemake
run, `adopt` (``semclear sync``) after DVC changed files by itself.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from semclear import params
from semclear.errors import SemclearError
from semclear.files import remove_scratch
from semclear.study import failures, orphans, verifying
from semclear.study.recording import PARAMS

LOCKS = Path(".snakemake/locks")
RECORDS = Path(".snakemake/metadata")

_held: list[Any] = []
_started = time.time()


def start(workflow: Any, root: Path | None, deployed: Mapping[str, Any] | None = None) -> None:
    """Check what a run starts from and set its environment; called at the top of the Snakefile.

    Jobs run the sources of the Snakefile's folder with the Python that runs
    Snakemake, also where nothing is activated and in the temporary copies of
    ``dvc exp run --temp``.

    Parameters
    ----------
    workflow : snakemake.workflow.Workflow
        The run.
    root : Path or None
        The project's folder; None where the workflow is read from a repository elsewhere.
    deployed : mapping, optional
        The values of params.yaml, where another workflow took this one as a module and gives them
        (``snakedeploy deploy-workflow``).

    Raises
    ------
    SystemExit
        With one line, when params.yaml is wrong or values were given on the
        command line, which DVC would never see.
    """
    if workflow.config_settings.overwrite_config or workflow.config_settings.configfiles:
        sys.exit("--config and --configfile: DVC would not see these values; edit params.yaml instead")
    if deployed is None:
        checked(params.load, PARAMS)
    else:
        checked(lambda values: params.validate(params.Params, values, "config/config.yaml"), dict(deployed))
    if root is not None:
        _put_first("PYTHONPATH", str(root / "src"))
    _put_first("PATH", str(Path(sys.executable).parent))
    if (
        workflow.exec_mode.name != "DEFAULT"
    ):  # the process of a single job: the run that started it did the rest
        if workflow.remote_exec:
            orphans.forget()
        return
    by_dvc = "DVC_STAGE" in os.environ
    # A Snakemake whose DVC was killed ends within a second: a DVC that is called again must not meet it.
    clear_up(3 * orphans.SECONDS if by_dvc else 0.0)
    orphans.announce()
    if by_dvc:
        orphans.end_with_dvc()
    elif not workflow.touch and results_are_unknown():
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


def clear_up(patience: float = 0.0) -> None:
    """Remove what a Snakemake that was killed left: its locks and half-written files; keep those of one that runs.

    Every run holds a shared lock that the system drops with the process. Who
    gets it alone knows that no other run is alive; jobs of a dead one are
    waited for.

    Parameters
    ----------
    patience : float
        Seconds after which another run that is still there counts as alive.
    """
    import fcntl  # of Unix alone, where the study runs

    LOCKS.parent.mkdir(exist_ok=True)
    handle = (LOCKS.parent / "semclear.lock").open("w")
    _held.append(handle)  # open until this process ends
    end = time.monotonic() + patience
    while not (alone := _locked(handle)) and time.monotonic() < end:
        time.sleep(0.1)
    if alone:
        orphans.wait()
        for lock in LOCKS.glob("*.lock"):
            lock.unlink(missing_ok=True)
        for top in ("data", "results"):
            remove_scratch(top)
    fcntl.flock(handle, fcntl.LOCK_SH)


def _locked(handle: Any) -> bool:
    import fcntl

    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


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
        When the files are not those of dvc.lock, by what DVC knows of them or by their content, or Snakemake fails.
    """
    _put_first("PATH", str(Path(sys.executable).parent))
    if subprocess.run(["dvc", "status", "--quiet"]).returncode:
        raise SemclearError(
            "dvc.lock: got other files than it names, expected `dvc status` to be clean; "
            "run `dvc checkout`, `dvc pull` or `dvc repro` first"
        )
    verifying.check()
    command = ["snakemake", "--cores", "1", "--touch", "--forceall", "--quiet", "all", "--", "all"]
    if subprocess.run(command).returncode:
        raise SemclearError("snakemake --touch: failed, expected all outputs on disk; run `snakemake all`")


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
