"""A PostgreSQL on this machine, for an MLflow server.

    python -m benchmarks.services.postgresql --home FOLDER

Needs Debian's package postgresql or the like. Writes FOLDER/postgresql.sh
with libpq's own variables (PGHOST, PGPORT, PGUSER, PGPASSWORD, PGDATABASE). As
root it runs as the user postgres, who must be able to reach FOLDER.
"""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

from benchmarks.services.daemon import ADDRESS, free_port, kept, program, running, serve
from semclear.errors import SemclearError

NAME = "mlflow"
DEBIAN = [str(path) for path in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)]


def _new() -> dict[str, str]:
    return {"port": str(free_port()), "password": secrets.token_hex(16)}


def _run(words: list[str], user: str | None, more: Mapping[str, str] | None = None) -> None:
    done = subprocess.run(
        words, user=user, env={**os.environ, **(more or {})}, capture_output=True, text=True
    )
    if done.returncode:
        raise SemclearError(
            f"{words[0]}: exit code {done.returncode}: {(done.stderr or done.stdout).strip()[-400:]}"
        )


@contextmanager
def started(home: Path) -> Iterator[dict[str, str]]:
    """Yield the variables by which the database is chosen while it runs.

    Raises
    ------
    SemclearError
        Where PostgreSQL lacks or does not come up.
    """
    own = kept(home / "postgresql.json", _new)
    user = "postgres" if os.geteuid() == 0 else None
    data = home / "postgresql"
    if not (data / "PG_VERSION").is_file():
        data.mkdir(exist_ok=True)
        secret = home / "postgresql.password"
        secret.touch(mode=0o600)
        secret.write_text(own["password"], encoding="utf-8")
        if user:
            shutil.chown(data, user)
            shutil.chown(secret, user)
        try:
            _run(
                [
                    program("initdb", *DEBIAN, needs="PostgreSQL (Debian: postgresql)"), "--pgdata", str(data),
                    "--username", NAME, "--auth", "scram-sha-256", "--pwfile", str(secret), "--encoding", "UTF8",
                    "--locale", "C",
                ],
                user,
            )  # fmt: skip
        finally:
            secret.unlink()
    variables = {
        "PGHOST": ADDRESS,
        "PGPORT": own["port"],
        "PGUSER": NAME,
        "PGPASSWORD": own["password"],
        "PGDATABASE": NAME,
    }
    server = program("postgres", *DEBIAN, needs="PostgreSQL (Debian: postgresql)")
    words = [server, "-D", str(data), "-h", ADDRESS, "-p", own["port"], "-c", "unix_socket_directories="]
    # SIGINT: clients are cut off, and it ends without a recovery at the next start.
    with running(words, home / "postgresql.log", int(own["port"]), user=user, end=signal.SIGINT):
        import psycopg2

        with closing(
            psycopg2.connect(
                host=ADDRESS, port=own["port"], user=NAME, password=own["password"], dbname="postgres"
            )
        ) as there:
            there.autocommit = True
            cursor = there.cursor()
            cursor.execute("select 1 from pg_database where datname = %s", (NAME,))
            if cursor.fetchone() is None:
                cursor.execute(f"create database {NAME}")
        yield variables


if __name__ == "__main__":
    sys.exit(serve(started, "postgresql", __doc__))
