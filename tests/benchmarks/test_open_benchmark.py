"""The first rows: methods are taken as they are, finished rows are not made again, real pictures stay at home."""

from types import SimpleNamespace

import numpy as np
import pytest
from small_benchmark import copied, settings

from benchmarks.quality import open_benchmark
from semclear import params
from semclear.evaluation.benchmark import row as rows


@pytest.fixture
def called(tmp_path, monkeypatch):
    copied(tmp_path)
    done = []

    def method(name):
        def get():
            done.append(name)
            return open_benchmark.everywhere(lambda image: np.sqrt(image) if name != "input" else image)

        return get

    monkeypatch.setattr(params, "load", lambda path=None: settings())
    monkeypatch.setattr(
        open_benchmark, "methods", lambda own, study: {name: method(name) for name in ("input", "root")}
    )

    def run(only=()):
        open_benchmark.run(tmp_path, tmp_path / "results", None, None, None, list(only))
        return rows.read(tmp_path / "results" / "open_benchmark.json")

    return SimpleNamespace(done=done, run=run, home=tmp_path)


def test_rows_are_made_once(called):
    assert [row.name for row in called.run(["input"])] == ["input"]
    made = called.run()
    assert called.done == ["input", "root"] and {test.against for test in made[1].tests} == {"input"}
    (called.home / "rows" / "root.json").unlink()
    assert called.run() == made and called.done == ["input", "root", "root"]
    assert "| root |" in (called.home / "results" / "open_benchmark.md").read_text("utf-8")


def test_real_pictures_are_not_published():
    scores = rows.Scores(digest="d", pictures=["a"], kinds=[""], variants=[""], values={"psnr": [1.0]})
    mean = {"metric": "psnr", "n": 1, "mean": 1.0, "low": None, "high": None}
    row = rows.Row(
        format=1,
        name="x",
        notes="",
        version=1,
        published="equal",
        semclear="0",
        scores={"fog": scores, "real-fog": scores},
        means=[rows.Mean(set=name, **mean) for name in ("fog", "real-fog")],
        tests=[],
    )
    kept = open_benchmark._drawn(row)
    assert set(kept.scores) == {"fog"} and [one.set for one in kept.means] == ["fog"]


def test_a_study_without_a_model_for_every_set_is_left_out(tmp_path):
    assert open_benchmark.of_study(tmp_path, settings(), "cyclegan") is None
    names = list(open_benchmark.methods(settings(), None))
    assert names[0] == "input" and names[-1] == "default-model" and "clahe" in names
