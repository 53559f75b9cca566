"""The tables of the study as a reader sees them: rounded, named, one block a data set."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd

from semclear.evaluation import metrics
from semclear.evaluation.metric import Metric
from semclear.evaluation.metrics import METRICS
from semclear.evaluation.tables import checks, pooling, score_table
from semclear.evaluation.tables.writers import Block

ENTRIES = {entry.name: entry for entry in (*metrics.ENTRIES.values(), *pooling.ENTRIES, *checks.ENTRIES)}
"""Every metric that a table has a column for."""


def number(value: float, metric: str, signed: bool = False) -> str:
    """Return a value as its metric is printed (see `Metric.text`), three decimals where that is unknown."""
    return ENTRIES.get(metric, Metric(metric, metric)).text(value, signed)


def with_interval(mean: float, low: float, high: float, metric: str, signed: bool = False) -> str:
    """Return ``mean [low, high]``, or the mean alone where there is no interval."""
    text = number(mean, metric, signed)
    if not (math.isfinite(low) and math.isfinite(high)):
        return text
    return f"{text} [{number(low, metric, signed)}, {number(high, metric, signed)}]"


def _present(table: pd.DataFrame, order: Sequence[str] = METRICS) -> list[str]:
    return [metric for metric in order if metric in set(table["metric"])]


def _rows_of(table: pd.DataFrame) -> list[tuple[str, str, pd.DataFrame]]:
    """Return (model, method, rows) with methods in their fixed order."""
    pairs = table[["method", "model"]].drop_duplicates().itertuples(index=False)
    rank = {name: place for place, name in enumerate(score_table.METHODS)}
    ordered = sorted(pairs, key=lambda pair: (rank.get(pair.method, len(rank)), pair.method, pair.model))
    return [
        (pair.model, pair.method, table[(table["model"] == pair.model) & (table["method"] == pair.method)])
        for pair in ordered
    ]


def method_blocks(
    table: pd.DataFrame,
    title: str,
    decimals_of: str | None = None,
    order: Sequence[str] = METRICS,
    counted: str = "test micrographs",
) -> list[Block]:
    """Return a block a data set, a row a method, a column a metric.

    Parameters
    ----------
    table : DataFrame
        dataset, model, method, metric, n, mean, low, high.
    title : str
        Before the data set's name.
    decimals_of : str, optional
        The metric whose decimals all numbers take; each metric's own without it.
    order : sequence of str
        The metrics that get a column; rows and data sets without any of them are left out.
    counted : str
        What the means are over, for the title.
    """
    blocks = []
    for dataset, part in table[table["metric"].isin(order)].groupby("dataset", sort=False):
        metrics = _present(part, order)
        rows = []
        for model, method, values in _rows_of(part):
            cells = {
                row.metric: with_interval(row.mean, row.low, row.high, decimals_of or row.metric)
                for row in values.itertuples()
            }
            name = "" if model == score_table.CLASSICAL_MODEL else model
            rows.append([score_table.label(method), name, *(cells.get(metric, "-") for metric in metrics)])
        count = int(part["n"].max())
        heads = [ENTRIES[metric].heading if decimals_of is None else metric.upper() for metric in metrics]
        blocks.append(Block(f"{title} {dataset}, {count} {counted}", ["method", "model", *heads], rows, 2))
    return blocks


def comparison_blocks(table: pd.DataFrame) -> list[Block]:
    """Return a block a data set and model, a row a classical method, with difference, p and verdict a metric."""
    blocks = []
    for (dataset, model), part in table.groupby(["dataset", "model"], sort=False):
        metrics = _present(part)
        columns = ["CycleGAN minus"]
        for metric in metrics:
            columns += [ENTRIES[metric].heading, "p", "verdict"]
        rows = []
        for against, of_method in part.groupby("against", sort=False):
            cells = {row.metric: row for row in of_method.itertuples()}
            line = [score_table.label(against)]
            for metric in metrics:
                row = cells[metric]
                line += [
                    with_interval(row.difference, row.low, row.high, metric, True),
                    f"{row.p:.1e}",
                    row.verdict,
                ]
            rows.append(line)
        count = int(part["n"].max())
        blocks.append(Block(f"Model {model} on {dataset}, {count} test micrographs", columns, rows))
    return blocks


def ablation_blocks(table: pd.DataFrame) -> list[Block]:
    """Return a block a study, data set and method, a row a setting; the spread between runs follows a plus-minus."""
    blocks = []
    for (study, dataset, method), part in table.groupby(["study", "dataset", "method"], sort=False):
        metrics = _present(part)
        rows = []
        for value, of_value in part.groupby("value", sort=False):
            cells = {}
            for row in of_value.itertuples():
                text = with_interval(row.mean, row.low, row.high, row.metric)
                spread = number(row.spread, row.metric).lstrip("+")
                cells[row.metric] = text if math.isnan(row.spread) else f"{text} +/- {spread}"
            rows.append(
                [value, str(int(of_value["runs"].max())), *(cells.get(metric, "-") for metric in metrics)]
            )
        parameter = str(part["parameter"].iloc[0]).replace("_", " ")
        title = f"Study {study} on {dataset}, {score_table.label(method)}, {int(part['n'].max())} test micrographs"
        blocks.append(
            Block(title, [parameter, "runs", *(ENTRIES[metric].heading for metric in metrics)], rows, 2)
        )
    return blocks
