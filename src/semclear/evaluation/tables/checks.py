"""The checks of trained models that tables show, in order, and their names for a reader.

They are made by the restore step, which has the networks at hand, and come
with the scores; what each is stands where it is made, in `semclear.restoration`.
"""

from __future__ import annotations

from semclear.evaluation.metric import Metric

#: Digits of shares of the grey range, of which an 8-bit level is 0.0039.
GREY = 4

OF_RESTORATIONS = (
    Metric("trust_flag", "flagged (%)", 1, percent=True),
    Metric("redegradation_pearson", "D(restored) to input, Pearson"),
    Metric("redegradation_rms", "RMS of the residual (grey)", GREY),
    Metric("redegradation_ratio", "RMS over noise"),
    Metric("hiding_amplification", "hiding amplification"),
    Metric("coverage", "interval coverage (%)", 1, percent=True),
    Metric("interval_width", "interval width (grey)", GREY),
    Metric("uncertainty_correlation", "uncertainty to error, Spearman"),
    Metric("sparsification_area", "sparsification error"),
    Metric("sigma_bias", "sigma read - true (px)", signed=True),
    Metric("transmission_bias", "transmission read - true", signed=True),
    Metric("airlight_bias", "airlight read - true", signed=True),
)
#: Endings: see `null_tests.measure` and `trust.null_objects`; "before" is what was restored. They are of a single field
#: or a mean already and have no interval; only objects of already clear micrographs have.
OF_NULL_TESTS = (
    Metric("null_empty_change", "empty field, change (grey)", GREY),
    Metric("null_empty_invented", "empty field, structure invented (grey)", GREY),
    Metric("null_empty_objects", "empty field, objects invented", 0),
    Metric("null_empty_objects_before", "the same in the field itself", 0),
    Metric("null_empty_object_contrast", "their contrast (grey)", GREY),
    Metric("null_empty_object_contrast_before", "in the field itself", GREY),
    Metric("null_noise_change", "pure noise, change", GREY),
    Metric("null_noise_invented", "pure noise, structure invented", GREY),
    Metric("null_noise_objects", "pure noise, objects invented", 0),
    Metric("null_noise_objects_before", "the same in the noise itself", 0),
    Metric("null_noise_object_contrast", "their contrast", GREY),
    Metric("null_noise_object_contrast_before", "in the noise itself", GREY),
    Metric("null_clear_change", "already clear, change", GREY),
    Metric("null_clear_invented", "already clear, structure invented", GREY),
    Metric("null_clear_objects_invented", "already clear, objects invented (%)", 1, percent=True),
    Metric("null_clear_objects_invented_before", "the same before restoring (%)", 1, percent=True),
    Metric("null_clear_objects_missed", "already clear, objects missed (%)", 1, percent=True),
    Metric("null_clear_objects_missed_before", "the same before restoring, missed (%)", 1, percent=True),
)
ENTRIES = (*OF_RESTORATIONS, *OF_NULL_TESTS)
