"""The model that comes along: tiles equal the whole up to 1024 x 1024 pixels, and a flat field shows no seam."""

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("keras")

from semclear import params, seeds
from semclear.degradation import forward
from semclear.models import catalogue, release
from semclear.restoration.tiled.large import LargeRestorer
from semclear.scenes import render

SETTINGS = params.load(Path(__file__).parents[2] / "params.yaml")
CASES = 7


def generator(case):
    return seeds.generator(20261126, "default-model", case)


@pytest.fixture(scope="module")
def bundle():
    return release.read(catalogue.find(None).path).bundle


@pytest.fixture(scope="module")
def scene():
    """Return a clear scene of 1024 pixels."""
    kind = SETTINGS.scenes.kinds[0]
    return render(kind, 1024, generator(-1), SETTINGS.scenes).image.astype(np.float32)


@pytest.mark.parametrize("case", range(CASES))
def test_tiles_equal_the_whole(bundle, scene, case):
    """Whatever the size, odd ones too, the degradation and the tile."""
    rng = generator(case)
    height, width = (1024, 1024) if case == 0 else rng.integers(64, 1025, 2)
    dataset = rng.choice(["gaussian", "fog", "hybrid"])
    parameters = forward.draw(SETTINGS.degradations[dataset], rng)
    image = np.asarray(forward.apply(scene[:height, :width], parameters), np.float32)
    whole = LargeRestorer(bundle, ensembling=False, memory=2**40)
    expected = whole.restore(image)
    assert whole.exact and whole.plan(image.shape).tiles == 1
    least = whole._tiled.least
    tiles = LargeRestorer(bundle, ensembling=False, tile=int(rng.integers(least, 900)))
    restored = tiles.restore(image)
    assert tiles.exact
    if max(height, width) > tiles.tile:
        assert tiles.overlap > 0
    # Promised is 1/255; what remains is rounding.
    np.testing.assert_allclose(restored, expected, rtol=0, atol=0.01 / 255)
    assert np.abs(restored - image).mean() > 1 / 255


def test_a_flat_field_shows_no_seam(bundle):
    """The mean over rows, on which the noise averages out, steps no more where tiles meet than elsewhere."""
    rng = generator(CASES)
    image = (0.5 + 0.02 * rng.standard_normal((352, 1000))).astype(np.float32)
    tiles = LargeRestorer(bundle, ensembling=False, tile=tiles_of(bundle))
    restored = tiles.restore(image)
    cores = tiles._tiled.pieces(tiles._tiled.all_of(image.shape), image.shape, tiles.tile)
    meet = sorted({piece.columns[0] for piece in cores} - {0})
    assert len(meet) >= 3
    steps = np.abs(np.diff(restored.mean(axis=0)))
    elsewhere = np.delete(steps, np.array(meet) - 1)
    assert steps[np.array(meet) - 1].max() <= elsewhere.max()


def tiles_of(bundle):
    """Return the smallest tile."""
    return LargeRestorer(bundle)._tiled.least
