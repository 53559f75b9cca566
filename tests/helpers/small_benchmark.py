"""The open benchmark with few and small pictures, drawn once a test run."""

from __future__ import annotations

import shutil
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from semclear import params
from semclear.evaluation.benchmark import folder as folders
from semclear.params import Benchmark, Params

PROJECT = Path(__file__).parents[2]


@cache
def settings() -> Params:
    """Return params.yaml with pictures of 64 pixels: three scenes a set, one an operator."""
    whole = params.load(PROJECT / "params.yaml")
    values = whole.benchmark.model_dump()
    values |= {"size": 64, "scenes": 3, "out_of_family": {"of": "hybrid", "scenes": 1}}
    few = whole.evaluation.model_copy(update={"bootstrap": 50})
    return whole.model_copy(update={"benchmark": Benchmark(**values), "evaluation": few})


@cache
def _made() -> Path:
    folder = Path(mkdtemp(prefix="semclear-benchmark-"))
    folders.make(settings(), folder / "made", "0")
    return folder / "made"


def copied(folder: Path) -> folders.BenchmarkFolder:
    """Return a copy of the small benchmark in a test's folder."""
    shutil.copytree(_made(), folder / "benchmark")
    return folders.load(folder / "benchmark")
