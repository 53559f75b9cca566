"""Copies of the code without a measure, and the page that counts what they came to."""

import numpy as np
import pytest

from benchmarks.cost import measures, measures_run
from semclear.errors import SemclearError


def test_each_measure_stands_in_the_code_once_and_is_taken_out(tmp_path):
    source = measures.without(tuple(measures.MEASURES), tmp_path)
    for measure in measures.MEASURES.values():
        own = (measures.apart.ROOT / "src/semclear" / measure.file).read_text(encoding="utf-8")
        left = (source / "src/semclear" / measure.file).read_text(encoding="utf-8")
        assert own != left
        assert all(old in own and old not in left and new in left for old, new in measure.lines)
        compile(left, measure.file, "exec")
    assert measures.code_of(source) != measures.code_of(measures.apart.ROOT)


def test_a_measure_that_the_code_has_no_more_is_told(tmp_path, monkeypatch):
    gone = measures.Measure("gone", "networks/losses.py", (("no such line", ""),))
    monkeypatch.setitem(measures.MEASURES, "gone", gone)
    with pytest.raises(SemclearError, match="got 0 places with 'no such line', expected 1"):
        measures.without(("gone",), tmp_path)


def test_bursts_are_every_fifth_batch():
    class Ones:
        def endless(self, first):
            while True:
                yield np.ones(2, np.float32), np.ones(2, np.float32)

    batches = measures_run.Bursts(Ones()).endless()
    assert [float(next(batches)[1].max()) for _ in range(10)] == [1, 1, 1, 1, 1e3] * 2


def test_the_page_counts_a_copy_and_a_kind_of_data():
    row = {"without": "gain", "data": "fast", "method": "cyclegan", "commit": "c", "machine": "m"}
    rows = [
        {**row, "outcome": "finished", "largest_value": "2.5"},
        {**row, "outcome": "not a number", "largest_value": "1e29"},
    ]
    lines = measures.table(rows).splitlines()
    (line,) = [line for line in lines if line.startswith("| gain |")]
    assert line.endswith("| 1 of 2 | 2.5 |") and "| 0 of 0 |  |" in line
    assert "Made by: commit c, m." in lines
