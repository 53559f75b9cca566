"""A fresh clone of the project with small params, to try the pipeline in."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml
from snakemake_plan import Job, plan

from semclear.study.recording import stage_of

PROJECT = Path(__file__).parents[2]
PATIENCE = 300  # seconds until a process that should appear counts as missing


def shrink(params: dict[str, Any]) -> None:
    """Leave of the study what every rule and every kind of experiment needs, at the smoke scale."""
    params["scale"] = "smoke"
    params["scales"]["smoke"]["train"] |= {"epochs": 1, "steps_per_epoch": 2}
    params["degradations"] = {name: params["degradations"][name] for name in ("fog", "hybrid")}
    params["experiments"] = {
        "fog-paired": {"dataset": "fog", "method": "paired"},
        "hybrid": {"dataset": "hybrid", "method": "cyclegan"},
        "hybrid-paired": {"dataset": "hybrid", "method": "paired", "cycle_weight": 5.0, "edge_weight": 2.0},
    }
    for grid in params["classical"].values():
        grid.update({key: values[:1] for key, values in grid.items() if isinstance(values, list)})
    params["evaluation"]["bootstrap"] = 100


class Sandbox:
    """A clone and the commands to run in it.

    Parameters
    ----------
    source : str or Path
        Repository to clone.
    folder : Path
        Where to.
    """

    def __init__(self, source: str | Path, folder: Path) -> None:
        self.folder = folder
        subprocess.run(["git", "clone", "--quiet", str(source), str(folder)], check=True)
        hidden = ("DVC_", "MLFLOW_", "SEMCLEAR_", "GIT_")
        kept = {key: value for key, value in os.environ.items() if not key.startswith(hidden)}
        self.environment = kept | {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(folder / "src"),
            "DVC_NO_ANALYTICS": "1",
            "GIT_AUTHOR_NAME": "check",
            "GIT_AUTHOR_EMAIL": "check@localhost",
            "GIT_COMMITTER_NAME": "check",
            "GIT_COMMITTER_EMAIL": "check@localhost",
        }

    def run(self, *words: str, fails: bool = False) -> str:
        """Run a command and return what it printed; it must succeed, or with `fails` must not."""
        done = subprocess.run(
            words,
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        if (done.returncode != 0) is not fails:
            raise AssertionError(f"{' '.join(words)}: exit code {done.returncode}\n{done.stdout[-3000:]}")
        return done.stdout

    def snakemake(self, *words: str, fails: bool = False) -> str:
        """Run ``snakemake --cores 8 WORDS``."""
        return self.run("snakemake", "--cores", "8", "--nocolor", *words, fails=fails)

    @contextmanager
    def started(self, *words: str) -> Iterator[subprocess.Popen[str]]:
        """Start a command in a session of its own; what is left of it at the end is killed."""
        with (self.folder / "logs" / "started.log").open("w") as log:
            process = subprocess.Popen(
                words,
                cwd=self.folder,
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
                # A shell that runs us in the background has Ctrl-C switched off for its children.
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
            )
            try:
                yield process
            finally:
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait()

    def training(self, model: str) -> int:
        """Wait until this clone trains `model` and return the process's number."""

        def trains(words: Sequence[bytes]) -> bool:
            return b"train" in words and model.encode() in words and b"-c" not in words

        return wait_for(lambda: next(iter(self._processes(trains)), None), f"training of {model}")

    def _processes(self, wanted: Callable[[Sequence[bytes]], bool]) -> Iterator[int]:
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
                if wanted(words) and (entry / "cwd").resolve() == self.folder.resolve():
                    yield int(entry.name)
            except OSError:
                continue  # ended meanwhile

    @property
    def params(self) -> dict[str, Any]:
        """params.yaml as plain values."""
        return yaml.safe_load((self.folder / "params.yaml").read_text(encoding="utf-8"))

    def edit(self, change: Callable[[dict[str, Any]], object]) -> None:
        """Let `change` alter params.yaml."""
        values = self.params
        change(values)
        text = yaml.safe_dump(values, sort_keys=False)
        (self.folder / "params.yaml").write_text(text, encoding="utf-8")

    @contextmanager
    def edited(self, change: Callable[[dict[str, Any]], object]) -> Iterator[None]:
        """Edit params.yaml for the length of a block."""
        before = (self.folder / "params.yaml").read_bytes()
        self.edit(change)
        try:
            yield
        finally:
            (self.folder / "params.yaml").write_bytes(before)

    def planned(self) -> set[str]:
        """Return the stages that Snakemake would run."""
        jobs: list[Job] = plan(self.folder, environment=self.environment)
        return {stage_of(job.rule, job.wildcards, self.params) for job in jobs}

    def changed(self) -> set[str]:
        """Return the stages that DVC calls changed."""
        return set(json.loads(self.run("dvc", "status", "--json")))

    def with_descendants(self, stages: set[str]) -> set[str]:
        """Return `stages` and all that follow from them in DVC's graph."""
        import networkx
        from dvc.repo import Repo

        with Repo(str(self.folder)) as repo:
            graph = repo.index.graph
            named = {stage.name: stage for stage in graph}
            return stages | {
                stage.name for name in stages for stage in networkx.ancestors(graph, named[name])
            }

    def assert_clean(self) -> None:
        """Hold that neither orchestrator has anything to do."""
        assert self.planned() == set(), f"snakemake would run {sorted(self.planned())}"
        assert self.changed() == set(), f"dvc calls changed {sorted(self.changed())}"
        said = self.run("dvc", "repro")
        assert "up to date" in said and "Running stage" not in said, said[-2000:]

    def outputs(self) -> set[Path]:
        """Return all files under data/ and results/."""
        return {
            path for top in ("data", "results") for path in (self.folder / top).rglob("*") if path.is_file()
        }

    def bundles(self) -> dict[str, tuple[int, int]]:
        """Return what tells whether a model's file was made anew: its inode and time of change."""
        files = (self.folder / "results" / "models").glob("*.semclear")
        return {path.stem: (path.stat().st_ino, path.stat().st_mtime_ns) for path in files}

    def make_coeval(self) -> None:
        """Give all files of the clone, but git's, one time of change."""
        now = time.time()
        for path in self.folder.rglob("*"):
            if path.relative_to(self.folder).parts[0] not in (".git", ".dvc"):
                os.utime(path, (now, now))

    def read(self, name: str) -> bytes:
        """Return a file's contents."""
        return (self.folder / name).read_bytes()

    def metrics(self) -> dict[str, Any]:
        """Return results/metrics.json."""
        return json.loads(self.read("results/metrics.json"))

    def commit(self, text: str) -> None:
        """Commit params.yaml and dvc.lock, as a person would after a run."""
        self.run("git", "add", "params.yaml", "dvc.lock")
        self.run("git", "commit", "--quiet", "--allow-empty", "--message", text)

    def remove(self) -> None:
        """Delete the clone."""
        shutil.rmtree(self.folder, ignore_errors=True)


def wait_for(found: Callable[[], Any], what: str) -> Any:
    """Return the first true value of `found`, asked ten times a second."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if value := found():
            return value
        time.sleep(0.1)
    raise AssertionError(f"{what}: not seen within {PATIENCE} s")
