"""MLflow: one run an execution, nothing lost under contention, no trouble of the store ends a training."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from semclear.study import mlflow_store, tracking

EIGHT = 8
STEPS = 250

WRITER = f"""
import sys
from semclear.study import tracking
with tracking.training_run(model=sys.argv[1], dataset="fog", slice_json="{{}}", data_sha256="0") as run:
    run.log_steps([{{"step": i, "cycle": 1.0 / i, "edge": 2.0 / i}} for i in range(1, {STEPS + 1})])
"""


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Run in an empty folder, with tracking on and no store."""
    for name in ("MLFLOW_TRACKING_URI", "DVC_ROOT", "DVC_STAGE", "DVC_EXP_NAME", "SEMCLEAR_TRACKING"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    os.environ.pop("MLFLOW_TRACKING_URI", None)  # MLflow sets it itself


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an empty store: making one takes MLflow some seconds."""
    folder = tmp_path_factory.mktemp("store")
    make = "import mlflow; mlflow.MlflowClient('sqlite:///mlflow.db').search_experiments()"
    subprocess.run([sys.executable, "-c", make], cwd=folder, check=True, capture_output=True)
    return folder / "mlflow.db"


@pytest.fixture
def home(bare: Path, empty_store: Path) -> Path:
    """Run in a folder with an empty store."""
    shutil.copy(empty_store, bare)
    return bare


def _runs(home: Path, dataset: str = "fog") -> list:
    import mlflow

    client = mlflow.MlflowClient(f"sqlite:///{home / 'mlflow.db'}")
    experiment = client.get_experiment_by_name(f"semclear/{dataset}")
    return client.search_runs([experiment.experiment_id], order_by=["attributes.start_time DESC"])


def _card(model: str, bundle: Path | None, means: dict) -> dict:
    files = {} if bundle is None else {"bundle": hashlib.sha256(bundle.read_bytes()).hexdigest()}
    return {"model": model, "dataset": "fog", "means": means, "sha256": files}


class _Network:
    """Stands for a network whose logging fails: not a Keras model."""


KILLED = """
import os, signal, sys
from semclear.study import mlflow_store, tracking
with tracking.training_run(model="killed", dataset="fog", slice_json="{}", data_sha256="0") as run:
    run.tag({"reached": "here"})
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_run_whose_process_was_killed_does_not_stay_running(home: Path) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED], cwd=home, check=False)
    assert done.returncode < 0
    (run,) = _runs(home)
    assert run.info.status == "RUNNING" and run.data.tags["reached"] == "here"
    with (
        tracking.training_run(model="first", dataset="fog", slice_json="{}", data_sha256="0"),
        tracking.training_run(model="second", dataset="fog", slice_json="{}", data_sha256="0"),
    ):
        status = {run.data.tags["model"]: run.info.status for run in _runs(home)}
    assert status == {"killed": "KILLED", "first": "RUNNING", "second": "RUNNING"}


def test_scores_end_runs_of_killed_processes(home: Path) -> None:
    subprocess.run([sys.executable, "-c", KILLED], cwd=home, check=False)
    bundle = home / "fog.semclear"
    bundle.write_bytes(b"weights")
    tracking.add_scores([_card("fog", bundle, {"cyclegan": {"psnr": 20.0}})])
    assert [run.info.status for run in _runs(home)] == ["KILLED"]


