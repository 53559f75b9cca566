"""Jobs of a Snakemake that was killed alone: they end themselves, and the next run waits until they have.

A Snakemake that ``dvc repro`` called ends with it, too: DVC, started again,
would find the folder locked by it.

Two runs of one training would write to the same checkpoint. Every job holds a
shared lock that the system drops with its process, and looks once a second
whether the Snakemake that started it is alive.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

JOBS = Path(".snakemake/semclear.jobs")
#: Environment variable with the process number of the Snakemake that starts jobs on this machine.
PARENT = "SEMCLEAR_SNAKEMAKE"
SECONDS = 1.0  # between two looks
SHELLS = ("sh", "bash", "dash", "fish", "ksh", "zsh")  # by which DVC calls its commands
GRACE = 10.0  # seconds that a job has to leave nothing half done

_held: list[Any] = []


def announce() -> None:
    """Let the jobs that this process starts know it."""
    os.environ[PARENT] = str(os.getpid())


def forget() -> None:
    """Let jobs know of no Snakemake: on another machine of a cluster a process number means nothing."""
    os.environ.pop(PARENT, None)


def guard() -> None:
    """End this process when its Snakemake is gone; called where a step begins. By hand no step is guarded.

    SIGTERM, which schedulers send, ends it as Ctrl-C does: nothing half written stays.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    parent = os.environ.get(PARENT)
    if not parent:
        return
    import fcntl  # of Unix alone, where the study runs

    import psutil

    JOBS.parent.mkdir(exist_ok=True)
    handle = JOBS.open("w")
    _held.append(handle)  # open until this process ends
    fcntl.flock(handle, fcntl.LOCK_SH)
    try:
        process = psutil.Process(int(parent))
    except psutil.NoSuchProcess:
        sys.exit("error: the Snakemake that started this job is gone; start it again")
    threading.Thread(target=_end_with, args=(process,), daemon=True).start()


def _end_with(process: Any) -> None:
    _until_gone(process)
    print("error: the Snakemake that started this job is gone; ending", file=sys.stderr, flush=True)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE)
    os._exit(1)


def end_with_dvc() -> None:
    """End this Snakemake, as SIGKILL would, once the DVC that called it is gone.

    Its jobs then end by themselves, and the next run clears up.
    """
    import psutil

    parents = psutil.Process().parents()
    caller = next((process for process in parents if process.name() not in SHELLS), None)
    if caller is not None:
        threading.Thread(target=_die_with, args=(caller,), daemon=True).start()


def _until_gone(process: Any) -> None:
    import psutil

    try:
        while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
            time.sleep(SECONDS)
    except psutil.NoSuchProcess:
        pass


def _die_with(process: Any) -> None:
    _until_gone(process)
    print("error: the DVC that called this Snakemake is gone; ending", file=sys.stderr, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)


def wait() -> None:
    """Wait until no job of an earlier run is alive."""
    import fcntl

    JOBS.parent.mkdir(exist_ok=True)
    with JOBS.open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("waiting for the jobs of a run that was killed", file=sys.stderr, flush=True)
            fcntl.flock(handle, fcntl.LOCK_EX)
