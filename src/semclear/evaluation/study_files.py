"""Where a study's files lie, seen from the project's folder."""

from __future__ import annotations

from pathlib import Path


def data_manifest(root: Path, dataset: str) -> Path:
    """Return the manifest of a data set."""
    return root / "data" / dataset / "manifest.json"


def classical_manifest(root: Path, dataset: str) -> Path:
    """Return the manifest of a data set's classical restorations."""
    return root / "results" / "classical" / dataset / "manifest.json"


def restored_manifest(root: Path, model: str) -> Path:
    """Return the manifest of a trained model's restorations."""
    return root / "results" / "restored" / model / "manifest.json"


def bundle(root: Path, model: str) -> Path:
    """Return a trained model's file."""
    return root / "results" / "models" / f"{model}.semclear"


def scores_table(root: Path, name: str) -> Path:
    """Return the table of scores of a trained model, or of ``classical-DATASET``."""
    return root / "results" / "scores" / f"{name}.csv"


def steps_table(root: Path, model: str) -> Path:
    """Return the table of a training's steps."""
    return root / "results" / "models" / f"{model}.steps.csv"


def history_table(root: Path, model: str) -> Path:
    """Return the table of a training's epochs."""
    return root / "results" / "models" / f"{model}.history.csv"


def table(root: Path, name: str) -> Path:
    """Return one of the study's tables (scores, summary, closure, ...)."""
    return root / "results" / "tables" / f"{name}.csv"
