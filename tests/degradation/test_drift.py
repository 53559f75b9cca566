"""Drift along the scan against shifts by hand and the stated statistics."""

import numpy as np
import pytest
from scipy.ndimage import shift

from semclear.degradation.drift import row_shifts, shift_rows


def test_no_drift_and_no_jitter_changes_nothing():
    image = np.random.default_rng(0).random((9, 14))
    assert np.array_equal(shift_rows(image, row_shifts(9, 0.0, 0.0, 3.0, 5)), image)


def test_steady_drift_is_a_line_through_the_middle():
    np.testing.assert_allclose(row_shifts(5, 4.0, 0.0, 1.0, 0), [-2, -1, 0, 1, 2])


def test_jitter_has_the_spread_and_correlation_that_are_asked_for():
    noise = row_shifts(60_000, 0.0, 0.7, 5.0, 3)
    assert noise.std() == pytest.approx(0.7, rel=0.03)
    assert np.corrcoef(noise[:-5], noise[5:])[0, 1] == pytest.approx(np.exp(-1), abs=0.03)
    starts = [row_shifts(2, 0.0, 0.7, 5.0, seed)[0] for seed in range(2000)]
    assert np.std(starts) == pytest.approx(0.7, rel=0.06)


@pytest.mark.parametrize("amount", [0.0, 2.0, -3.0, 0.25, -1.6])
def test_a_common_shift_is_scipys(amount):
    image = np.random.default_rng(1).random((6, 20))
    expected = shift(image, (0, -amount), order=1, mode="reflect")
    np.testing.assert_allclose(shift_rows(image, np.full(6, amount)), expected, atol=1e-12)


def test_rows_move_one_by_one():
    image = np.tile(np.arange(5.0), (3, 1))
    moved = shift_rows(image, np.array([0.0, 1.0, -0.5]))
    np.testing.assert_allclose(moved, [[0, 1, 2, 3, 4], [1, 2, 3, 4, 4], [0, 0.5, 1.5, 2.5, 3.5]])


def test_range_is_kept_however_far_it_drifts():
    image = np.random.default_rng(2).random((30, 11))
    moved = shift_rows(image, row_shifts(30, 80.0, 4.0, 2.0, 1))
    assert image.min() - 1e-12 <= moved.min() <= moved.max() <= image.max() + 1e-12


def test_seed_names_the_draw():
    assert np.array_equal(row_shifts(20, 1.0, 1.0, 2.0, 4), row_shifts(20, 1.0, 1.0, 2.0, 4))
    assert not np.array_equal(row_shifts(20, 1.0, 1.0, 2.0, 4), row_shifts(20, 1.0, 1.0, 2.0, 5))
