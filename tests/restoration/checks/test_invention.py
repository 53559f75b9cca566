"""What of a restoration is not supported: powers by a second way of computing, and what must hold of map and mode."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from semclear.errors import SemclearError
from semclear.restoration.checks import invention
from semclear.restoration.checks.invention import Conditions, Invention

RNG = np.random.default_rng(0)
CONDITIONS = Conditions(0.05, 0.0, 1.0)
HALF = Invention((0.5,) * 4, (0.5,) * 4)


def scene(shape=(96, 120)):
    flat = RNG.standard_normal(shape)
    return np.clip(0.5 + gaussian_filter(flat, 3) * 1.5, 0, 1).astype(np.float32)


def test_octaves_and_what_the_last_gaussian_leaves_are_the_image():
    image = scene()
    rest = gaussian_filter(image, invention.SCALES[-1], mode="reflect", truncate=invention.TRUNCATE)
    np.testing.assert_allclose(sum(invention.octaves(image)) + rest, image, atol=1e-6)


@pytest.mark.parametrize("correlation", [0.0, 0.5])
def test_the_powers_of_noise_are_those_of_drawn_noise(correlation):
    from scipy.ndimage import correlate1d

    from semclear.row_noise import row_weights, smear_of

    noise = correlate1d(
        RNG.standard_normal((512, 512)), row_weights(smear_of(correlation)), axis=1, mode="wrap"
    )
    drawn = [float(np.mean(octave**2)) for octave in invention.octaves(0.1 * noise)]
    np.testing.assert_allclose(drawn, invention.noise_powers(0.1, correlation), rtol=0.12)


def test_a_wider_blur_leaves_less_of_finer_octaves():
    none, some, much = (invention.blur_shares(sigma) for sigma in (0.0, 1.0, 3.0))
    np.testing.assert_allclose(none, 1.0)
    assert all(a > b > c for a, b, c in zip(none, some, much, strict=True))
    assert some == sorted(some)


def test_what_the_truth_has_is_not_invented_whatever_its_contrast():
    truth = scene()
    assert max(power.max() for power in invention.against_truth(0.2 + 0.6 * truth, truth)) < 1e-8
    inverted = sum(invention.against_truth(1 - truth, truth))
    assert inverted.mean() == pytest.approx(sum(np.mean(o**2) for o in invention.octaves(truth)), rel=0.1)


def test_an_object_that_the_truth_has_not_is_invented_where_it_is():
    truth = scene()
    made = truth.copy()
    made[40:46, 60:66] += 0.3
    found = np.sqrt(sum(invention.against_truth(made, truth)))
    assert found[43, 63] > 2 * invention.VISIBLE
    assert np.median(found) < 0.2 * invention.VISIBLE


def test_without_noise_all_is_supported_and_in_noise_nothing():
    image, spread = scene(), np.zeros((96, 120), np.float32)
    clear = invention.evidence(image, spread, Conditions(0.0, None, 0.0))
    hidden = invention.evidence(image, spread, Conditions(500.0, None, 0.0))
    assert sum(np.mean(one.unsupported) for one in clear) < 0.05 * sum(np.mean(one.power) for one in clear)
    for one in hidden:
        np.testing.assert_allclose(one.unsupported, one.power, rtol=0.02)


def test_map_and_conservative_restoration_are_what_the_factors_say():
    image, spread = scene(), np.full((96, 120), 0.01, np.float32)
    found, kept = HALF.judged(image, spread, CONDITIONS, without=True)
    shown = invention.evidence(image, spread, CONDITIONS)
    powers = [np.minimum(0.5 * one.unsupported + 0.5 * 0.01**2, one.power) for one in shown]
    np.testing.assert_allclose(found, np.sqrt(sum(powers)), rtol=1e-4)
    taken = sum(o.octave * p / np.maximum(o.power, 1e-12) for o, p in zip(shown, powers, strict=True))
    np.testing.assert_allclose(kept, np.clip(image - taken, 0, 1), atol=1e-4)
    assert HALF.judged(image, spread, CONDITIONS)[1] is image


def test_factors_of_nothing_leave_the_restoration_as_it_is():
    image = scene()
    found, kept = Invention((0.0,) * 4, (0.0,) * 4).judged(image, image, CONDITIONS, without=True)
    assert not found.any()
    np.testing.assert_allclose(kept, image, atol=1e-6)


def test_parts_give_what_the_whole_gives(monkeypatch):
    image, spread = scene((150, 210)), np.abs(scene((150, 210)) - 0.5) / 10
    whole = HALF.judged(image, spread, CONDITIONS, without=True)
    monkeypatch.setattr(invention, "PART", 64)
    for own, other in zip(HALF.judged(image, spread, CONDITIONS, without=True), whole, strict=True):
        np.testing.assert_allclose(own, other, atol=1e-6)


def test_fitting_gives_back_the_factors_that_made_the_powers():
    examples = []
    for strength in (0.01, 0.05, 0.2):
        shown = invention.evidence(scene(), np.abs(scene() - 0.5) / 5, Conditions(strength, 0.2, 1.0))
        examples.append((shown, [0.4 * one.unsupported + 2.0 * one.spread for one in shown]))
    made = Invention.fitted(examples, stride=2)
    np.testing.assert_allclose(made.unsupported, 0.4, rtol=1e-3)
    np.testing.assert_allclose(made.spread, 2.0, rtol=1e-3)
    assert Invention.of(made.record()) == made


def test_no_micrograph_and_no_calibration_are_refused():
    with pytest.raises(SemclearError, match="got no micrograph"):
        Invention.fitted([])
    for factors in ((1.0,) * 3, (1.0, 1.0, 1.0, -0.1)):
        with pytest.raises(SemclearError, match="calibrate the model again"):
            Invention(factors, (1.0,) * 4)
