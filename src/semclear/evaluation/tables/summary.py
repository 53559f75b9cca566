"""Means and confidence intervals of every method on every data set."""

from __future__ import annotations

import pandas as pd

from semclear.evaluation.tables import bootstrap
from semclear.params import Evaluation

COLUMNS = ("dataset", "model", "method", "metric", "n", "mean", "low", "high")


def summarise(scores: pd.DataFrame, seed: int, settings: Evaluation) -> pd.DataFrame:
    """Return the mean over micrographs with its bootstrap interval.

    Parameters
    ----------
    scores : DataFrame
        Tidy scores, sorted.
    seed : int
        The study's seed.
    settings : Evaluation
        Number of draws and confidence.

    Returns
    -------
    DataFrame
        `COLUMNS`, in the order of the scores; `low` and `high` are NaN for a single micrograph.
    """
    rows = []
    for key, group in scores.groupby(["dataset", "model", "method", "metric"], sort=False):
        values = group.sort_values("micrograph")["value"].to_numpy()
        indices = bootstrap.resamples(len(values), settings.bootstrap, seed, key[0])
        low, high = bootstrap.interval(values, indices, settings.confidence)
        rows.append((*key, len(values), float(values.mean()), low, high))
    return pd.DataFrame(rows, columns=list(COLUMNS))
