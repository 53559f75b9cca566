"""The 20 checks, each a function that raises if it does not hold; ordered so that they share runs."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

from sandbox import PROJECT, Sandbox, shrink

LAST = {"tabulate", "plot"}

WRITE_RUNS = """
import sys
from semclear import tracking
with tracking.training_run(model=sys.argv[1], dataset="fog", slice_json="{}", data_sha256="0") as run:
    run.log_steps([{"step": i, "cycle": 1.0 / i} for i in range(1, 301)])
"""


class Study:
    """The clone that the checks share, built once; and further clones of it.

    Parameters
    ----------
    home : Path
        Folder for the clones, the remote and the rest.
    """

    def __init__(self, home: Path) -> None:
        self.home = home
        self._tried = False

    @cached_property
    def plain(self) -> Sandbox:
        """A clone with small params, nothing built."""
        clone = Sandbox(PROJECT, self.home / "study")
        clone.edit(shrink)
        (clone.folder / "logs").mkdir()
        clone.run("dvc", "remote", "add", "--quiet", "--default", "local", str(self.home / "remote"))
        clone.run("git", "commit", "--quiet", "--all", "--message", "Small params")
        return clone

    @cached_property
    def built(self) -> Sandbox:
        """The same clone after a full run; tried once."""
        assert not self._tried, "the first full run failed, see above"
        self._tried = True
        clone = self.plain
        clone.snakemake("all")
        clone.commit("First run")
        return clone

    def pulled(self, name: str) -> Sandbox:
        """Return a new clone of the built one with its files from the remote."""
        self.built.commit("As it stands")
        self.built.run("dvc", "push", "--quiet")
        clone = Sandbox(self.built.folder, self.home / name)
        (clone.folder / "logs").mkdir()
        clone.run("dvc", "pull", "--quiet")
        return clone


def chain(*models: str) -> set[str]:
    """Return the stages that follow when these models are trained anew."""
    return {f"{rule}@{model}" for rule in ("train", "restore", "score") for model in models} | LAST


def every_model(clone: Sandbox) -> list[str]:
    """Return the names of all experiments."""
    return sorted(clone.params["experiments"])


def set_train(key: str, value: float) -> Callable[[dict[str, Any]], None]:
    """Return a change of one key of `train`."""
    return lambda params: params["train"].update({key: value})


def set_own(model: str, key: str, value: float) -> Callable[[dict[str, Any]], None]:
    """Return a change of one experiment's own key."""
    return lambda params: params["experiments"][model].update({key: value})


def set_bootstrap(value: int) -> Callable[[dict[str, Any]], None]:
    """Return the cheapest change: only tables and figures follow."""
    return lambda params: params["evaluation"].update(bootstrap=value)


def check_1(study: Study) -> None:
    """linters are clean; `snakemake -n all` builds"""
    clone = study.plain
    clone.run("snakefmt", "--check", "Snakefile", "workflow")
    clone.run("snakemake", "--lint")
    clone.run("ruff", "check", ".")
    assert {"synthesize", "degrade@fog", "classical@hybrid", *chain(*every_model(clone))} <= clone.planned()


def check_2(study: Study) -> None:
    """snakemake all; then neither snakemake nor DVC has anything to do"""
    study.built.assert_clean()


def check_3(study: Study) -> None:
    """train.edge_weight: DVC names exactly the trainings, Snakemake plans what follows; run with either, clean"""
    clone = study.built
    for weight, command in (
        (2.5, ("snakemake", "--cores", "8", *ONE_GPU, "--", "all")),
        (1.0, ("dvc", "repro")),
    ):
        clone.edit(set_train("edge_weight", weight))
        assert clone.changed() == {f"train@{model}" for model in every_model(clone)}, clone.changed()
        assert clone.planned() == chain(*every_model(clone)), clone.planned()
        clone.run(*command)
        clone.assert_clean()


def check_4(study: Study) -> None:
    """one experiment's key: that model's jobs and the tables"""
    clone = study.built
    clone.edit(set_own("hybrid-paired", "learning_rate", 1.0e-4))
    assert clone.changed() == {"train@hybrid-paired", *LAST}, clone.changed()
    assert clone.planned() == chain("hybrid-paired"), clone.planned()
    clone.run("dvc", "repro")
    clone.assert_clean()


