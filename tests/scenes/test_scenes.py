"""Whole scenes: reproducible, well formed, true to their ground truth, like real micrographs."""

from __future__ import annotations

import numpy as np
import pytest
from skimage.measure import regionprops

from benchmarks.common.grey_statistics import grey_spread, spectral_slope
from semclear import params, seeds
from semclear.errors import SemclearError
from semclear.scenes import render

SETTINGS = params.Scenes(
    kinds=["spheres", "fibres", "porous", "polycrystal", "particles"],
    pixel_size_nm=[2.0, 12.0],
    dose=[150.0, 500.0],
    edge_width=[0.5, 0.9],
)
# Measured by benchmarks/trust/realism.py on 616 tiles of 256 x 256 of real sharp micrographs: 1st to 99th percentile.
REAL_DEVIATION = (0.030, 0.314)
REAL_RANGE = (0.177, 0.969)
REAL_SLOPE = (-4.21, -1.10)


def scene(kind: str, size: int, index: int = 0):
    return render(kind, size, seeds.generator(11, "test", kind, index), SETTINGS)


@pytest.fixture(scope="module")
def large() -> dict:
    return {kind: [scene(kind, 256, i) for i in range(3)] for kind in SETTINGS.kinds}


@pytest.mark.parametrize("kind", SETTINGS.kinds)
def test_same_stream_gives_same_scene(kind):
    first, again, other = scene(kind, 64), scene(kind, 64), scene(kind, 64, 1)
    np.testing.assert_array_equal(first.image, again.image)
    np.testing.assert_array_equal(first.labels, again.labels)
    assert first.objects == again.objects
    assert np.abs(first.image - other.image).mean() > 0.05


@pytest.mark.parametrize("kind", SETTINGS.kinds)
def test_small_scenes_are_well_formed(kind):
    counts = []
    for index in range(8):
        made = scene(kind, 64, index)
        assert made.image.shape == made.labels.shape == (64, 64)
        counts.append(len(made.objects))
    assert np.median(counts) >= 3
    assert min(counts) >= 1


@pytest.mark.parametrize("kind", SETTINGS.kinds)
def test_labels_and_objects_agree(large, kind):
    for made in large[kind]:
        assert made.kind == kind
        assert made.image.dtype == np.float32
        assert made.labels.dtype == np.uint16
        assert 0 <= made.image.min() < made.image.max() <= 1
        assert SETTINGS.pixel_size_nm[0] <= made.pixel_size_nm <= SETTINGS.pixel_size_nm[1]
        assert [o.label for o in made.objects] == list(range(1, len(made.objects) + 1))
        assert set(np.unique(made.labels)) - {0} == {o.label for o in made.objects}
        assert all(o.diameter > 0 for o in made.objects)


@pytest.mark.parametrize("kind", ["porous", "polycrystal"])
def test_pores_and_grains_have_the_measures_of_their_masks(large, kind):
    made = large[kind][0]
    for region, item in zip(regionprops(made.labels), made.objects, strict=True):
        assert (item.y, item.x) == pytest.approx(region.centroid)
        assert item.diameter == pytest.approx(region.equivalent_diameter_area)


def test_isolated_spheres_have_the_measures_of_their_discs():
    checked = 0
    for index in range(12):
        made = scene("spheres", 256, index)
        place = np.array([(o.x, o.y, o.diameter / 2) for o in made.objects])
        for region, item in zip(regionprops(made.labels), made.objects, strict=True):
            x, y, radius = item.x, item.y, item.diameter / 2
            gap = np.hypot(place[:, 0] - x, place[:, 1] - y) - place[:, 2] - radius
            gap[item.label - 1] = np.inf
            if min(x, y) - radius < 0 or max(x, y) + radius > 255 or gap.min() < 0:
                continue
            checked += 1
            assert region.centroid == pytest.approx((y, x), abs=0.35)
            assert region.equivalent_diameter_area == pytest.approx(item.diameter, abs=0.5)
    assert checked > 20


def test_hidden_parts_of_a_sphere_count_in_its_diameter():
    made = scene("spheres", 256, 1)
    area = np.bincount(made.labels.ravel())[1:]
    full = np.array([np.pi * o.diameter**2 / 4 for o in made.objects])
    assert (area < 1.1 * full + 8).all()
    assert (area < 0.8 * full).any()


def test_fibre_centres_lie_in_the_image(large):
    for made in large["fibres"]:
        assert all(-20 < o.x < 276 and -20 < o.y < 276 and o.diameter < 90 for o in made.objects)


@pytest.mark.parametrize("kind", SETTINGS.kinds)
def test_greys_and_detail_are_those_of_real_micrographs(large, kind):
    for made in large[kind]:
        deviation, extent = grey_spread(made.image)
        assert REAL_DEVIATION[0] < deviation < REAL_DEVIATION[1]
        assert REAL_RANGE[0] < extent < REAL_RANGE[1]
        assert REAL_SLOPE[0] < spectral_slope(made.image) < REAL_SLOPE[1]


@pytest.mark.parametrize("kind", SETTINGS.kinds)
def test_scenes_of_one_kind_differ_in_look(large, kind):
    means = [made.image.mean() for made in large[kind]]
    counts = [len(made.objects) for made in large[kind]]
    assert np.ptp(means) > 0.01
    assert len(set(counts)) > 1


def test_unknown_kind_and_tiny_size_are_said():
    with pytest.raises(SemclearError, match="got 'cats', expected one of"):
        render("cats", 64, seeds.generator(1), SETTINGS)
    with pytest.raises(SemclearError, match="got 16, expected at least 32"):
        render("spheres", 16, seeds.generator(1), SETTINGS)
