"""Dark channel and contrast methods against their formulas."""

import numpy as np
import pytest
from paired_set import discs

from semclear.evaluation.metrics import psnr
from semclear.restoration.classical import contrast, dark_channel


def test_dark_channel_inverts_the_fog_formula():
    clear = discs(np.random.default_rng(8), 128, 25) - 0.08  # black ground: the prior holds
    field = np.linspace(0.4, 0.8, 128)[None, :] * np.ones((128, 1))
    # Where the veil is thickest a specimen pixel is as bright as the airlight.
    foggy = field * clear + 0.9 * (1 - field)
    assert dark_channel.airlight(foggy, foggy) >= foggy.max() - 1e-9
    restored = dark_channel.dehaze(foggy, 31, 0.95)
    assert psnr(clear, restored) > psnr(clear, foggy) + 5
    assert restored.dtype == np.float32 and restored.min() >= 0 and restored.max() <= 1


def test_dark_channel_without_removal_changes_nothing():
    image = discs(np.random.default_rng(1), 64)
    np.testing.assert_allclose(dark_channel.dehaze(image, 15, 0.0), image, atol=1e-6)


def test_guided_filter_is_the_window_by_window_regression():
    rng = np.random.default_rng(2)
    guide, image = rng.uniform(size=(2, 13, 13))
    radius, eps = 2, 0.01
    slopes, offsets = np.empty((13, 13)), np.empty((13, 13))
    padded = [np.pad(a, radius, mode="symmetric") for a in (guide, image)]
    for i in range(13):
        for j in range(13):
            g, p = (a[i : i + 5, j : j + 5] for a in padded)
            slopes[i, j] = ((g * p).mean() - g.mean() * p.mean()) / (g.var() + eps)
            offsets[i, j] = p.mean() - slopes[i, j] * g.mean()
    a, b = (values[4:9, 4:9].mean() for values in (slopes, offsets))
    assert dark_channel.guided_filter(guide, image, radius, eps)[6, 6] == pytest.approx(a * guide[6, 6] + b)


def test_stretch_puts_percentiles_where_told():
    image = np.linspace(0.3, 0.6, 1001).reshape(7, 143)
    stretched = contrast.percentile_stretch(image, 10, 90, 0.1, 0.7)
    assert np.percentile(stretched, (10, 50, 90)) == pytest.approx([0.1, 0.4, 0.7], abs=1e-3)
    flat = np.full((4, 4), 0.3, np.float32)
    assert np.array_equal(contrast.percentile_stretch(flat, 1, 99, 0, 1), flat)


@pytest.mark.parametrize("shape", [(64, 64), (61, 83)])
def test_clahe_raises_local_contrast_at_any_size(shape):
    rng = np.random.default_rng(0)
    image = 0.5 + 0.02 * rng.standard_normal(shape)
    assert contrast.clahe(image, 3.0, 4).std() > 1.5 * image.std()
    assert contrast.clahe(image, 3.0, 4).shape == shape
    np.testing.assert_array_equal(contrast.clahe(image, 3.0, 4), contrast.clahe(image, 3.0, 4))
