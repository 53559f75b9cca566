"""Non-local means told the noise: what it leaves, what it keeps, and that it draws nothing."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter1d

from semclear.restoration.classical.registry import methods

RESTORE = methods()["nlm-rows"].with_parameters(strength=0.8)


def noisy(clear, strength, smear=0.8, seed=0):
    grain = gaussian_filter1d(np.random.default_rng(seed).standard_normal(clear.shape), smear, axis=1)
    return np.clip(clear + strength * grain / grain.std(), 0, 1)


def test_smeared_noise_goes_and_edges_stay():
    clear = np.where(np.add.outer(np.arange(96), np.arange(96)) % 64 < 32, 0.3, 0.7)
    image = noisy(clear, 0.05)
    restored = RESTORE(image)
    assert restored.dtype == np.float32 and restored.shape == image.shape
    assert np.sqrt(np.mean((restored - clear) ** 2)) < 0.5 * np.sqrt(np.mean((image - clear) ** 2))
    inner = np.s_[8:-8, 8:-8]
    assert np.abs(restored - clear)[inner].max() < 0.25


def test_it_draws_nothing_into_an_empty_field():
    flat = np.full((96, 96), 0.5)
    assert RESTORE(noisy(flat, 0.05)).std() < 0.02
    np.testing.assert_allclose(RESTORE(flat), 0.5)


@pytest.mark.parametrize("shape", [(20, 17), (16, 40)])
def test_small_pictures(shape):
    image = noisy(np.full(shape, 0.4), 0.02)
    assert np.isfinite(RESTORE(image)).all()
