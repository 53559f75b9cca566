"""MLflow: one store for the project, one run a training, found again by its tags.

Trouble with the store never ends a training: it is said in a line, and the
work goes on. Without MLflow, or with SEMCLEAR_TRACKING=off, nothing is logged.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from semclear.files import sha256
from semclear.study import mlflow_store
from semclear.study.secrets import hidden

METRICS_A_BATCH = 1000
PARAMS_A_BATCH = 100
TAG_LENGTH = 5000


def _say(text: str) -> None:
    print(hidden(text), file=sys.stderr, flush=True)


def _never_stops(action: Callable[..., Any]) -> Callable[..., Any]:
    """Turn any trouble of `action` into a line of the log; a run whose server is gone logs no more."""

    @functools.wraps(action)
    def attempt(*args: Any, **kwargs: Any) -> Any:
        try:
            return action(*args, **kwargs)
        except Exception as error:  # MLflow, SQLAlchemy, file system: none may cost a training
            first = (str(error).strip().splitlines() or [""])[0]
            _say(
                f"warning: tracking: {action.__name__} failed ({type(error).__name__}: {first}); going on without it"
            )
            if args and isinstance(args[0], Run) and mlflow_store.is_gone(error):
                args[0].let_go()
            return None

    return attempt


def _git(*words: str) -> str:
    done = subprocess.run(["git", *words], capture_output=True, text=True)
    return done.stdout.strip() if done.returncode == 0 else ""


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _process(number: int) -> str:
    """Return host, number and start of a process, which name it for good; empty where there is none."""
    import psutil

    try:
        return f"{socket.gethostname()} {number} {psutil.Process(number).create_time():.2f}"
    except psutil.NoSuchProcess:
        return ""


def _end_the_dead(client: Any, experiment: str) -> None:
    """Give runs whose process of this machine was killed the status KILLED: nobody else will."""
    for run in client.search_runs([experiment], filter_string="attributes.status = 'RUNNING'"):
        process = run.data.tags.get("process", "")
        host, _, rest = process.partition(" ")
        if host == socket.gethostname() and _process(int(rest.split()[0])) != process:
            with mlflow_store.alone():
                client.set_terminated(run.info.run_id, "KILLED")


def _tags(model: str, dataset: str, method: str, slice_json: str, data_sha256: str) -> dict[str, str]:
    settings = Path("params.yaml")
    return {
        "step": "train",
        "model": model,
        "dataset": dataset,
        "method": method,
        "data_sha256": data_sha256,
        "slice_sha256": _hash(slice_json.encode()),
        "params_sha256": _hash(settings.read_bytes()) if settings.is_file() else "",
        "git_commit": _git("rev-parse", "HEAD"),
        "git_dirty": str(bool(_git("status", "--porcelain", "--untracked-files=no"))).lower(),
        "orchestrator": "dvc" if "DVC_STAGE" in os.environ else "snakemake",
        "dvc_experiment": os.environ.get("DVC_EXP_NAME", ""),
        "process": _process(os.getpid()),
    }


class Run:
    """A run in the store; without a client every method does nothing.

    Parameters
    ----------
    client : mlflow.MlflowClient or None
        The store.
    run_id : str
        The run's.
    """

    def __init__(self, client: Any = None, run_id: str = "") -> None:
        self._client, self._id = client, run_id
        self._warnings: list[str] = []

    def let_go(self) -> None:
        """Log no more: each further call would wait for the server again. The next training ends the run's status."""
        self._client = None

    def _each(self, rows: Sequence[Mapping[str, float]], counter: str) -> list[Any]:
        from mlflow.entities import Metric

        now = int(time.time() * 1000)
        return [
            Metric(f"{counter}/{name}", float(value), now, int(row[counter]))
            for row in rows
            for name, value in row.items()
            if name != counter
        ]

    def _log(self, metrics: Sequence[Any]) -> None:
        with mlflow_store.alone():
            for first in range(0, len(metrics), METRICS_A_BATCH):
                self._client.log_batch(self._id, metrics=metrics[first : first + METRICS_A_BATCH])

    @_never_stops
    def log_params(self, values: Mapping[str, Any]) -> None:
        """Log settings by name."""
        if self._client is None:
            return
        from mlflow.entities import Param

        entries = [Param(name, str(value)) for name, value in values.items()]
        with mlflow_store.alone():
            for first in range(0, len(entries), PARAMS_A_BATCH):
                self._client.log_batch(self._id, params=entries[first : first + PARAMS_A_BATCH])

    @_never_stops
    def log_steps(self, rows: Sequence[Mapping[str, float]]) -> None:
        """Log a row a step, with its number under "step", as metrics ``step/TERM``."""
        if self._client is not None:
            self._log(self._each(rows, "step"))

    @_never_stops
    def log_epochs(self, rows: Sequence[Mapping[str, float]]) -> None:
        """Log a row an epoch, with its number under "epoch", as metrics ``epoch/TERM``."""
        if self._client is not None:
            self._log(self._each(rows, "epoch"))

    @_never_stops
    def log_image(self, name: str, image: np.ndarray) -> None:
        """Log a picture, float (H, W) in [0, 1], under the file name `name`."""
        if self._client is not None:
            levels = np.rint(np.clip(image, 0.0, 1.0) * 255.0).astype(np.uint8)
            self._client.log_image(self._id, levels, artifact_file=name)

    @_never_stops
    def log_artifact(self, path: str | Path) -> None:
        """Keep a copy of a file with the run."""
        if self._client is not None:
            self._client.log_artifact(self._id, str(path))

    @_never_stops
    def log_model(self, network: Any, bundle_path: str | Path) -> None:
        """Log the restoring network with its signature, and tag the run with the hash of its bundle.

        The signature is float32 (N, H, W, 1) to the same.
        """
        if self._client is None:
            return
        self._client.set_tag(self._id, "bundle_sha256", sha256(bundle_path))
        import mlflow
        from mlflow.models import ModelSignature
        from mlflow.types import Schema, TensorSpec

        grey = Schema([TensorSpec(np.dtype(np.float32), (-1, -1, -1, 1))])
        # Named requirements: without them MLflow loads the model in another process to find out.
        needs = [f"{package}=={version(package)}" for package in ("keras", "numpy")]
        with mlflow.start_run(run_id=self._id, log_system_metrics=False):
            mlflow.keras.log_model(
                network,
                name="model",
                signature=ModelSignature(inputs=grey, outputs=grey),
                pip_requirements=needs,
            )

    @_never_stops
    def warn(self, text: str) -> None:
        """Keep a warning in the tag ``warnings``."""
        self._warnings.append(text)
        if self._client is not None:
            self._client.set_tag(self._id, "warnings", hidden("\n".join(self._warnings))[:TAG_LENGTH])

    @_never_stops
    def tag(self, values: Mapping[str, Any]) -> None:
        """Tag the run; what is no text is written as JSON."""
        if self._client is None:
            return
        for name, value in values.items():
            text = value if isinstance(value, str) else json.dumps(value, sort_keys=True)
            self._client.set_tag(self._id, name, text[:TAG_LENGTH])

    @_never_stops
    def _log_input(self, dataset: str, data_path: Path) -> None:
        from mlflow.entities import Dataset, DatasetInput, InputTag

        # The digest is the MD5 by which dvc.lock knows the manifest.
        digest = hashlib.md5(Path(data_path).read_bytes(), usedforsecurity=False).hexdigest()
        source = json.dumps({"uri": Path(data_path).as_posix()})
        entry = Dataset(name=dataset, digest=digest, source_type="local", source=source)
        self._client.log_inputs(
            self._id,
            datasets=[DatasetInput(dataset=entry, tags=[InputTag("mlflow.data.context", "training")])],
        )

    @_never_stops
    def _end(self, status: str) -> None:
        if self._client is not None:
            self._client.set_terminated(self._id, status)


