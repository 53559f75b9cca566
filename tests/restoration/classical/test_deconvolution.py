"""Wiener, Richardson-Lucy and the blur estimate on images whose blur is known."""

import numpy as np
import pytest
from paired_set import blurred, discs
from scipy.ndimage import convolve1d

from semclear import row_noise
from semclear.evaluation.metrics import psnr
from semclear.restoration.classical import blur_estimation, richardson_lucy, wiener
from semclear.restoration.classical.boundary import reflected
from semclear.restoration.classical.psf import gaussian, radius_of


@pytest.fixture
def scene():
    rng = np.random.default_rng(2)
    clear = discs(rng, 128, 40)
    return clear, blurred(clear, 2.0, 0.01, rng)


def test_gaussian_has_its_standard_deviation():
    kernel = gaussian(2.0)
    offsets = np.arange(-radius_of(2.0), radius_of(2.0) + 1)
    assert kernel.sum() == pytest.approx(1)
    assert np.sqrt((kernel.sum(axis=0) * offsets**2).sum()) == pytest.approx(2.0, abs=0.01)


def test_reflection_keeps_constant_and_size():
    assert reflected(lambda p: p, np.full((33, 20), 0.4), 50).shape == (33, 20)
    restored = wiener.deconvolve(np.full((33, 20), 0.4, np.float32), gaussian(2.0), 1.0)
    assert restored.dtype == np.float32
    np.testing.assert_allclose(restored, 0.4, atol=1e-3)


