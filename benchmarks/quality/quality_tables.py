"""What `quality.py` prints: closure of the gap, its spread over seeds, and tests against the classical methods."""

from __future__ import annotations

import numpy as np
import pandas as pd

from semclear.evaluation.multiple_testing import holm
from semclear.evaluation.tables import comparison, gap_closure, score_table
from semclear.params import Evaluation

#: Columns of the table of scores, one row a training (or classical method), micrograph and metric.
COLUMNS = ("key", "dataset", "method", "seed", "micrograph", "metric", "value")
#: The seed of methods that have none.
NO_SEED = ""
TESTED = "cyclegan-physics"


def over_seeds(scores: pd.DataFrame) -> pd.DataFrame:
    """Return tidy scores with one model a data set and method: the mean over its seeds, micrograph by micrograph.

    Parameters
    ----------
    scores : DataFrame
        With the columns `COLUMNS`.

    Returns
    -------
    DataFrame
        With the columns of the study's scores; methods without a seed are ``classical``.
    """
    names = ["dataset", "method", "micrograph", "metric"]
    trained = scores.assign(trained=scores["seed"] != NO_SEED)
    means = trained.groupby([*names, "trained"], sort=False, as_index=False)["value"].mean()
    model = means["dataset"] + "-" + means["method"]
    means["model"] = model.where(means["trained"], score_table.CLASSICAL_MODEL)
    means["kind"] = ""
    return means[["dataset", "model", "method", "micrograph", "kind", "metric", "value"]]


def closures(scores: pd.DataFrame, study_seed: int, evaluation: Evaluation) -> pd.DataFrame:
    """Return how much of the gap to paired training each method closes.

    The upper line is paired training, averaged over its seeds; with it fixed,
    the mean of the seeds' closures is the closure of the mean scores.

    Returns
    -------
    DataFrame
        dataset, method, metric; `seeds` and `n` (micrographs); `closure` with
        its bootstrap interval over micrographs, `low` to `high`; `spread`,
        the standard deviation of the closure over seeds (NaN for fewer than two).
    """
    means = over_seeds(scores)
    rows = []
    for row in gap_closure.close(means, study_seed, evaluation).itertuples():
        single = _closures_by_seed(scores, means, row.dataset, row.method, row.metric)
        spread = float(np.std(single, ddof=1)) if len(single) > 1 else float("nan")
        rows.append(
            (row.dataset, row.method, row.metric, len(single), row.n, row.mean, row.low, row.high, spread)
        )
    columns = ["dataset", "method", "metric", "seeds", "n", "closure", "low", "high", "spread"]
    return pd.DataFrame(rows, columns=columns)


def _closures_by_seed(
    scores: pd.DataFrame, means: pd.DataFrame, dataset: str, method: str, metric: str
) -> list[float]:
    lower = score_table.series(means, dataset, score_table.CLASSICAL_MODEL, "degraded", metric)
    upper = score_table.series(means, dataset, f"{dataset}-paired", "paired", metric)
    chosen = scores[
        (scores["dataset"] == dataset)
        & (scores["method"] == method)
        & (scores["metric"] == metric)
        & (scores["seed"] != NO_SEED)
    ]
    values = []
    for _, part in chosen.groupby("seed", sort=True):
        own = part.set_index("micrograph")["value"].sort_index()
        table = pd.concat([lower, own, upper], axis=1, join="inner").to_numpy(np.float64).T
        values.append(float(gap_closure.ratio(*table, gap_closure.LEAST_GAIN[metric])))
    return values


def tests(
    scores: pd.DataFrame, study_seed: int, evaluation: Evaluation, method: str = TESTED
) -> pd.DataFrame:
    """Return paired Wilcoxon tests of one method, averaged over seeds, against every classical method.

    All data sets, classical methods and metrics (PSNR, SSIM) are one family
    of Holm's correction.

    Returns
    -------
    DataFrame
        dataset, against, metric, n; mean `difference` (positive: `method` is
        better) with its bootstrap interval; `p` two-sided and `p_holm`.
    """
    compared = comparison.compare(over_seeds(scores), study_seed, evaluation)
    ours = compared["model"] == compared["dataset"] + "-" + method
    chosen = compared[ours & (compared["against"] != "degraded")].reset_index(drop=True)
    chosen = chosen.assign(p_holm=holm(chosen["p"]))
    return chosen[["dataset", "against", "metric", "n", "difference", "low", "high", "p", "p_holm"]]
