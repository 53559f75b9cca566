"""Limits of agreement by hand."""

import numpy as np
import pytest

from semclear.evaluation.trust.limits_of_agreement import limits


def test_one_group_by_hand():
    # Differences 1, 2, 3: mean 2, sample deviation 1, population deviation sqrt(2/3).
    bias, low, high = limits([3], [2.0], [np.sqrt(2 / 3)])
    assert (bias, low, high) == pytest.approx((2, 2 - 1.96, 2 + 1.96))


def test_pooled_groups_are_all_differences_together():
    rng = np.random.default_rng(0)
    groups = [rng.normal(m, 1 + m, n) for m, n in ((0.0, 5), (1.0, 1), (3.0, 12))]
    bias, low, high = limits([len(g) for g in groups], [g.mean() for g in groups], [g.std() for g in groups])
    everything = np.concatenate(groups)
    assert bias == pytest.approx(everything.mean())
    assert high - low == pytest.approx(2 * 1.96 * everything.std(ddof=1))


def test_draws_are_independent_and_empty_groups_count_nothing():
    bias, low, _ = limits([[2, 0], [0, 0], [1, 0]], [[4.0, np.nan]] * 3, [[1.0, np.nan]] * 3)
    assert bias[0] == 4 and np.isnan(bias[1]) and bias[2] == 4
    assert low[0] == pytest.approx(4 - 1.96 * np.sqrt(2)) and np.isnan(low[2])