def test_wiener_is_the_formula_on_the_reflected_image(scene):
    """X = conj(H) Y / (|H|^2 + b |L|^2) written out with NumPy alone."""
    image = scene[1][:50, :61].astype(float)
    weight = 0.7 * wiener.noise_to_signal(image)

    def formula(padded):
        def transfer(small):
            grid = np.zeros(padded.shape)
            grid[: small.shape[0], : small.shape[1]] = small
            return np.fft.fft2(np.roll(grid, [-(side // 2) for side in small.shape], (0, 1)))

        blur, rough = transfer(gaussian(2.0)), transfer(np.array([[0, -1, 0], [-1, 4, -1], [0, -1, 0]]))
        spectrum = np.conj(blur) * np.fft.fft2(padded) / (abs(blur) ** 2 + weight * abs(rough) ** 2)
        return np.fft.ifft2(spectrum).real

    wanted = reflected(formula, image, 2 * radius_of(2.0))
    np.testing.assert_allclose(wiener.deconvolve(image, gaussian(2.0), 0.7), wanted, atol=1e-6)


def test_padding_is_a_reflection_and_fast_to_transform():
    image, seen = np.random.default_rng(0).uniform(size=(50, 61)), []
    reflected(lambda padded: seen.append(padded) or padded, image, 16)
    (padded,) = seen
    assert min(np.array(padded.shape) - image.shape) >= 32
    assert max(np.array(padded.shape) - image.shape) < 48
    np.testing.assert_array_equal(padded[:16], padded[31:15:-1])
    np.testing.assert_array_equal(padded[:, 16 + 61 : 16 + 61 + 16], padded[:, 16 + 60 : 16 + 60 - 16 : -1])


def test_wiener_gains_with_the_true_sigma_and_less_with_a_wrong_one(scene):
    clear, image = scene
    right = psnr(clear, wiener.deconvolve(image, gaussian(2.0), 1.0))
    assert right > psnr(clear, image) + 1.5
    assert right > psnr(clear, wiener.deconvolve(image, gaussian(1.0), 1.0))
    assert right > psnr(clear, wiener.deconvolve(image, gaussian(4.0), 1.0))


def test_wiener_leaves_no_rim_at_the_border(scene):
    clear, image = scene
    error = np.abs(wiener.deconvolve(image, gaussian(2.0), 1.0) - clear)
    assert error[:3].mean() < 2 * error[20:-20, 20:-20].mean() + 0.02


def test_unsupervised_wiener_gains_and_is_the_same_each_time(scene):
    clear, image = scene
    first = wiener.unsupervised(image, gaussian(2.0))
    assert psnr(clear, first) > psnr(clear, image) + 1
    assert np.array_equal(first, wiener.unsupervised(image, gaussian(2.0)))


def test_the_ratio_of_noise_to_signal_is_that_put_in():
    rng = np.random.default_rng(1)
    ramp = np.add.outer(np.linspace(0.2, 0.6, 150), np.linspace(0, 0.2, 150))
    white = rng.normal(0, 0.03, ramp.shape)
    # A detector of limited bandwidth: neighbours along a row share noise, the variance stays.
    smeared = convolve1d(rng.normal(0, 0.03, ramp.shape), row_noise.row_weights(0.8), axis=1, mode="wrap")
    for noise in (white, smeared):
        assert wiener.noise_to_signal(ramp + noise) == pytest.approx(0.03**2 / ramp.var(), rel=0.1)
    assert wiener.noise_to_signal(ramp) == pytest.approx(1e-8 / ramp.var(), rel=1e-3)


@pytest.mark.parametrize("sigma", [1.5, 2.5, 3.5])
def test_blur_is_estimated_within_a_fifth(sigma):
    rng = np.random.default_rng(11)
    images = [blurred(discs(rng, 256, 150), sigma, 0.02, rng) for _ in range(3)]
    assert np.median([blur_estimation.sigma(image) for image in images]) == pytest.approx(sigma, rel=0.2)


def test_blur_estimate_has_bounds():
    assert blur_estimation.sigma(np.full((40, 50), 0.5)) == 0.5
    assert 0.5 <= blur_estimation.sigma(np.random.default_rng(0).uniform(size=(40, 50))) <= 6


def test_white_noise_has_its_variance_as_power():
    noise = np.random.default_rng(3).normal(0, 0.1, (128, 96))
    frequency, power, count = blur_estimation.radial_spectrum(noise)
    assert np.average(power, weights=count) == pytest.approx(0.01, rel=0.05)
    assert frequency.min() > 0.03 and frequency.max() < 0.5


def test_blind_richardson_lucy_sharpens_image_and_finds_the_blur():
    rng = np.random.default_rng(4)
    clear = discs(rng, 96, 25)
    image = blurred(clear, 1.5, 0.0, rng)
    _, psf = richardson_lucy.blind_estimate(image, 6, 3.0)
    assert psf.min() >= 0
    assert psf.sum() == pytest.approx(1, abs=1e-4)

    def error(kernel):
        reach = kernel.shape[0] // 2
        truth = np.zeros_like(kernel)
        inner = gaussian(1.5)
        start = reach - inner.shape[0] // 2
        truth[start : start + inner.shape[0], start : start + inner.shape[0]] = inner
        return np.abs(kernel - truth).sum()

    assert error(psf) < 0.7 * error(gaussian(3.0))
    assert psnr(clear, richardson_lucy.blind(image, 1, 1.5)) > psnr(clear, image) + 1


def test_one_richardson_lucy_step_by_hand():
    """f h-correlated(g / (f * h)) on a periodic line of three pixels, written out with sums."""
    image = np.array([[0.2, 0.8, 0.4], [0.2, 0.8, 0.4], [0.2, 0.8, 0.4]], np.float32)
    estimate = richardson_lucy._Estimate(np.pad(image, 4, mode="wrap")[:9, :9], 0.25)
    observed, psf, start = (np.array(a, float) for a in (estimate.observed, estimate.psf, estimate.image))
    size = 9
    blurred_by = np.array(
        [
            [
                sum(
                    start[(i - k) % size, (j - m) % size] * psf[k, m]
                    for k in range(size)
                    for m in range(size)
                )
                for j in range(size)
            ]
            for i in range(size)
        ]
    )
    ratio = observed / blurred_by
    wanted = np.array(
        [
            [
                start[i, j]
                * sum(
                    ratio[(i + k) % size, (j + m) % size] * psf[k, m]
                    for k in range(size)
                    for m in range(size)
                )
                for j in range(size)
            ]
            for i in range(size)
        ]
    )
    estimate.improve_image()
    np.testing.assert_allclose(estimate.image, wanted, rtol=1e-4)
