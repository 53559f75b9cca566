"""Sums by strips, against NumPy and against the checks on the whole."""

import numpy as np
import pytest

pytest.importorskip("keras")
from semclear.restoration.checks import residual
from semclear.restoration.tiled import strips

RNG = np.random.default_rng(11)


@pytest.fixture(autouse=True)
def _short_strips(monkeypatch):
    monkeypatch.setattr(strips, "PIXELS", 900)


def parts_of(values):
    return lambda: (values[rows] for rows in strips.strips(*values.shape))


def test_strips_cover():
    covered = [row for rows in strips.strips(77, 300) for row in range(rows.start, rows.stop)]
    assert covered == list(range(77))
    assert len(list(strips.strips(5, 10_000))) == 5


@pytest.mark.parametrize("shape", [(40, 50), (41, 51), (1, 3)])
def test_median_and_moments_are_numpys(shape):
    kinds = [RNG.random(shape), np.round(RNG.random(shape) * 3), np.zeros(shape), 1e-6 * RNG.random(shape)]
    for values in kinds:
        values = values.astype(np.float32)
        assert strips.median(parts_of(values)) == pytest.approx(
            np.median(values.astype(np.float64)), abs=1e-12
        )
        mean, deviation = strips.moments(parts_of(values))
        assert mean == pytest.approx(values.mean(dtype=np.float64), abs=1e-12)
        assert deviation == pytest.approx(values.std(dtype=np.float64), abs=1e-12)


def test_a_median_that_minus_zeros_hold():
    assert strips.median(lambda: iter([np.array([-0.0, 0.0, -0.0, 1.0], np.float32)])) == 0


@pytest.mark.parametrize("side", [32, 128])
def test_what_is_explained_is_that_of_the_whole(side):
    degraded = RNG.random((150, 170)).astype(np.float32)
    again = (0.8 * degraded + 0.1 + 0.05 * RNG.standard_normal((150, 1))).astype(np.float32)
    whole = residual.measure(degraded, again, 0.02, side)
    found = strips.explained(degraded, degraded - again, 0.02, side)
    assert list(found) == list(whole)
    assert found == pytest.approx(whole, rel=1e-4)


def test_what_is_constant_has_no_correlation():
    flat = np.full((64, 64), 0.5, np.float32)
    found = strips.explained(flat, 0 * flat, 0.0)
    assert found == pytest.approx(residual.measure(flat, flat, 0.0)) and "redegradation_pearson" not in found
