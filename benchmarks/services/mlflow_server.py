"""An MLflow server on this machine: runs in PostgreSQL, artifacts on S3.

    . FOLDER/postgresql.sh
    . FOLDER/s3.sh
    python -m benchmarks.services.mlflow_server --home FOLDER

Needs the extras ``study``, ``s3`` and ``server``, and the variables that
`benchmarks.services.postgresql` and `benchmarks.services.s3` write, or your
own of the same names. Passwords stand in the environment, never on the
command line. Writes FOLDER/mlflow.sh with MLFLOW_TRACKING_URI: clients need
neither the keys of S3 nor the password of the database.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from benchmarks.services.daemon import ADDRESS, free_port, kept, running, serve
from semclear.errors import SemclearError

NEEDED = (
    "PGHOST",
    "PGUSER",
    "PGPASSWORD",
    "PGDATABASE",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "SEMCLEAR_BUCKET",
)


@contextmanager
def started(home: Path, more: Mapping[str, str] | None = None) -> Iterator[dict[str, str]]:
    """Yield the variables by which the server is chosen while it runs.

    Parameters
    ----------
    home : Path
        Of the services.
    more : mapping, optional
        Variables besides those of this process.

    Raises
    ------
    SemclearError
        Where a variable lacks or the server does not come up.
    """
    environment = {**os.environ, **(more or {})}
    missing = [name for name in NEEDED if not environment.get(name)]
    if missing:
        raise SemclearError(f"{', '.join(missing)}: not set; read the .sh files of postgresql and s3 first")
    own = kept(home / "mlflow.json", lambda: {"port": str(free_port())})
    # libpq's own variables say the rest. AWS_ENDPOINT_URL is boto3's, this is MLflow's.
    environment |= {
        "MLFLOW_S3_ENDPOINT_URL": environment.get("AWS_ENDPOINT_URL", ""),
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
    }
    words = [
        sys.executable, "-m", "mlflow", "server", "--host", ADDRESS, "--port", own["port"], "--workers", "2",
        "--backend-store-uri", "postgresql+psycopg2://", "--serve-artifacts",
        "--artifacts-destination", f"s3://{environment['SEMCLEAR_BUCKET']}/mlflow",
    ]  # fmt: skip
    with running(words, home / "mlflow.log", int(own["port"]), environment):
        yield {"MLFLOW_TRACKING_URI": f"http://{ADDRESS}:{own['port']}"}


if __name__ == "__main__":
    sys.exit(serve(started, "mlflow", __doc__))
