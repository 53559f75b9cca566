"""Which rows of the summary table belong to a data set's main comparison, and which to an ablation study."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from semclear.errors import SemclearError, one_line
from semclear.evaluation.figures import names
from semclear.evaluation.method_names import CLASSICAL
from semclear.evaluation.tables import ablation


@dataclass(frozen=True)
class Sweep:
    """One study as it is drawn.

    Attributes
    ----------
    name : str
        What is varied: a key of `train`, or several.
    ticks : dict of float to str
        Places on the axis and what to write there.
    numeric : bool
        Whether the places are the values themselves; else they are settings in a row.
    rows : DataFrame
        The trainings' rows of the summary, with `value`, their place.
    """

    name: str
    ticks: dict[float, str]
    numeric: bool
    rows: pd.DataFrame


def main_rows(params: Mapping[str, Any], dataset: str, summary: pd.DataFrame) -> pd.DataFrame:
    """Return the summary of a data set by classical methods and experiments outside a study."""
    models = {CLASSICAL, *names.main_experiments(params)}
    return summary[(summary["dataset"] == dataset) & summary["model"].isin(models)]


def members(params: Mapping[str, Any], study: str) -> dict[str, dict[str, Any]]:
    """Return the experiments of a study, names sorted."""
    return {name: e for name, e in sorted(params["experiments"].items()) if e.get("study") == study}


def subjects(params: Mapping[str, Any], study: str) -> list[tuple[str, str]]:
    """Return the pairs (method, data set) of a study, sorted."""
    return sorted({(e["method"], e["dataset"]) for e in members(params, study).values()})


def sweep_of(params: Mapping[str, Any], study: str, summary: pd.DataFrame) -> Sweep:
    """Return what a study varies and its trainings' rows of the summary.

    One key with numbers throughout makes an axis of these numbers. Several
    keys, or one that some experiment leaves to its default, make an axis of
    settings side by side.
    """
    experiments = members(params, study)
    keys = ablation.varied(experiments)
    settings = {name: ablation.setting(line, keys) for name, line in experiments.items()}
    numeric = len(keys) == 1 and all(not isinstance(values[0], str | bool) for values in settings.values())
    if numeric:
        places = {name: float(values[0]) for name, values in settings.items()}
        ticks = {place: f"{place:g}" for place in sorted(set(places.values()))}
    else:
        texts = {name: "\n".join(str(value) for value in values) for name, values in settings.items()}
        ticks = {float(place): text for place, text in enumerate(sorted(set(texts.values())))}
        place_of = {text: place for place, text in ticks.items()}
        places = {name: place_of[text] for name, text in texts.items()}
    rows = summary[summary["model"].isin(experiments)].copy()
    rows = rows[rows["method"] == rows["model"].map({name: e["method"] for name, e in experiments.items()})]
    rows["value"] = rows["model"].map(places)
    return Sweep(", ".join(keys) or "seed alone", ticks, numeric, rows)


TEXT = ("dataset", "model", "method", "micrograph", "kind", "metric")


def read_table(path: str | Path, needed: tuple[str, ...]) -> pd.DataFrame:
    """Return a CSV table that has the columns `needed` and at least one row.

    Raises
    ------
    SemclearError
        When the file is missing, empty, or lacks a column.
    """
    try:
        # Ids such as 0007 are text.
        table = pd.read_csv(path, dtype=dict.fromkeys(TEXT, str))
    except (OSError, pd.errors.EmptyDataError, pd.errors.ParserError) as error:
        reason = getattr(error, "strerror", None) or one_line(error)
        raise SemclearError(f"{path}: cannot be read as CSV ({reason}); run the step that makes it") from None
    missing = [name for name in needed if name not in table.columns]
    if missing or table.empty:
        got = f"the columns {list(table.columns)}" if missing else "no row"
        raise SemclearError(
            f"{path}: got {got}, expected at least one row of {list(needed)}; run the step that makes it"
        )
    return table
