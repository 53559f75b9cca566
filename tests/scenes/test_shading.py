"""The physics of the picture: edges, pits, beam, noise, bodies."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from semclear import seeds
from semclear.scenes.detector import beam, expose, record, uneven
from semclear.scenes.relief import Relief
from semclear.scenes.shading import Look, shade, slopes, visibility
from semclear.scenes.texture import rough_noise, smooth_noise

PLAIN = Look(edge=0.8, cap=3.0, pits=0.0, reach=20.0, side=0.0, direction=0.0)


def lone_sphere(radius: float = 40.0) -> Relief:
    relief = Relief(np.zeros((121, 121), dtype=np.float32))
    relief.sphere(60, 60, radius, radius, 1)
    return relief


def test_sphere_follows_the_tilt_law():
    relief = lone_sphere()
    signal = shade(relief.height, np.ones_like(relief.height), PLAIN)
    for x in (0, 10, 20, 30, 36):
        cosine = np.sqrt(1 - (x / 40) ** 2)
        assert signal[60, 60 + x] == pytest.approx(cosine**-0.8, rel=0.01)
    assert signal[60, 99] > 1.8
    assert signal.max() <= 3.0


def test_ground_beside_a_sphere_is_no_edge():
    relief = lone_sphere()
    signal = shade(relief.height, np.ones_like(relief.height), PLAIN)
    np.testing.assert_allclose(signal[relief.labels == 0], 1.0, atol=1e-6)


def test_the_side_towards_the_detector_is_brighter():
    relief = lone_sphere()
    right = replace(PLAIN, side=0.3, direction=0.0)
    signal = shade(relief.height, np.ones_like(relief.height), right)
    assert signal[60, 85] > 1.2 * signal[60, 35]
    assert signal[85, 60] == pytest.approx(signal[35, 60], rel=1e-4)


def test_slopes_of_a_plane_are_its_own():
    y, x = np.mgrid[:20, :30].astype(np.float32)
    along_x, along_y = slopes(0.5 * x - 0.25 * y)
    np.testing.assert_allclose(along_x[1:-1, 1:-1], 0.5, atol=1e-5)
    np.testing.assert_allclose(along_y[1:-1, 1:-1], -0.25, atol=1e-5)


def test_pits_are_dark_and_deeper_ones_darker():
    height = np.zeros((96, 96), dtype=np.float32)
    height[40:56, 20:36] = -8
    height[40:56, 60:76] = -16
    seen = visibility(height, 20.0, 1.0)
    assert seen[48, 68] < seen[48, 28] < 0.95 < seen[5, 5] <= 1


def test_higher_body_hides_the_lower():
    relief = lone_sphere()
    relief.sphere(80, 60, 70, 20, 2)
    relief.sphere(60, 60, 10, 5, 3)
    assert relief.labels[60, 80] == 2
    assert relief.labels[60, 45] == 1
    assert 3 not in relief.labels


def test_area_of_a_box_is_that_of_its_top():
    relief = Relief(np.zeros((80, 80), dtype=np.float32))
    normals = np.concatenate([np.eye(3), -np.eye(3)])
    area = relief.polyhedron(40, 40, normals, np.array([12.5, 8.5, 5, 12.5, 8.5, 5]), 1.0, 1)
    assert area == pytest.approx(4 * 12.5 * 8.5, rel=0.02)
    assert (relief.labels == 1).sum() == area
    assert relief.height[40, 40] == pytest.approx(10, abs=0.01)
    outside = Relief(np.zeros((80, 80), dtype=np.float32))
    assert outside.polyhedron(0, 40, normals, np.array([12.5, 8.5, 5, 12.5, 8.5, 5]), 1.0, 1) == area


def test_strip_is_a_cylinder():
    relief = Relief(np.zeros((64, 64), dtype=np.float32))
    along = np.arange(-20, 84, 0.7)
    axis = np.stack([along, 0.5 * along + 16], axis=1)
    ones = np.ones(len(axis))
    relief.strip(axis, 9 * ones, 9 * ones, lambda t: np.sqrt(1 - t**2), 1)
    y, x = np.mgrid[:64, :64]
    distance = np.abs(0.5 * x + 16 - y) / np.hypot(0.5, 1)
    np.testing.assert_array_equal(relief.labels == 1, distance < 9)
    np.testing.assert_allclose(
        relief.height[distance < 8.9], 9 + np.sqrt(81 - distance[distance < 8.9] ** 2), atol=0.02
    )


@pytest.mark.parametrize("dose", [150.0, 500.0, 4000.0])
@pytest.mark.parametrize("grey", [0.2, 0.6])
def test_shot_noise_has_the_variance_of_its_dose(dose, grey):
    flat = np.full((256, 256), grey, dtype=np.float32)
    noisy = record(flat, dose, noise=0.005, lines=0.0, rng=seeds.generator(3, dose, grey))
    assert noisy.mean() == pytest.approx(grey, abs=0.002)
    assert noisy.var() == pytest.approx(grey / dose + 0.005**2, rel=0.04)


def test_line_jitter_moves_whole_lines():
    flat = np.full((400, 100), 0.5, dtype=np.float32)
    noisy = record(flat, 1e9, noise=0.0, lines=0.01, rng=seeds.generator(4))
    assert noisy.mean(axis=1).std() == pytest.approx(0.01, rel=0.15)
    assert noisy.std(axis=1).max() < 1e-3


def test_beam_width_is_that_of_the_edge():
    step = np.zeros((128, 256), dtype=np.float32)
    step[:, 128:] = 1
    response = np.diff(beam(step, 1.5, 2)[32])
    position = np.arange(len(response))
    centre = (response * position).sum()
    # The average over a pixel of two samples adds a little to the beam's own variance.
    assert np.sqrt((response * (position - centre) ** 2).sum()) == pytest.approx(1.5, abs=0.06)


def test_exposure_sets_both_ends():
    ramp = np.linspace(3, 11, 10_000, dtype=np.float32).reshape(100, 100)
    image = expose(ramp, 0.1, 0.8)
    assert np.quantile(image, [0.01, 0.99]) == pytest.approx([0.1, 0.8], abs=0.01)


def test_uneven_ramp_has_its_share():
    lit = uneven(np.ones((50, 50), dtype=np.float32), 0.2, 0.0)
    assert (lit[0, 0], lit[0, -1]) == pytest.approx((0.9, 1.1))


@pytest.mark.parametrize("correlation", [2.0, 12.0])
def test_noise_has_its_correlation(correlation):
    field = smooth_noise(seeds.generator(5), (512, 512), correlation)
    lag = round(2 * correlation)
    measured = (field[:, lag:] * field[:, :-lag]).mean()
    # White noise blurred by sigma has the autocorrelation exp(-lag^2 / (4 sigma^2)).
    assert measured == pytest.approx(np.exp(-(lag**2) / (4 * correlation**2)), abs=0.08)
    assert field.std() == pytest.approx(1, abs=1e-3)


def test_rough_noise_has_unit_deviation():
    assert rough_noise(seeds.generator(6), (256, 256), 6.0).std() == pytest.approx(1, abs=0.1)
