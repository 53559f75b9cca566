"""Null tests with plain functions as restorers."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from semclear.restoration.checks import null_tests

RNG = np.random.default_rng(8)
IMAGES = [np.clip(0.6 + 0.1 * RNG.standard_normal((64, 80)), 0, 1).astype(np.float32) for _ in range(3)]
FIELDS = null_tests.fields_of(IMAGES, [0.01, 0.02, 0.03])


def test_fields_are_as_said_and_repeat():
    assert FIELDS["empty"].mean() == pytest.approx(0.6, abs=0.005)
    assert FIELDS["empty"].std() == pytest.approx(0.02, rel=0.05)
    assert FIELDS["noise"].std() == pytest.approx(0.1, rel=0.05)
    again = null_tests.fields_of(IMAGES, [0.01, 0.02, 0.03])
    assert all(np.array_equal(FIELDS[name], again[name]) for name in FIELDS)
    assert FIELDS["empty"].shape == (64, 80)


def test_who_does_nothing_passes():
    made = null_tests.measure(null_tests.tried(lambda image: image, FIELDS, {"a": IMAGES[0], "b": IMAGES[1]}))
    assert made.keys() == {"empty", "noise", "clear"}
    assert all(value == 0 for test in made.values() for value in test.values())


def test_a_grey_shift_is_no_invention():
    made = null_tests.measure(null_tests.tried(lambda image: image - 0.1, FIELDS))
    assert made["empty"] == {
        "change": pytest.approx(0.1),
        "shift": pytest.approx(-0.1),
        "invented": pytest.approx(0, abs=1e-6),
    }


def test_a_drawn_disc_is_an_invention():
    disc = np.zeros((64, 80), np.float32)
    disc[20:40, 20:40] = 0.3
    made = null_tests.measure(null_tests.tried(lambda image: image + disc, FIELDS))
    expected = np.std(gaussian_filter(disc.astype(float), null_tests.SMOOTHING, mode="reflect"))
    assert made["noise"]["invented"] == pytest.approx(expected, rel=1e-3)


def test_a_test_is_the_mean_of_its_trials():
    clear = {"a": np.full((16, 16), 0.2), "b": np.full((16, 16), 0.6)}
    trials = null_tests.tried(lambda image: image / 2, {}, clear)
    assert [(trial.test, trial.id) for trial in trials] == [("clear", "a"), ("clear", "b")]
    assert null_tests.measure(trials)["clear"] == {
        "change": pytest.approx(0.2),
        "shift": pytest.approx(-0.2),
        "invented": pytest.approx(0, abs=1e-12),
    }
