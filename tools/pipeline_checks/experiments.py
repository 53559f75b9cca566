"""Checks of DVC's experiments."""

from __future__ import annotations

import json
import sys

from pipeline_checks.sandbox import Sandbox
from pipeline_checks.study import Study, every_model


def check_11(study: Study) -> None:
    """dvc exp run --temp -S train.edge_weight=3: metrics change, the diffs show it, its MLflow runs \
stand in the main store"""
    clone = study.built
    clone.commit("Before the experiment")
    clone.run("dvc", "exp", "run", "--temp", "--name", "heavier", "--set-param", "train.edge_weight=3")
    for kind in ("params", "metrics", "plots"):
        assert json.loads(clone.run("dvc", kind, "diff", "HEAD", "heavier", "--json")), (
            f"dvc {kind} diff: nothing"
        )
    changed = json.loads(clone.run("dvc", "params", "diff", "HEAD", "heavier", "--json"))
    assert changed["params.yaml"]["train.edge_weight"]["new"] == 3.0, changed
    differences = json.loads(clone.run("dvc", "metrics", "diff", "HEAD", "heavier", "--json"))
    assert any("hybrid.cyclegan" in key for key in differences["results/metrics.json"]), differences
    own = {name for name, line in clone.params["experiments"].items() if "edge_weight" in line}
    assert runs_of(clone, "tags.dvc_experiment = 'heavier'") == sorted(set(every_model(clone)) - own)
    clone.assert_clean()


def check_12(study: Study) -> None:
    """dvc exp run --queue twice: both run"""
    clone = study.built
    clone.commit("Before the queue")
    for name, weight in (("first", 4.0), ("second", 5.0)):
        setting = f"experiments.fog-paired.edge_weight={weight}"
        clone.run("dvc", "exp", "run", "--queue", "--name", name, "--set-param", f"+{setting}")
    clone.run("dvc", "exp", "run", "--run-all", "--jobs", "1")
    for name in ("first", "second"):
        differences = json.loads(clone.run("dvc", "params", "diff", "HEAD", name, "--json"))
        assert "experiments.fog-paired.edge_weight" in differences["params.yaml"], differences
        assert runs_of(clone, f"tags.dvc_experiment = '{name}'") == ["fog-paired"]
    clone.assert_clean()


def runs_of(clone: Sandbox, condition: str) -> list[str]:
    """Return the models of the runs in the clone's MLflow store that fit a condition."""
    read = (
        "import json, sys, mlflow; c = mlflow.MlflowClient('sqlite:///mlflow.db'); "
        "e = [x.experiment_id for x in c.search_experiments()]; "
        "print(json.dumps(sorted(r.data.tags['model'] for r in c.search_runs(e, filter_string=sys.argv[1]))))"
    )
    said = clone.run(sys.executable, "-c", read, condition)
    return json.loads(said.strip().splitlines()[-1])
