"""Threads where nobody said how many."""

import os
import subprocess
import sys

import pytest

from semclear.tool import runtime


@pytest.mark.parametrize(("said", "count"), [("3", 3), (" 12 ", 12)])
def test_the_environment_says_it(monkeypatch, said, count):
    monkeypatch.setenv("OMP_NUM_THREADS", said)
    assert runtime.unasked() == count


@pytest.mark.parametrize("said", ["", "0", "many", "4,2"])
def test_otherwise_the_processors_that_may_be_used(monkeypatch, said):
    monkeypatch.setenv("OMP_NUM_THREADS", said)
    assert 1 <= runtime.unasked() <= os.cpu_count()


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="the system binds no process to processors")
def test_a_process_bound_to_one_processor_takes_one_thread():
    one = min(os.sched_getaffinity(0))
    code = f"import os; os.sched_setaffinity(0, {{{one}}}); from semclear.tool import runtime; print(runtime.unasked())"
    environment = {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["1"]
