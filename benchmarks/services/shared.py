"""One study, several people: S3, PostgreSQL and MLflow for real, two clones, and everybody at once.

    python -m benchmarks.services.shared --work FOLDER

Starts the three services of this folder and runs the smallest study (smoke
scale, one data set, two trainings) on them, chosen by environment variables
alone. Then: push, clone elsewhere, pull, nothing left to do; both clones
train at once and log to one server and one remote; eight processes log at
once, to the server and to one SQLite file; ``snakemake`` and ``dvc repro`` at
once in one clone. A row a finding is written to
benchmarks/results/shared.csv; one that is not as expected ends the run with
exit code 1 in the end.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import yaml

from benchmarks.common.ledger import Ledger
from benchmarks.common.provenance import ROOT, commit, machine
from benchmarks.kills import COMMANDS, Clone, smallest
from benchmarks.services import mlflow_server, postgresql, s3

TABLE = ROOT / "benchmarks" / "results" / "shared.csv"
COLUMNS = ("part", "finding", "found", "expected", "seconds", "commit", "machine")
WRITERS = 8
STEPS = 300
#: What `WRITERS` processes do at once: a run with its settings, metrics, a picture and a file.
WRITE = f"""
import sys
import numpy as np
from semclear.study import tracking
with tracking.training_run(model=sys.argv[1], dataset="together", slice_json="{{}}", data_sha256="0") as run:
    run.log_params({{f"setting_{{i}}": i for i in range(50)}})
    run.log_steps([{{"step": i, "cycle": 1.0 / i, "edge": 2.0 / i}} for i in range(1, {STEPS} + 1)])
    run.log_epochs([{{"epoch": i, "validation_psnr": 20.0 + i}} for i in range(1, 11)])
    run.log_image("picture.png", np.zeros((32, 32), np.float32))
    run.log_artifact(__file__ if "__file__" in globals() else sys.argv[2])
"""
#: What the store then holds, read by a process that knows where it is from its environment alone.
READ = """
import json, sys
from semclear.study import mlflow_store
client = mlflow_store.client()
found = []
for experiment in client.search_experiments():
    if experiment.name.startswith("semclear/"):
        for run in client.search_runs([experiment.experiment_id]):
            counts = {key: len(client.get_metric_history(run.info.run_id, key)) for key in run.data.metrics}
            found.append({"experiment": experiment.name, "model": run.data.tags["model"], "status": run.info.status,
                          "metrics": counts, "files": sorted(f.path for f in client.list_artifacts(run.info.run_id))})
print(json.dumps(found))
"""


class Findings:
    """Rows of the table, kept and printed as they come.

    Parameters
    ----------
    table : Path
        Rows of other parts stay in it.
    """

    def __init__(self, table: Path) -> None:
        self.rows: list[dict[str, str]] = []
        self._ledger = Ledger(table, COLUMNS, ("part", "finding"))
        self._since = time.monotonic()
        self._of = {"commit": commit(), "machine": machine()}

    def add(self, part: str, finding: str, found: object, expected: object) -> None:
        """Add what was found beside what it should be, with the seconds since the last finding."""
        now = time.monotonic()
        row = {"part": part, "finding": finding, "found": str(found), "expected": str(expected)}
        self._ledger.add([row | {"seconds": round(now - self._since)} | self._of])
        self.rows.append(row)
        self._since = now
        print(" | ".join(row.values()), flush=True)

    def bad(self) -> list[dict[str, str]]:
        """Return the rows that are not as expected."""
        return [row for row in self.rows if row["found"] != row["expected"]]


def with_services(clone: Clone, variables: Mapping[str, str]) -> Clone:
    """Give a clone's commands the variables that choose the services, a name for Git, and this Python's packages."""
    who = {
        f"GIT_{role}_{key}": "check@localhost"
        for role in ("AUTHOR", "COMMITTER")
        for key in ("NAME", "EMAIL")
    }
    paths = [str(clone.folder / "src"), *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
    clone.environment |= who | dict(variables) | {"PYTHONPATH": os.pathsep.join(filter(None, paths))}
    return clone


def exit_code(clone: Clone, *words: str) -> int:
    """Return a command's exit code; what it printed stands in the clone's log."""
    return clone.start(*words).wait()


def save(clone: Clone, text: str) -> None:
    """Commit params.yaml and dvc.lock, as a person does after a run."""
    subprocess.run(["git", "add", "params.yaml", "dvc.lock"], cwd=clone.folder, check=True)
    subprocess.run(
        ["git", "commit", "--quiet", "--allow-empty", "--message", text],
        cwd=clone.folder,
        env=clone.environment,
        check=True,
    )


def change(clone: Clone, model: str, **values: float) -> None:
    """Set keys of a line of `experiments`."""
    file = clone.folder / "params.yaml"
    params = yaml.safe_load(file.read_text(encoding="utf-8"))
    params["experiments"][model].update(values)
    file.write_text(yaml.safe_dump(params, sort_keys=False), encoding="utf-8")


def runs_in_store(clone: Clone) -> list[dict[str, Any]]:
    """Return the store's runs: experiment, model, status, number of values a metric, files."""
    return json.loads(clone.output_of(sys.executable, "-c", READ).strip().splitlines()[-1])


