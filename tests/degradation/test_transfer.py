"""The transfer function against kernels that are convolved in space."""

import numpy as np
import pytest
from scipy import ndimage

from semclear.degradation import blur
from semclear.degradation.transfer import Probe, spread, transfer, widened


@pytest.fixture
def image():
    smooth = ndimage.gaussian_filter(np.random.default_rng(1).random((60, 77)), 1.0)
    return (smooth - smooth.min()) / np.ptp(smooth)


@pytest.mark.parametrize(
    ("probe", "kernel"),
    [
        (Probe(2.0, 2.0), blur.astigmatic(2.0, 2.0, 0.0)),
        (Probe(4.0, 1.2, angle=0.6), blur.astigmatic(4.0, 1.2, 0.6)),
        (Probe(3.0, 1.0, angle=2.8), blur.astigmatic(3.0, 1.0, 2.8)),
        (Probe(3.0, 1.0, angle=np.pi / 2), blur.astigmatic(3.0, 1.0, np.pi / 2)),
    ],
)
def test_gaussians_are_those_of_the_kernels_up_to_the_border(image, probe, kernel):
    np.testing.assert_allclose(spread(image, probe), blur.convolve(image, kernel), atol=1e-4)


def test_a_disc_is_that_of_the_kernel_beside_a_small_gaussian(image):
    expected = blur.convolve(blur.blur(image, 0.6), blur.disc(4.0))
    np.testing.assert_allclose(spread(image, Probe(0.6, 0.6, radius=4.0)), expected, atol=5e-3)


def test_a_skirt_is_an_exponential():
    point = np.zeros((161, 161))
    point[80, 80] = 1.0
    length, share = 6.0, 0.4
    probe = Probe(1.5, 1.5, skirt=share, skirt_length=length)
    found = spread(point, probe)
    down, right = np.mgrid[-80:81, -80:81]
    distance = np.hypot(down, right)
    beyond = (distance > 10) & (distance < 30)
    expected = share * np.exp(-distance / length) / (2 * np.pi * length**2)
    # The core blurs the skirt itself, by a few per cent.
    np.testing.assert_allclose(found[beyond], expected[beyond], rtol=0.06, atol=2e-7)


@pytest.mark.parametrize(
    "probe",
    [
        Probe(2.0, 2.0),
        Probe(3.0, 1.0, 0.7),
        Probe(0.5, 0.5, radius=5.0),
        Probe(1.0, 1.0, skirt=0.3, skirt_length=4.0),
    ],
)
def test_the_equivalent_sigma_is_that_of_the_point_spread_function(probe):
    point = np.zeros((241, 241))
    point[120, 120] = 1.0
    found = spread(point, probe)
    down, right = np.mgrid[-120:121, -120:121]
    variance = np.sum(found * (down**2 + right**2)) / 2
    assert np.sqrt(variance) == pytest.approx(probe.equivalent_sigma, rel=0.02)


def test_greys_stay_on_the_mean_and_a_constant_stays(image):
    probe = Probe(3.0, 1.0, 0.0, 2.0, 0.3, 5.0)
    assert spread(image, probe).mean() == pytest.approx(image.mean(), abs=1e-6)
    np.testing.assert_allclose(spread(np.full((20, 30), 0.3), Probe(3.0, 1.0, 0.7)), 0.3, atol=1e-6)
    np.testing.assert_array_equal(spread(image, Probe()), image)


@pytest.mark.parametrize(
    "probe", [Probe(), Probe(2.0, 2.0), Probe(3.0, 1.0, 0.7, 2.0, 0.3, 4.0), Probe(1.0, 3.0, 2.0)]
)
def test_a_bandwidth_adds_a_gaussian_along_rows(image, probe):
    expected = ndimage.gaussian_filter1d(spread(image, probe), 1.4, axis=1, truncate=8)
    # What is mirrored at the border was not blurred before in one, and was in the other.
    np.testing.assert_allclose(spread(image, widened(probe, 1.4))[:, 8:-8], expected[:, 8:-8], atol=2e-3)


def test_the_transfer_function_is_the_kernel_s_fourier_transform():
    probe = Probe(2.5, 1.5, 0.4)
    kernel = blur.astigmatic(2.5, 1.5, 0.4)
    reach = len(kernel) // 2
    offsets = np.arange(-reach, reach + 1)
    for down, right in ((0.05, 0.1), (0.1, -0.07), (0.0, 0.2)):
        wave = np.cos(2 * np.pi * (down * offsets[:, None] + right * offsets[None, :]))
        assert transfer(probe, np.array(down), np.array(right)) == pytest.approx(
            np.sum(kernel * wave), abs=1e-4
        )