@_never_stops
def _open_run(
    model: str, dataset: str, slice_json: str, data_sha256: str, data_path: Path | None, method: str
) -> Run:
    client = mlflow_store.client()
    experiment = mlflow_store.experiment_id(client, dataset)
    _end_the_dead(client, experiment)
    with mlflow_store.alone():
        created = client.create_run(
            experiment, tags=_tags(model, dataset, method, slice_json, data_sha256), run_name=model
        )
    run = Run(client, created.info.run_id)
    if data_path is not None:
        run._log_input(dataset, data_path)
    return run


@contextmanager
def training_run(
    *,
    model: str,
    dataset: str,
    slice_json: str,
    data_sha256: str,
    data_path: Path | None = None,
    method: str = "",
) -> Iterator[Run]:
    """Yield a new run for one execution of a training.

    Parameters
    ----------
    model, dataset, method : str
        Names; runs are grouped by data set, in the experiment ``semclear/DATASET``.
    slice_json : str
        The training's slice of params.yaml; its hash becomes a tag.
    data_sha256 : str
        Hash of the data set's manifest.
    data_path : Path, optional
        The manifest, logged as the run's input.

    Yields
    ------
    Run
        One that does nothing where tracking is off or fails.
    """
    run = None
    if os.environ.get("SEMCLEAR_TRACKING", "on") != "off":
        run = _open_run(model, dataset, slice_json, data_sha256, data_path, method)
    run = run or Run()
    try:
        yield run
    except BaseException:
        run._end("FAILED")
        raise
    run._end("FINISHED")


@_never_stops
def add_scores(cards: Sequence[Mapping[str, Any]]) -> None:
    """Add scores to the newest run that made each bundle: one row of the table holds params, losses and scores.

    The training's own method becomes ``score/METRIC``, another
    ``score-METHOD/METRIC``. Scores that the run already has are left alone.

    Parameters
    ----------
    cards : sequence of mapping
        As `score_card.read` gives them; those without a bundle are passed over.
    """
    trained = [card for card in cards if "bundle" in card["sha256"]]
    if os.environ.get("SEMCLEAR_TRACKING", "on") == "off" or not trained:
        return
    client = mlflow_store.client()
    for dataset in sorted({card["dataset"] for card in trained}):
        _end_the_dead(client, mlflow_store.experiment_id(client, dataset))
    for card in trained:
        model, bundle = card["model"], card["sha256"]["bundle"]
        found = client.search_runs(
            [mlflow_store.experiment_id(client, card["dataset"])],
            filter_string=f"tags.model = '{model}' and tags.bundle_sha256 = '{bundle}'",
            order_by=["attributes.start_time DESC"],
            max_results=1,
        )
        if found:
            _add_means(client, found[0], card["means"])
        else:
            _say(
                f"tracking: no run here has made this bundle of {model}; its scores stand in results/scores alone"
            )


def _add_means(client: Any, run: Any, means: Mapping[str, Mapping[str, float]]) -> None:
    from mlflow.entities import Metric

    now = int(time.time() * 1000)
    own = run.data.tags.get("method")
    rows = {
        f"score/{metric}" if method == own else f"score-{method}/{metric}": value
        for method, metrics in means.items()
        for metric, value in metrics.items()
    }
    new = [Metric(k, v, now, 0) for k, v in rows.items() if run.data.metrics.get(k) != v]
    with mlflow_store.alone():
        client.log_batch(run.info.run_id, metrics=new)
