"""What a benchmark of kills would find: a changed file, a half-written one, a run that nobody ended."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from benchmarks.kills import KINDS, Clone, strike

JOB = "import time; time.sleep(60)"
RUN = f"""
import subprocess, sys, time
subprocess.Popen([sys.executable, "-Xutf8", "-c", {JOB!r}, "step", "train"])
print("started", flush=True)
time.sleep(60)
"""


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    for name in (
        "dvc.lock",
        "data/fog/manifest.json",
        "results/benchmarks/train/fog.tsv",
        "results/metrics.json",
    ):
        path = tmp_path / "clone" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return Clone(tmp_path / "clone", found=True)


def test_outputs_are_what_must_be_equal(clone):
    whole = clone.outputs()
    assert set(whole) == {"dvc.lock", "data/fog/manifest.json", "results/metrics.json"}
    (clone.folder / "results" / "metrics.json").write_text("other")
    assert {name for name, digest in clone.outputs().items() if digest != whole[name]} == {
        "results/metrics.json"
    }


def test_half_written_files_are_seen(clone):
    assert clone.half_written() == []
    (clone.folder / "results" / ".metrics.ab12cd_9.json").touch()
    assert clone.half_written() == [".metrics.ab12cd_9.json"]
    assert "results/.metrics.ab12cd_9.json" not in clone.outputs()


def test_runs_that_nobody_ended_are_counted(clone):
    assert clone.running() == 0
    with sqlite3.connect(clone.folder / "mlflow.db") as store:
        store.execute("create table runs (status text)")
        store.executemany("insert into runs values (?)", [("RUNNING",), ("KILLED",), ("FINISHED",)])
    assert clone.running() == 1


def test_progress_is_that_of_the_present_call(clone):
    clone.log.write_text("")
    assert clone.progress() == (0, 0)
    clone.log.write_text("1 of 21 steps (5%) done\n12 of 21 steps (57%) done\n")
    assert clone.progress() == (12, 21)


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_kills_what_it_says(clone, kind):
    if not Path("/proc").is_dir():
        pytest.skip("reads /proc")
    run = subprocess.Popen(
        [sys.executable, "-c", RUN],
        cwd=clone.folder,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    run.stdout.readline()
    try:
        (job,) = clone.jobs()
        assert strike(clone, run, kind, random.Random(0)) == "train"
        wanted = {"alone": {"run"}, "job": {"job"}}.get(kind, {"run", "job"})
        end = time.monotonic() + 10
        while _dead(run, job) != wanted and time.monotonic() < end:
            time.sleep(0.1)
        time.sleep(0.3)
        assert _dead(run, job) == wanted
    finally:
        with suppress(ProcessLookupError):
            os.killpg(run.pid, signal.SIGKILL)
        run.communicate()


def _dead(run, job):
    ended = not job.is_running() or job.status() == psutil.STATUS_ZOMBIE  # its parent may be too busy to look
    return ({"job"} if ended else set()) | ({"run"} if run.poll() is not None else set())
