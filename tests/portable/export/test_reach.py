"""How far the generator looks, by formula and by touching one pixel."""

import export_bundles as small
import numpy as np
import pytest

from semclear.portable.export.reach import reach_of


@pytest.mark.parametrize(("levels", "pixels"), [(2, 17), (3, 45), (5, 213), (8, 1781)])
def test_closed_form(levels, pixels):
    # Every further level doubles what is seen and adds the eleven pixels of its own layers.
    assert reach_of(levels) == pixels == 7 * 2**levels - 11


@pytest.mark.parametrize("levels", [2, 3])
def test_one_pixel_changes_no_more(levels):
    pytest.importorskip("keras")
    network = small.made(levels=levels, output="correction").network()
    side, farthest = 2**levels * 16, 0
    image = small.images(1, side, side)[..., None]
    for shift in range(2**levels):
        place = side // 2 + shift
        touched = image.copy()
        touched[0, place, place] += 10.0
        changed = np.abs(np.asarray(network(touched)) - np.asarray(network(image)))[0, ..., 0] > 1e-6
        farthest = max(farthest, int(np.abs(np.argwhere(changed) - place).max()))
    assert reach_of(levels) // 2 < farthest <= reach_of(levels)