def check_5(study: Study) -> None:
    """a data set's sigma: its family; classical.*: baseline, score, tables; a comment: nothing"""
    clone = study.built
    with clone.edited(lambda params: params["degradations"]["fog"]["noise"].update(sigma=[0.01, 0.03])):
        assert clone.changed() == {"degrade@fog"}, clone.changed()
        family = {"degrade@fog", "classical@fog", "score_classical@fog", *chain("fog-paired")}
        assert clone.planned() == clone.with_descendants(clone.changed()) == family, clone.planned()
    with clone.edited(lambda params: params["classical"]["clahe"].update(tiles=[4])):
        names = {"fog", "hybrid"}
        assert clone.changed() == {f"classical@{name}" for name in names}, clone.changed()
        followers = {f"{rule}@{name}" for rule in ("classical", "score_classical") for name in names} | LAST
        assert clone.planned() == clone.with_descendants(clone.changed()) == followers, clone.planned()
    with clone.edited(lambda params: None):
        with (clone.folder / "params.yaml").open("a") as stream:
            stream.write("# a comment\n")
        assert clone.changed() == clone.planned() == set()


def check_6(study: Study) -> None:
    """a line added to experiments and removed again: its jobs and the tables; the rows follow"""
    clone = study.built
    new = {"dataset": "fog", "method": "paired", "edge_weight": 7.0}
    clone.edit(lambda params: params["experiments"].update({"fog-more": new}))
    assert clone.planned() == clone.with_descendants(clone.changed()) == chain("fog-more"), clone.planned()
    clone.snakemake("all")
    assert "fog-more" in clone.metrics()
    clone.assert_clean()
    clone.edit(lambda params: params["experiments"].pop("fog-more"))
    assert clone.planned() == LAST, clone.planned()
    clone.run("dvc", "repro")
    assert "fog-more" not in clone.metrics()
    clone.assert_clean()


def check_7(study: Study) -> None:
    """two values swapped: both see it"""
    clone = study.built

    def swap(params: dict[str, Any]) -> None:
        own = params["experiments"]["hybrid-paired"]
        own["cycle_weight"], own["edge_weight"] = own["edge_weight"], own["cycle_weight"]

    with clone.edited(swap):
        assert clone.changed() == {"train@hybrid-paired", *LAST}, clone.changed()
        assert clone.planned() == chain("hybrid-paired"), clone.planned()


def check_8(study: Study) -> None:
    """a typo in params.yaml: both fail and name the key, nothing is touched"""
    clone = study.built
    before = {path: path.stat().st_mtime_ns for path in clone.outputs()}

    def misspell(params: dict[str, Any]) -> None:
        params["train"]["edge_wieght"] = params["train"].pop("edge_weight")

    with clone.edited(misspell):
        for said in (clone.snakemake("all", fails=True), clone.run("dvc", "repro", fails=True)):
            assert "train.edge_wieght" in said, said
            assert "Traceback" not in said, said
    assert before == {path: path.stat().st_mtime_ns for path in clone.outputs()}


def check_9(study: Study) -> None:
    """clone, dvc pull, semclear sync: nothing to do; then one experiment's key there"""
    clone = study.pulled("clone-9")
    clone.run("semclear", "sync")
    clone.assert_clean()
    clone.edit(set_own("fog-paired", "edge_weight", 3.0))
    assert clone.changed() == {"train@fog-paired", *LAST}, clone.changed()
    assert clone.planned() == chain("fog-paired"), clone.planned()
    clone.snakemake("all")
    clone.assert_clean()
    clone.remove()


def check_10(study: Study) -> None:
    """git checkout HEAD~1, dvc checkout, semclear sync: nothing to do"""
    clone = study.built
    branch = clone.run("git", "branch", "--show-current").strip()
    clone.commit("Before")
    before = clone.metrics()
    clone.edit(set_bootstrap(150))
    clone.edit(lambda params: params["classical"]["clahe"].update(tiles=[4]))
    clone.snakemake("all")
    clone.commit("After")
    assert clone.metrics() != before
    clone.run("git", "checkout", "--quiet", "HEAD~1")
    clone.run("dvc", "checkout", "--quiet")
    clone.run("semclear", "sync")
    assert clone.metrics() == before
    clone.assert_clean()
    clone.run("git", "checkout", "--quiet", branch)
    clone.run("dvc", "checkout", "--quiet")
    clone.run("semclear", "sync")
    clone.assert_clean()


def check_11(study: Study) -> None:
    """dvc exp run --temp -S train.edge_weight=3: metrics change, the diffs show it, its MLflow runs stand in the main store"""
    clone = study.built
    clone.commit("Before the experiment")
    clone.run("dvc", "exp", "run", "--temp", "--name", "heavier", "--set-param", "train.edge_weight=3.0")
    for kind in ("params", "metrics", "plots"):
        assert json.loads(clone.run("dvc", kind, "diff", "HEAD", "heavier", "--json")), (
            f"dvc {kind} diff: nothing"
        )
    changed = json.loads(clone.run("dvc", "params", "diff", "HEAD", "heavier", "--json"))
    assert changed["params.yaml"]["train.edge_weight"]["new"] == 3.0, changed
    differences = json.loads(clone.run("dvc", "metrics", "diff", "HEAD", "heavier", "--json"))
    assert any("hybrid.cyclegan" in key for key in differences["results/metrics.json"]), differences
    assert runs_of(clone, "tags.dvc_experiment = 'heavier'") == sorted(every_model(clone))
    clone.assert_clean()


