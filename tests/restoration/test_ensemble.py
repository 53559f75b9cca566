"""Self-ensembling over the eight orientations."""

import numpy as np
import pytest

from semclear.restoration import ensemble

RNG = np.random.default_rng(3)
IMAGE = RNG.random((12, 20)).astype(np.float32)


def test_orientations_are_eight_and_turn_back():
    seen = {ensemble.turned(IMAGE, k).tobytes() for k in range(8)}
    assert len(seen) == 8
    for k in range(8):
        np.testing.assert_array_equal(ensemble.turned_back(ensemble.turned(IMAGE, k), k), IMAGE)


@pytest.mark.parametrize("size", [(12, 20), (16, 16)])
def test_what_treats_all_directions_alike_has_no_spread(size):
    image = RNG.random(size).astype(np.float32)
    made = ensemble.restore(lambda images: images**2, image)
    np.testing.assert_allclose(made.mean, image**2, atol=1e-7)
    np.testing.assert_array_equal(made.uncertainty, 0)
    np.testing.assert_array_equal(made.plain, image**2)


def test_mean_and_spread_of_a_shift_by_hand():
    """A shift to the right becomes one in each of four directions, each met twice."""
    image = RNG.random((9, 9)).astype(np.float32)
    made = ensemble.restore(lambda images: np.roll(images, 1, axis=2), image)
    shifts = [np.roll(image, step, axis) for axis in (0, 1) for step in (1, -1)]
    np.testing.assert_allclose(made.mean, np.mean(shifts, axis=0), atol=1e-6)
    np.testing.assert_allclose(made.uncertainty, np.std(shifts, axis=0), atol=1e-6)
    np.testing.assert_array_equal(made.plain, np.roll(image, 1, axis=1))


@pytest.mark.parametrize(("size", "calls"), [((16, 16), [8]), ((12, 20), [4, 4])])
def test_equal_shapes_go_together(size, calls):
    counts = []

    def restore(images):
        counts.append(len(images))
        return images

    ensemble.restore(restore, np.zeros(size, np.float32))
    assert counts == calls


def test_a_large_micrograph_goes_one_by_one(monkeypatch):
    monkeypatch.setattr(ensemble, "BATCH_PIXELS", 8 * 15 * 15)
    shapes = []

    def restore(images):
        shapes.append(images.shape)
        return images

    ensemble.restore(restore, np.zeros((16, 15), np.float32))
    assert len(shapes) == 8 and {shape[0] for shape in shapes} == {1}
