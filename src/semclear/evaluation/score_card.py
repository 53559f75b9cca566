"""The card of a scored restoration: what was scored, by hash, and its mean scores."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from semclear.errors import SemclearError
from semclear.files import sha256, whole_file

FORMAT = 1
ENDING = ".card.json"


def path_of(scores: str | Path) -> Path:
    """Return where the card of a table of scores lies: beside it."""
    return Path(scores).with_suffix(ENDING)


def means_of(scores: str | Path) -> dict[str, dict[str, float]]:
    """Return the mean over micrographs by method and metric, from a tidy table of scores.

    Parameters
    ----------
    scores : str or Path
        CSV with the columns method, metric and value among others.

    Returns
    -------
    dict
        Method to metric to mean.
    """
    values: dict[tuple[str, str], list[float]] = defaultdict(list)
    with Path(scores).open(newline="", encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            values[row["method"], row["metric"]].append(float(row["value"]))
    means: dict[str, dict[str, float]] = defaultdict(dict)
    for (method, metric), numbers in sorted(values.items()):
        means[method][metric] = float(np.mean(numbers))
    return dict(means)


def write(path: str | Path, scores: str | Path, files: Mapping[str, str | Path]) -> None:
    """Write the card of a table of scores.

    Whoever reads the cards of all restorations sees any change of a data set,
    a model, its curves or its images: that is how tables and figures of the
    whole study depend on all of them through one folder.

    Parameters
    ----------
    path : str or Path
        JSON to appear.
    scores : str or Path
        Tidy table of scores of one model (or of the classical methods) on one data set.
    files : mapping
        What the scores belong to, by role (``data``, ``restored``, ``bundle``, ...).

    Raises
    ------
    SemclearError
        When the disk refuses the write.
    """
    with Path(scores).open(newline="", encoding="utf-8") as stream:
        first = next(csv.DictReader(stream))
    means = means_of(scores)
    values = {
        "format": FORMAT,
        "dataset": first["dataset"],
        "model": first["model"],
        "means": {
            method: {k: float(f"{v:.10g}") for k, v in metrics.items()} for method, metrics in means.items()
        },
        "sha256": {role: sha256(file) for role, file in files.items()},
    }
    with whole_file(path) as scratch:
        scratch.write_text(json.dumps(values, sort_keys=True, indent=1) + "\n", encoding="utf-8")


def read(path: str | Path) -> dict[str, Any]:
    """Return a card as written.

    Raises
    ------
    SemclearError
        When it is missing or damaged.
    """
    try:
        values = json.loads(Path(path).read_text(encoding="utf-8"))
        if values["format"] != FORMAT:
            raise ValueError(f"format {values['format']}")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SemclearError(
            f"{path}: cannot be read ({error}), expected a card of format {FORMAT}; run its score step again"
        ) from None
    return values


def drop_others(scores: Sequence[Path]) -> None:
    """Remove tables and cards of experiments that are no more from the folder of these `scores`.

    DVC takes the folder as a whole: what a fresh clone does not get must not stand in it.
    """
    kept = {path for table in scores for path in (table, path_of(table))}
    for ending in (".csv", ENDING):
        for path in scores[0].parent.glob(f"*{ending}"):
            if path not in kept:
                path.unlink()
