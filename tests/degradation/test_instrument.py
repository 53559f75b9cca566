"""One picture by its instrument: every step does what its formula says, and nothing else."""

import json

import numpy as np
import pytest
from scipy import ndimage

from semclear.degradation import instrument
from semclear.degradation.instrument import Charging, Instrument, ScanNoise, Tone, Veil, apply, exposed
from semclear.degradation.transfer import Probe
from semclear.errors import SemclearError

RAW = {"levels": None}


def scene(side=128):
    smooth = ndimage.gaussian_filter(np.random.default_rng(1).random((side, side)), 3.0)
    return 0.2 + 0.6 * (smooth - smooth.min()) / np.ptp(smooth)


def rng(seed=0):
    return np.random.default_rng(seed)


def noise_of(settings, grey=0.5, side=512):
    """Return the noise that these settings put on an even grey."""
    flat = np.full((side, side), grey)
    return apply(flat, Instrument(noise=settings, **RAW), rng()).astype(np.float64) - grey


def correlation(noise, lag, axis):
    values = np.moveaxis(noise, axis, 0)
    return np.mean(values[lag:] * values[:-lag]) / np.mean(noise**2)


def test_an_instrument_without_faults_gives_the_scene():
    np.testing.assert_allclose(apply(scene(), Instrument(**RAW), rng()), scene(), atol=1e-6)
    assert np.abs(apply(scene(), Instrument(), rng()) - scene()).max() <= 0.5 / 255 + 1e-6


def test_the_same_stream_gives_the_same_picture():
    one = Instrument(veil=Veil(0.6, 0.3, 40.0, 0.8), noise=ScanNoise(0.02, 0.05, 0.8))
    np.testing.assert_array_equal(apply(scene(), one, rng(3)), apply(scene(), one, rng(3)))
    assert np.any(apply(scene(), one, rng(3)) != apply(scene(), one, rng(4)))


def test_tone_is_gamma_then_contrast_about_the_pivot():
    x = np.array([[0.0, 0.25, 1.0]])
    np.testing.assert_allclose(exposed(x, Tone(0.5, 0.4, 0.5)), [[0.3, 0.5, 0.7]])
    np.testing.assert_allclose(exposed(x, Tone(1.0, 4.0, 0.5)), [[0.0, 0.0, 1.0]])


def test_noise_has_its_strength_and_runs_along_rows_alone():
    noise = noise_of(ScanNoise(additive=0.03, smear=0.84))
    assert noise.std() == pytest.approx(0.03, rel=0.02)
    assert correlation(noise, 1, 1) == pytest.approx(np.exp(-1 / (4 * 0.84**2)), abs=0.02)
    assert correlation(noise, 3, 1) == pytest.approx(0.04, abs=0.02)
    assert abs(correlation(noise, 1, 0)) < 0.01


def test_a_memory_is_an_autoregression_and_the_other_way_is_smeared_too():
    noise = noise_of(ScanNoise(additive=0.03, memory=0.5, smear_across=0.7))
    assert noise.std() == pytest.approx(0.03, rel=0.02)
    for lag in (1, 2, 3):
        assert correlation(noise, lag, 1) == pytest.approx(0.5**lag, abs=0.02)
    assert correlation(noise, 1, 0) == pytest.approx(np.exp(-1 / (4 * 0.7**2)), abs=0.03)


def test_shot_noise_grows_with_the_root_of_the_grey():
    dark, bright = (noise_of(ScanNoise(shot=0.06), grey).std() for grey in (0.2, 0.8))
    assert bright == pytest.approx(0.06 * np.sqrt(0.8), rel=0.02)
    assert bright / dark == pytest.approx(2.0, rel=0.02)


def test_row_offsets_are_the_same_all_along_a_row():
    noise = noise_of(ScanNoise(row_offset=0.02))
    assert np.ptp(noise, axis=1).max() < 1e-6
    assert noise[:, 0].std() == pytest.approx(0.02, rel=0.1)


def test_borders_have_the_noise_of_the_middle():
    one = Instrument(noise=ScanNoise(0.03, smear=1.3, smear_across=0.8), **RAW)
    noise = np.array([apply(np.full((64, 64), 0.5), one, rng(i)) for i in range(200)]) - 0.5
    for border in (noise[:, 0], noise[:, -1], noise[:, :, 0], noise[:, :, -1]):
        assert border.std() == pytest.approx(0.03, rel=0.05)


def test_an_even_veil_is_koschmieder_s_law():
    got = apply(scene(), Instrument(veil=Veil(0.6, 0.0, 50.0, 0.9), **RAW), rng())
    np.testing.assert_allclose(got, 0.6 * scene() + 0.4 * 0.9, atol=1e-6)


def test_a_film_has_its_mean_its_variation_and_its_length():
    correlation_px = 12.0
    count = instrument.cosines(256, correlation_px)
    fields = []
    for i in range(40):
        film = rng(i).standard_normal((count, count))
        fields.append(instrument.transmission(Veil(0.5, 0.2, correlation_px, 0.0), (256, 256), film))
    t = np.array(fields)
    assert t.mean() == pytest.approx(0.5, abs=0.01)
    assert t.std() == pytest.approx(0.1, rel=0.05)
    # White noise under a Gaussian of standard deviation c is correlated as exp(-d^2 / (4 c^2)).
    moved = np.mean((t[:, :-20] - 0.5) * (t[:, 20:] - 0.5)) / t.var()
    assert moved == pytest.approx(np.exp(-(20**2) / (4 * correlation_px**2)), abs=0.05)


def test_blur_comes_before_veil_and_noise_and_the_picture_is_rounded_at_the_end():
    one = Instrument(Tone(0.8), Probe(2.0, 2.0), Veil(0.7, 0.0, 50.0, 0.8), ScanNoise(0.01))
    got = apply(scene(), one, rng())
    expected = 0.7 * ndimage.gaussian_filter(scene() ** 0.8, 2.0) + 0.3 * 0.8
    assert np.std(got - expected) == pytest.approx(0.01, rel=0.05)
    np.testing.assert_allclose(got * 255, np.round(got * 255), atol=1e-4)


def test_charging_adds_streaks_and_offsets():
    charging = Charging(0.3, 4.0, 0.4, 20.0, 0.05, 0.1, 0.1)
    plain, charged = (apply(scene(), Instrument(charging=one, **RAW), rng()) for one in (None, charging))
    assert np.abs(charged - plain).max() > 0.05


def test_jpeg_changes_little_and_saturation_is_cut():
    got = apply(scene(), Instrument(jpeg=90), rng())
    assert 0 < np.abs(got - scene()).max() < 0.05
    bright = apply(scene(), Instrument(Tone(1.0, 2.5, 0.4), noise=ScanNoise(0.05)), rng())
    assert bright.min() == 0.0 and bright.max() == 1.0


def test_a_record_holds_all_and_goes_through_json():
    one = Instrument(
        Tone(0.9),
        Probe(1.0, 2.0, 0.3),
        Veil(0.8),
        ScanNoise(0.1),
        Charging(*[0.1, 2.0, 0.1, 9.0, 0.1, 0.1, 0.1]),
    )
    assert Instrument.of(json.loads(json.dumps(one.record()))) == one
    assert Instrument.of(Instrument(jpeg=80).record()) == Instrument(jpeg=80)


@pytest.mark.parametrize("image", [np.zeros((4, 4, 4)), np.full((4, 4), 2.0), np.full((4, 4), np.nan)])
def test_what_is_no_scene_is_refused(image):
    with pytest.raises(SemclearError, match="scene: got shape"):
        apply(image, Instrument(), rng())
