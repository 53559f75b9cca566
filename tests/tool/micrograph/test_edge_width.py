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
