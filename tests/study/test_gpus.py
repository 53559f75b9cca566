"""Jobs of one machine share its GPUs out."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from semclear.study import gpus

JOB = """
import os, sys
from pathlib import Path
from semclear.study import gpus
print(gpus.take(sys.argv[2:], Path(sys.argv[1])), os.environ.get("CUDA_VISIBLE_DEVICES"), flush=True)
sys.stdin.read()
"""


def _job(folder: Path, *numbers: str) -> subprocess.Popen[str]:
    environment = {key: value for key, value in os.environ.items() if key != "CUDA_VISIBLE_DEVICES"}
    return subprocess.Popen(
        [sys.executable, "-c", JOB, str(folder), *numbers],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def _said(job: subprocess.Popen[str]) -> str:
    assert job.stdout is not None
    return job.stdout.readline().strip()


def test_each_job_gets_its_own_and_gives_it_back(tmp_path: Path) -> None:
    jobs = [_job(tmp_path, "0", "1") for _ in range(3)]
    said = [_said(job) for job in jobs]
    assert sorted(said) == ["0 0", "1 1", "None None"]
    first = jobs[said.index("0 0")]
    first.kill()
    first.wait()
    later = _job(tmp_path, "0", "1")
    assert _said(later) == "0 0"
    for job in [*jobs, later]:
        job.kill()
        job.communicate()


def test_with_one_there_is_nothing_to_choose(tmp_path: Path) -> None:
    assert gpus.take(["0"], tmp_path) is None
    assert not list(tmp_path.iterdir())


def test_what_was_chosen_before_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3")
    assert gpus.devices() == []
