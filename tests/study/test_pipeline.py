"""Snakemake's graph and DVC's describe the same pipeline; locks of the dead go, those of the living stay."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from project_copy import copy_project
from snakemake_plan import Job, plan

from semclear.errors import SemclearError
from semclear.params.slices import keys_of
from semclear.study import pipeline, recording
from semclear.study.step_code import entries_of

Stage = tuple[set[str], set[str], set[str]]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a copy of the project without data, results or history."""
    copy_project(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    return tmp_path


def _settings(project: Path) -> dict:
    return yaml.safe_load((project / "params.yaml").read_text(encoding="utf-8"))


def _step_of(rule: str) -> str:
    return {"score_classical": "score"}.get(rule, rule)


def _stages(project: Path) -> dict[str, Stage]:
    """Return dvc.yaml's stages: dependencies, outputs, params."""
    from dvc.dependency import ParamsDependency
    from dvc.repo import Repo

    with Repo(str(project)) as repo:
        return {
            stage.name: (
                {str(d.def_path) for d in stage.deps if not isinstance(d, ParamsDependency)},
                {str(o.def_path) for o in stage.outs},
                {key for d in stage.deps if isinstance(d, ParamsDependency) for key in d.params},
            )
            for stage in repo.index.stages
        }


def _as_stage(job: Job, settings: dict) -> Stage:
    """Return a Snakemake job in DVC's terms: declared source folders stand for their files."""
    step = _step_of(job.rule)
    inputs = {path for path in job.inputs if not path.startswith("src/")} | set(entries_of(step))
    outputs = set(job.outputs)
    if job.rule in ("tabulate", "plot", "release"):
        # DVC cannot list one dependency an experiment; the folder of scores and cards stands for them.
        upstream = ("results/scores/", "results/restored/", "results/classical/", "results/models/", "data/")
        inputs = {path for path in inputs if not path.startswith(upstream)} | {"results/scores"}
    if job.rule == "plot":
        tables = {
            path for path in inputs if path.startswith("results/tables/") or path == "results/metrics.json"
        }
        inputs = inputs - tables | {"results/tables/scores.csv"}
        assert all(path.startswith("results/figures/") for path in outputs)
        outputs = {"results/figures"}
    if job.rule == "release":
        assert all(path.startswith("results/release/") for path in outputs)
        outputs = {"results/release"}
    if job.rule == "ingest":
        folders = [settings["real"][job.wildcards["dataset"]][key] for key in ("clear", "degraded")]
        inputs = {path for path in inputs if path.startswith("src/")} | set(folders)
    keys = set(keys_of(step, settings, **job.wildcards))
    if job.rule == "settings":
        assert all(path.startswith("results/settings/") for path in outputs)
        outputs = {"results/settings"}
    if job.rule == "train":
        # What the values come to is a parameter for Snakemake, and a file for DVC.
        inputs, keys = inputs | {f"results/settings/{job.wildcards['model']}.json"}, set()
    return inputs, outputs, keys


def _both(project: Path) -> tuple[dict[str, Stage], dict[str, Stage]]:
    settings = _settings(project)
    jobs = {
        recording.stage_of(job.rule, job.wildcards, settings): _as_stage(job, settings)
        for job in plan(project, "--forceall")
    }
    return jobs, _stages(project)


def test_same_pipeline(project: Path) -> None:
    jobs, stages = _both(project)
    assert jobs.keys() == stages.keys()
    for name in jobs:
        assert jobs[name] == stages[name], name


def test_same_pipeline_with_real_micrographs(project: Path) -> None:
    for folder in ("sharp", "blurry"):
        (project / "own" / folder).mkdir(parents=True)
        (project / "own" / folder / "a.png").write_bytes(b"never read here")
    settings = _settings(project)
    settings["real"] = {"own": {"clear": "own/sharp", "degraded": "own/blurry"}}
    settings["experiments"]["own"] = {"dataset": "own", "method": "cyclegan"}
    (project / "params.yaml").write_text(yaml.safe_dump(settings))
    jobs, stages = _both(project)
    assert {"ingest@own", "classical_real@own", "score_classical_real@own", "train@own"} <= jobs.keys()
    assert jobs == stages


def test_everything_tracked_is_a_target(project: Path) -> None:
    done = subprocess.run(
        ["snakemake", "--dry-run", "--forceall", "--quiet", "host", "--nocolor", "all"],
        capture_output=True,
        text=True,
        check=True,
    )
    block = done.stdout[done.stdout.index("rule all:") :]
    targets = set(block.split("input: ", 1)[1].splitlines()[0].split(", "))
    produced = {path for job in plan(project, "--forceall") for path in job.outputs}
    assert targets == produced


def test_a_curve_or_image_that_a_figure_shows_is_named_by_a_card(project: Path) -> None:
    jobs = plan(project, "--forceall")
    (drawn,) = [job for job in jobs if job.rule == "plot"]
    scored = {path for job in jobs if job.rule.startswith("score") for path in job.inputs}
    shown = {
        path for path in drawn.inputs if path.startswith(("data/", "results/restored", "results/models"))
    }
    assert shown and shown <= scored


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("edge_weight: 1.0\n", "edge_wieght: 1.0\n", "train.edge_wieght: unknown key"),
        ("  clahe:\n", "  claeh:\n", "claeh: unknown key"),
    ],
)
def test_wrong_params_end_in_one_line(project: Path, right: str, wrong: str, said: str) -> None:
    params = project / "params.yaml"
    params.write_text(params.read_text().replace(right, wrong, 1))
    done = subprocess.run(["snakemake", "-n", "all"], capture_output=True, text=True)
    assert done.returncode != 0
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_values_on_the_command_line_are_refused(project: Path) -> None:
    done = subprocess.run(
        ["snakemake", "-n", "--config", "seed=2", "--", "all"], capture_output=True, text=True
    )
    assert done.returncode != 0
    assert "edit params.yaml instead" in done.stderr


