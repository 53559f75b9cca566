"""The expected gain: similarity by a second way of computing, the factor by hand-worked numbers."""

import numpy as np
import pytest
from limits import RECOMMENDING
from scipy.ndimage import gaussian_filter
from skimage.metrics import structural_similarity

from semclear.restoration.checks import gain, invention
from semclear.restoration.checks.gain import Gain

RNG = np.random.default_rng(1)


def pair():
    clear = np.clip(0.5 + gaussian_filter(RNG.standard_normal((90, 130)), 2), 0, 1)
    return clear, np.clip(clear + 0.1 * RNG.standard_normal(clear.shape), 0, 1)


def test_similarity_is_the_usual_one_and_the_same_by_parts(monkeypatch):
    first, second = pair()
    usual = structural_similarity(
        first,
        second,
        data_range=1.0,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
        full=True,
    )[1].mean()
    whole = gain.similarity(first, second)
    assert whole == pytest.approx(usual, abs=1e-6)
    monkeypatch.setattr(invention, "PART", 40)
    assert gain.similarity(first, second) == pytest.approx(whole, abs=1e-9)
    assert gain.similarity(first, first) == pytest.approx(1.0)


def test_the_expectation_falls_with_the_blur_below_a_pixel():
    told = Gain(0.5, 0.1, RECOMMENDING)
    assert told.expected({"similarity": 0.6, "read_sigma": 2.0}) == pytest.approx(0.2)
    assert told.expected({"similarity": 0.6, "read_sigma": 0.5}) == pytest.approx(0.05)
    assert told.expected({"similarity": 0.6}) is None and told.recommends({}) is None


def test_recommended_is_what_is_blurred_and_expected_above_the_margin():
    told, good = (
        Gain(0.5, 0.1, RECOMMENDING),
        {"similarity": 0.6, "read_sigma": 2.0, "uncertainty": 0.02, "amplification": 1.5},
    )
    assert told.recommends(good)
    for worse in ({"similarity": 0.9}, {"read_sigma": 0.69}, {"uncertainty": 0.06}, {"amplification": 2.1}):
        assert told.recommends(good | worse) is False
    left = {"similarity": 0.9, "read_sigma": 0.2, "left_alone": 1.0}
    assert told.recommends(left) and told.expected(left) == 0.0


def test_fitting_gives_factor_and_margin():
    rows = [{"similarity": 1 - x, "read_sigma": 2.0} for x in np.linspace(0.1, 0.8, 15)]
    gains = [0.6 * (1 - row["similarity"]) for row in rows]
    worse = [place == 2 for place in range(15)]
    made = Gain.fitted(rows, gains, worse, RECOMMENDING)
    assert made.factor == pytest.approx(0.6, rel=1e-5)
    assert made.margin == pytest.approx(0.6 * 0.2, rel=1e-5)
    others = {"uncertainty": 0.0, "amplification": 1.0}
    assert not made.recommends(rows[2] | others) and made.recommends(rows[3] | others)
    assert Gain.fitted(rows, gains, [False] * 15, RECOMMENDING).margin == 0.0
    assert Gain.of(made.record()) == made
    assert Gain.fitted(rows[:5], gains[:5], worse[:5], RECOMMENDING) is None


def test_a_model_that_only_harms_is_expected_to_gain_nothing():
    rows = [{"similarity": 0.5, "read_sigma": 2.0}] * 12
    made = Gain.fitted(rows, [-0.2] * 12, [True] * 12, RECOMMENDING)
    assert made.factor == 0.0
    assert made.recommends(rows[0] | {"uncertainty": 0.0, "amplification": 1.0}) is False


def test_amplification_is_that_of_the_second_octave():
    clear, _ = pair()
    checks = gain.checks_of(clear, 0.5 + 1.5 * (clear - 0.5), np.full(clear.shape, 0.03, np.float32))
    assert checks["amplification"] == pytest.approx(1.5, rel=1e-4)
    assert checks["invented"] == pytest.approx(0.03)
