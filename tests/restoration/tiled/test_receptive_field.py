"""The receptive radius, against gradients and perturbed pixels of random generators."""

from itertools import pairwise

import numpy as np
import pytest

keras = pytest.importorskip("keras")
import random_generator as made  # noqa: E402

from semclear import params  # noqa: E402
from semclear.restoration.tiled import receptive_field  # noqa: E402


def size_of(levels):
    return params.ModelScale(levels=levels, width=4, max_width=8, discriminator_width=2)


def test_a_stride_by_hand():
    """One 4 x 4 convolution and one deconvolution: pixel 0 comes from cells -1 and 0, which see -3 to 2."""
    assert receptive_field.field_of(0, 1, False) == (-3, 2)
    assert receptive_field.field_of(1, 1, False) == (-1, 4)
    # Two levels, one cell deeper: (-1, 0) of level 1, widened by the block to (-3, 2); level 2 (-2, 1), back
    # (-5, 4), which holds the skip; the block of the encoder, (-7, 6); and the first convolution.
    assert receptive_field.field_of(0, 2, False) == (-15, 14)


@pytest.mark.parametrize(("levels", "extremes"), [(2, False), (2, True), (3, False)])
def test_gradients_end_where_the_field_does(levels, extremes):
    tf = pytest.importorskip("tensorflow")
    if keras.backend.backend() != "tensorflow":
        pytest.skip("gradients are taken with TensorFlow")
    model = made.NONE.model_copy(update={"local_extremes": extremes})
    network = made.network_of(size_of(levels), model)
    side = 2**levels * (26 if levels == 2 else 30)
    image = tf.constant(made.micrograph((side, side))[None, :, :, None])
    middle = side // 2 >> levels << levels
    widest = 0
    for phase in range(2**levels):
        pixel = middle + phase
        with tf.GradientTape() as tape:
            tape.watch(image)
            output = network(image)[0, pixel, pixel, 0]
        slope = np.abs(tape.gradient(output, image).numpy()[0, :, :, 0])
        for axis in (0, 1):
            seen = np.flatnonzero(slope.max(axis=axis))
            first, last = receptive_field.field_of(pixel, levels, extremes)
            if not extremes:  # a maximum passes the gradient on to one pixel of its field alone
                assert (seen[0], seen[-1]) == (first, last)
            assert first <= seen[0] and seen[-1] <= last
            widest = max(widest, pixel - seen[0], seen[-1] - pixel)
    assert widest == receptive_field.radius_of(size_of(levels), model)


@pytest.mark.parametrize("levels", [2, 3])
def test_a_changed_pixel_changes_what_sees_it_and_nothing_else(levels):
    network = made.network_of(size_of(levels), made.NONE)
    radius = receptive_field.radius_of(size_of(levels), made.NONE)
    side = 2**levels * (26 if levels == 2 else 30)
    image = made.micrograph((side, side))
    before = network.predict_on_batch(image[None, :, :, None])[0, :, :, 0]
    far = 0
    for pixel in range(side // 2 >> levels << levels, (side // 2 >> levels << levels) + 2**levels):
        other = image.copy()
        other[pixel, pixel] += 100
        changed = np.argwhere(network.predict_on_batch(other[None, :, :, None])[0, :, :, 0] != before)
        far = max(far, np.abs(changed - pixel).max())
        for row in np.unique(changed[:, 0]):
            first, last = receptive_field.field_of(int(row), levels, made.NONE.local_extremes)
            assert first <= pixel <= last
    assert far == radius


def test_instance_normalisation_sees_everything():
    assert receptive_field.radius_of(size_of(3), made.INSTANCE) is None
    network = made.network_of(size_of(2), made.INSTANCE)
    image = made.micrograph((128, 128))
    before = network.predict_on_batch(image[None, :, :, None])
    image[0, 0] += 100
    assert np.all(network.predict_on_batch(image[None, :, :, None])[0, -8:, -8:] != before[0, -8:, -8:])


def test_levels_about_double_the_radius():
    radii = [receptive_field.reach_of(size_of(levels), made.NONE) for levels in range(2, 9)]
    assert radii == sorted(radii)
    assert all(1.9 < after / before < 2.8 for before, after in pairwise(radii))


@pytest.mark.parametrize("extremes", [False, True])
@pytest.mark.parametrize(("levels", "pixels"), [(2, 17), (3, 45), (5, 213), (8, 1781)])
def test_closed_form(levels, pixels, extremes):
    # Every further level doubles what is seen and adds the eleven pixels of its own layers.
    model = made.NONE.model_copy(update={"local_extremes": extremes})
    assert receptive_field.reach_of(size_of(levels), model) == pixels == 7 * 2**levels - 11


RESIDUAL = made.NONE.model_copy(update={"architecture": "residual"})


@pytest.mark.parametrize("levels", [2, 3])
def test_a_residual_generator_sees_as_far_as_its_field_says(levels):
    network = made.network_of(size_of(levels), RESIDUAL)
    for layer in network.layers:
        if layer.name.endswith("_second"):  # begins so small that what is far would be lost in rounding
            kernel, bias = layer.get_weights()
            layer.set_weights([50 * kernel, bias])
    radius = receptive_field.radius_of(size_of(levels), RESIDUAL)
    side = 2**levels * 26
    image = made.micrograph((side, side))
    before = network.predict_on_batch(image[None, :, :, None])[0, :, :, 0]
    middle, far = side // 2 >> levels << levels, 0
    for pixel in range(middle, middle + 2**levels):
        other = image.copy()
        other[pixel, pixel] += 100
        changed = np.argwhere(network.predict_on_batch(other[None, :, :, None])[0, :, :, 0] != before)
        far = max(far, np.abs(changed - pixel).max())
        for row in np.unique(changed[:, 0]):
            first, last = receptive_field.residual_field_of(int(row), levels)
            assert first <= pixel <= last
    assert far == radius