def left_to_do(clone: Clone) -> str:
    """Return what Snakemake or ``dvc repro`` would run, empty where nothing."""
    left = [] if "Nothing to be done" in clone.output_of("snakemake", "-n", "all") else ["snakemake"]
    said = clone.output_of("dvc", "repro")
    return " ".join(left + ([] if "up to date" in said and "Running stage" not in said else ["dvc"]))


def files_with(folder: Path, secrets: list[str]) -> list[str]:
    """Return the files below a folder that hold one of the secrets."""
    found = []
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            content = path.read_bytes()
            if any(secret.encode() in content for secret in secrets):
                found.append(path.relative_to(folder).as_posix())
    return found


def training_counts(runs: list[dict[str, Any]], model: str) -> list[int]:
    """Return, a finished run of a model, how many values of training steps it has."""
    return sorted(
        sum(n for key, n in run["metrics"].items() if key.startswith("step/"))
        for run in runs
        if run["model"] == model and run["status"] == "FINISHED"
    )


def logged_by_steps(clone: Clone, model: str) -> int:
    """Return how many values of training steps the model's own table holds."""
    with (clone.folder / "results" / "models" / f"{model}.steps.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    return sum(value != "" for row in rows for key, value in row.items() if key != "step")


def elsewhere(work: Path, variables: Mapping[str, str], found: Findings) -> tuple[Clone, Clone]:
    """Run the study on the services, push it, take it over in another clone; return both clones."""
    part = "push and pull"
    here = with_services(Clone(work / "here", reduce=smallest), variables)
    found.add(part, "snakemake all, exit code", exit_code(here, *COMMANDS["snakemake"]), 0)
    found.add(part, "a store of its own in the clone", (here.folder / "mlflow.db").exists(), False)
    runs = runs_in_store(here)
    for model in ("fog", "fog-paired"):
        expected = [logged_by_steps(here, model)]
        found.add(
            part, f"values of steps logged on the server, {model}", training_counts(runs, model), expected
        )
        files = [run["files"] for run in runs if run["model"] == model]
        found.add(part, f"runs with artifacts, {model}", sum(map(bool, files)), 1)
    import boto3

    listed = boto3.client("s3", **client_options(variables)).list_objects_v2(
        Bucket=s3.BUCKET, Prefix="mlflow/"
    )
    found.add(part, "artifacts of MLflow lie on S3", listed["KeyCount"] > 0, True)
    save(here, "First run")
    found.add(part, "dvc push, exit code", exit_code(here, "dvc", "push"), 0)
    shutil.rmtree(work / "there", ignore_errors=True)
    subprocess.run(["git", "clone", "--quiet", str(here.folder), str(work / "there")], check=True)
    there = with_services(Clone(work / "there", found=True), variables)
    found.add(part, "elsewhere: dvc pull, exit code", exit_code(there, "dvc", "pull"), 0)
    found.add(part, "elsewhere: semclear sync, exit code", exit_code(there, "semclear", "sync"), 0)
    found.add(part, "elsewhere: left to do", left_to_do(there), "")
    found.add(part, "elsewhere: files unlike those pushed", _unlike(here, there), 0)
    return here, there


def _unlike(one: Clone, other: Clone) -> int:
    mine, yours = one.outputs(), other.outputs()
    return sum(mine.get(name) != yours.get(name) for name in {*mine, *yours})


def client_options(variables: Mapping[str, str]) -> dict[str, str]:
    """Return what boto3 takes for a client of the store."""
    return {
        "endpoint_url": variables["AWS_ENDPOINT_URL"],
        "aws_access_key_id": variables["AWS_ACCESS_KEY_ID"],
        "aws_secret_access_key": variables["AWS_SECRET_ACCESS_KEY"],
        "region_name": variables["AWS_DEFAULT_REGION"],
    }


def both_at_once(here: Clone, there: Clone, found: Findings) -> None:
    """Let both clones train another model at once, push at once, and hold the server and the remote to it."""
    part = "two clones at once"
    before = {model: len(training_counts(runs_in_store(here), model)) for model in ("fog", "fog-paired")}
    change(here, "fog", learning_rate=1.1e-4)
    change(there, "fog-paired", learning_rate=1.2e-4)
    running = [clone.start(*COMMANDS["snakemake"]) for clone in (here, there)]
    found.add(part, "snakemake all, exit codes", [process.wait() for process in running], [0, 0])
    pushing = [clone.start("dvc", "push") for clone in (here, there)]
    found.add(part, "dvc push, exit codes", [process.wait() for process in pushing], [0, 0])
    runs = runs_in_store(here)
    for clone, model in ((here, "fog"), (there, "fog-paired")):
        counts = training_counts(runs, model)
        found.add(part, f"further runs of {model}", len(counts) - before[model], 1)
        found.add(part, f"values of steps of each, {model}", set(counts), {logged_by_steps(clone, model)})
        said = "".join(file.read_text(encoding="utf-8") for file in (clone.folder / "logs").rglob("*.log"))
        found.add(part, f"warnings of tracking, clone of {model}", said.count("warning: tracking"), 0)
        found.add(part, f"left to do, clone of {model}", left_to_do(clone), "")
        missing = clone.output_of("dvc", "status", "--cloud")
        found.add(part, f"remote complete, clone of {model}", "in sync" in missing, True)


def many_writers(folder: Path, environment: Mapping[str, str], where: str, found: Findings) -> None:
    """Let `WRITERS` processes log at once, and count what arrived."""
    part = f"{WRITERS} writers on {where}"
    folder.mkdir(parents=True, exist_ok=True)
    script = folder / "write.py"
    script.write_text(WRITE, encoding="utf-8")
    processes = [
        subprocess.Popen(
            [sys.executable, str(script), f"model-{number}"],
            cwd=folder,
            env=dict(environment),
            stderr=subprocess.PIPE,
            text=True,
        )
        for number in range(WRITERS)
    ]
    said = [process.communicate()[1] for process in processes]
    found.add(part, "exit codes", {process.returncode for process in processes}, {0})
    trouble = [
        line for text in said for line in text.splitlines() if re.search(r"Traceback|warning|locked", line)
    ]
    found.add(part, "lines of trouble", "; ".join(trouble[:3]), "")
    done = subprocess.run(
        [sys.executable, "-c", READ], cwd=folder, env=dict(environment), capture_output=True, text=True
    )
    runs = [
        r for r in json.loads(done.stdout.strip().splitlines()[-1]) if r["experiment"] == "semclear/together"
    ]
    full = {"step/cycle": STEPS, "step/edge": STEPS, "epoch/validation_psnr": 10}
    found.add(part, "runs", len(runs), WRITERS)
    found.add(
        part,
        "finished with every value",
        sum(r["metrics"] == full and r["status"] == "FINISHED" for r in runs),
        WRITERS,
    )
    found.add(
        part, "with picture and file", sum(r["files"] == ["picture.png", "write.py"] for r in runs), WRITERS
    )


def snakemake_and_dvc(clone: Clone, found: Findings) -> None:
    """Start one while the other trains, both ways round: the second is refused in words, the first ends well."""
    part = "snakemake and dvc repro at once"
    order = list(COMMANDS)
    for rate, (first, second) in enumerate((order, order[::-1])):
        change(clone, "fog-paired", learning_rate=1.4e-4 + rate * 1e-5)
        before = set(clone.outputs())
        process = clone.start(*COMMANDS[first])
        while process.poll() is None and not any("train" in job.info["cmdline"] for job in clone.jobs()):
            time.sleep(0.1)
        done = subprocess.run(
            COMMANDS[second], cwd=clone.folder, env=clone.environment, capture_output=True, text=True
        )
        said = done.stdout + done.stderr
        found.add(part, f"{second} beside {first}: refused", done.returncode != 0, True)
        found.add(part, f"{second} beside {first}: says that it is locked", "lock" in said.lower(), True)
        found.add(part, f"{second} beside {first}: tracebacks", said.count("Traceback"), 0)
        found.add(part, f"{first}: exit code", process.wait(), 0)
        found.add(part, f"{first}: files lost", len(before - clone.outputs().keys()), 0)
        found.add(part, f"{first}: left to do", left_to_do(clone), "")


def main() -> int:
    """Make the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--work", type=Path, required=True, help="folder for services and clones")
    parser.add_argument("--table", type=Path, default=TABLE)
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # or the services would go on
    work = asked.work.resolve()
    home = work / "services"
    home.mkdir(parents=True, exist_ok=True)
    for folder in (work, home):
        folder.chmod(0o755)  # PostgreSQL does not run as root
    found = Findings(asked.table)
    with ExitStack() as services:
        store = services.enter_context(s3.started(home))
        found.add("services", "S3 is up", True, True)
        database = services.enter_context(postgresql.started(home))
        found.add("services", "PostgreSQL is up", True, True)
        server = services.enter_context(mlflow_server.started(home, store | database))
        found.add("services", "MLflow is up", True, True)
        here, there = elsewhere(work, store | server, found)
        both_at_once(here, there, found)
        many_writers(work / "writers-server", here.environment, "the server", found)
        alone = {key: value for key, value in here.environment.items() if key != "MLFLOW_TRACKING_URI"}
        shutil.rmtree(work / "writers-sqlite", ignore_errors=True)
        many_writers(work / "writers-sqlite", alone, "one SQLite file", found)
        snakemake_and_dvc(here, found)
        secrets = [store["AWS_SECRET_ACCESS_KEY"], database["PGPASSWORD"]]
        for clone in (here, there):
            name = clone.folder.name
            found.add(
                "secrets", f"files of {name} with a key or password", files_with(clone.folder, secrets), []
            )
    bad = found.bad()
    print(f"{len(found.rows)} findings, {len(bad)} of them otherwise than expected")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
