"""Where MLflow's runs are kept: one SQLite file in the project's folder, opened by one process at a time."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


def root() -> Path:
    """Return the project's folder, also from the temporary copies of ``dvc exp run --temp``."""
    return Path(os.environ.get("DVC_ROOT", ".")).resolve()


def own_store() -> str:
    """Return the address of the project's own store: a SQLite file in its folder."""
    return f"sqlite:///{root() / 'mlflow.db'}"


def store_uri() -> str:
    """Return where runs are kept: MLFLOW_TRACKING_URI, else the project's own store."""
    return os.environ.get("MLFLOW_TRACKING_URI") or own_store()


@contextmanager
def alone() -> Iterator[None]:
    """Keep other processes of this project out of the store: neither its creation nor a burst of writes is safe."""
    import fcntl  # of Unix alone, where the study runs; whoever only trains or restores never comes here

    with (root() / ".mlflow.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def client() -> Any:
    """Return MLflow's client for the store, which is created if missing."""
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
    # MLflow's own seven hold up a training for five minutes where a server is gone; four bridge its restart.
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "4")
    import mlflow

    mlflow.set_tracking_uri(store_uri())
    with alone():
        opened = mlflow.MlflowClient()
        opened.search_experiments(max_results=1)  # opens the store, and creates it the first time
    return opened


def experiment_id(client: Any, dataset: str) -> str:
    """Return the id of the experiment that holds a data set's runs, created if missing."""
    name = f"semclear/{dataset}"
    with alone():
        known = client.get_experiment_by_name(name)
        if known is not None:
            return known.experiment_id
        # A server of its own decides itself where artifacts go.
        place = (root() / "mlruns" / dataset).as_uri() if store_uri() == own_store() else None
        try:
            return client.create_experiment(name, artifact_location=place)
        except Exception:
            # Another clone on the same server, which our lock does not keep out, may have been first.
            known = client.get_experiment_by_name(name)
            if known is None:
                raise
            return known.experiment_id


def is_gone(error: BaseException | None) -> bool:
    """Return whether an error, or one that led to it, says that a server cannot be reached."""
    from requests.exceptions import ConnectionError as NoConnection
    from requests.exceptions import Timeout

    while error is not None:
        if isinstance(error, NoConnection | Timeout):
            return True
        error = error.__cause__ or error.__context__
    return False