def check_12(study: Study) -> None:
    """dvc exp run --queue twice: both run"""
    clone = study.built
    clone.commit("Before the queue")
    for name, weight in (("first", 4.0), ("second", 5.0)):
        setting = f"experiments.fog-paired.edge_weight={weight}"
        clone.run("dvc", "exp", "run", "--queue", "--name", name, "--set-param", f"+{setting}")
    clone.run("dvc", "exp", "run", "--run-all", "--jobs", "1")
    for name in ("first", "second"):
        differences = json.loads(clone.run("dvc", "params", "diff", "HEAD", name, "--json"))
        assert "experiments.fog-paired.edge_weight" in differences["params.yaml"], differences
        assert runs_of(clone, f"tags.dvc_experiment = '{name}'") == ["fog-paired"]
    clone.assert_clean()


def check_13(study: Study) -> None:
    """a training fails once: the next run makes it and what follows"""
    clone = study.built
    clone.edit(set_own("hybrid-paired", "learning_rate", 1.1e-4))
    with clone.started("snakemake", "--cores", "8", "all") as process:
        os.kill(clone.training("hybrid-paired"), signal.SIGKILL)
        assert process.wait() != 0
    assert clone.planned() == chain("hybrid-paired"), clone.planned()
    clone.snakemake("all")
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


def check_16(study: Study) -> None:
    """a partial target or --config leaves dvc.lock alone"""
    clone = study.built
    before = clone.read("dvc.lock")
    clone.edit(set_bootstrap(120))
    said = clone.snakemake("results/metrics.json")
    assert "dvc.lock not touched" in said and clone.read("dvc.lock") == before, said
    said = clone.snakemake("--config", "seed=7", "--", "all", fails=True)
    assert "edit params.yaml instead" in said and clone.read("dvc.lock") == before, said
    clone.snakemake("all")
    assert clone.read("dvc.lock") != before
    clone.assert_clean()


def check_17(study: Study) -> None:
    """clone and pull without sync, classical.* changed, snakemake all: the message names what it cannot vouch for"""
    clone = study.pulled("clone-17")
    before = clone.read("dvc.lock")
    clone.edit(lambda params: params["classical"]["clahe"].update(tiles=[8]))
    said = clone.snakemake("all")
    assert "cannot vouch for" in said and "classical@fog" in said and "classical@hybrid" in said, said
    assert clone.read("dvc.lock") == before
    clone.run("dvc", "repro")
    clone.run("semclear", "sync")
    clone.assert_clean()
    (clone.folder / "results/models/fog-paired.semclear").unlink()
    assert clone.planned() == chain("fog-paired"), clone.planned()
    clone.snakemake("all")
    clone.assert_clean()
    clone.remove()


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


def check_19(study: Study) -> None:
    """snakemake --report: one HTML file with every figure"""
    clone = study.built
    clone.snakemake("--report", "report.html", "all")
    page = clone.read("report.html").decode()
    figures = [path.name for path in (clone.folder / "results/figures").glob("*.png")]
    assert figures and all(name in page for name in figures), figures
    (clone.folder / "report.html").unlink()


#: What a machine with one GPU sets by itself.
ONE_GPU = ("--set-resources", "train:gpu=1", "restore:gpu=1", "--resources", "gpu=1")


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
    import base64

    found = []
    for path in (clone.folder / ".snakemake" / "metadata").rglob("*"):
        if path.is_file():
            output = base64.b64decode(path.name.encode() + b"==", altchars=b"-_").decode(errors="replace")
            if output.endswith("manifest.json"):
                found.append(json.loads(path.read_text()))
    return found


def runs_of(clone: Sandbox, condition: str) -> list[str]:
    """Return the models of the runs in the clone's MLflow store that fit a condition."""
    read = (
        "import json, sys, mlflow; c = mlflow.MlflowClient('sqlite:///mlflow.db'); "
        "e = [x.experiment_id for x in c.search_experiments()]; "
        "print(json.dumps(sorted(r.data.tags['model'] for r in c.search_runs(e, filter_string=sys.argv[1]))))"
    )
    said = clone.run(sys.executable, "-c", read, condition)
    return json.loads(said.strip().splitlines()[-1])


ORDER = (1, 18, 2, 19, 8, 5, 7, 16, 3, 20, 4, 6, 13, 14, 15, 10, 11, 12, 9, 17)

CHECKS: dict[int, Callable[[Study], None]] = {number: globals()[f"check_{number}"] for number in ORDER}
