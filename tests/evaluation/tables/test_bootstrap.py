"""The bootstrap and the rank test against known answers."""

import numpy as np
import pytest
from scipy import stats

from semclear.evaluation.tables import bootstrap


def test_resamples_are_seeded_and_within_range():
    first = bootstrap.resamples(7, 50, 3, "fog")
    assert first.shape == (50, 7)
    assert first.min() == 0 and first.max() == 6
    assert np.array_equal(first, bootstrap.resamples(7, 50, 3, "fog"))
    assert not np.array_equal(first, bootstrap.resamples(7, 50, 3, "hybrid"))
    assert not np.array_equal(first, bootstrap.resamples(7, 50, 4, "fog"))


def test_interval_covers_the_mean_about_as_often_as_it_says():
    rng = np.random.default_rng(0)
    hits = 0
    for trial in range(400):
        values = rng.normal(2.0, 1.0, 40)
        low, high = bootstrap.interval(values, bootstrap.resamples(40, 400, trial), 0.9)
        hits += low <= 2.0 <= high
    # Nominally 0.9; the percentile bootstrap of 40 values covers a little less.
    assert 0.83 < hits / 400 < 0.95


def test_interval_is_close_to_the_normal_one():
    values = np.random.default_rng(5).normal(10, 2, 200)
    low, high = bootstrap.interval(values, bootstrap.resamples(200, 4000, 1), 0.95)
    half = 1.96 * values.std() / np.sqrt(200)
    assert (low, high) == pytest.approx((values.mean() - half, values.mean() + half), abs=0.05)


def test_one_micrograph_has_no_interval():
    assert np.isnan(bootstrap.interval(np.array([3.0]), bootstrap.resamples(1, 10, 0), 0.95)).all()


def test_wilcoxon_by_counting_signs():
    # Five positive differences: the rank sum is extreme in 2 of 2^5 sign patterns.
    assert bootstrap.wilcoxon(np.array([0.1, 0.2, 0.3, 0.4, 0.5])) == pytest.approx(2 / 32)
    assert bootstrap.wilcoxon(np.zeros(5)) == 1.0
    mixed = np.random.default_rng(1).normal(0.2, 1, 30)
    assert bootstrap.wilcoxon(mixed) == pytest.approx(stats.wilcoxon(mixed, method="exact").pvalue)
