"""What names a training's code, and how many steps it has."""

import pytest

from benchmarks.common.provenance import ROOT
from benchmarks.common.trainings import code_of, steps_an_epoch
from semclear.errors import SemclearError
from semclear.study.step_code import files_of


def test_steps_are_those_asked_for_or_refused():
    assert steps_an_epoch(500, 10) == 50 and steps_an_epoch(10, 10) == 1
    with pytest.raises(
        SemclearError, match="got 505, expected a multiple of the training's 10 epochs; give 500 or 510"
    ):
        steps_an_epoch(505, 10)
    with pytest.raises(SemclearError, match=r"got 3, .*; give 10$"):
        steps_an_epoch(3, 10)


def test_code_is_that_of_the_steps_and_of_the_benchmark(tmp_path):
    for file in files_of("score", ROOT):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text("x = 1\n")
    (tmp_path / "own.py").write_text("y = 1\n")

    def code():
        return code_of("score", files=["own.py"], root=tmp_path)

    first = code()
    assert code() == first and code_of("score", root=tmp_path) != first
    for file in ("own.py", files_of("score", ROOT)[0]):
        (tmp_path / file).write_text("x = 2\n")
        assert code() != first
        first = code()
