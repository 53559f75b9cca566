"""A copy of the project without data, results or history, to run the workflow in."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

PROJECT = Path(__file__).parents[2]
SOURCES = (
    "Snakefile",
    "dvc.yaml",
    "params.yaml",
    "workflow",
    "profiles",
    "src",
    ".dvcignore",
    "environment.yml",
)


def environment() -> dict[str, str]:
    """Return the environment of a run in a copy: nothing of DVC, MLflow or semclear, our programs first."""
    hidden = ("DVC_", "MLFLOW_", "SEMCLEAR_")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(hidden)}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return kept | {"PATH": path, "DVC_NO_ANALYTICS": "1"}


def copy_project(folder: Path) -> Path:
    """Copy what a run needs to `folder`, with a DVC of its own, and return it."""
    for name in SOURCES:
        source = PROJECT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
        else:
            shutil.copy(source, folder / name)
    (folder / ".dvc").mkdir()
    (folder / ".dvc" / "config").write_text("[core]\n    no_scm = true\n    analytics = false\n")
    return folder
