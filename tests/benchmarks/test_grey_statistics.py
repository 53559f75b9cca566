"""Grey spread and spectral slope on images whose values are known."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.common.grey_statistics import grey_spread, radial_spectrum, spectral_slope
from benchmarks.trust import realism
from semclear import seeds
from semclear.errors import SemclearError


def power_law(exponent: float, size: int = 256) -> np.ndarray:
    frequency = np.fft.fftfreq(size)
    radius = np.hypot(frequency[:, None], frequency[None, :])
    radius[0, 0] = np.inf
    white = np.fft.fft2(seeds.generator(8).standard_normal((size, size)))
    return np.fft.ifft2(white * radius ** (exponent / 2)).real


@pytest.mark.parametrize("exponent", [0.0, -1.5, -3.0])
def test_slope_is_the_exponent_of_the_power(exponent):
    assert spectral_slope(power_law(exponent)) == pytest.approx(exponent, abs=0.15)


def test_slope_ignores_contrast_and_brightness():
    image = power_law(-2)
    assert spectral_slope(0.1 * image + 0.3) == pytest.approx(spectral_slope(image), abs=1e-6)


def test_a_wave_peaks_at_its_frequency():
    wave = np.sin(2 * np.pi * 0.1 * np.arange(256))[None, :] * np.ones((256, 1))
    frequency, power = radial_spectrum(wave)
    assert frequency[power.argmax()] == pytest.approx(0.1, rel=0.12)


def test_spread_of_a_ramp():
    deviation, extent = grey_spread(np.linspace(0, 1, 101 * 101).reshape(101, 101))
    assert deviation == pytest.approx(1 / np.sqrt(12), rel=1e-3)
    assert extent == pytest.approx(0.98, abs=1e-6)


def test_wrong_images_are_said():
    with pytest.raises(ValueError, match="expected a square"):
        spectral_slope(np.zeros((64, 100)))
    with pytest.raises(ValueError, match="constant"):
        spectral_slope(np.full((64, 64), 0.5))


def test_benchmark_says_where_real_micrographs_are_to_be(monkeypatch, tmp_path):
    monkeypatch.delenv("SEMCLEAR_SEM_IMAGES", raising=False)
    with pytest.raises(SemclearError, match="SEMCLEAR_SEM_IMAGES: got nothing"):
        realism.real_crops()
    monkeypatch.setenv("SEMCLEAR_SEM_IMAGES", str(tmp_path))
    with pytest.raises(SemclearError, match="got no image"):
        realism.real_crops()


def test_benchmark_counts_what_lies_within():
    real = np.array([[0.1, 0.4, -3.0], [0.3, 0.9, -2.0]])
    made = np.array([[0.2, 0.5, -2.5], [0.4, 0.5, -2.5], [0.2, 0.5, -1.0], [0.2, 0.5, -2.5]])
    result = realism.table({"real": real, "made": made}).set_index(["group", "statistic"])
    share = result.loc["made"]["within_real_range"]
    assert share.tolist() == [0.75, 1.0, 0.75]
