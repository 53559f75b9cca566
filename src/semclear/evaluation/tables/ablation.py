"""Metrics against the setting that the experiments of a study differ in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from semclear.evaluation.tables import bootstrap
from semclear.params import Evaluation

COLUMNS = (
    "study",
    "dataset",
    "method",
    "parameter",
    "value",
    "models",
    "metric",
    "runs",
    "n",
    "mean",
    "spread",
    "low",
    "high",
)
NOT_A_SETTING = ("dataset", "method", "study", "seed")
DEFAULT = "default"

Lines = Mapping[str, Mapping[str, Any]]


def varied(lines: Lines) -> list[str]:
    """Return the keys of `train` in which the lines of a study differ, seeds apart.

    A line that leaves a key out has the default, which differs from any
    stated value. Where nothing differs, all stated keys are returned.
    """
    keys = sorted({key for line in lines.values() for key in line if key not in NOT_A_SETTING})
    return [key for key in keys if len({line.get(key, DEFAULT) for line in lines.values()}) > 1] or keys


def setting(line: Mapping[str, Any], keys: list[str]) -> tuple[Any, ...]:
    """Return the line's values of `keys`."""
    return tuple(line.get(key, DEFAULT) for key in keys)


def _order(values: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple((1, 0.0, v) if isinstance(v, str) else (0, float(v), "") for v in values)


def _number(value: Any) -> str:
    return value if isinstance(value, str) else f"{value:.10g}"


def ablate(scores: pd.DataFrame, experiments: Lines, seed: int, settings: Evaluation) -> pd.DataFrame:
    """Return every metric of every study by setting, seeds taken together.

    Parameters
    ----------
    scores : DataFrame
        Tidy scores.
    experiments : mapping
        params.yaml's experiments; those with a `study` are looked at.
    seed : int
        The study's seed.
    settings : Evaluation
        Number of draws and confidence.

    Returns
    -------
    DataFrame
        `COLUMNS`. `value` is the setting (several are joined by commas);
        `runs` how many trainings differ in the seed alone; `mean` is over
        runs and micrographs, with the bootstrap interval over micrographs of
        their mean over runs; `spread` is the standard deviation between runs
        (NaN for one): differences below it are noise of the training.
    """
    rows = []
    for study in sorted({line["study"] for line in experiments.values() if line.get("study")}):
        lines = {name: line for name, line in sorted(experiments.items()) if line.get("study") == study}
        keys = varied(lines)
        part = scores[scores["model"].isin(lines)]
        groups: dict[tuple[Any, ...], list[str]] = {}
        for name, line in lines.items():
            groups.setdefault(setting(line, keys), []).append(name)
        for (dataset, method), of_method in part.groupby(["dataset", "method"], sort=False):
            for value in sorted(groups, key=_order):
                chosen = of_method[of_method["model"].isin(groups[value])]
                for metric, group in chosen.groupby("metric", sort=False):
                    table = group.pivot(index="micrograph", columns="model", values="value").dropna()
                    if table.empty:
                        continue
                    values, means = table.mean(axis=1).to_numpy(), table.mean(axis=0).to_numpy()
                    indices = bootstrap.resamples(len(values), settings.bootstrap, seed, dataset)
                    low, high = bootstrap.interval(values, indices, settings.confidence)
                    rows.append(
                        (
                            study,
                            dataset,
                            method,
                            ", ".join(keys),
                            ", ".join(map(_number, value)),
                            " ".join(table.columns),
                            metric,
                            len(means),
                            len(values),
                            float(values.mean()),
                            float(np.std(means, ddof=1)) if len(means) > 1 else float("nan"),
                            low,
                            high,
                        )
                    )
    return pd.DataFrame(rows, columns=list(COLUMNS))
