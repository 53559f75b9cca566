"""Checks of failures, interruptions and several processes at once."""

from __future__ import annotations

import base64
import json
import os
import shutil
import signal
import subprocess
import sys
from itertools import pairwise
from typing import Any

from pipeline_checks.sandbox import Sandbox
from pipeline_checks.study import ONE_GPU, Study, chain, every_model, set_own

WRITE_RUNS = """
import sys
from semclear.study import tracking
with tracking.training_run(model=sys.argv[1], dataset="fog", slice_json="{}", data_sha256="0") as run:
    run.log_steps([{"step": i, "cycle": 1.0 / i} for i in range(1, 301)])
"""


def check_13(study: Study) -> None:
    """a training fails once: tables of the rest name it, the next run makes it and what follows"""
    clone = study.built
    clone.edit(set_own("hybrid-paired", "learning_rate", 1.1e-4))
    with clone.started("snakemake", "--cores", "8", "all") as process:
        os.kill(clone.training("hybrid-paired"), signal.SIGKILL)
        assert process.wait() != 0
    assert clone.planned() == chain("hybrid-paired"), clone.planned()
    assert clone.metrics()["_missing"] == ["hybrid-paired"]
    assert "hybrid-paired" in (clone.folder / "logs" / "started.log").read_text()[-1500:]
    clone.snakemake("all")
    assert "_missing" not in clone.metrics()
    clone.assert_clean()


def check_14(study: Study) -> None:
    """Ctrl-C in dvc repro, SIGKILL in snakemake: the next run goes on"""
    clone = study.built
    for command, blow, rate in (
        (("dvc", "repro"), signal.SIGINT, 1.2e-4),
        (("snakemake", "--cores", "8", "all"), signal.SIGKILL, 1.3e-4),
    ):
        clone.edit(set_own("hybrid-paired", "learning_rate", rate))
        with clone.started(*command) as process:
            clone.training("hybrid-paired")
            os.killpg(process.pid, blow)
            assert process.wait() != 0
        clone.run(*command)
        clone.assert_clean()


def check_15(study: Study) -> None:
    """both at once: the second is refused in words, no file is lost"""
    clone = study.built
    commands = (("snakemake", "--cores", "8", "all"), ("dvc", "repro"))
    for (first, second), rate in ((commands, 1.4e-4), (commands[::-1], 1.5e-4)):
        before = clone.outputs()
        clone.edit(set_own("hybrid-paired", "learning_rate", rate))
        with clone.started(*first) as process:
            clone.training("hybrid-paired")
            said = clone.run(*second, fails=True)
            assert "lock" in said.lower() and "Traceback" not in said, said
            assert process.wait() == 0, (clone.folder / "logs" / "started.log").read_text()
        assert clone.outputs() >= before, sorted(before - clone.outputs())
        clone.assert_clean()


def check_18(study: Study) -> None:
    """eight processes on a missing MLflow store: eight runs, no metric lost, no traceback"""
    folder = study.home / "store"
    folder.mkdir()
    environment = study.plain.environment
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", WRITE_RUNS, f"model-{number}"],
            cwd=folder,
            env=environment,
            stderr=subprocess.PIPE,
            text=True,
        )
        for number in range(8)
    ]
    said = [process.communicate()[1] for process in processes]
    assert not any("Traceback" in text or "warning: tracking" in text for text in said), said
    read = (
        "import mlflow; c = mlflow.MlflowClient('sqlite:///mlflow.db'); "
        "e = c.get_experiment_by_name('semclear/fog').experiment_id; "
        "print(sorted(len(c.get_metric_history(r.info.run_id, 'step/cycle')) for r in c.search_runs([e])))"
    )
    done = subprocess.run(
        [sys.executable, "-c", read], cwd=folder, env=environment, capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout.strip().splitlines()[-1]) == [300] * 8, done.stdout
    shutil.rmtree(folder)


def check_20(study: Study) -> None:
    """jobs that ask for the one GPU never overlap"""
    clone = study.built
    clone.snakemake("--forcerun", "restore", *ONE_GPU, "--", "all")
    spans = sorted(
        (float(record["starttime"]), float(record["endtime"]))
        for record in records(clone)
        if record["rule"] == "restore"
    )
    assert len(spans) >= len(every_model(clone))
    assert all(end <= start + 0.05 for (_, end), (start, _) in pairwise(spans)), spans
    clone.assert_clean()


def records(clone: Sandbox) -> list[dict[str, Any]]:
    """Return Snakemake's records of the manifests that a rule wrote."""
    found = []
    for path in (clone.folder / ".snakemake" / "metadata").rglob("*"):
        if path.is_file():
            output = base64.b64decode(path.name.encode() + b"==", altchars=b"-_").decode(errors="replace")
            if output.endswith("manifest.json"):
                found.append(json.loads(path.read_text()))
    return found
