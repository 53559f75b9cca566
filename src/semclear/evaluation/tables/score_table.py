"""The tidy scores of the whole study, and the order and names that tables use."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from semclear.errors import SemclearError
from semclear.evaluation.method_names import CLASSICAL as CLASSICAL_MODEL
from semclear.evaluation.method_names import IN_TABLES
from semclear.evaluation.scoring import COLUMNS, METRICS, REFERENCE

METHODS = IN_TABLES | {REFERENCE: "Clear truth, same segmentation"}
UNPAIRED = ("cyclegan", "cyclegan-physics", "instrument")


def label(method: str) -> str:
    """Return a method's name as a reader sees it."""
    return METHODS.get(method, method)


def ordered(values: Iterable[str], order: Sequence[str]) -> list[str]:
    """Return the distinct values in the given order, unknown ones last by name."""
    places = {name: place for place, name in enumerate(order)}
    return sorted(set(values), key=lambda name: (places.get(name, len(places)), name))


def read(paths: Sequence[str | Path]) -> pd.DataFrame:
    """Return the scores of several files as one table, sorted by data set, model, method, micrograph and metric.

    Raises
    ------
    SemclearError
        When a file is missing, is no table of scores, or scores something a second time.
    """
    parts = []
    for path in paths:
        try:
            part = pd.read_csv(path, dtype=dict.fromkeys(COLUMNS[:-1], str), keep_default_na=False)
            part["value"] = part["value"].astype(float)
        except OSError as error:
            raise SemclearError(f"{path}: cannot be read ({error.strerror}); run the step score") from None
        except (ValueError, KeyError, pd.errors.ParserError):
            raise SemclearError(
                f"{path}: got no table of scores, expected the columns {list(COLUMNS)}"
            ) from None
        if tuple(part.columns) != COLUMNS:
            raise SemclearError(
                f"{path}: got the columns {list(part.columns)}, expected {list(COLUMNS)}; run the step score"
            )
        parts.append(part)
    if not parts:
        raise SemclearError(
            "--scores: got no file, expected at least one table of scores; run the step score"
        )
    scores = pd.concat(parts, ignore_index=True)
    keys = [*list(COLUMNS[:4]), "metric"]
    twice = scores[scores.duplicated(keys)]
    if len(twice):
        raise SemclearError(
            f"--scores: got {' '.join(twice.iloc[0][keys])} twice, expected every score once; name each file once"
        )
    ranked = scores.assign(
        method_rank=_ranks(scores["method"], tuple(METHODS)), metric_rank=_ranks(scores["metric"], METRICS)
    )
    order = ["dataset", "model", "method_rank", "method", "micrograph", "metric_rank", "metric"]
    return ranked.sort_values(order, ignore_index=True)[list(COLUMNS)]


def _ranks(names: pd.Series, order: tuple[str, ...]) -> pd.Series:
    places = {name: place for place, name in enumerate(order)}
    return names.map(lambda name: places.get(name, len(places)))


def of_main_study(scores: pd.DataFrame, experiments: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    """Return the scores of classical methods and of experiments that belong to no ablation study."""
    main = {name for name, values in experiments.items() if not values.get("study")}
    return scores[scores["model"].isin({CLASSICAL_MODEL, *main})]


def series(scores: pd.DataFrame, dataset: str, model: str, method: str, metric: str) -> pd.Series:
    """Return one method's values of a metric, indexed by micrograph in alphabetical order."""
    chosen = scores[
        (scores["dataset"] == dataset)
        & (scores["model"] == model)
        & (scores["method"] == method)
        & (scores["metric"] == metric)
    ]
    return chosen.set_index("micrograph")["value"].sort_index()
