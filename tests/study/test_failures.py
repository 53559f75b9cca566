"""A run in which jobs failed: what is left out, made of the rest, and said at the end."""

from __future__ import annotations

import json
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from semclear.study import failures
from semclear.study.failures import Failure

RECORD = {
    "model": "edge-10",
    "dataset": "hybrid",
    "method": "cyclegan-physics",
    "step": 412,
    "epoch": 5,
    "terms": {"edge": "nan", "cycle": "inf"},
    "kind": "a loss is not finite",
    "attempts": [{"learning_rate": 0.002}, {"learning_rate": 0.001}],
    "advice": "lower experiments.edge-10.edge_weight",
}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a working folder with the logs of two failed jobs."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DVC_STAGE", raising=False)
    for name in ("logs/train/edge-10.log", "logs/classical/fog.log"):
        (tmp_path / name).parent.mkdir(parents=True)
    (tmp_path / "logs/train/edge-10.log").write_text(
        "step 1\nerror: training step 3: cycle is not a number\n\n"
    )
    (tmp_path / "logs/classical/fog.log").write_text("error: no image\n")
    (tmp_path / "results/models").mkdir(parents=True)
    return tmp_path


def job(rule: str, log: str = "", command: str = "", **wildcards: str) -> Any:
    """Return what is needed of a job of Snakemake."""

    class Named(dict):
        __getattr__ = dict.__getitem__

    return SimpleNamespace(
        rule=SimpleNamespace(name=rule),
        wildcards=Named(wildcards),
        log=[log] if log else [],
        shellcmd=command,
    )


def workflow(done: list[Any], waiting: list[Any], failed: list[Any]) -> Any:
    """Return what is needed of a run: jobs that stand, that were needed and are not made, and of these the failed."""
    marked: list[Any] = []
    return SimpleNamespace(
        dag=SimpleNamespace(jobs=done + waiting, needrun_jobs=lambda: iter(waiting)),
        scheduler=SimpleNamespace(failed=failed),
        persistence=SimpleNamespace(started=marked.append, marked=marked),
    )


TRAINING = Failure("train", "edge-10", Path("logs/train/edge-10.log"))
CLASSICAL = Failure("classical", "fog", Path("logs/classical/fog.log"))


def test_a_failed_training_is_said_with_step_term_and_advice(project: Path) -> None:
    (project / "results/models/edge-10.failed.json").write_text(json.dumps(RECORD))
    text = failures.block([CLASSICAL, TRAINING], ["classical-fog", "edge-10"], {"tabulate": True}, since=0.0)
    assert text.startswith("=") and text.endswith("=")
    assert "edge-10: epoch 5, step 412: a loss is not finite: edge = nan, cycle = inf (2 attempts)" in text
    assert "lower experiments.edge-10.edge_weight" in text
    assert (
        text.index("edge-10:") < text.index("classical fog: no image") < text.index("logs/classical/fog.log")
    )
    assert "Made of what is there: tables. Missing in them: classical-fog, edge-10." in text


def test_without_a_record_the_last_line_of_the_log_is_said(project: Path) -> None:
    assert "  edge-10: training step 3: cycle is not a number\n    logs/train/edge-10.log" in failures.block(
        [TRAINING], ["edge-10"], {}, since=0.0
    )
    (project / "logs/train/edge-10.log").unlink()
    assert "edge-10: it printed nothing" in failures.block([TRAINING], ["edge-10"], {}, since=0.0)


def test_a_record_of_an_earlier_run_and_a_damaged_one_are_none(project: Path) -> None:
    file = project / "results/models/edge-10.failed.json"
    file.write_text(json.dumps(RECORD))
    os.utime(file, (1000.0, 1000.0))
    assert failures.record_of("edge-10", since=999.0) == RECORD
    assert failures.record_of("edge-10", since=1001.0) is None
    file.write_text("[1")
    assert failures.record_of("edge-10", since=0.0) is None
    for partly in ({}, {"step": 3}, {"terms": ["edge"], "attempts": 2}):
        file.write_text(json.dumps(partly))
        assert "  edge-10: " in failures.block([TRAINING], ["edge-10"], {}, since=0.0)


def test_tables_are_made_of_what_is_there_and_held_for_incomplete(project: Path) -> None:
    bad = job("train", "logs/train/edge-10.log", model="edge-10")
    waiting = [bad, job("restore", model="edge-10"), job("score", model="edge-10")]
    sums = [job(rule, command=f"echo {rule} > {rule}.txt") for rule in failures.SUMMARIES]
    sums[1].shellcmd = "exit 3; true"
    run = workflow([job("score", model="fog"), job("score_classical", dataset="fog")], waiting + sums, [bad])
    assert failures.missing_in(run.dag) == ["edge-10"]
    assert failures.summarise(run, ["edge-10"]) == {"tabulate": True, "plot": False, "release": True}
    assert run.persistence.marked == sums
    # The rule's own command, redirected as it is, takes the names.
    assert (project / "tabulate.txt").read_text() == "tabulate --missing edge-10\n"
    text = failures.block([TRAINING], ["edge-10"], {"tabulate": True, "plot": False}, since=0.0)
    assert "Figures could not be made of what is there: logs/plot.log" in text


@pytest.mark.parametrize("fails", ["tabulate", "score"])
def test_nothing_is_made_where_tables_fail_or_nothing_is_left(project: Path, fails: str) -> None:
    bad = job(fails, model="fog") if fails == "score" else job(fails)
    sums = [job(rule, command="touch made") for rule in failures.SUMMARIES if rule != fails]
    run = workflow([], [bad, *sums], [bad])
    assert failures.summarise(run, failures.missing_in(run.dag)) == {}
    assert not (project / "made").exists()


def test_in_a_stage_of_dvc_nothing_but_the_stage_is_made(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = []
    monkeypatch.setattr(failures.atexit, "register", said.append)
    monkeypatch.setenv("DVC_STAGE", "train@edge-10")
    bad = job("train", "logs/train/edge-10.log", model="edge-10")
    sums = [job(rule, command="touch made") for rule in failures.SUMMARIES]
    failures.report(
        workflow([job("score", model="fog")], [bad, job("score", model="edge-10"), *sums], [bad]), 0.0
    )
    assert said and not (project / "made").exists()
    failures.report(workflow([], sums, []), 0.0)  # ended before any job
    stopped = workflow([job("score", model="fog")], [bad, *sums], [bad])
    stopped.scheduler._user_kill = "graceful"
    failures.report(stopped, 0.0)
    assert len(said) == 1