def test_one_run_holds_params_losses_scores_and_tags(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import mlflow

    monkeypatch.setenv("DVC_EXP_NAME", "heavier")
    (home / "params.yaml").write_text("seed: 1\n")
    (home / "manifest.json").write_text("{}\n")
    bundle = home / "fog.semclear"
    bundle.write_bytes(b"weights")
    with tracking.training_run(
        model="fog",
        dataset="fog",
        slice_json='{"seed": 1}',
        data_sha256="ab",
        data_path=Path("manifest.json"),
        method="cyclegan",
    ) as run:
        run.log_params({"edge_weight": 3.0, "epochs": 2})
        run.log_steps([{"step": i, "cycle": 1.0 / i} for i in (1, 2, 3)])
        run.log_epochs([{"epoch": 1, "cycle": 0.5}, {"epoch": 2, "cycle": 0.25}])
        run.log_image("samples/a.png", np.linspace(0, 1, 12, dtype=np.float32).reshape(3, 4))
        run.log_artifact(bundle)
        run.log_model(_Network(), bundle)
        run.warn("warning: one")
        run.warn("warning: two")
    tracking.add_scores(
        [
            _card("fog", bundle, {"cyclegan": {"psnr": 20.5}, "cyclegan-oracle": {"psnr": 21.5}}),
            _card("x", None, {}),
        ]
    )
    (found,) = _runs(home)
    assert found.info.status == "FINISHED" and found.info.run_name == "fog"
    assert found.data.params == {"edge_weight": "3.0", "epochs": "2"}
    assert found.data.metrics == {
        "step/cycle": pytest.approx(1 / 3),
        "epoch/cycle": 0.25,
        "score/psnr": 20.5,
        "score-cyclegan-oracle/psnr": 21.5,
    }
    wanted = {
        "step": "train",
        "model": "fog",
        "method": "cyclegan",
        "data_sha256": "ab",
        "slice_sha256": hashlib.sha256(b'{"seed": 1}').hexdigest(),
        "params_sha256": hashlib.sha256(b"seed: 1\n").hexdigest(),
        "bundle_sha256": hashlib.sha256(b"weights").hexdigest(),
        "orchestrator": "snakemake",
        "dvc_experiment": "heavier",
        "warnings": "warning: one\nwarning: two",
    }
    assert wanted.items() <= found.data.tags.items()
    assert {"git_commit", "git_dirty"} <= found.data.tags.keys()
    (entry,) = found.inputs.dataset_inputs
    assert (entry.dataset.name, entry.dataset.digest) == ("fog", hashlib.md5(b"{}\n").hexdigest())
    client = mlflow.MlflowClient(f"sqlite:///{home / 'mlflow.db'}")
    assert {f.path for f in client.list_artifacts(found.info.run_id)} >= {"samples", "fog.semclear"}
    assert (home / "mlruns" / "fog" / found.info.run_id).is_dir()


def test_a_second_execution_is_a_second_run_and_gets_the_scores(home: Path) -> None:
    bundle = home / "fog.semclear"
    bundle.write_bytes(b"weights")
    for _ in range(2):
        with tracking.training_run(
            model="fog", dataset="fog", slice_json="{}", data_sha256="0", method="paired"
        ) as run:
            run.log_model(_Network(), bundle)
    card = _card("fog", bundle, {"paired": {"ssim": 0.75}})
    tracking.add_scores([card])
    tracking.add_scores([card])
    newest, oldest = _runs(home)
    assert newest.data.metrics == {"score/ssim": 0.75}
    assert oldest.data.metrics == {}
    import mlflow

    client = mlflow.MlflowClient(f"sqlite:///{home / 'mlflow.db'}")
    assert len(client.get_metric_history(newest.info.run_id, "score/ssim")) == 1


@pytest.mark.slow
def test_eight_processes_on_a_missing_store_lose_no_metric(bare: Path) -> None:
    import mlflow

    processes = [
        subprocess.Popen([sys.executable, "-c", WRITER, f"model-{n}"], stderr=subprocess.PIPE, text=True)
        for n in range(EIGHT)
    ]
    said = [process.communicate()[1] for process in processes]
    assert [process.returncode for process in processes] == [0] * EIGHT
    assert not any("Traceback" in text or "warning: tracking" in text for text in said), said
    client = mlflow.MlflowClient(f"sqlite:///{bare / 'mlflow.db'}")
    runs = _runs(bare)
    assert sorted(run.data.tags["model"] for run in runs) == [f"model-{n}" for n in range(EIGHT)]
    for run in runs:
        for name in ("step/cycle", "step/edge"):
            steps = [metric.step for metric in client.get_metric_history(run.info.run_id, name)]
            assert sorted(steps) == list(range(1, STEPS + 1))


def test_a_store_that_cannot_be_written_ends_nothing(
    bare: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (bare / "file").write_text("no folder")
    monkeypatch.setenv("DVC_ROOT", str(bare / "file"))
    with tracking.training_run(model="fog", dataset="fog", slice_json="{}", data_sha256="0") as run:
        run.log_params({"a": 1})
        run.log_steps([{"step": 1, "cycle": 1.0}])
        run.log_image("a.png", np.zeros((2, 2)))
        run.log_model(_Network(), bare / "file")
        run.warn("warning")
    said = capsys.readouterr().err
    assert "warning: tracking" in said and "going on without it" in said


def test_trouble_in_the_middle_ends_nothing(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with tracking.training_run(model="fog", dataset="fog", slice_json="{}", data_sha256="0") as run:
        run.log_artifact("missing.csv")
        run.log_epochs([{"epoch": 1, "cycle": 0.5}])
    assert "warning: tracking: log_artifact failed" in capsys.readouterr().err
    (found,) = _runs(home)
    assert found.data.metrics == {"epoch/cycle": 0.5} and found.info.status == "FINISHED"


def test_a_server_that_is_gone_is_asked_once(capsys: pytest.CaptureFixture[str]) -> None:
    import requests
    from mlflow.exceptions import MlflowException

    class Gone:
        calls = 0

        def log_batch(self, *args: object, **kwargs: object) -> None:
            self.calls += 1
            try:
                raise requests.exceptions.ConnectionError("refused")
            except requests.exceptions.ConnectionError as error:
                raise MlflowException("API request failed") from error

    client = Gone()
    run = tracking.Run(client, "1")
    for step in range(3):
        run.log_steps([{"step": step, "cycle": 1.0}])
    assert client.calls == 1
    assert capsys.readouterr().err.count("warning: tracking") == 1


def test_a_training_does_not_wait_long_for_a_server(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", raising=False)
    mlflow_store.client()
    assert os.environ["MLFLOW_HTTP_REQUEST_MAX_RETRIES"] == "4"
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
    mlflow_store.client()
    assert os.environ["MLFLOW_HTTP_REQUEST_MAX_RETRIES"] == "1"


def test_an_experiment_that_another_clone_made_meanwhile_is_taken(bare: Path) -> None:
    made = SimpleNamespace(experiment_id="7")

    class Store:
        def __init__(self, answers: list[object]) -> None:
            self.answers = answers

        def get_experiment_by_name(self, name: str) -> object:
            return self.answers.pop(0)

        def create_experiment(self, name: str, artifact_location: str | None) -> str:
            raise ValueError("exists already")

    assert mlflow_store.experiment_id(Store([None, made]), "fog") == "7"
    with pytest.raises(ValueError):
        mlflow_store.experiment_id(Store([None, None]), "fog")


def test_an_exception_marks_the_run_as_failed_and_goes_on_up(home: Path) -> None:
    with (
        pytest.raises(KeyError),
        tracking.training_run(model="fog", dataset="fog", slice_json="{}", data_sha256="0"),
    ):
        raise KeyError("of the training")
    (found,) = _runs(home)
    assert found.info.status == "FAILED"


def test_switched_off_nothing_is_written(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEMCLEAR_TRACKING", "off")
    with tracking.training_run(model="fog", dataset="fog", slice_json="{}", data_sha256="0") as run:
        run.log_steps([{"step": 1, "cycle": 1.0}])
    assert list(bare.iterdir()) == []


def test_the_store_stands_in_the_main_tree_of_a_dvc_experiment(
    bare: Path, empty_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    main, temporary = bare / "main", bare / "temporary"
    main.mkdir()
    temporary.mkdir()
    shutil.copy(empty_store, main)
    monkeypatch.setenv("DVC_ROOT", str(main))
    monkeypatch.chdir(temporary)
    with tracking.training_run(model="fog", dataset="fog", slice_json="{}", data_sha256="0"):
        pass
    assert len(_runs(main)) == 1 and list(temporary.iterdir()) == []


@pytest.mark.slow
def test_the_model_is_logged_with_its_signature_and_loads(home: Path) -> None:
    script = """
import os
os.environ["KERAS_BACKEND"] = "tensorflow"
import keras
import numpy as np
from pathlib import Path
from semclear import params
from semclear.study import mlflow_store, tracking
from semclear.networks.cyclegan import generator_of
size = params.ModelScale(levels=2, width=2, max_width=4, discriminator_width=2)
settings = params.load(PARAMS).model
network = generator_of(size, settings, "restorer")
Path("b.semclear").write_bytes(b"bundle")
with tracking.training_run(model="fog", dataset="fog", slice_json="{}", data_sha256="0") as run:
    run.log_model(network, "b.semclear")
import mlflow
mlflow.set_tracking_uri("sqlite:///mlflow.db")
experiment = mlflow.get_experiment_by_name("semclear/fog").experiment_id
(logged,) = mlflow.search_logged_models(experiment_ids=[experiment], output_format="list")
signature = mlflow.models.get_model_info(logged.model_uri).signature
(grey_in,), (grey_out,) = signature.inputs.inputs, signature.outputs.inputs
for grey in (grey_in, grey_out):
    assert grey.type == np.float32 and grey.shape == (-1, -1, -1, 1), grey
image = np.random.default_rng(0).random((1, 8, 8, 1), dtype=np.float32)
again = mlflow.keras.load_model(logged.model_uri)
np.testing.assert_array_equal(again(image), network(image))
print("SAME")
""".replace("PARAMS", repr(str(Path(__file__).parents[2] / "params.yaml")))
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout.endswith("SAME\n"), done.stderr[-3000:]
