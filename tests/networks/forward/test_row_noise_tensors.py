"""Row noise of tensors against that of arrays, on drawn pictures."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

keras = pytest.importorskip("keras")

from semclear import row_noise as arrays  # noqa: E402
from semclear.degradation.instrument import Instrument, ScanNoise, apply  # noqa: E402
from semclear.degradation.transfer import Probe  # noqa: E402
from semclear.networks.forward import row_noise  # noqa: E402


def scene(seed, shape=(160, 176)):
    rng = np.random.default_rng(seed)
    image = gaussian_filter(rng.random(shape), 6.0)
    image = 0.25 + 0.5 * (image - image.min()) / np.ptp(image)
    # A block of edges that no measure should take for noise.
    image[20:70, 30:120:6] = 0.9
    return image


@pytest.mark.parametrize(("strength", "smear"), [(0.01, 0.0), (0.02, 0.8), (0.08, 0.6)])
def test_strength_and_correlation_are_those_of_arrays(strength, smear):
    one = Instrument(probe=Probe(1.0, 1.0), noise=ScanNoise(strength, smear=smear, row_offset=strength / 3))
    pictures = np.stack([apply(scene(i), one, np.random.default_rng(i)) for i in range(4)])
    found, correlation = (np.asarray(value) for value in row_noise.measure(pictures[..., None]))
    assert found.shape == correlation.shape == (4, 1)
    expected = [arrays.measure(picture) for picture in pictures]
    np.testing.assert_allclose(found[:, 0], [one.strength for one in expected], rtol=0.06)
    np.testing.assert_allclose(correlation[:, 0], [one.correlation[0] for one in expected], atol=0.05)
    np.testing.assert_allclose(found, strength, rtol=0.1)


def test_saturated_blocks_and_constant_images_do_no_harm():
    one = Instrument(noise=ScanNoise(0.03, smear=0.8))
    image = scene(1)
    image[:, :80] = 1.0
    picture = apply(image, one, np.random.default_rng(1))
    found, _ = row_noise.measure(np.stack([picture, np.full_like(picture, 0.5)])[..., None])
    assert float(found[0, 0]) == pytest.approx(0.03, rel=0.1)
    assert float(found[1, 0]) == 0.0
