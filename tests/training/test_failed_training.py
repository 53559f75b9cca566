"""A training step that fails leaves its failure in a file and in MLflow; one that went back says so in both."""

import csv
import json
import os

import healing
import pytest
import yaml

pytest.importorskip("tensorflow")
from semclear.errors import Diverged
from semclear.networks import bundle as bundles
from semclear.params.slices import slice_of
from semclear.training import run

PARAMS = healing.Path(__file__).parents[2] / "params.yaml"


@pytest.fixture
def home(tmp_path, monkeypatch):
    """An empty project's folder with a data set, tracking on and no store yet."""
    for name in ("MLFLOW_TRACKING_URI", "DVC_ROOT", "DVC_STAGE", "DVC_EXP_NAME", "SEMCLEAR_TRACKING"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SEMCLEAR_CHECKPOINTS", str(tmp_path / "checkpoints"))
    monkeypatch.chdir(tmp_path)
    healing.write(tmp_path / "data")
    yield tmp_path
    os.environ.pop("MLFLOW_TRACKING_URI", None)  # MLflow sets it itself


def train(home, **line):
    """Run the step of a model `tried`, a paired training on the data set, with keys of its line of `experiments`."""
    values = yaml.safe_load(PARAMS.read_text())
    values["scale"] = "smoke"
    values["scales"]["smoke"]["model"]["levels"] = 2
    values["experiments"] = {"tried": {"dataset": "hybrid", "method": "paired", **line}}
    slices = json.loads(slice_of("train", values, model="tried"))
    models = home / "results" / "models"
    places = [models / f"tried{ending}" for ending in (".semclear", ".history.csv", ".steps.csv")]
    run.train(slices, "tried", home / "data" / "h" / "manifest.json", *places)
    return places


def last_run(home):
    import mlflow

    client = mlflow.MlflowClient(f"sqlite:///{home / 'mlflow.db'}")
    experiment = client.get_experiment_by_name("semclear/hybrid")
    return client.search_runs([experiment.experiment_id], order_by=["attributes.start_time DESC"])[0]


@pytest.mark.slow
def test_a_failure_stands_in_a_file_and_a_failed_run_until_it_is_trained_anew(home):
    failed = home / "results" / "models" / "tried.failed.json"
    with pytest.raises(Diverged, match=r"^tried: training diverged in step") as caught:
        train(home, learning_rate=1e12, recovery_attempts=1)
    told = json.loads(failed.read_text())
    assert list(told) == [
        *("model", "dataset", "method", "step", "epoch", "terms", "kind", "attempts", "advice")
    ]
    error = caught.value
    assert {name: getattr(error, name) for name in told if name not in ("dataset", "method")} == {
        name: value for name, value in told.items() if name not in ("dataset", "method")
    }
    assert (told["model"], told["dataset"], told["method"]) == ("tried", "hybrid", "paired")
    assert told["kind"] == "not a number" and told["attempts"][0]["rate"] == 0.5
    assert told["advice"].startswith("lower train.learning_rate in its line of experiments")
    assert [path.name for path in failed.parent.iterdir()] == [failed.name]
    found = last_run(home)
    assert found.info.status == "FAILED" and found.data.tags["model"] == "tried"
    assert found.data.tags["failed.kind"] == "not a number" and found.data.tags["failed.step"] == str(
        error.step
    )
    assert json.loads(found.data.tags["failed.attempts"]) == error.attempts
    assert json.loads(found.data.tags["failed.terms"]) == error.terms
    assert "back to the beginning" in found.data.tags["warnings"]
    assert found.data.params["learning_rate"] == "1000000000000.0"
    # With the advice taken.
    bundle, history, _ = train(home, learning_rate=1e-3)
    assert not failed.exists() and bundle.is_file()
    assert last_run(home).info.status == "FINISHED"
    with history.open(newline="") as stream:
        assert [row["rate"] for row in csv.DictReader(stream)] == ["1", "1"]
    assert last_run(home).data.tags["recoveries"] == "[]"


@pytest.mark.slow
def test_a_recovery_stands_in_history_bundle_and_run(home):
    bundle, history, steps = train(home, learning_rate=1e20, recovery_rate=1e-8)
    recoveries = bundles.load(bundle).training["recoveries"]
    assert recoveries
    rate = 1e-8 ** len(recoveries)
    with history.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["epoch"] for row in rows] == ["1", "2"] and float(rows[-1]["rate"]) == pytest.approx(rate)
    with steps.open(newline="") as stream:
        assert [row["step"] for row in csv.DictReader(stream)] == [str(n) for n in range(1, 7)]
    found = last_run(home)
    assert found.info.status == "FINISHED"
    assert json.loads(found.data.tags["recoveries"]) == recoveries and float(
        found.data.tags["rate"]
    ) == pytest.approx(rate)
    assert (
        found.data.metrics["epoch/rate"] == pytest.approx(rate)
        and "recovery 1" in found.data.tags["warnings"]
    )
