"""How much of the gap between degraded and supervised each method closes."""

from __future__ import annotations

import numpy as np
import pandas as pd

from semclear.evaluation.tables import bootstrap, score_table
from semclear.params import Evaluation

COLUMNS = ("dataset", "model", "method", "metric", "n", "mean", "low", "high")
LEAST_GAIN = {"psnr": 0.5, "ssim": 0.02}


def ratio(degraded: np.ndarray, method: np.ndarray, paired: np.ndarray, least_gain: float) -> np.ndarray:
    """Return (mean method - mean degraded) / (mean paired - mean degraded) along the last axis.

    Parameters
    ----------
    degraded, method, paired : ndarray, (..., n)
        Scores of the same micrographs.
    least_gain : float
        NaN is returned where paired gains less: a ratio to nearly nothing says nothing.
    """
    base = degraded.mean(axis=-1)
    gain = np.asarray(paired.mean(axis=-1) - base)
    return np.where(
        gain >= least_gain, (method.mean(axis=-1) - base) / np.where(gain >= least_gain, gain, 1), np.nan
    )


def close(scores: pd.DataFrame, seed: int, settings: Evaluation) -> pd.DataFrame:
    """Return the gap closure of every method but the two that span the gap.

    A ratio of means, its interval from a joint bootstrap over micrographs:
    each draw takes the same micrographs for the method, degraded and paired.
    Undefined (NaN) where paired gains less than 0.5 dB in PSNR or 0.02 in
    SSIM; draws in which it does are left out of the interval.

    Parameters
    ----------
    scores : DataFrame
        Tidy scores of the main study. Data sets without a paired model are
        left out; of several paired models on one data set the first by name counts.
    seed : int
        The study's seed.
    settings : Evaluation
        Number of draws and confidence.

    Returns
    -------
    DataFrame
        `COLUMNS`; `mean` is the closure, 1 as good as paired.
    """
    rows = []
    for dataset, part in scores.groupby("dataset", sort=False):
        upper = sorted(part.loc[part["method"] == "paired", "model"].unique())
        lower = sorted(part.loc[part["method"] == "degraded", "model"].unique())
        if not upper or not lower:
            continue
        others = part[~part["method"].isin(["degraded", "paired"])]
        for (model, method), _ in others.groupby(["model", "method"], sort=False):
            for metric, least_gain in LEAST_GAIN.items():
                triple = [(lower[0], "degraded"), (model, method), (upper[0], "paired")]
                table = pd.concat(
                    [score_table.series(part, dataset, *names, metric) for names in triple],
                    axis=1,
                    join="inner",
                )
                degraded, own, paired = table.to_numpy(np.float64).T
                count = len(table)
                if count == 0:
                    continue
                closed = float(ratio(degraded, own, paired, least_gain))
                low = high = float("nan")
                if count > 1 and np.isfinite(closed):
                    drawn = bootstrap.resamples(count, settings.bootstrap, seed, dataset)
                    draws = ratio(degraded[drawn], own[drawn], paired[drawn], least_gain)
                    low, high = bootstrap.percentiles(draws, settings.confidence)
                rows.append((dataset, model, method, metric, count, closed, low, high))
    return pd.DataFrame(rows, columns=list(COLUMNS))
