"""Threads where nobody said how many."""

import os
import subprocess
import sys

import pytest

from semclear.tool import runtime


def run(code, **variables):
    """Return what a fresh process prints; `variables` are added to its environment, which asks for no threads."""
    environment = {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment | variables, capture_output=True, text=True, check=True
    )
    return done.stdout.split()


@pytest.mark.parametrize(("said", "count"), [("3", 3), (" 12 ", 12)])
def test_the_environment_says_it(monkeypatch, said, count):
    monkeypatch.setattr(runtime, "ASKED_THREADS", said)
    assert runtime.default_threads() == count


@pytest.mark.parametrize("said", ["", "0", "many", "4,2"])
def test_otherwise_the_processors_that_may_be_used(monkeypatch, said):
    monkeypatch.setattr(runtime, "ASKED_THREADS", said)
    assert 1 <= runtime.default_threads() <= os.cpu_count()


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="the system binds no process to processors")
def test_a_process_bound_to_one_processor_takes_one_thread():
    one = min(os.sched_getaffinity(0))
    code = f"import os; os.sched_setaffinity(0, {{{one}}}); from semclear.tool import runtime; "
    code += "print(runtime.default_threads())"
    assert run(code) == ["1"]


def test_the_environment_says_it_to_a_process():
    assert run(
        "from semclear.tool import runtime; print(runtime.default_threads())", OMP_NUM_THREADS="3"
    ) == ["3"]


@pytest.mark.parametrize("asked", ["", "2"])
def test_the_threads_of_one_model_are_not_asked_for_the_next(asked):
    """Loading Keras writes OMP_NUM_THREADS; what the person said is known all the same."""
    pytest.importorskip("keras")
    code = (
        "import os, warnings; warnings.simplefilter('ignore'); from semclear.tool import runtime\n"
        "before = runtime.default_threads()\n"
        "print(runtime.configure('auto', 1)[1], os.environ['OMP_NUM_THREADS'])\n"
        "print(runtime.default_threads() == before, runtime.configure('auto', before + 1)[1])"
    )
    assert run(code, OMP_NUM_THREADS=asked) == ["1", "1", "True", "1"]


def test_threads_that_a_process_cannot_have_any_more_are_told(monkeypatch):
    pytest.importorskip("keras")
    monkeypatch.setattr(runtime._Kept, "threads", 1)
    with pytest.warns(UserWarning, match="threads: got 3, but this process computes with 1"):
        assert runtime.configure("auto", 3)[1] == 1
