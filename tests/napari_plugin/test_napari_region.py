"""What is restored for what is seen: enough of it, and on the network's grid."""

import numpy as np
import pytest

from semclear.errors import SemclearError
from semclear.io.databar import Box
from semclear.napari import region
from semclear.napari.region import Grid


def test_what_is_seen_ends_at_the_picture():
    box = Box(4, 2, 100, 80)
    assert region.visible([[10, 20], [19, 39]], box) == Box(
        20, 10, 20, 10
    )  # corners are pixels that are seen
    assert region.visible([[0, 0], [200, 300]], box) == box
    with pytest.raises(SemclearError, match="nothing of this layer"):
        region.visible([[90, 0], [99, 50]], box)  # the data bar alone


@pytest.mark.parametrize("shape", [(1000, 1400), (1023, 777), (300, 260), (100, 2000)])
@pytest.mark.parametrize("grid", [Grid(), Grid(8, 30), Grid(64, 200), Grid(16, None)])
def test_windows_hold_what_is_seen_with_its_margins(shape, grid):
    rng = np.random.default_rng(0)
    margin = region.CONTEXT if grid.reach is None else grid.reach
    for _ in range(50):
        (top, bottom), (left, right) = (np.sort(rng.choice(n + 1, 2, replace=False)).tolist() for n in shape)
        inside = region.window(Box(left, top, right - left, bottom - top), shape, grid)
        for first, last, start, size, length in (
            (top, bottom, inside.y, inside.height, shape[0]),
            (left, right, inside.x, inside.width, shape[1]),
        ):
            stop = start + size
            assert 0 <= start <= max(0, first - margin) and min(length, last + margin) <= stop <= length
            assert start % grid.multiple == 0 and (length - stop) % grid.multiple == 0
            assert size >= min(length, region.LEAST_SIDE)
            assert size <= max(region.LEAST_SIDE, last - first + 2 * margin) + 2 * grid.multiple


@pytest.mark.parametrize("ensembling", [True, False])
@pytest.mark.parametrize("levels", [2, 4])
def test_a_preview_equals_the_whole_where_the_model_allows(ensembling, levels):
    pytest.importorskip("keras")
    from micrograph_files import picture
    from tiny_model import MODEL, SIZE

    from semclear.networks import bundle as bundles
    from semclear.networks.generator import generator_of
    from semclear.restoration.restorer import Restorer
    from semclear.restoration.tiled import receptive_field

    size = SIZE.model_copy(update={"levels": levels})
    model = MODEL.model_copy(update={"normalisation": "none"})
    rng = np.random.default_rng(0)
    network = generator_of(size, model, "restorer")
    weights = [0.1 * rng.standard_normal(values.shape).astype(np.float32) for values in network.get_weights()]
    bundle = bundles.Bundle("cyclegan", size, model, "d" * 64, {"restorer": weights}, {})
    restorer = Restorer(bundle, ensembling)
    image = picture((421, 507)).astype(np.float32)
    whole = restorer(image)
    grid = Grid(2**levels, receptive_field.radius_of(size, model))
    for seen in (Box(0, 0, 60, 50), Box(230, 190, 70, 33), Box(440, 380, 67, 41)):
        inside = region.window(seen, image.shape, grid)
        assert region.is_exact(inside, image.shape, grid)
        assert inside.width * inside.height < image.size
        part = restorer(np.ascontiguousarray(inside.of(image)))
        cut = Box(seen.x - inside.x, seen.y - inside.y, seen.width, seen.height).of(part)
        np.testing.assert_allclose(cut, seen.of(whole), rtol=0, atol=1e-4)
    bare = restorer(np.ascontiguousarray(seen.of(image)))
    assert np.abs(bare - seen.of(whole)).max() > 1e-3  # without margins it is another picture
    assert np.abs(whole - image).max() > 0.05  # it does something


def test_only_the_whole_is_exact_with_instance_normalisation():
    assert not region.is_exact(Box(0, 0, 10, 20), (30, 20), Grid(4, None))
    assert region.is_exact(Box(0, 0, 20, 30), (30, 20), Grid(4, None))
