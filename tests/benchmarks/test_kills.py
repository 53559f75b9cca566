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

from benchmarks.common.ledger import Ledger
from benchmarks.kills import KILLS, KINDS, Clone, Series, disturb, ended_well, strike, work_of

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


def test_work_is_that_of_a_process_and_all_it_started():
    burn = "import time\nwhile time.process_time() < 0.6: pass"
    run = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {burn!r}]); print(1, flush=True); input()"
    process = subprocess.Popen(
        [sys.executable, "-c", run], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    process.stdout.readline()  # the child has ended: its work is its parent's
    assert work_of(psutil.Process(process.pid)) >= 0.6
    process.communicate("\n")


@pytest.mark.parametrize(("moment", "kind", "code"), [(0.0, "group", -9), (1e9, "none", 0)])
def test_a_call_is_killed_at_its_moment_or_was_faster(clone, moment, kind, code, monkeypatch):
    monkeypatch.setattr(Series, "start", lambda series, clone: clone.start("sleep", "1"))
    found = disturb(clone, Series("study", "snakemake"), "group", moment, random.Random(0))
    assert (found["kind"], found["exit_code"]) == (kind, code)


def test_rows_of_one_series_and_round_are_told_apart(tmp_path):
    ledger = Ledger(tmp_path / "kills.csv", KILLS, ("steps", "orchestrator", "round", "kill"))
    row = dict.fromkeys(KILLS, "") | {"steps": "study", "orchestrator": "dvc", "kill": 1}
    ledger.add([row | {"round": 1}, row | {"round": 2}, row | {"steps": "quick", "round": 1}])
    assert [r["round"] for r in Series("study", "dvc").rows(ledger)] == ["1", "2"]
    assert len(Series("study", "dvc").rows(ledger, 2)) == 1
    assert Series("study", "snakemake").rows(ledger) == []


def test_a_round_ends_well_only_if_nothing_is_amiss():
    good = {"exit_code": "0", "dvc_lock_equal": "True", "files_unequal": "0", "half_written": "0"}
    good |= {"mlflow_running": "0", "to_do": ""}
    assert ended_well(good)
    for name, value in {
        "dvc_lock_equal": "False",
        "to_do": "dvc",
        "exit_code": "1",
        "mlflow_running": "2",
    }.items():
        assert not ended_well(good | {name: value})
