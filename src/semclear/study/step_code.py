"""Which source files each step of the workflow runs: the one list that both orchestrators use.

A step is run again when a file it runs has changed. Left out are files that check and
carry values but compute none (`params/`, `params/slices.py`, `errors.py`, `files.py`,
`cli/`), and of `study/` those that report (`tracking.py`, `mlflow_store.py`, `secrets.py`)
or look after the process (`orphans.py`, `gpus.py`): else a new key would repeat every
training. The step `settings` alone runs `params/`: it says what each training's values
come to.
"""

from __future__ import annotations

from pathlib import Path

ROOT = Path("src/semclear")

CARRIERS = (
    "__init__.py",
    "cli/main.py",
    "cli/steps.py",
    "errors.py",
    "extras.py",
    "files.py",
    "lean_import.py",
    "params/base.py",
    "params/benchmark.py",
    "params/data.py",
    "params/evaluation.py",
    "params/instrument.py",
    "params/own.py",
    "params/scales.py",
    "params/training.py",
    "params/study.py",
    "params/slices.py",
    "study/gpus.py",
    "study/mlflow_store.py",
    "study/orphans.py",
    "study/secrets.py",
    "study/tracking.py",
)

_READ_DATA = ("datasets/manifest.py", "datasets/record.py", "datasets/splitting.py", "seeds.py")
_WRITE_DATA = (*_READ_DATA, "datasets/draft.py", "io/png.py")
_READ_RESTORED = (*_READ_DATA, "restoration/restored.py", "io/png.py")
_MEASURES = (
    *_READ_RESTORED,
    "evaluation/metric.py",
    "evaluation/metrics.py",
    "evaluation/scoring.py",
    "evaluation/trust",
)
_CLASSICAL = ("degradation/blur.py", "io/png.py", "restoration/classical", "row_noise.py")
_NETWORK = (*_READ_DATA, "compute.py", "networks")

STEP_CODE: dict[str, tuple[str, ...]] = {
    "synthesize": (*_WRITE_DATA, "datasets/scenes.py", "scenes"),
    "observe": (
        *_WRITE_DATA,
        "datasets/observed.py",
        "datasets/scenes.py",
        "degradation",
        "row_noise.py",
        "scenes",
    ),
    "degrade": (*_WRITE_DATA, "datasets/degraded.py", "degradation"),
    "ingest": (*_WRITE_DATA, "datasets/real.py", "datasets/sources.py", "datasets/survey.py", "io"),
    "settings": ("params", "params/slices.py"),
    "train": (*_NETWORK, "degradation", "row_noise.py", "training"),
    "restore": (
        *_NETWORK,
        "degradation",
        "io/png.py",
        "restoration/checks",
        "restoration/ensemble.py",
        "restoration/network_step.py",
        "restoration/outcome.py",
        "restoration/restored.py",
        "restoration/restorer.py",
        "row_noise.py",
    ),
    "classical": (*_READ_RESTORED, *_CLASSICAL, "restoration/classical_step.py"),
    "score": (*_MEASURES, "evaluation/score_card.py"),
    "tabulate": (
        *_MEASURES,
        *_CLASSICAL,
        "evaluation/method_names.py",
        "evaluation/score_card.py",
        "evaluation/tables",
        "study/missing.py",
    ),
    "plot": (
        *_READ_RESTORED,
        *_CLASSICAL,
        "evaluation/figures",
        "evaluation/method_names.py",
        "evaluation/metric.py",
        "evaluation/metrics.py",
        "evaluation/study_files.py",
        "evaluation/tables/ablation.py",
        "evaluation/tables/bootstrap.py",
        "evaluation/trust",
        "restoration/checks/residual.py",
        "restoration/checks/tiles.py",
        "restoration/checks/uncertainty.py",
        "study/missing.py",
    ),
    "release": (
        *_MEASURES,
        "degradation/transfer.py",
        "evaluation/release",
        "evaluation/study_files.py",
        "models/release.py",
        "networks",
        "restoration/checks/gain.py",
        "restoration/checks/invention.py",
        "restoration/checks/residual.py",
        "restoration/checks/tiles.py",
        "restoration/checks/trust_flag.py",
        "row_noise.py",
        "study/missing.py",
    ),
}


def entries_of(step: str) -> list[str]:
    """Return the step's source files and folders, from the project's root: as dvc.yaml names them."""
    return sorted({(ROOT / entry).as_posix() for entry in STEP_CODE[step]})


def installed_files_of(step: str) -> list[str]:
    """Return the step's source files where this package lies, absolute: for a workflow deployed to another folder."""
    package = Path(__file__).resolve().parents[1]
    found: set[str] = set()
    for entry in STEP_CODE[step]:
        path = package / entry
        found.update(file.as_posix() for file in (path.rglob("*.py") if path.is_dir() else [path]))
    return sorted(found)


def files_of(step: str, root: str | Path = ".") -> list[str]:
    """Return the step's source files one by one, from the project's root: as Snakemake takes them.

    Parameters
    ----------
    step : str
        A key of `STEP_CODE`.
    root : str or Path
        The project's folder.

    Returns
    -------
    list of str
        Sorted; the modules of a folder entry in its place.
    """
    root = Path(root)
    found: set[str] = set()
    for entry in entries_of(step):
        path = root / entry
        files = path.rglob("*.py") if path.is_dir() else [path]
        found.update(file.relative_to(root).as_posix() for file in files)
    return sorted(found)
