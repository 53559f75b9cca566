"""Which source files each step of the workflow runs: the one list that both orchestrators use.

A step is run again when a file it runs has changed. `params/`, `slices.py`,
`errors.py`, `files.py` and `cli.py` check and carry values but compute none,
`tracking.py` and `store.py` only report: they are left out, or a new key
would repeat every training. The step `settings` alone runs them: it says what
each training's values come to.
"""

from __future__ import annotations

from pathlib import Path

ROOT = Path("src/semclear")

CARRIERS = (
    "__init__.py",
    "cli.py",
    "errors.py",
    "files.py",
    "params/base.py",
    "params/data.py",
    "params/evaluation.py",
    "params/out_of_family.py",
    "params/scales.py",
    "params/training.py",
    "params/whole.py",
    "slices.py",
    "store.py",
    "tracking.py",
)

_READ_DATA = ("datasets/manifest.py", "datasets/record.py", "datasets/splitting.py", "seeds.py")
_WRITE_DATA = (*_READ_DATA, "datasets/draft.py", "micrographs/writing.py")
_READ_RESTORED = (*_READ_DATA, "restoration/restored.py", "micrographs/writing.py")
_MEASURES = (*_READ_RESTORED, "evaluation/metrics.py", "evaluation/scoring.py", "evaluation/trust")
_NETWORK = (*_READ_DATA, "compute.py", "model")

STEP_CODE: dict[str, tuple[str, ...]] = {
    "synthesize": (*_WRITE_DATA, "datasets/scenes.py", "micrographs/scenes"),
    "degrade": (*_WRITE_DATA, "datasets/degraded.py", "degradation"),
    "ingest": (*_WRITE_DATA, "datasets/real.py", "datasets/sources.py", "datasets/survey.py", "micrographs"),
    "settings": ("params", "slices.py"),
    "train": (*_NETWORK, "training"),
    "restore": (
        *_NETWORK,
        "degradation",
        "micrographs/writing.py",
        "restoration/consistency.py",
        "restoration/ensemble.py",
        "restoration/flag.py",
        "restoration/inspection.py",
        "restoration/network.py",
        "restoration/nulls.py",
        "restoration/residual.py",
        "restoration/restored.py",
        "restoration/restorer.py",
        "restoration/tiling.py",
        "restoration/uncertainty.py",
    ),
    "classical": (
        *_READ_RESTORED,
        "restoration/blur_estimation.py",
        "restoration/boundary.py",
        "restoration/classical.py",
        "restoration/contrast.py",
        "restoration/dark_channel.py",
        "restoration/methods.py",
        "restoration/psf.py",
        "restoration/richardson_lucy.py",
        "restoration/search.py",
        "restoration/wiener.py",
    ),
    "score": (*_MEASURES, "evaluation/card.py"),
    "tabulate": (
        *_MEASURES,
        "evaluation/ablation.py",
        "evaluation/card.py",
        "evaluation/checks.py",
        "evaluation/closure.py",
        "evaluation/comparison.py",
        "evaluation/missing.py",
        "evaluation/pooling.py",
        "evaluation/printing.py",
        "evaluation/statistics.py",
        "evaluation/summary.py",
        "evaluation/tables.py",
        "evaluation/tidy.py",
        "evaluation/writers.py",
    ),
    "plot": (
        *_READ_RESTORED,
        "evaluation/ablation.py",
        "evaluation/statistics.py",
        "evaluation/figures",
        "evaluation/missing.py",
        "evaluation/trust",
        "restoration/residual.py",
        "restoration/tiling.py",
        "restoration/uncertainty.py",
    ),
    "release": (
        *_MEASURES,
        "evaluation/figures/layout.py",
        "evaluation/missing.py",
        "evaluation/model_card.py",
        "evaluation/release_data.py",
        "evaluation/release_limits.py",
        "evaluation/release_scores.py",
        "evaluation/released.py",
        "evaluation/releasing.py",
        "model",
        "restoration/flag.py",
        "restoration/release.py",
        "restoration/tiling.py",
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