def test_locks_of_a_killed_run_are_cleared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    locks = tmp_path / ".snakemake" / "locks"
    locks.mkdir(parents=True)
    (locks / "0.output.lock").write_text("results/metrics.json\n")
    pipeline.clear_up()
    assert not list(locks.glob("*.lock"))


def test_locks_of_a_living_run_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    holder = (
        "import sys; from semclear.study import pipeline; pipeline.clear_up(); "
        "print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", holder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None and other.stdout.readline() == "held\n"
        lock = tmp_path / ".snakemake" / "locks" / "0.output.lock"
        lock.parent.mkdir()
        lock.write_text("results/metrics.json\n")
        pipeline.clear_up()
        assert lock.exists()
        other.communicate("")


def test_a_run_that_is_about_to_end_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    holder = (
        "import time; from semclear.study import pipeline; pipeline.clear_up(); "
        "print('held', flush=True); time.sleep(1)"
    )
    with subprocess.Popen([sys.executable, "-c", holder], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None and other.stdout.readline() == "held\n"
        lock = tmp_path / ".snakemake" / "locks" / "0.output.lock"
        lock.parent.mkdir()
        lock.write_text("results/metrics.json\n")
        pipeline.clear_up(patience=60)
        assert not lock.exists()


def test_micrographs_of_lists_every_file_of_the_folders(tmp_path: Path) -> None:
    for name in ("clear/b.tif", "clear/deep/a.png", "degraded/c.png", "table.csv"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    real = {
        "clear": f"{tmp_path}/clear",
        "degraded": f"{tmp_path}/degraded",
        "sources": f"{tmp_path}/table.csv",
    }
    found = [Path(path).relative_to(tmp_path).as_posix() for path in pipeline.micrographs_of(real)]
    assert found == ["clear/b.tif", "clear/deep/a.png", "degraded/c.png", "table.csv"]


@pytest.mark.parametrize(
    ("rule", "wildcards", "stage"),
    [
        ("synthesize", {}, "synthesize"),
        ("classical", {"dataset": "fog"}, "classical@fog"),
        ("classical", {"dataset": "own"}, "classical_real@own"),
        ("score_classical", {"dataset": "own"}, "score_classical_real@own"),
        ("train", {"model": "own"}, "train@own"),
    ],
)
def test_stage_of(rule: str, wildcards: dict[str, str], stage: str) -> None:
    assert recording.stage_of(rule, wildcards, {"real": {"own": {}}}) == stage


def test_results_that_dvc_pulled_are_unknown_until_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert not pipeline.results_are_unknown()
    (tmp_path / "results" / "models").mkdir(parents=True)
    (tmp_path / "results" / "models" / "fog.semclear").touch()
    assert pipeline.results_are_unknown()
    (tmp_path / ".snakemake" / "metadata").mkdir(parents=True)
    (tmp_path / ".snakemake" / "metadata" / "record").touch()
    assert not pipeline.results_are_unknown()


@pytest.mark.parametrize("clean", [True, False])
def test_sync_records_only_what_dvc_finds_clean(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clean: bool
) -> None:
    tools = tmp_path / "environment"
    tools.mkdir()
    (tmp_path / ".dvc").mkdir()
    (tmp_path / ".dvc" / "config").write_text("[core]\n    no_scm = true\n    analytics = false\n")
    (tools / "dvc").write_text(f"#!/bin/sh\nexit {int(not clean)}\n")
    (tools / "snakemake").write_text('#!/bin/sh\necho "$@" > called\n')
    for tool in tools.iterdir():
        tool.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", "/usr/bin:/bin")  # nothing is activated: the tools beside Python are meant
    monkeypatch.setattr(sys, "executable", str(tools / "python"))
    if clean:
        pipeline.adopt()
        assert {"--touch", "--forceall"} <= set((tmp_path / "called").read_text().split())
    else:
        with pytest.raises(SemclearError, match="expected `dvc status` to be clean"):
            pipeline.adopt()
        assert not (tmp_path / "called").exists()
