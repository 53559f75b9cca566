"""Rims and insides of spheres against drawn ones whose blur is known."""

import csv

import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import gaussian_filter

from benchmarks.common.provenance import ROOT
from benchmarks.quality import real_spheres
from semclear import params

PLACES = ((70, 75, 40), (75, 190, 45), (185, 80, 42), (190, 200, 38))


def _spheres(blur, places=PLACES, size=270):
    """Return bright discs with a little shading on dark ground, blurred."""
    rows, columns = np.mgrid[:size, :size]
    image = np.full((size, size), 0.15)
    for row, column, radius in places:
        share = np.hypot(rows - row, columns - column) / radius
        image = np.where(share < 1, 0.7 - 0.05 * share**2, image)
    noise = gaussian_filter(np.random.default_rng(0).standard_normal((size, size)), (0, 0.6))
    return np.clip(gaussian_filter(image, blur) + 0.01 * noise, 0, 1)


def test_spheres_are_found_where_they_are():
    found = sorted(real_spheres.spheres(_spheres(2.0)), key=lambda one: (round(one.row, -2), one.column))
    assert len(found) == len(PLACES)
    for one, place in zip(found, PLACES, strict=True):
        assert (one.row, one.column, one.radius) == pytest.approx(place, abs=1.0)


@pytest.mark.parametrize("blur", [1.0, 2.0, 4.0])
def test_rim_is_as_wide_as_the_blur_makes_it(blur):
    image = _spheres(blur)
    measured = real_spheres.measures(image, real_spheres.spheres(image))
    assert measured["rim_px"] == pytest.approx(2.563 * blur, rel=0.15)


def test_pits_count_and_shading_does_not():
    image = _spheres(2.0)
    found = real_spheres.spheres(image)
    smooth = real_spheres.measures(image, found)["inside"]
    pits = gaussian_filter(np.random.default_rng(1).standard_normal(image.shape), 2)
    pitted = image + 0.03 * pits / pits.std()
    assert smooth < 0.01 < 0.03 < real_spheres.measures(pitted, found)["inside"]


def test_a_heap_of_small_spheres_is_no_sphere_and_nothing_has_no_width():
    grid = [(row, column, 9) for row in range(20, 260, 22) for column in range(20, 260, 22)]
    assert real_spheres.spheres(_spheres(1.0, grid)) == []
    nothing = real_spheres.measures(np.full((64, 64), 0.5), [])
    assert all(np.isnan(value) for value in nothing.values())


def test_soft_and_sharp_silica_one_a_source(tmp_path):
    image = Image.fromarray(np.uint8(255 * _spheres(1.0, size=96)))
    names = ("blurry/silica_a.png", "blurry/other.png", "sharp/silica_b_0.png", "sharp/silica_b_1.png")
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        image.save(tmp_path / name)
    with (tmp_path / "SOURCES.csv").open("w", newline="") as stream:
        csv.writer(stream).writerows([("file", "original_path"), *((name, name[:14]) for name in names)])
    found = [(name, one.name) for name, one in real_spheres.pictures(tmp_path)]
    assert found == [("soft", "silica_a"), ("sharp", "silica_b_0")]


def test_table_has_a_line_for_each_set_and_method():
    rows = [
        {"set": name, "method": method, "rim_px": rim, "inside": inside}
        for name, method, rim, inside in (
            ("soft", "input", "10", "0.01"),
            ("soft", "input", "12", "0.02"),
            ("soft", "default", "4", "0.03"),
            ("sharp", "input", "5", "0.01"),
        )
    ]
    block = real_spheres.block(rows, params.load(ROOT / "params.yaml"))
    assert [line[:3] for line in block.rows] == [
        ["soft", "input", "2"],
        ["soft", "default", "1"],
        ["sharp", "input", "1"],
    ]
    assert block.rows[0][3].startswith("11.00 [") and block.rows[0][4].startswith("1.50 [")
    assert block.rows[1][3:] == ["4.00", "3.00"]
