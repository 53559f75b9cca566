"""A run that is stopped while it writes dvc.lock: the next call writes it, though Snakemake has nothing to do."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
import yaml
from project_copy import copy_project, environment
from quick_steps import quicken

from semclear.study import recording

STOPS = 5  # twenty were tried; each costs two runs of Snakemake
ALL = ["snakemake", "--cores", "4", "--nocolor", "all"]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a copy of the project with steps that take no time, built once."""
    folder = quicken(copy_project(tmp_path))
    assert "100%" in _run(folder)
    assert not _stale(folder)
    return folder


def _run(folder: Path) -> str:
    done = subprocess.run(ALL, cwd=folder, env=environment(), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout + done.stderr


def _stale(folder: Path) -> set[str]:
    from dvc.repo import Repo

    with Repo(str(folder)) as repo:
        return set(repo.status())


def _change(folder: Path, value: int) -> None:
    """Make tables and figures stale, and nothing else."""
    file = folder / "params.yaml"
    params = yaml.safe_load(file.read_text(encoding="utf-8"))
    params["evaluation"]["bootstrap"] = value
    file.write_text(yaml.safe_dump(params, sort_keys=False))


def _stop_in_recording(folder: Path, after: float, blow: signal.Signals) -> float:
    """Run the study, send `blow` to all its processes so many seconds after its last job; return those to its end."""
    process = subprocess.Popen(
        ALL,
        cwd=folder,
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # A shell that runs us in the background has Ctrl-C switched off for its children.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    assert process.stderr is not None
    said = []
    for line in process.stderr:
        said.append(line)
        if "(100%) done" in line:
            break
    else:
        pytest.fail("".join(said)[-3000:])
    begun = time.monotonic()
    while time.monotonic() < begun + after and process.poll() is None:
        time.sleep(0.01)
    if process.poll() is None:
        os.killpg(process.pid, blow)
    process.communicate()
    return time.monotonic() - begun


@pytest.mark.slow
def test_the_next_call_writes_what_a_stop_left_unwritten(project: Path) -> None:
    left = 0
    _change(project, 199)
    length = _stop_in_recording(project, float("inf"), signal.SIGINT)  # undisturbed
    assert not _stale(project)
    for stop in range(STOPS):
        _change(project, 200 + stop)
        _stop_in_recording(project, length * stop / STOPS, signal.SIGKILL if stop % 3 == 2 else signal.SIGINT)
        left += not (project / recording.RECORDED).exists()
        _run(project)
        assert not _stale(project), stop
    assert left >= STOPS // 4  # else the stops came too late, and nothing was tried
    assert "Nothing to be done" in _run(project)


@pytest.mark.slow
@pytest.mark.parametrize("there_before", [True, False])
def test_a_lock_file_cut_in_the_middle_is_written_again(project: Path, there_before: bool) -> None:
    lock = project / recording.LOCK
    whole = lock.read_bytes()
    (project / recording.BEFORE).write_bytes(whole if there_before else b"")
    (project / recording.RECORDED).unlink()
    lock.write_bytes(whole[: whole.index(b"hash: md5") + 6])
    (project / ".dvc/tmp/rwlock").write_text('{"read": {"a')
    _run(project)
    assert lock.read_bytes() == whole
    assert not (project / recording.BEFORE).exists()


@pytest.mark.slow
def test_what_cannot_be_vouched_for_is_said_until_it_is_settled(project: Path) -> None:
    (project / "results/scores/fog.csv").write_text("by hand\n")
    for _ in range(2):
        said = _run(project)
        assert "cannot vouch for" in said and "score@fog" in said
    assert _stale(project)


@pytest.mark.slow
def test_a_lock_file_that_was_put_back_is_noticed(project: Path) -> None:
    lock = project / recording.LOCK
    old = lock.read_bytes()
    _change(project, 300)
    _run(project)
    new = lock.read_bytes()
    assert new != old
    lock.write_bytes(old)
    _run(project)
    assert lock.read_bytes() == new
    assert "Nothing to be done" in _run(project)
