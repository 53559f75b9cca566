"""From a study's files to the rows and columns of a side-by-side figure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from semclear.datasets import manifest
from semclear.datasets.record import Record
from semclear.errors import SemclearError
from semclear.evaluation import study_files
from semclear.evaluation.figures import choice, names, style
from semclear.evaluation.figures.charts.side_by_side import Panel, Row
from semclear.evaluation.method_names import CLASSICAL
from semclear.restoration import restored

# Where there is no truth nothing can be called best; these need no truth and undo most.
WITHOUT_SEARCH = ("dark-channel-wiener", "wiener-estimated", "wiener-unsupervised")


@dataclass(frozen=True)
class Column:
    """One method of the figure: what to write above, whose scores these are, and where its images lie."""

    heading: str
    model: str
    method: str
    found: restored.Restored

    def image(self, record: Record) -> np.ndarray:
        """Return the restoration of a record, float32 (H, W) in [0, 1]."""
        return self.found.image(self._entry(record))

    def map(self, record: Record, name: str) -> np.ndarray | None:
        """Return a map of the restoration, see `restored.Restored.map`."""
        return self.found.map(self._entry(record), name)

    def _entry(self, record: Record) -> restored.Entry:
        for entry in self.found.records:
            if entry.id == record.id and entry.method == self.method:
                return entry
        raise SemclearError(
            f"{self.found.path}: got no image of {record.id} by {self.method}, expected one a test micrograph; "
            "run its step again"
        )


def best_classical(found: restored.Restored) -> str | None:
    """Return the classical method of highest mean PSNR on the validation set, as its search recorded it.

    Without any search (no truth) the first of `WITHOUT_SEARCH` that was run;
    None when there is none.
    """
    best = {
        name: max(row["psnr"] for row in notes["search"])
        for name, notes in sorted(found.methods.items())
        if notes.get("search")
    }
    if best:
        return max(best, key=lambda name: best[name])
    return next((name for name in WITHOUT_SEARCH if name in found.methods), None)


def columns_of(params: Mapping[str, Any], dataset: str, root: Path) -> list[Column]:
    """Return a data set's columns: degraded, best classical, trained models, paired models.

    Parameters
    ----------
    params : mapping
        Slice with ``experiments``.
    dataset : str
        Name of the data set.
    root : Path
        The project's folder.
    """
    classical = restored.load(study_files.classical_manifest(root, dataset))
    columns = [Column(style.label("degraded"), CLASSICAL, "degraded", classical)]
    if (best := best_classical(classical)) is not None:
        columns.append(Column(style.label(best), CLASSICAL, best, classical))
    used = {
        name: e["method"] for name, e in names.main_experiments(params).items() if e["dataset"] == dataset
    }
    for name in sorted(used, key=lambda name: (style.position(used[name]), name)):
        method, alone = used[name], list(used.values()).count(used[name]) == 1
        heading = style.label(method) if alone else f"{style.label(method)} ({name})"
        columns.append(
            Column(heading, name, method, restored.load(study_files.restored_manifest(root, name)))
        )
    return columns


def values_of(scores: pd.DataFrame, column: Column, metric: str) -> dict[str, float]:
    """Return a column's values of a metric by micrograph, from the table of scores; empty where it has none."""
    rows = scores[
        (scores["model"] == column.model) & (scores["method"] == column.method) & (scores["metric"] == metric)
    ]
    return dict(zip(rows["micrograph"], rows["value"], strict=True))


def chosen(records: list[Record], column: Column, scores: pd.DataFrame) -> list[Record]:
    """Return the records to show: of the worst, middle and best kind the one of median PSNR.

    Without truth or kinds: first, middle and last by name.
    """
    by_id = {record.id: record for record in records}
    psnr = values_of(scores, column, "psnr")
    kinds = {record.id: record.kind for record in records if record.kind is not None and record.id in psnr}
    names_of = choice.typical_of_kinds(kinds, psnr) if kinds else choice.spread_by_name(list(by_id))
    return [by_id[name] for name in names_of]


def rows_of(dataset_manifest: Path, columns: list[Column], scores: pd.DataFrame) -> tuple[list[Row], bool]:
    """Return the rows of a data set's figure, and whether there is truth.

    Parameters
    ----------
    dataset_manifest : Path
        Of the data set.
    columns : list of Column
        As `columns_of` gives them; the first that is neither classical nor
        paired decides which micrographs are shown.
    scores : DataFrame
        The data set's rows of the table of scores.
    """
    records = manifest.load(dataset_manifest).split("test")
    trained = [c for c in columns if c.model != CLASSICAL]
    deciding = next((c for c in trained if c.method != "paired"), trained[0])
    known = all(record.truth_file is not None for record in records)
    metrics = ("psnr", "ssim") if known else ("ag", "con")
    values = {metric: [values_of(scores, column, metric) for column in columns] for metric in metrics}
    rows = []
    for record in chosen(records, deciding, scores):
        panels = []
        for index, column in enumerate(columns):
            first, second = (values[metric][index].get(record.id, float("nan")) for metric in metrics)
            text = f"{first:.2f} dB    {second:.3f}" if known else f"AG {first:.1f}    CON {second:.1f}"
            panels.append(Panel(column.image(record), text))
        reference = panels[0].image
        truth = record.truth() if known else None
        if truth is not None:
            reference = truth
            panels.append(Panel(truth, "PSNR    SSIM"))
        name = f"{record.kind}\n{record.id}" if record.kind else record.id
        rows.append(Row(name, panels, reference, record.pixel_size_nm))
    return rows, known
