"""Which source files each step of the workflow runs: the one list that both orchestrators use.

A step is run again when a file it runs has changed. `params/`, `params/slices.py`,
`errors.py`, `files.py` and `cli/` check and carry values but compute none,
`study/tracking.py` and `study/mlflow_store.py` only report: they are left out, or a new key
would repeat every training. The step `settings` alone runs them: it says what
each training's values come to.
"""

from __future__ import annotations

from pathlib import Path

ROOT = Path("src/semclear")

CARRIERS = (
    "__init__.py",
    "cli/main.py",
    "errors.py",
    "files.py",
    "params/base.py",
    "params/data.py",
    "params/evaluation.py",
    "params/out_of_family.py",
    "params/scales.py",
    "params/training.py",
    "params/study.py",
    "params/slices.py",
    "study/mlflow_store.py",
    "study/tracking.py",
)

_READ_DATA = ("datasets/manifest.py", "datasets/record.py", "datasets/splitting.py", "seeds.py")
_WRITE_DATA = (*_READ_DATA, "datasets/draft.py", "io/png.py")
_READ_RESTORED = (*_READ_DATA, "restoration/restored.py", "io/png.py")
_MEASURES = (*_READ_RESTORED, "evaluation/metrics.py", "evaluation/scoring.py", "evaluation/trust")
_NETWORK = (*_READ_DATA, "compute.py", "networks")

STEP_CODE: dict[str, tuple[str, ...]] = {
    "synthesize": (*_WRITE_DATA, "datasets/scenes.py", "scenes"),
    "degrade": (*_WRITE_DATA, "datasets/degraded.py", "degradation"),
    "ingest": (*_WRITE_DATA, "datasets/real.py", "datasets/sources.py", "datasets/survey.py", "io"),
    "settings": ("params", "params/slices.py"),
    "train": (*_NETWORK, "training"),
    "restore": (
        *_NETWORK,
        "degradation",
        "io/png.py",
        "restoration/checks/consistency.py",
        "restoration/ensemble.py",
        "restoration/checks/trust_flag.py",
        "restoration/checks/inspection.py",
        "restoration/network_step.py",
        "restoration/checks/null_tests.py",
        "restoration/checks/residual.py",
        "restoration/restored.py",
        "restoration/restorer.py",
        "restoration/checks/tiles.py",
        "restoration/checks/uncertainty.py",
    ),
    "classical": (
        *_READ_RESTORED,
        "restoration/classical/blur_estimation.py",
        "restoration/classical/boundary.py",
        "restoration/classical_step.py",
        "restoration/classical/contrast.py",
        "restoration/classical/dark_channel.py",
        "restoration/classical/methods.py",
        "restoration/classical/psf.py",
        "restoration/classical/richardson_lucy.py",
        "restoration/classical/grid_search.py",
        "restoration/classical/wiener.py",
    ),
    "score": (*_MEASURES, "evaluation/score_card.py"),
    "tabulate": (
        *_MEASURES,
        "evaluation/tables/ablation.py",
        "evaluation/score_card.py",
        "evaluation/tables/checks.py",
        "evaluation/tables/gap_closure.py",
        "evaluation/tables/comparison.py",
        "evaluation/missing.py",
        "evaluation/tables/pooling.py",
        "evaluation/tables/formatting.py",
        "evaluation/tables/bootstrap.py",
        "evaluation/tables/summary.py",
        "evaluation/tables/tabulate.py",
        "evaluation/tables/score_table.py",
        "evaluation/tables/writers.py",
    ),
    "plot": (
        *_READ_RESTORED,
        "evaluation/tables/ablation.py",
        "evaluation/tables/bootstrap.py",
        "evaluation/figures",
        "evaluation/missing.py",
        "evaluation/trust",
        "restoration/checks/residual.py",
        "restoration/checks/tiles.py",
        "restoration/checks/uncertainty.py",
    ),
    "release": (
        *_MEASURES,
        "evaluation/study_files.py",
        "evaluation/missing.py",
        "evaluation/release/model_card.py",
        "evaluation/release/training_data.py",
        "evaluation/release/limits.py",
        "evaluation/release/test_scores.py",
        "evaluation/release/names.py",
        "evaluation/release/assemble.py",
        "networks",
        "restoration/checks/trust_flag.py",
        "models/release.py",
        "restoration/checks/tiles.py",
    ),
}


def entries_of(step: str) -> list[str]:
    """Return the step's source files and folders, from the project's root: as dvc.yaml names them."""
    return sorted({(ROOT / entry).as_posix() for entry in STEP_CODE[step]})


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
