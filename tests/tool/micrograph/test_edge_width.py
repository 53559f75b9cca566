"""The width of edges against the formula of a blurred step."""

import os
from pathlib import Path

import numpy as np
import pytest
from scipy.special import erf

from semclear import row_noise
from semclear.tool.micrograph import edge_width

SIDE = 160


def step(sigma, degrees, noise=0.0):
    """Return a step of height 0.4 blurred by a Gaussian: its width from 10 to 90 % is 2.563 sigma."""
    y, x = np.mgrid[:SIDE, :SIDE] - SIDE / 2
    distance = np.cos(np.deg2rad(degrees)) * x + np.sin(np.deg2rad(degrees)) * y
    image = 0.3 + 0.2 * (1 + erf(distance / np.sqrt(2) / sigma))
    return image + np.random.default_rng(3).normal(0, noise, image.shape)


@pytest.mark.parametrize("degrees", [0, 25, 45, 90])
@pytest.mark.parametrize("sigma", [0.8, 1.5, 3.0])
def test_a_blurred_step(sigma, degrees):
    assert edge_width.measure(step(sigma, degrees), 1e-4) == pytest.approx(2.5631 * sigma, rel=0.03)


@pytest.mark.parametrize("sigma", [0.8, 1.5, 3.0])
def test_noise_moves_it_little(sigma):
    assert edge_width.measure(step(sigma, 25, 0.02), 0.02) == pytest.approx(2.5631 * sigma, rel=0.1)


def test_it_orders_and_does_not_depend_on_contrast():
    assert edge_width.measure(0.5 * step(2.0, 30), 1e-4) == pytest.approx(
        edge_width.measure(step(2.0, 30), 1e-4), rel=1e-3
    )


def by_loop(profile):
    """Return width and height of one profile, sample by sample from the middle outwards."""
    start = end = len(profile) // 2
    while start > 0 and profile[start] > profile[start - 1]:
        start -= 1
    while end < len(profile) - 1 and profile[end + 1] > profile[end]:
        end += 1
    rise = profile[start : end + 1]
    if len(rise) < 3:
        return np.nan, 0.0
    levels = rise[0] + (rise[-1] - rise[0]) * np.array([0.1, 0.9])
    ten, ninety = np.interp(levels, rise, np.arange(len(rise)))
    return (ninety - ten) * edge_width.STEP, rise[-1] - rise[0]


def test_widths_are_those_of_a_walk_along_each_profile():
    rng, length = np.random.default_rng(0), 121
    ramp = np.linspace(0, 1, length)
    flat = np.r_[np.zeros(60), 1.0, 2.0, np.zeros(59)]
    profiles = np.stack(
        [
            *(ramp + scale * rng.standard_normal(length) for scale in (0.001, 0.01, 0.1) for _ in range(40)),
            ramp,
            -ramp,
            np.zeros(length),
            flat,
            np.r_[np.zeros(61), np.ones(60)],
        ]
    )
    widths, heights = edge_width._widths(profiles)
    expected = np.array([by_loop(profile) for profile in profiles])
    np.testing.assert_allclose(widths, expected[:, 0], atol=1e-9)
    np.testing.assert_allclose(heights, expected[:, 1], atol=1e-12)
    assert all(len(part) == 0 for part in edge_width._widths(np.zeros((0, length))))


def test_without_edges_there_is_none():
    rng = np.random.default_rng(1)
    assert edge_width.measure(0.5 + 0.05 * rng.standard_normal((128, 128)), 0.05) is None
    assert edge_width.measure(np.full((128, 128), 0.5), 0.0) is None
    assert edge_width.measure(step(1.0, 0)[:40], 0.0) is None


@pytest.mark.skipif(
    "SEMCLEAR_SEM_IMAGES" not in os.environ, reason="SEMCLEAR_SEM_IMAGES names no micrographs"
)
def test_blurred_silica_is_wider_than_sharp_silica():
    from semclear.io import databar, read_single

    def width(path):
        image = databar.cut(read_single.read(path).image)
        return edge_width.measure(image, row_noise.strength(image))

    root = Path(os.environ["SEMCLEAR_SEM_IMAGES"])
    sharp = [width(path) for path in sorted((root / "sharp").glob("silica_*"))[:4]]
    blurry = [width(path) for path in sorted((root / "blurry").glob("silica_*"))[:4]]
    assert max(sharp) < 6 < min(blurry)
