"""Shapes and counts of the networks, at the paper's scale where the paper gives a number."""

import numpy as np
import pytest

keras = pytest.importorskip("keras")
from pathlib import Path  # noqa: E402

from semclear import params  # noqa: E402
from semclear.networks.blocks import MultiBlock, instance_norm  # noqa: E402
from semclear.networks.discriminator import build_discriminator  # noqa: E402
from semclear.networks.generator import build_generator, channels_of  # noqa: E402

PAPER = params.load(Path(__file__).parents[2] / "params.yaml").scales["paper"]


def layers_of(network, kind):
    return [layer for layer in network.layers if type(layer) is kind]


def test_paper_generator_has_the_papers_layers():
    # Narrow, as counting does not need 100 M weights; the widths are checked by their rule below.
    network = build_generator(PAPER.model.levels, 2, 8)
    assert len(layers_of(network, keras.layers.Conv2D)) == 8
    assert len(layers_of(network, keras.layers.Conv2DTranspose)) == 8
    assert len(layers_of(network, MultiBlock)) == 14


def test_paper_widths():
    widths = [channels_of(level, PAPER.model.width, PAPER.model.max_width) for level in range(1, 9)]
    assert widths == [64, 128, 256, 512, 512, 512, 512, 512]
    assert PAPER.train.crop == 256 and PAPER.train.epochs == 50


def test_paper_generator_goes_down_to_one_pixel_and_back():
    network = build_generator(8, 2, 8)
    bottom = keras.Model(network.input, network.get_layer("generator_down8_relu").output)
    image = np.random.default_rng(1).random((1, 256, 256, 1)).astype(np.float32)
    assert bottom.predict_on_batch(image).shape == (1, 1, 1, 8)
    assert network.predict_on_batch(image).shape == image.shape


def test_bottleneck_passes_something():
    # Instance normalisation of a 1 x 1 map would be all zeros and cut the deepest level off.
    network = build_generator(3, 4, 8)
    bottom = keras.Model(network.input, network.get_layer("generator_down3_relu").output)
    image = np.random.default_rng(1).random((1, 8, 8, 1)).astype(np.float32)
    assert np.abs(bottom.predict_on_batch(image)).max() > 0


def test_discriminator_has_five_convolutions_and_the_strides():
    network = build_discriminator(PAPER.model.discriminator_width)
    convolutions = layers_of(network, keras.layers.Conv2D)
    assert [layer.filters for layer in convolutions] == [64, 128, 256, 512, 1]
    assert [layer.strides[0] for layer in convolutions] == [2, 2, 2, 1, 1]
    assert network.compute_output_shape((1, 256, 256, 1)) == (1, 32, 32, 1)


def test_discriminator_patch_is_70_pixels():
    network = build_discriminator(2, normalise=False)
    image = np.zeros((1, 128, 128, 1), np.float32)
    base = np.asarray(network.predict_on_batch(image))[0, 8, 8, 0]
    rng = np.random.default_rng(0)

    def moves(row):
        touched = image.copy()
        touched[0, row, :, 0] = rng.random(128) + 1
        return np.asarray(network.predict_on_batch(touched))[0, 8, 8, 0] != base

    rows = [row for row in range(128) if moves(row)]
    assert rows[-1] - rows[0] + 1 == 70


def test_instance_norm_against_numpy():
    x = np.random.default_rng(1).normal(3, 2, (2, 8, 8, 3)).astype(np.float32)
    expected = (x - x.mean((1, 2), keepdims=True)) / np.sqrt(x.var((1, 2), keepdims=True) + 1e-5)
    np.testing.assert_allclose(np.asarray(instance_norm("n")(x)), expected, atol=1e-5)


@pytest.mark.parametrize("output", ["correction", "affine"])
def test_generator_that_changes_its_input_starts_as_the_identity(output):
    network = build_generator(3, 8, 16, output=output)
    image = np.random.default_rng(1).random((1, 32, 32, 1)).astype(np.float32)
    assert np.abs(network.predict_on_batch(image) - image).max() < 0.1


def test_affine_output_is_gain_and_offset_of_the_input():
    network = build_generator(3, 8, 16, output="affine")
    image = np.random.default_rng(1).random((1, 32, 32, 1)).astype(np.float32)
    weights = network.get_weights()
    # The last deconvolution says by its biases alone: a gain of 2 through its soft bound of 20, and -0.25 everywhere.
    said = np.log(20) * np.arctanh(np.log(2) / np.log(20))
    weights[-2], weights[-1] = np.zeros_like(weights[-2]), np.array([said, -0.25], np.float32)
    network.set_weights(weights)
    np.testing.assert_allclose(network.predict_on_batch(image), 2 * image - 0.25, atol=1e-6)


@pytest.mark.parametrize("said", [-1e30, -40.0, 40.0, 1e30])
def test_the_gain_never_leaves_a_twentieth_and_twenty(said):
    network = build_generator(2, 4, 8, output="affine")
    image = np.full((1, 16, 16, 1), 0.5, np.float32)
    weights = network.get_weights()
    weights[-2], weights[-1] = np.zeros_like(weights[-2]), np.array([said, 0.0], np.float32)
    network.set_weights(weights)
    expected = 0.5 * (20.0 if said > 0 else 1 / 20)
    np.testing.assert_allclose(network.predict_on_batch(image), expected, rtol=1e-4)


def test_grey_output_lies_between_black_and_white():
    network = build_generator(3, 8, 16, output="grey")
    image = 20 * np.random.default_rng(1).normal(size=(1, 32, 32, 1)).astype(np.float32)
    out = network.predict_on_batch(image)
    assert out.min() >= 0 and out.max() <= 1


def test_unknown_output_is_refused():
    with pytest.raises(ValueError, match=r"model\.output"):
        build_generator(3, 8, 16, output="tanh")


@pytest.mark.parametrize("normalise", [True, False])
def test_multiblock_keeps_size_and_sets_channels(normalise):
    block = MultiBlock(8, normalise)
    assert block(np.zeros((1, 6, 5, 4), np.float32)).shape == (1, 6, 5, 8)
    assert block.compute_output_shape((1, 6, 5, 4)) == (1, 6, 5, 8)
