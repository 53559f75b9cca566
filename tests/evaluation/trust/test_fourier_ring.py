"""Fourier ring correlation against closed formulas for white spectra."""

import numpy as np
import pytest
from scipy.ndimage import fourier_gaussian

from semclear.errors import SemclearError
from semclear.evaluation.trust.fourier_ring import Rings, invented_energy, resolution, ring_correlation

SHAPES = [(128, 128), (96, 160), (75, 64)]


def white(shape, seed):
    return np.random.default_rng(seed).normal(size=shape)


def blurred(image, sigma):
    return np.fft.ifft2(fourier_gaussian(np.fft.fft2(image), sigma)).real


@pytest.mark.parametrize("shape", SHAPES)
def test_an_image_agrees_with_itself_in_any_grey_scale(shape):
    truth = white(shape, 0)
    rings = ring_correlation(truth, 0.3 * truth + 0.4)
    assert rings.correlation == pytest.approx(1, abs=1e-12)
    assert resolution(rings) == 2.0 and invented_energy(rings) == 0.0
    assert ring_correlation(truth, -truth).correlation == pytest.approx(-1, abs=1e-12)


@pytest.mark.parametrize("shape", SHAPES)
def test_independent_noise_does_not_correlate(shape):
    rings = ring_correlation(white(shape, 1), white(shape, 2))
    outer = (rings.frequency > 0.2) & (rings.frequency <= 0.5)
    assert abs(rings.correlation[outer].mean()) < 0.1 and np.abs(rings.correlation[outer]).max() < 0.6
    assert invented_energy(rings) > 0.9
    assert resolution(rings) > 10


def test_rings_are_those_of_a_sum_pixel_by_pixel():
    truth, image = white((12, 16), 3), white((12, 16), 4)
    window = np.array(
        [
            [0.25 * (1 - np.cos(2 * np.pi * r / 12)) * (1 - np.cos(2 * np.pi * c / 16)) for c in range(16)]
            for r in range(12)
        ]
    )
    first, second = (
        np.fft.fftshift(np.fft.fft2((a - (a * window).sum() / window.sum()) * window)) for a in (truth, image)
    )
    cross = power = energy = 0.0
    for row in range(12):
        for column in range(16):
            if 2.5 < 12 * np.hypot((row - 6) / 12, (column - 8) / 16) < 3.5:
                t, i = first[row, column], second[row, column]
                cross, power, energy = (
                    cross + (t * i.conjugate()).real,
                    power + abs(t) ** 2,
                    energy + abs(i) ** 2,
                )
    rings = ring_correlation(truth, image)
    assert rings.frequency[2] == pytest.approx(3 / 12)
    assert rings.correlation[2] == pytest.approx(cross / np.sqrt(power * energy))
    assert rings.energy[2] == pytest.approx(energy)


@pytest.mark.parametrize(("sigma", "noise"), [(1.5, 0.1), (2.0, 0.1), (2.0, 0.3)])
def test_blur_and_noise_cross_where_the_spectral_signal_to_noise_ratio_says(sigma, noise):
    # White truth of power 1, transfer H = exp(-2 pi^2 sigma^2 f^2), noise N: FRC^2 = H^2 / (H^2 + N), which is
    # 1/49 at H^2 = N/48.
    expected = 1 / np.sqrt(np.log(48 / noise**2) / (4 * np.pi**2 * sigma**2))
    found = []
    for seed in range(4):
        truth = white((256, 256), seed)
        found.append(
            resolution(ring_correlation(truth, blurred(truth, sigma) + noise * white(truth.shape, seed + 9)))
        )
    assert np.mean(found) == pytest.approx(expected, rel=0.06)


def test_a_correlation_follows_the_formula_at_every_frequency():
    found = []
    for seed in range(8):
        truth = white((256, 256), seed)
        rings = ring_correlation(truth, blurred(truth, 1.0) + 0.5 * white(truth.shape, seed + 8))
        found.append(rings.correlation)
    transfer = np.exp(-2 * (np.pi * rings.frequency) ** 2)
    inside = (rings.frequency > 0.05) & (rings.frequency < 0.5)
    error = (np.mean(found, axis=0) - transfer / np.sqrt(transfer**2 + 0.25))[inside]
    assert np.abs(error).max() < 0.1
    assert error.mean() == pytest.approx(0, abs=0.01)


def test_one_ring_of_chance_is_no_crossing():
    frequency = np.arange(1, 11) / 20
    correlation = np.array([1, 0.9, 0.1, 0.9, 0.5, 0.1, 0.0, 0.1, 0.5, 0.1])
    share = (0.5 - 1 / 7) / (0.5 - 0.1)
    assert resolution(Rings(frequency, correlation, correlation)) == pytest.approx(20 / (5 + share))
    assert resolution(Rings(frequency, np.zeros(10), correlation)) == 20.0


def test_a_pattern_that_is_not_there_is_invented_energy():
    columns = np.arange(128)
    truth = blurred(white((128, 128), 7), 3.0)
    truth /= truth.std()
    # A wave of 40 cycles has power 1/2 a unit amplitude^2; the truth has none left there.
    pattern = 0.8 * np.sin(2 * np.pi * 40 * columns / 128)
    rings = ring_correlation(truth, truth + pattern)
    assert invented_energy(rings) == pytest.approx(0.32 / 1.32, abs=0.03)
    near = np.abs(rings.frequency - 40 / 128) < 1.5 / 128
    assert rings.energy[near].sum() / rings.energy.sum() == pytest.approx(invented_energy(rings), abs=1e-3)


def test_nothing_shown_is_nothing_invented():
    flat = ring_correlation(white((32, 32), 8), np.full((32, 32), 0.5))
    assert invented_energy(flat) < 1e-12 or flat.energy.sum() < 1e-20
    assert invented_energy(ring_correlation(np.zeros((32, 32)), np.zeros((32, 32)))) == 0.0


def test_shapes_must_agree_and_suffice():
    for shapes in (((16, 16), (16, 17)), ((7, 20), (7, 20)), ((16,), (16,))):
        with pytest.raises(SemclearError, match="expected two equal"):
            ring_correlation(*(np.zeros(shape) for shape in shapes))
