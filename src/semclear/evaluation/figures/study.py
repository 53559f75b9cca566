"""Which rows of the summary table belong to a data set's main comparison, and which to an ablation study."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from semclear.errors import SemclearError
from semclear.evaluation.figures import names

NOT_SWEPT = ("dataset", "method", "study", "seed", "budget")


def main_rows(params: Mapping[str, Any], dataset: str, summary: pd.DataFrame) -> pd.DataFrame:
    """Return the summary of a data set by classical methods and experiments outside a study."""
    models = {"classical", *names.main_experiments(params)}
    return summary[(summary["dataset"] == dataset) & summary["model"].isin(models)]


def members(params: Mapping[str, Any], study: str) -> dict[str, dict[str, Any]]:
    """Return the experiments of a study, names sorted."""
    return {name: e for name, e in sorted(params["experiments"].items()) if e.get("study") == study}


def subjects(params: Mapping[str, Any], study: str) -> list[tuple[str, str]]:
    """Return the pairs (method, data set) of a study, sorted."""
    return sorted({(e["method"], e["dataset"]) for e in members(params, study).values()})


def swept_key(params: Mapping[str, Any], study: str) -> str:
    """Return the key of `train` that a study varies.

    Raises
    ------
    SemclearError
        When its experiments set no key, or more than one differently, or one of them leaves it out.
    """
    experiments = members(params, study)
    keys = sorted({key for e in experiments.values() for key in e if key not in NOT_SWEPT})
    varied = [key for key in keys if len({e.get(key) for e in experiments.values()}) > 1] or keys
    if len(varied) != 1:
        raise SemclearError(
            f"params.yaml: study {study} varies {varied or 'nothing'}, expected one key of train; give the others the "
            "same value in all its experiments"
        )
    without = [name for name, e in experiments.items() if varied[0] not in e]
    if without:
        raise SemclearError(
            f"params.yaml: experiments.{without[0]} leaves out {varied[0]}, expected a value as in all of study "
            f"{study}; add it"
        )
    return varied[0]


def rows_of(params: Mapping[str, Any], study: str, summary: pd.DataFrame) -> tuple[str, pd.DataFrame]:
    """Return the key that a study varies, and its trainings' rows of the summary with the key's `value`."""
    experiments, key = members(params, study), swept_key(params, study)
    rows = summary[summary["model"].isin(experiments)].copy()
    rows = rows[rows["method"] == rows["model"].map({name: e["method"] for name, e in experiments.items()})]
    rows["value"] = rows["model"].map({name: float(e[key]) for name, e in experiments.items()})
    return key, rows
