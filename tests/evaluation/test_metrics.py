"""The metrics against hand calculation and scikit-image."""

import numpy as np
import pytest
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from semclear.errors import SemclearError
from semclear.evaluation import metrics
from semclear.evaluation.metric import names_of

SMALL = np.array([[0, 10, 30], [0, 50, 20]]) / 255


@pytest.fixture
def pair():
    rng = np.random.default_rng(3)
    truth = rng.uniform(size=(40, 31)).astype(np.float32)
    return truth, np.clip(truth + rng.normal(0, 0.1, truth.shape), 0, 1).astype(np.float32)


def test_psnr_is_scikit_images(pair):
    truth, image = pair
    assert metrics.psnr(truth, image) == pytest.approx(
        peak_signal_noise_ratio(truth.astype(float), image.astype(float), data_range=1), rel=1e-12
    )
    assert metrics.psnr(truth, truth) == float("inf")


def test_psnr_of_a_constant_error_is_known():
    assert metrics.psnr(np.full((5, 5), 0.5), np.full((5, 5), 0.6)) == pytest.approx(20.0)


def test_ssim_follows_the_formula_window_by_window(pair):
    truth, image = (a.astype(float) for a in pair)
    offsets = np.arange(-5, 6)
    weights = np.exp(-(offsets[:, None] ** 2 + offsets**2) / (2 * 1.5**2))
    weights /= weights.sum()
    values = []
    for row in range(5, truth.shape[0] - 5):
        for column in range(5, truth.shape[1] - 5):
            x, y = (a[row - 5 : row + 6, column - 5 : column + 6] for a in (truth, image))
            mx, my = (weights * x).sum(), (weights * y).sum()
            vx, vy = (weights * (x - mx) ** 2).sum(), (weights * (y - my) ** 2).sum()
            vxy = (weights * (x - mx) * (y - my)).sum()
            values.append(
                (2 * mx * my + 0.01**2)
                * (2 * vxy + 0.03**2)
                / ((mx**2 + my**2 + 0.01**2) * (vx + vy + 0.03**2))
            )
    assert metrics.ssim(truth, image) == pytest.approx(np.mean(values), abs=1e-9)


def test_ssim_uses_population_covariance(pair):
    sample = structural_similarity(*(a.astype(float) for a in pair), data_range=1.0)
    assert metrics.ssim(*pair) != pytest.approx(sample, abs=1e-6)
    assert metrics.ssim(pair[0], pair[0]) == pytest.approx(1.0)


def test_affine_psnr_ignores_contrast_and_brightness(pair):
    truth, image = pair
    assert metrics.psnr_affine(truth, 0.3 * image + 0.4) == pytest.approx(
        metrics.psnr_affine(truth, image), abs=1e-4
    )
    assert metrics.psnr_affine(truth, 0.5 * truth.astype(float) + 0.1) > 200
    slope, offset = np.polyfit(image.ravel(), truth.ravel(), 1)
    assert metrics.psnr_affine(truth, image) == pytest.approx(
        metrics.psnr(truth, slope * image + offset), abs=1e-4
    )


def test_affine_psnr_does_not_reward_inversion(pair):
    truth = pair[0]
    assert metrics.psnr_affine(truth, 1 - truth) == pytest.approx(
        metrics.psnr(truth, np.full_like(truth, truth.astype(float).mean())), abs=1e-4
    )


def test_sharpness_by_hand():
    # Forward differences at the two pixels that have both neighbours: (10, 0) and (20, 40).
    assert metrics.average_gradient(SMALL) == pytest.approx((np.sqrt(50) + np.sqrt(1000)) / 2)
    rows = (10**2 + 20**2 + 50**2 + 30**2) / 4
    columns = (0**2 + 40**2 + 10**2) / 3
    assert metrics.spatial_frequency(SMALL) == pytest.approx(np.sqrt(rows + columns))
    mean = 110 / 6
    assert metrics.contrast(SMALL) == pytest.approx(
        np.sqrt(sum((v - mean) ** 2 for v in (0, 10, 30, 0, 50, 20)) / 6)
    )


def test_squared_differences_of_neighbours_are_half_the_squared_spatial_frequency():
    square = np.random.default_rng(1).uniform(size=(32, 32)) * 255
    steps = np.concatenate([np.diff(square, axis=axis).ravel() for axis in (0, 1)])
    assert np.mean(steps**2) == pytest.approx(metrics.spatial_frequency(square / 255) ** 2 / 2)


def test_measure_gives_signed_relative_errors(pair):
    truth, image = pair
    values = metrics.measure(image, truth)
    assert tuple(values) == metrics.METRICS
    assert values["con_error"] == pytest.approx(image.std(dtype=float) / truth.std(dtype=float) - 1)
    assert values["ag_error"] > 0, "noise raises the average gradient"
    assert tuple(metrics.measure(image)) == names_of(metrics.WITHOUT_TRUTH)
    assert not set(metrics.measure(image, np.full_like(truth, 0.5))) & set(names_of(metrics.ERRORS))


def test_shapes_must_agree():
    with pytest.raises(SemclearError, match=r"\(3, 4\).*\(4, 3\)"):
        metrics.psnr(np.zeros((3, 4)), np.zeros((4, 3)))
