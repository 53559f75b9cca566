"""Jobs of a killed Snakemake end, and the next run waits for them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from semclear.study import orphans

JOB = """
import sys, time
from pathlib import Path
from semclear.study import orphans
orphans.guard()
Path("begun").touch()
try:
    time.sleep(60)
except KeyboardInterrupt:
    time.sleep(1)
    Path("ended").touch()
"""
RUN = f"""
import subprocess, sys, time
from semclear.study import orphans
orphans.announce()
if sys.argv[1:] == ["remote"]:
    orphans.forget()
job = subprocess.Popen([sys.executable, "-c", {JOB!r}])
print(job.pid, flush=True)
time.sleep(60)
"""


def _started(folder: Path, *words: str) -> tuple[subprocess.Popen[str], int]:
    run = subprocess.Popen([sys.executable, "-c", RUN, *words], cwd=folder, stdout=subprocess.PIPE, text=True)
    assert run.stdout is not None
    job = int(run.stdout.readline())
    end = time.monotonic() + 30
    while not (folder / "begun").exists() and time.monotonic() < end:
        time.sleep(0.05)
    assert (folder / "begun").exists()
    return run, job


def test_a_job_ends_with_its_snakemake_and_the_next_run_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    run, _ = _started(tmp_path)
    run.kill()
    run.wait()
    orphans.wait()
    assert (tmp_path / "ended").exists()  # not before: the job took a second to end
    assert "waiting for the jobs" in capfd.readouterr().err


def test_a_job_of_another_machine_is_left_alone(tmp_path: Path) -> None:
    run, job = _started(tmp_path, "remote")
    run.kill()
    run.wait()
    time.sleep(3 * orphans.SECONDS)
    os.kill(job, 0)  # alive
    os.kill(job, signal.SIGKILL)
    assert not (tmp_path / "ended").exists()


def test_by_hand_no_step_is_guarded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(orphans.PARENT, raising=False)
    orphans.guard()
    assert not orphans.JOBS.exists()
    orphans.wait()  # nobody to wait for


def test_a_step_whose_snakemake_is_gone_does_not_begin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        pass
    monkeypatch.setenv(orphans.PARENT, str(gone.pid))
    with pytest.raises(SystemExit, match="is gone"):
        orphans.guard()


SNAKEMAKE = """
import os, time
from semclear.study import orphans
orphans.end_with_dvc()
print(os.getpid(), flush=True)
time.sleep(60)
"""
DVC = f"""
import subprocess, sys, time
program = sys.argv[1]
subprocess.Popen([program, "-c", '"$0" -c "$1"; true', sys.executable, {SNAKEMAKE!r}])
time.sleep(60)
"""


@pytest.mark.parametrize("shell", ["sh", "bash"])
def test_a_snakemake_that_dvc_called_ends_with_it(shell: str) -> None:
    dvc = subprocess.Popen([sys.executable, "-c", DVC, shell], stdout=subprocess.PIPE, text=True)
    assert dvc.stdout is not None
    called = int(dvc.stdout.readline())
    time.sleep(2 * orphans.SECONDS)
    os.kill(called, 0)  # alive while DVC is
    dvc.kill()
    dvc.wait()
    end = time.monotonic() + 30
    while psutil.pid_exists(called) and time.monotonic() < end:
        time.sleep(0.1)
    assert not psutil.pid_exists(called)
