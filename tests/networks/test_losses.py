"""Each loss term against SciPy, scikit-image or a number by hand."""

import numpy as np
import pytest
from scipy import ndimage
from skimage.metrics import structural_similarity

keras = pytest.importorskip("keras")
from semclear.networks import losses  # noqa: E402


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


@pytest.mark.parametrize("kind", ["huge", "constant", "hot pixel"])
def test_structural_keeps_its_range_where_rounding_would_leave_it(kind):
    first, second = pair(seed=4)
    if kind == "huge":
        first, second = 1e4 * first, 1e4 * second
    elif kind == "constant":
        first, second = np.full_like(first, 3e3), np.full_like(first, 3e3 + 1e-3)
    else:
        first[0, 9, 9, 0] = 1e6
    assert 0.0 <= float(losses.structural(first, second)) <= 2.0


def test_inversion_is_the_correlation_of_what_runs_against_each_other():
    image, other = pair((3, 64, 64, 1))
    veiled = 0.3 * image + 0.6
    assert float(losses.inversion(image, veiled)) == 0.0
    assert float(losses.inversion(image, 1.0 - veiled)) == pytest.approx(1.0, abs=1e-3)
    # By hand on the squares, local means taken off with SciPy (Keras leaves what lies outside out of its means).
    squares = [x[..., 0].reshape(3, 16, 4, 16, 4).mean(axis=(2, 4)) for x in (image, other)]
    ones = ndimage.uniform_filter(np.ones((16, 16)), 5, mode="constant")
    a, b = (
        np.stack([s - ndimage.uniform_filter(s, 5, mode="constant") / ones for s in part]) for part in squares
    )
    rho = (a * b).mean(axis=(1, 2)) / np.sqrt((a**2).mean(axis=(1, 2)) * (b**2).mean(axis=(1, 2)))
    assert float(losses.inversion(image, other)) == pytest.approx(np.maximum(-rho, 0).mean(), abs=1e-4)


def test_inversion_of_empty_fields_is_zero():
    flat = np.full((2, 32, 32, 1), 0.4, np.float32)
    assert float(losses.inversion(flat, flat)) == 0.0
