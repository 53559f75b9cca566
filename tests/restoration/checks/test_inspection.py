"""What a micrograph shows of its own degradation."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from semclear.restoration.checks import inspection

RNG = np.random.default_rng(7)
WHITE = 0.5 + 0.05 * RNG.standard_normal((128, 192))


def test_white_noise_has_its_variance_in_every_band_and_no_direction():
    values = inspection.measure(WHITE, 0.05)
    for band in range(1, 5):
        assert values[f"input_band{band}"] == pytest.approx(np.log10(0.05**2), abs=0.1)
    many = [inspection.measure(0.5 + 0.05 * RNG.standard_normal((128, 192)), 0.05) for _ in range(20)]
    for name in ("input_axes", "input_diagonals"):
        assert np.mean([one[name] for one in many]) == pytest.approx(0, abs=0.06)
    assert values["input_rows"] == pytest.approx(1, abs=0.4)
    assert values["input_columns"] == pytest.approx(1, abs=0.4)
    assert values["input_contrast"] == pytest.approx(0.05, rel=0.02)


def test_blur_takes_the_power_its_transfer_function_says():
    sharp = inspection.measure(WHITE, 0.05)
    soft = inspection.measure(gaussian_filter(WHITE, 1.0), 0.05)
    # At f = 0.09, the middle of the second band: exp(-4 pi^2 f^2).
    assert soft["input_band2"] - sharp["input_band2"] == pytest.approx(
        -4 * np.pi**2 * 0.0999**2 / np.log(10), abs=0.05
    )
    assert soft["input_band4"] < soft["input_band3"] < soft["input_band2"]


def test_one_sided_blur_prefers_a_direction():
    along_rows = inspection.measure(gaussian_filter(WHITE, (0, 2)), 0.05)
    assert along_rows["input_axes"] < -0.1  # power is left at vertical frequencies, the finer the more
    turned = inspection.measure(gaussian_filter(WHITE, (0, 2)).T, 0.05)
    assert turned["input_axes"] == pytest.approx(-along_rows["input_axes"])


def test_objects_that_prefer_a_direction_at_all_frequencies_are_no_blur():
    stretched = RNG.standard_normal((256, 256))
    fan = np.arctan2(np.fft.fftfreq(256)[:, None], np.fft.fftfreq(256)[None, :])
    image = 0.5 + 0.05 * np.fft.ifft2(np.fft.fft2(stretched) * (1.5 + np.cos(2 * fan))).real
    blurred = inspection.measure(gaussian_filter(image, (0, 2)), 0.05)
    assert abs(inspection.measure(image, 0.05)["input_axes"]) < 0.15 < abs(blurred["input_axes"])


def test_streaks_show_on_their_own_axis():
    streaked = inspection.measure(WHITE + 0.02 * RNG.standard_normal((128, 1)), 0.05)
    assert streaked["input_rows"] > 3
    assert streaked["input_columns"] == pytest.approx(1, abs=0.4)


def test_small_and_constant_micrographs_are_finite():
    for image in (np.full((40, 33), 0.5), WHITE[:16, :16]):
        assert all(np.isfinite(value) for value in inspection.measure(image, 0.0).values())
