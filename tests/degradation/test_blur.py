"""Blur against SciPy's and against the moments of its point spread functions."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from semclear.degradation import blur as blur_module
from semclear.degradation.blur import blur, kernel
from semclear.errors import SemclearError


@pytest.mark.parametrize("sigma", [0.7, 1.5, 2.25, 3.5])
@pytest.mark.parametrize("shape", [(64, 64), (33, 80), (9, 6)])
def test_equals_scipys_gaussian_filter(sigma, shape):
    image = np.random.default_rng(0).random(shape)
    expected = gaussian_filter(image, sigma, mode="reflect", radius=int(np.ceil(4 * sigma)))
    np.testing.assert_allclose(blur(image, sigma), expected, atol=1e-12)


@pytest.mark.parametrize("sigma", [1.0, 1.5, 3.0])
def test_a_point_spreads_with_variance_sigma_squared(sigma):
    image = np.zeros((61, 61))
    image[30, 30] = 1.0
    spread = blur(image, sigma)
    offsets = np.arange(61) - 30
    for axis in (0, 1):
        profile = spread.sum(axis=axis)
        assert profile.sum() == pytest.approx(1.0, abs=1e-12)
        assert (profile * offsets).sum() == pytest.approx(0.0, abs=1e-12)
        # Four standard deviations hold all but 0.1 % of the second moment.
        assert (profile * offsets**2).sum() == pytest.approx(sigma**2, rel=2e-3)


def test_two_blurs_add_their_variances():
    image = np.random.default_rng(1).random((96, 96))
    twice = blur(blur(image, 2.0), 1.5)
    np.testing.assert_allclose(twice, blur(image, 2.5), atol=2e-4)


def test_mean_is_kept_up_to_the_border():
    image = np.random.default_rng(2).random((40, 25))
    assert blur(image, 2.0).mean() == pytest.approx(image.mean(), abs=1e-12)


def test_zero_sigma_changes_nothing_and_gives_a_copy():
    image = np.random.default_rng(3).random((5, 5))
    out = blur(image, 0.0)
    assert np.array_equal(out, image)
    assert out is not image


def test_kernel_by_hand():
    tails = np.exp(-np.array([0.5, 2.0, 4.5, 8.0]))
    whole = np.concatenate([tails[::-1], [1.0], tails])
    np.testing.assert_allclose(kernel(1.0), whole / whole.sum(), atol=1e-15)


@pytest.mark.parametrize(
    ("parameters", "psf"),
    [
        ({"sigma": 2.0}, np.outer(blur_module.kernel(2.0), blur_module.kernel(2.0))),
        ({"form": "disc", "radius": 5.0}, blur_module.disc(5.0)),
        (
            {"form": "astigmatic", "along": 3.0, "across": 1.0, "angle": 0.4},
            blur_module.astigmatic(3.0, 1.0, 0.4),
        ),
        ({"form": "line", "length": 9.0, "angle": 0.7}, blur_module.line(9.0, 0.7)),
    ],
)
def test_equivalent_sigma_is_that_of_the_psf_s_second_moments(parameters, psf):
    rows, columns = np.indices(psf.shape) - np.array(psf.shape)[:, None, None] // 2
    variance = np.sum(psf * (rows**2 + columns**2)) / 2
    # A pixel's own width adds 1/12 along each axis to what is averaged over it.
    assert blur_module.equivalent_sigma(parameters) ** 2 == pytest.approx(variance, abs=0.15)


def test_an_unknown_form_has_no_equivalent_sigma():
    with pytest.raises(SemclearError, match=r"blur.form: got 'square'"):
        blur_module.equivalent_sigma({"form": "square"})
