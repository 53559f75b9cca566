"""A grid of DVC's experiments in two workers at once: one table, one MLflow experiment, own results as before?

    python -m benchmarks.exp_queue --work FOLDER [--built CLONE]

Queues the smallest study (smoke scale, one data set, two trainings) with
several values of one training's `edge_weight`, runs the queue by two workers,
each in a workspace of its own, as docs/ablations.md says, and looks at what a
person then sees: ``dvc exp show``, ``dvc plots diff``, MLflow. A row a
finding is written to benchmarks/results/exp_queue.csv.
"""

from __future__ import annotations

import csv
import io
import json
import sys
import time

from benchmarks.common.provenance import ROOT
from benchmarks.kills import COMMANDS, Clone, clone_parser, smallest
from benchmarks.services.shared import Findings, exit_code, left_to_do, save, with_services

TABLE = ROOT / "benchmarks" / "results" / "exp_queue.csv"
WORKERS = 2
WEIGHTS = (0.0, 2.0, 4.0)
PATIENCE = 7200  # seconds until the queue must be done
#: Models by experiment of DVC and of MLflow, of the project's own store.
READ = """
import json
from semclear.study import mlflow_store
client = mlflow_store.client()
names = {e.experiment_id: e.name for e in client.search_experiments()}
runs = client.search_runs(list(names))
print(json.dumps([[names[r.info.experiment_id], r.data.tags.get("dvc_experiment", ""), r.data.tags["model"],
                   r.info.status] for r in runs if "model" in r.data.tags]))
"""


def name_of(weight: float) -> str:
    """Return the name of a value's experiment."""
    return f"weight-{weight:g}"


def states(text: str) -> dict[str, str]:
    """Return each experiment's state, by the output of ``dvc queue status``."""
    rows = [line.split() for line in text.splitlines()]
    return {row[1]: row[-1] for row in rows if len(row) > 2 and row[1].startswith("weight-")}


def table_of(text: str) -> dict[str, dict[str, str]]:
    """Return the rows of ``dvc exp show --csv`` by experiment."""
    return {row["Experiment"]: row for row in csv.DictReader(io.StringIO(text)) if row.get("Experiment")}


def run(clone: Clone, found: Findings) -> None:
    """Queue the grid, run it, and look."""
    part = f"{len(WEIGHTS)} experiments by {WORKERS} workers"
    save(clone, "Before the queue")
    before = clone.outputs()
    for weight in WEIGHTS:
        setting = f"+experiments.fog.edge_weight={weight}"
        code = exit_code(clone, "dvc", "exp", "run", "--queue", "--name", name_of(weight), "-S", setting)
        found.add(part, f"{name_of(weight)} queued, exit code", code, 0)
    found.add(part, "started, exit code", exit_code(clone, "dvc", "queue", "start", "-j", str(WORKERS)), 0)
    begun, most, now = time.monotonic(), 0, {}
    while time.monotonic() - begun < PATIENCE:
        now = states(clone.output_of("dvc", "queue", "status"))
        most = max(most, sum(state == "Running" for state in now.values()))
        if now and set(now.values()) <= {"Success", "Failed"}:
            break
        time.sleep(10)
    names = {name_of(weight) for weight in WEIGHTS}
    found.add(part, "states in the end", sorted(now.items()), sorted(dict.fromkeys(names, "Success").items()))
    found.add(part, "at most at once", most, WORKERS)
    rows = table_of(clone.output_of("dvc", "exp", "show", "--csv"))
    found.add(part, "rows of the table", sorted(names & rows.keys()), sorted(names))
    column = "experiments.fog.edge_weight"
    values = {name: rows.get(name, {}).get(column, "") for name in names}
    found.add(part, "its column of the weight", values == {name_of(w): str(w) for w in WEIGHTS}, True)
    metrics = [
        name for name in next(iter(rows.values()), {}) if "psnr" in name.lower() and ".fog." in f".{name}."
    ]
    different = {tuple(rows[name].get(metric, "") for metric in metrics) for name in names & rows.keys()}
    found.add(part, "rows that differ in their metrics", len(different), len(names))
    for name in sorted(names):
        drawn = clone.output_of("dvc", "plots", "diff", "HEAD", name, "--json")
        found.add(part, f"curves to compare, {name}", "fog.history.csv" in drawn, True)
    runs = json.loads(clone.output_of(sys.executable, "-c", READ).strip().splitlines()[-1])
    mine = sorted((experiment, name, model, state) for experiment, name, model, state in runs if name)
    expected = sorted(("semclear/fog", name, "fog", "FINISHED") for name in names)
    found.add(part, "runs in MLflow", mine, expected)
    after = clone.outputs()
    changed = [name for name in {*before, *after} if before.get(name) != after.get(name)]
    found.add(part, "own results changed", changed, [])
    found.add(part, "left to do", left_to_do(clone), "")


def main() -> int:
    """Make the table."""
    asked = clone_parser(__doc__, TABLE).parse_args()
    found = Findings(asked.table)
    place = asked.built.resolve() if asked.built else asked.work.resolve() / "queue"
    clone = with_services(Clone(place, found=asked.built is not None, reduce=smallest), {})
    if asked.built is None:
        found.add("study", "snakemake all, exit code", exit_code(clone, *COMMANDS["snakemake"]), 0)
    run(clone, found)
    return 1 if found.bad() else 0


if __name__ == "__main__":
    sys.exit(main())
