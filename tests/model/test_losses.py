"""Each loss term against SciPy, scikit-image or a number by hand."""

import numpy as np
import pytest
from scipy import ndimage
from skimage.metrics import structural_similarity

keras = pytest.importorskip("keras")
from semclear.model import losses  # noqa: E402


def pair(shape=(1, 32, 32, 1), seed=1):
    rng = np.random.default_rng(seed)
    return rng.random((2, *shape)).astype(np.float32)


def test_adversarial_by_hand():
    assert float(losses.adversarial(np.array([[1.0, 0.0], [3.0, 1.0]], np.float32))) == pytest.approx(
        (0 + 1 + 4 + 0) / 4
    )


def test_discrimination_by_hand():
    real, fake = np.array([1.0, 2.0], np.float32), np.array([0.0, 3.0], np.float32)
    assert float(losses.discrimination(real, fake)) == pytest.approx(0.5 * (0.5 + 4.5))


def test_discriminator_that_cannot_tell_scores_a_quarter():
    half = np.full((4, 4), 0.5, np.float32)
    assert float(losses.discrimination(half, half)) == pytest.approx(0.25)


def test_absolute_against_numpy():
    first, second = pair()
    assert float(losses.absolute(first, second)) == pytest.approx(np.abs(first - second).mean(), rel=1e-5)


def test_structural_against_scikit_image():
    rng = np.random.default_rng(2)
    first = ndimage.gaussian_filter(rng.random((64, 64)), 2).astype(np.float32)
    second = np.clip(first + 0.05 * rng.standard_normal(first.shape), 0, 1).astype(np.float32)
    _, ssim_map = structural_similarity(
        first, second, data_range=1, gaussian_weights=True, sigma=1.5, use_sample_covariance=False, full=True
    )
    # Keras takes windows that fit wholly inside: scikit-image's map without its border of 5.
    expected = 1 - ssim_map[5:-5, 5:-5].mean()
    got = float(losses.structural(first[None, :, :, None], second[None, :, :, None]))
    assert got == pytest.approx(expected, abs=1e-4)


def test_structural_of_equal_images_is_zero():
    first, _ = pair()
    assert float(losses.structural(first, first)) == pytest.approx(0.0, abs=1e-6)


def test_edge_against_scipy_sobel():
    first, second = pair()
    total = 0.0
    for axis in (0, 1):
        slopes = [
            ndimage.sobel(image[0, :, :, 0].astype(float), axis=axis, mode="mirror")
            for image in (first, second)
        ]
        total += np.abs(slopes[0] - slopes[1]).mean()
    assert float(losses.edge(first, second)) == pytest.approx(total / 2 / 8, rel=1e-4)


def test_edge_of_a_ramp_by_hand():
    ramp = np.tile(np.linspace(0, 1, 11, dtype=np.float32), (11, 1))[None, :, :, None]
    flat = np.zeros_like(ramp)
    # Slope 0.1 a pixel across, 0 down; the mean over both directions, less the two mirrored borders.
    assert float(losses.edge(ramp, flat)) == pytest.approx(0.1 / 2 * 9 / 11, rel=1e-4)
