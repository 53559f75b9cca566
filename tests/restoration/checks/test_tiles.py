"""Tiles cover everything, and checks averaged over them do not depend on the micrograph's size."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from semclear.restoration.checks import inspection, residual, tiles


@pytest.mark.parametrize("shape", [(256, 256), (300, 129), (100, 400), (7, 5)])
def test_tiles_of_one_size_cover_every_pixel(shape):
    places = np.arange(np.prod(shape)).reshape(shape)
    found = list(tiles.tiles(places, 128))
    assert {tile.shape for tile in found} == {(min(128, shape[0]), min(128, shape[1]))}
    assert len(found) == -(-shape[0] // 128) * -(-shape[1] // 128)
    assert set(np.concatenate([tile.ravel() for tile in found])) == set(range(places.size))


def test_means_and_contrast_by_hand():
    image = np.zeros((4, 8))
    image[:, 4:] = [[0, 2, 0, 2]] * 4  # variance 0 in the first tile, 1 in the second
    assert tiles.contrast(image, 4) == pytest.approx(np.sqrt(0.5))
    assert tiles.average(lambda tile: {"mean": tile.mean()}, image, 4) == {"mean": 0.5}
    some = tiles.average(lambda tile: {"a": 1.0} | ({"b": 1.0} if tile.any() else {}), image, 4)
    assert some == {"a": 1.0}, "what one tile lacks has no mean"


def micrograph(side, rng):
    """Objects, and in every row an offset that is constant over 256 pixels at least: charging, scan noise."""
    objects = 0.05 * gaussian_filter(rng.standard_normal((side, side)), 2) * 7
    rows = 0.02 * rng.standard_normal((side, 1))
    noise = 0.05 * rng.standard_normal((side, side))
    return 0.5 + objects, rows + noise


def measured(side, tile, rng):
    clear, left = micrograph(side, rng)
    return inspection.measure(clear + left, 0.05, tile) | residual.measure(clear + left, clear, 0.05, tile)


def test_checks_of_a_larger_micrograph_of_the_same_kind_are_equal_within_noise():
    rng = np.random.default_rng(3)
    small = [measured(256, tiles.SIDE, rng) for _ in range(12)]
    large = measured(1024, tiles.SIDE, rng)
    for name in large:
        values = [row[name] for row in small]
        # A normal value lies within four standard deviations, of the small ones and of their mean.
        assert abs(large[name] - np.mean(values)) < 4 * np.std(values) * np.sqrt(1 + 1 / 12) + 1e-9, name


def test_over_the_whole_micrograph_they_are_not():
    """What the tiles are for: lines four times as long have four times the power."""
    rng = np.random.default_rng(3)
    small, large = measured(256, 256, rng), measured(1024, 1024, rng)
    assert large["residual_rows"] / small["residual_rows"] == pytest.approx(4, rel=0.3)
    assert large["input_rows"] / small["input_rows"] > 2.5
