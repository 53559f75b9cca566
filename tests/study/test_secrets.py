"""A planted password turns up nowhere: not in messages, the store, logs, locks or the report."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from project_copy import PROJECT, copy_project
from quick_steps import quicken

from semclear.study import secrets

PLANTED = "pl4nted-S3cret"
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": f"{PLANTED}-id",
    "AWS_SECRET_ACCESS_KEY": PLANTED,
    "MLFLOW_TRACKING_PASSWORD": PLANTED,
    "PGPASSWORD": PLANTED,
    "SNAKEMAKE_STORAGE_S3_SECRET_KEY": PLANTED,
}
RUN = """
from semclear.study import tracking
with tracking.training_run(model="fog", dataset="fog", slice_json="{}", data_sha256="0") as run:
    run.log_params({"edge_weight": 1.0})
    run.log_steps([{"step": 1, "cycle": 1.0}])
    run.warn("loading https://me:pl4nted-S3cret@host/a failed with pl4nted-S3cret")
"""


def _environment(**more: str) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("DVC_", "MLFLOW_", "SEMCLEAR_"))}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return kept | ENVIRONMENT | {"PATH": path, "DVC_NO_ANALYTICS": "1"} | more


def _holding(folder: Path) -> list[str]:
    return [
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and PLANTED.encode() in path.read_bytes()
    ]


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("key pl4nted-S3cret here", "key *** here"),
        ("key pl4nted-S3cret-id here", "key *** here"),  # the longer one as a whole
        (
            "API request to https://me:any.thing!@host:5000/api failed",
            "API request to https://***@host:5000/api failed",
        ),
        ("postgresql+psycopg2://u:p@ss@db/runs", "postgresql+psycopg2://***@db/runs"),
        ("http://127.0.0.1:5000/#/experiments", "http://127.0.0.1:5000/#/experiments"),
        ("s3://bucket/results@2", "s3://bucket/results@2"),
    ],
)
def test_hidden(text: str, left: str) -> None:
    assert secrets.hidden(text, ENVIRONMENT | {"OTHER_TOKEN": "abc"}) == left


def test_short_values_hide_nothing() -> None:
    assert secrets.hidden("a table of abc", {"SOME_TOKEN": "abc"}) == "a table of abc"


def test_trouble_with_a_server_does_not_tell_its_password(tmp_path: Path) -> None:
    address = f"http://me:{PLANTED}x@127.0.0.1:9"  # nobody listens
    more = {"MLFLOW_TRACKING_URI": address, "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0"}
    done = subprocess.run(
        [sys.executable, "-c", RUN], cwd=tmp_path, env=_environment(**more), capture_output=True, text=True
    )
    assert done.returncode == 0
    assert "warning: tracking" in done.stderr  # it did fail, and was told
    assert PLANTED not in done.stdout + done.stderr


def test_the_store_keeps_no_secret(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", RUN], cwd=tmp_path, env=_environment(), capture_output=True, text=True
    )
    assert done.returncode == 0 and "warning" not in done.stderr
    assert b"edge_weight" in (tmp_path / "mlflow.db").read_bytes()
    assert not _holding(tmp_path)


@pytest.mark.slow
def test_a_run_of_the_study_leaves_no_secret(tmp_path: Path) -> None:
    folder = quicken(copy_project(tmp_path))
    for words in (["--cores", "4", "--printshellcmds", "all"], ["--report", "report.html", "all"]):
        done = subprocess.run(
            ["snakemake", *words], cwd=folder, env=_environment(), capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr[-2000:]
        assert PLANTED not in done.stdout + done.stderr
    assert (folder / "dvc.lock").is_file() and (folder / "report.html").is_file()
    assert not _holding(folder)


@pytest.mark.parametrize(
    ("words", "allowed"),
    [
        ((), True),
        (("UI_HOST=localhost",), True),
        (("UI_HOST=0.0.0.0",), False),
        (("UI_HOST=192.168.0.7", "UI_OPEN=no"), False),
        (("UI_HOST=0.0.0.0", "UI_OPEN=yes"), True),
    ],
)
def test_the_page_of_runs_is_for_this_machine_alone(words: tuple[str, ...], allowed: bool) -> None:
    command = ["make", "--no-print-directory", "-C", str(PROJECT)]
    done = subprocess.run([*command, "ui-host", *words], capture_output=True, text=True)
    assert (done.returncode == 0) is allowed, done.stderr
    assert allowed or "expected 127.0.0.1" in done.stderr
    dry = subprocess.run([*command, "--dry-run", "ui", *words], capture_output=True, text=True)
    assert dry.stdout.index('case "') < dry.stdout.index("mlflow ui")  # asked before anything is started
