"""A training that fails for good: the rest is made, the run says so at its end, and the next run makes all whole."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from pipeline_checks.sandbox import shrink
from project_copy import copy_project
from snakemake_plan import plan

pytestmark = pytest.mark.slow

TOO_FAST = 1e38  # float32 overflows in the second step, whatever is tried


def test_one_failed_training_costs_what_follows_from_it_alone(tmp_path: Path) -> None:
    folder = copy_project(tmp_path)
    file = folder / "params.yaml"
    params = yaml.safe_load(file.read_text(encoding="utf-8"))
    shrink(params)
    del params["degradations"]["hybrid"]
    params["experiments"] = {
        "fog": {"dataset": "fog", "method": "cyclegan", "learning_rate": TOO_FAST},
        "fog-paired": {"dataset": "fog", "method": "paired"},
        "fog-plain": {"dataset": "fog", "method": "cyclegan"},
    }
    file.write_text(yaml.safe_dump(params, sort_keys=False))
    hidden = ("DVC_", "MLFLOW_", "SEMCLEAR_")
    environment = {key: value for key, value in os.environ.items() if not key.startswith(hidden)}
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"

    def run() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["snakemake", "--cores", "4", "--nocolor", "all"],
            cwd=folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    done = run()
    assert done.returncode != 0
    last = done.stdout[done.stdout.rindex("failed:\n") :]
    assert "  fog: " in last and "logs/train/fog.log" in last, done.stdout[-3000:]
    assert "Made of what is there: tables, figures, releases. Missing in them: fog." in last
    metrics = json.loads((folder / "results/metrics.json").read_text())
    assert metrics["_missing"] == ["fog"] and {"fog-paired", "fog-plain"} <= set(metrics)
    for table in (folder / "results/tables").glob("*.md"):
        assert "Missing, because a job failed: fog." in table.read_text(encoding="utf-8"), table
    assert (folder / "results/figures/losses_fog-plain.png").is_file()
    assert not (folder / "results/figures/losses_fog.png").exists()
    assert (folder / "results/release/fog-plain.semclear").is_file()

    del params["experiments"]["fog"]
    file.write_text(yaml.safe_dump(params, sort_keys=False))
    jobs = plan(folder, environment=environment)
    assert {job.rule for job in jobs} == {"settings", "tabulate", "plot", "release"}
    done = run()
    assert done.returncode == 0, done.stdout[-3000:]
    assert "_missing" not in json.loads((folder / "results/metrics.json").read_text())
    assert plan(folder, environment=environment) == []
