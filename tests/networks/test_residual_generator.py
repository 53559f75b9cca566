"""The residual generator: any size, a first guess near the identity, as many parameters as layers say."""

from itertools import pairwise

import numpy as np
import pytest

keras = pytest.importorskip("keras")
from random_generator import NONE  # noqa: E402

from semclear import params  # noqa: E402
from semclear.networks import bundle as bundles  # noqa: E402
from semclear.networks.generator import generator_of  # noqa: E402
from semclear.networks.residual import build_residual  # noqa: E402

SIZE = params.ModelScale(levels=3, width=4, max_width=8, discriminator_width=2)
RESIDUAL = NONE.model_copy(update={"architecture": "residual"})


def test_shapes_and_first_guess():
    keras.utils.set_random_seed(1)
    image = np.random.default_rng(1).random((2, 40, 24, 1)).astype(np.float32)
    restored = generator_of(SIZE, RESIDUAL, "restorer").predict_on_batch(image)
    assert restored.shape == image.shape
    assert 0 < np.abs(restored - image).max() < 0.1


@pytest.mark.parametrize("levels", [1, 2, 4])
def test_parameters_by_hand(levels):
    widths = [min(4 * 2**level, 8) for level in range(levels)]
    blocks = [
        2 * 2 * (9 * w * w + w) for w in widths
    ]  # of one side of a level: two blocks of two convolutions
    ways = sum(4 * a * b for a, b in pairwise(widths))
    down, up = ways + sum(widths[1:]), ways + sum(widths[:-1])
    expected = (16 * 4 + 4) + sum(blocks) + down + up + sum(blocks[:-1]) + (16 * 4 + 1)
    assert build_residual(levels, 4, 8).count_params() == expected


def test_a_bundle_gives_the_network_back(tmp_path):
    keras.utils.set_random_seed(2)
    network = generator_of(SIZE, RESIDUAL, "restorer")
    made = bundles.Bundle("instrument", SIZE, RESIDUAL, "0" * 64, {"restorer": network.get_weights()})
    bundles.save(made, tmp_path / "a.semclear")
    image = np.random.default_rng(2).random((1, 32, 32, 1)).astype(np.float32)
    again = bundles.load(tmp_path / "a.semclear").network()
    np.testing.assert_array_equal(again.predict_on_batch(image), network.predict_on_batch(image))
