"""Structure in what a re-degraded restoration does not explain."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from scipy.stats import pearsonr

from semclear.restoration.checks import residual

RNG = np.random.default_rng(4)
CLEAN = gaussian_filter(RNG.random((96, 128)), 3)
CLEAN = (CLEAN - CLEAN.min()) / np.ptp(CLEAN)
WHITE = 0.02 * RNG.standard_normal(CLEAN.shape)


def test_noise_alone_is_white_and_of_its_own_size():
    values = residual.measure(CLEAN + WHITE, CLEAN, 0.02)
    assert values["redegradation_ratio"] == pytest.approx(1, abs=0.03)
    assert values["redegradation_rms"] == pytest.approx(np.sqrt(np.mean(WHITE**2)))
    assert values["redegradation_pearson"] == pytest.approx(
        pearsonr((CLEAN + WHITE).ravel(), CLEAN.ravel()).statistic
    )
    assert abs(values["residual_correlation"]) < 0.03
    assert 0.6 < values["residual_rows"] < 1.5 and 0.6 < values["residual_columns"] < 1.5


def test_autocorrelation_of_a_moving_average():
    """A mean of two neighbours has correlation 1/2 at lag 1 and 0 at lag 2, along its axis alone."""
    noise = RNG.standard_normal((300, 301))
    smooth = (noise[:, 1:] + noise[:, :-1]) / 2
    assert residual.autocorrelation(smooth, 1, 1) == pytest.approx(0.5, abs=0.02)
    assert residual.autocorrelation(smooth, 2, 1) == pytest.approx(0, abs=0.02)
    assert residual.autocorrelation(smooth, 1, 0) == pytest.approx(0, abs=0.02)


def test_streaks_show_along_their_own_axis():
    streaks = 0.02 * RNG.standard_normal((96, 1))
    values = residual.measure(CLEAN + WHITE + streaks, CLEAN, 0.02)
    # Half the variance is constant along the 128 pixels of a row.
    assert values["residual_rows"] == pytest.approx(64, rel=0.3)
    assert values["residual_columns"] < 1.5
    turned = residual.measure((CLEAN + WHITE + streaks).T, CLEAN.T, 0.02)
    assert turned["residual_columns"] == pytest.approx(values["residual_rows"])


def test_a_constant_image_has_no_correlation_and_no_error():
    flat = np.full((16, 16), 0.5)
    values = residual.measure(flat, flat, 0.0)
    assert "redegradation_pearson" not in values
    assert values["redegradation_ratio"] == 0 and values["residual_correlation"] == 0
