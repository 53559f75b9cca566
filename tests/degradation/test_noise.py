"""Poisson-Gaussian noise against its formula."""

import numpy as np
import pytest

from semclear.degradation.noise import add_noise


@pytest.mark.parametrize("brightness", [0.0, 0.1, 0.5, 1.0])
@pytest.mark.parametrize(("sigma", "dose"), [(0.02, 200.0), (0.0, 50.0), (0.05, 5000.0)])
def test_mean_and_variance(brightness, sigma, dose):
    image = np.full((400, 400), brightness)
    noisy = add_noise(image, sigma, dose, seed=1)
    variance = brightness / dose + sigma**2
    # Standard errors over 160,000 pixels: 0.25 % of the standard deviation, 0.4 % of the variance.
    assert noisy.mean() == pytest.approx(brightness, abs=5 * np.sqrt(variance / image.size) + 1e-15)
    assert noisy.var() == pytest.approx(variance, rel=0.03)


def test_without_gaussian_part_values_are_whole_electrons():
    counts = add_noise(np.full((20, 20), 0.3), 0.0, 64.0, seed=2) * 64.0
    np.testing.assert_allclose(counts, np.round(counts), atol=1e-12)


def test_noise_is_independent_from_pixel_to_pixel():
    noise = add_noise(np.full((300, 300), 0.5), 0.02, 300.0, seed=3) - 0.5
    for first, second in ((noise[1:], noise[:-1]), (noise[:, 1:], noise[:, :-1])):
        assert abs(np.corrcoef(first.ravel(), second.ravel())[0, 1]) < 0.02


def test_seed_names_the_draw():
    image = np.full((30, 40), 0.5)
    assert np.array_equal(add_noise(image, 0.01, 100.0, 4), add_noise(image, 0.01, 100.0, 4))
    assert not np.array_equal(add_noise(image, 0.01, 100.0, 4), add_noise(image, 0.01, 100.0, 5))
