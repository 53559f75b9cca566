"""A failed training in a file beside the bundle that it did not become, and in the tags of its run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from semclear.errors import Diverged
from semclear.files import whole_file

SUFFIX = ".failed.json"
#: Of the error, in the file's order after the names.
FIELDS = ("step", "epoch", "terms", "kind", "attempts", "advice")


def path_of(bundle_path: str | Path) -> Path:
    """Return where the failure of a bundle's training is written: ``NAME.failed.json`` beside it."""
    return Path(bundle_path).with_suffix(SUFFIX)


def write(path: str | Path, error: Diverged, dataset: str, method: str) -> None:
    """Write a failure as JSON.

    Parameters
    ----------
    path : str or Path
        From `path_of`.
    error : Diverged
        Its fields become those of the file: model, step, epoch, terms, kind,
        attempts, advice.
    dataset, method : str
        What failed to be trained on, and how.

    Raises
    ------
    SemclearError
        When the system refuses the write.
    """
    record = {"model": error.model, "dataset": dataset, "method": method}
    record |= {name: getattr(error, name) for name in FIELDS}
    with whole_file(path) as scratch:
        scratch.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


def tags_of(error: Diverged) -> dict[str, Any]:
    """Return the tags of a failed training's run: ``failed.FIELD`` to its value."""
    return {f"failed.{name}": getattr(error, name) for name in FIELDS}
