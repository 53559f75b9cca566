"""The checks of trained models that tables show, in order, and their names for a reader.

They are made by the restore step, which has the networks at hand, and come
with the scores; what each is stands where it is made, in `semclear.restoration`.
"""

from __future__ import annotations

import pandas as pd

from semclear.evaluation.summary import summarise
from semclear.params import Evaluation

HEADS = {
    "trust_flag": "flagged (%)",
    "redegradation_pearson": "D(restored) to input, Pearson",
    "redegradation_rms": "RMS of the residual (grey)",
    "redegradation_ratio": "RMS over noise",
    "hiding_amplification": "hiding amplification",
    "coverage": "interval coverage (%)",
    "interval_width": "interval width (grey)",
    "uncertainty_correlation": "uncertainty to error, Spearman",
    "sparsification_area": "sparsification error",
    "sigma_bias": "sigma read - true (px)",
    "transmission_bias": "transmission read - true",
    "airlight_bias": "airlight read - true",
    "null_empty_change": "empty field, change (grey)",
    "null_empty_invented": "empty field, invented",
    "null_noise_change": "pure noise, change",
    "null_noise_invented": "pure noise, invented",
    "null_clear_change": "already clear, change",
    "null_clear_invented": "already clear, invented",
}
CHECKS = tuple(HEADS)
SHARES = ("trust_flag", "coverage")
#: In shares of the grey range, of which an 8-bit level is 0.0039.
GREY = ("redegradation_rms", "interval_width", *(name for name in HEADS if name.startswith("null_")))


def average(scores: pd.DataFrame, seed: int, settings: Evaluation) -> pd.DataFrame:
    """Return the means of the checks in `CHECKS` with bootstrap intervals over micrographs.

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
        As `summary.summarise`. Null tests, of a single field each, have no
        interval.
    """
    return summarise(scores[scores["metric"].isin(CHECKS)], seed, settings)
