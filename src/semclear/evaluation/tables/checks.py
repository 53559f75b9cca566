"""The checks of trained models that tables show, in order, and their names for a reader.

They are made by the restore step, which has the networks at hand, and come
with the scores; what each is stands where it is made, in `semclear.restoration`.
"""

from __future__ import annotations

import pandas as pd

from semclear.evaluation.tables.summary import summarise
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
}
#: Of null tests. Endings: see `null_tests.measure` and `trust.null_objects`; "before" is what was restored.
NULL_HEADS = {
    "null_empty_change": "empty field, change (grey)",
    "null_empty_invented": "empty field, structure invented (grey)",
    "null_empty_objects": "empty field, objects invented",
    "null_empty_objects_before": "the same in the field itself",
    "null_empty_object_contrast": "their contrast (grey)",
    "null_empty_object_contrast_before": "in the field itself",
    "null_noise_change": "pure noise, change",
    "null_noise_invented": "pure noise, structure invented",
    "null_noise_objects": "pure noise, objects invented",
    "null_noise_objects_before": "the same in the noise itself",
    "null_noise_object_contrast": "their contrast",
    "null_noise_object_contrast_before": "in the noise itself",
    "null_clear_change": "already clear, change",
    "null_clear_invented": "already clear, structure invented",
    "null_clear_objects_invented": "already clear, objects invented (%)",
    "null_clear_objects_invented_before": "the same before restoring (%)",
    "null_clear_objects_missed": "already clear, objects missed (%)",
    "null_clear_objects_missed_before": "the same before restoring, missed (%)",
}
CHECKS = (*HEADS, *NULL_HEADS)
SHARES = ("trust_flag", "coverage", *(name for name in NULL_HEADS if name.startswith("null_clear_objects_")))
COUNTS = (
    "null_empty_objects",
    "null_empty_objects_before",
    "null_noise_objects",
    "null_noise_objects_before",
)
#: In shares of the grey range, of which an 8-bit level is 0.0039.
GREY = (
    "redegradation_rms",
    "interval_width",
    *(name for name in NULL_HEADS if name not in (*SHARES, *COUNTS)),
)


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
        As `summary.summarise`. Null tests have no interval, as they are of a
        single field or a mean already; only objects of already clear
        micrographs have.
    """
    return summarise(scores[scores["metric"].isin(CHECKS)], seed, settings)
