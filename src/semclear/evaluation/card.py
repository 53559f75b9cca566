"""The card of a scored restoration: what was scored, by hash, and its mean scores."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from semclear.files import sha256, whole_file

FORMAT = 1


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


def write(
    path: str | Path, scores: str | Path, files: Mapping[str, str | Path]
) -> dict[str, dict[str, float]]:
    """Write the card of a table of scores.

    Whoever reads the cards of all restorations sees any change of a data set,
    a model, its curves or its images: that is how a figure of the whole study
    depends on all of them through one folder.

    Parameters
    ----------
    path : str or Path
        JSON to appear.
    scores : str or Path
        Tidy table of scores.
    files : mapping
        What the scores belong to, by role (``data``, ``restored``, ``bundle``, ...).

    Returns
    -------
    dict
        The means that the card holds, by method and metric.

    Raises
    ------
    SemclearError
        When the disk refuses the write.
    """
    means = means_of(scores)
    values = {
        "format": FORMAT,
        "means": {
            method: {k: float(f"{v:.10g}") for k, v in metrics.items()} for method, metrics in means.items()
        },
        "sha256": {role: sha256(file) for role, file in files.items()},
    }
    with whole_file(path) as scratch:
        scratch.write_text(json.dumps(values, sort_keys=True, indent=1) + "\n", encoding="utf-8")
    return means
