"""Whether the CycleGAN is better than each classical method, micrograph by micrograph."""

from __future__ import annotations

import numpy as np
import pandas as pd

from semclear.evaluation.metrics import ENTRIES
from semclear.evaluation.tables import bootstrap, score_table
from semclear.params import Evaluation
from semclear.restoration.classical.registry import methods

COLUMNS = (
    "dataset",
    "model",
    "against",
    "oracle",
    "metric",
    "n",
    "difference",
    "low",
    "high",
    "p",
    "verdict",
)
METRICS = ("psnr", "ssim")


def verdict(low: float, high: float, lower_is_better: bool = False) -> str:
    """Return ``better``, ``worse`` or ``undecided``: on which side of 0 the whole interval lies, if any."""
    if not (low > 0 or high < 0):
        return "undecided"
    return "better" if (high < 0) == lower_is_better else "worse"


def compare(scores: pd.DataFrame, seed: int, settings: Evaluation) -> pd.DataFrame:
    """Return each CycleGAN minus each classical method, and minus the degraded micrographs, on each data set.

    Parameters
    ----------
    scores : DataFrame
        Tidy scores of the main study.
    seed : int
        The study's seed.
    settings : Evaluation
        Number of draws and confidence.

    Returns
    -------
    DataFrame
        `COLUMNS`: the mean difference with its bootstrap interval, the
        p-value of Wilcoxon's signed-rank test, and the verdict, which goes by
        the interval alone. `oracle` says ``yes`` of a method that was told
        the true blur of every micrograph, which nobody has in practice.
    """
    told = {name for name, method in methods().items() if method.needs_blur}
    rows = []
    for dataset, part in scores.groupby("dataset", sort=False):
        unpaired = part.loc[part["method"].isin(score_table.UNPAIRED), ["model", "method"]].drop_duplicates()
        against = score_table.ordered(
            part.loc[part["model"] == score_table.CLASSICAL_MODEL, "method"], list(score_table.METHODS)
        )
        for model, own in sorted(unpaired.itertuples(index=False, name=None)):
            for method in against:
                for metric in METRICS:
                    ours = score_table.series(part, dataset, model, own, metric)
                    theirs = score_table.series(part, dataset, score_table.CLASSICAL_MODEL, method, metric)
                    differences = (ours - theirs).dropna().to_numpy(np.float64)
                    count = len(differences)
                    if count == 0:
                        continue
                    indices = bootstrap.resamples(count, settings.bootstrap, seed, dataset)
                    low, high = bootstrap.interval(differences, indices, settings.confidence)
                    rows.append(
                        (
                            dataset,
                            model,
                            method,
                            "yes" if method in told else "no",
                            metric,
                            count,
                            float(differences.mean()),
                            low,
                            high,
                            bootstrap.wilcoxon(differences),
                            verdict(low, high, ENTRIES[metric].better == "lower"),
                        )
                    )
    return pd.DataFrame(rows, columns=list(COLUMNS))
