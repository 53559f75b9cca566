"""What an uncertainty map is worth."""

import numpy as np
import pytest
from scipy.stats import norm, spearmanr

from semclear.errors import SemclearError
from semclear.restoration.checks import uncertainty

RNG = np.random.default_rng(6)


def made(count, size=(64, 64), scale=1.0):
    """Return maps, and errors that are normal with the map's standard deviation times `scale`."""
    maps = [RNG.uniform(0.02, 0.1, size) for _ in range(count)]
    return maps, [scale * (s + uncertainty.FLOOR) * RNG.standard_normal(size) for s in maps]


def test_rank_correlation_is_scipys():
    (s,), (e,) = made(1)
    s = np.round(s, 2)  # with ties
    assert uncertainty.rank_correlation(s, e) == pytest.approx(
        spearmanr(s.ravel(), np.abs(e).ravel()).statistic
    )
    assert uncertainty.rank_correlation(np.zeros((4, 4)), e[:4, :4]) is None


def test_the_factor_is_that_of_the_normal_distribution_and_covers_new_micrographs():
    maps, errors = made(12)
    q = uncertainty.factor(map(uncertainty.normalised, maps, errors), 0.9)
    assert q == pytest.approx(norm.ppf(0.95), rel=0.02)
    (s,), (e,) = made(1)
    values = uncertainty.measure(s, e, q)
    assert values["coverage"] == pytest.approx(0.9, abs=0.02)
    assert values["interval_width"] == pytest.approx(2 * q * (s.mean() + uncertainty.FLOOR))
    _, (larger,) = made(1, scale=2.0)
    assert uncertainty.measure(s, larger, q)["coverage"] < 0.65


def test_micrographs_weigh_alike_whatever_their_size():
    small, large = np.full((8, 8), 1.0), np.full((80, 80), 3.0)
    assert uncertainty.factor([small, large], 0.49) == pytest.approx(1.0)
    assert uncertainty.factor([small, large], 0.51) == pytest.approx(3.0)


def test_no_micrograph_is_an_error():
    with pytest.raises(SemclearError, match="at least one"):
        uncertainty.factor([], 0.9)


def test_sparsification_by_hand():
    error = np.array([[1.0, 2.0], [3.0, 4.0]] * 10)
    curve, best = uncertainty.sparsification(error, error)
    np.testing.assert_array_equal(curve, best)
    assert best[0] == 1
    half = int(np.argmin(np.abs(uncertainty.SHARES - 0.5)))
    assert best[half] == pytest.approx(1.5 / 2.5)
    worst, _ = uncertainty.sparsification(-error, error)
    assert worst[half] == pytest.approx(3.5 / 2.5)
    assert uncertainty.sparsification_area(error, error) == 0
    assert uncertainty.sparsification_area(-error, error) > uncertainty.sparsification_area(
        RNG.random(error.shape), error
    )
    assert uncertainty.sparsification_area(error, 0 * error) == 0
