"""Point spread functions against their moments, areas by hand, and the Gaussian that the study uses."""

import numpy as np
import pytest
from skimage.draw import disk

from semclear.degradation import blur

ANGLES = [0.0, 0.3, np.pi / 4, 1.9, np.pi / 2]


def _moments(kernel):
    """Mean (rows, columns) and covariance of a kernel about its middle."""
    reach = len(kernel) // 2
    rows, columns = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    places = np.stack([rows.ravel(), columns.ravel()])
    mean = places @ kernel.ravel()
    return mean, (places * kernel.ravel()) @ places.T - np.outer(mean, mean)


KERNELS = {
    "disc": lambda: blur.disc(3.3),
    "astigmatic": lambda: blur.astigmatic(3.0, 1.0, 0.7),
    "line": lambda: blur.line(7.4, 0.7),
}
every = pytest.mark.parametrize("kernel", [make() for make in KERNELS.values()], ids=KERNELS)


@every
def test_sums_to_one_is_centred_and_not_negative(kernel):
    assert kernel.min() >= 0.0
    assert kernel.sum() == pytest.approx(1.0, abs=1e-12)
    np.testing.assert_allclose(_moments(kernel)[0], 0.0, atol=1e-12)


@every
@pytest.mark.parametrize("shape", [(40, 64), (7, 5), (1, 9)], ids=str)
def test_range_is_kept_and_a_constant_stays(kernel, shape):
    image = np.random.default_rng(0).random(shape)
    out = blur.convolve(image, kernel)
    assert image.min() - 1e-12 <= out.min() <= out.max() <= image.max() + 1e-12
    np.testing.assert_allclose(blur.convolve(np.full(shape, 0.3), kernel), 0.3, atol=1e-12)


@pytest.mark.parametrize("kernel", [blur.disc(0.0), blur.disc(0.5), blur.line(0.0, 1.0)])
def test_zero_strength_changes_nothing(kernel):
    image = np.random.default_rng(1).random((6, 9))
    assert np.array_equal(blur.convolve(image, kernel), image)


@pytest.mark.parametrize("radius", [0.8, 2.5, 4.0, 6.3])
def test_disc_has_the_areas_of_a_finely_sampled_one(radius):
    fine, reach = 41, int(np.ceil(radius - 0.5))
    side = (2 * reach + 1) * fine
    sampled = np.zeros((side, side))
    sampled[disk(((side - 1) / 2, (side - 1) / 2), radius * fine, shape=sampled.shape)] = 1.0
    area = sampled.reshape(2 * reach + 1, fine, 2 * reach + 1, fine).mean(axis=(1, 3))
    np.testing.assert_allclose(blur.disc(radius) * np.pi * radius**2, area, atol=0.02)


@pytest.mark.parametrize("radius", [3.0, 3.7, 6.0])
def test_variance_of_the_disc(radius):
    # R^2 / 4, and about 1/12 for the pixels' own width: about, as the disc has a sharp border.
    expected = radius**2 / 4 + 1 / 12
    np.testing.assert_allclose(_moments(blur.disc(radius))[1], np.eye(2) * expected, atol=0.015 * expected)


def test_equal_sigmas_give_the_studys_gaussian():
    weights = blur.kernel(1.7)
    np.testing.assert_allclose(blur.astigmatic(1.7, 1.7, 0.4), np.outer(weights, weights), atol=1e-15)


@pytest.mark.parametrize("angle", ANGLES)
def test_axes_of_the_astigmatic_gaussian(angle):
    u = np.array([np.sin(angle), np.cos(angle)])
    covariance = _moments(blur.astigmatic(3.0, 1.5, angle))[1]
    assert u @ covariance @ u == pytest.approx(9.0, rel=5e-3)
    v = np.array([u[1], -u[0]])
    assert v @ covariance @ v == pytest.approx(2.25, rel=5e-3)


def test_a_level_line_is_a_running_mean():
    np.testing.assert_allclose(blur.line(3.0, 0.0)[1], [1 / 3] * 3, atol=1e-12)
    by_hand = np.array([0.25, 0.5, 0.5, 0.5, 0.25]) / 2
    np.testing.assert_allclose(
        blur.line(4.0, np.pi / 2)[:, 2], [0.5 / 4, 1 / 4, 1 / 4, 1 / 4, 0.5 / 4], atol=1e-12
    )
    np.testing.assert_allclose(blur.line(4.0, np.pi / 2)[:, 2], by_hand, atol=1e-12)


@pytest.mark.parametrize("angle", ANGLES)
def test_a_line_lies_in_its_direction(angle):
    u = np.array([np.sin(angle), np.cos(angle)])
    covariance = _moments(blur.line(15.0, angle))[1]
    # L^2 / 12 of the segment; rounding to whole pixels adds up to about 1/6.
    assert u @ covariance @ u == pytest.approx(225 / 12, rel=0.015)
    v = np.array([u[1], -u[0]])
    assert v @ covariance @ v < 0.2
