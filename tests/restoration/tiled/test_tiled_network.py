"""Tiles equal the whole: many sizes of micrograph with a stand-in, some with generators; and halving on exhaustion."""

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("keras")
import random_generator as made

from semclear import params
from semclear.errors import SemclearError
from semclear.networks.apply import apply
from semclear.restoration import ensemble
from semclear.restoration.tiled.tiled_network import Piece, TiledNetwork

SIZE = params.ModelScale(levels=2, width=4, max_width=8, discriminator_width=2)
REACH = 17  # of two levels, see test_receptive
RNG = np.random.default_rng(8)
SEEN = [(0, 0), (-REACH, 3), (REACH, -2), (5, REACH), (-1, -REACH), (2, 2)]  # pixels away, down and across
REPEATED = RNG.random((4, 4))


class StandIn:
    """As a generator: sees 17 pixels around, zeros beyond the border, and the place on the grid of 4 pixels.

    Raises what TensorFlow does where it is given more than `most` pixels a side.
    """

    def __init__(self, most=10**6):
        self.most, self.shapes = most, []

    def predict_on_batch(self, images):
        assert images.dtype == np.float32 and images.shape[1] % 4 == images.shape[2] % 4 == 0
        self.shapes.append(images.shape)
        if max(images.shape[1:3]) > self.most:
            raise type("ResourceExhaustedError", (Exception,), {})("OOM when allocating tensor")
        values = images[0, :, :, 0]
        grid = np.tile(REPEATED, (values.shape[0] // 4, values.shape[1] // 4))
        padded = np.pad(values * grid, REACH)
        seen = sum(
            padded[REACH + down : REACH + down + values.shape[0], REACH + across :][:, : values.shape[1]]
            for down, across in SEEN
        )
        return (seen / len(SEEN)).astype(np.float32)[None, :, :, None]


def restored(network, model, image, tile, orientations=(0,), size=SIZE, progress=None):
    """Return the sum over orientations and the side that was used in the end."""
    total = np.zeros((len(orientations), *image.shape), np.float32)

    def use(piece, values):
        for target, one in zip(total, values, strict=True):
            piece.add(target, one)

    tiled = TiledNetwork(network, size, model)
    used = tiled.run(image, tile, lambda one: [one(k) for k in orientations], use, progress)
    return total, used


def whole_of(network, image, multiple=4):
    """Return the network's image of a micrograph, by `semclear.networks.apply`."""
    return apply(network, image, multiple)


@pytest.mark.parametrize("seed", range(25))
def test_tiles_equal_the_whole_at_any_size_and_orientation(seed):
    rng = np.random.default_rng(seed)
    shape = tuple(int(side) for side in rng.integers(64, 330, 2))
    tile = 52 + 4 * int(rng.integers(0, 30))
    image = rng.random(shape).astype(np.float32)
    network = StandIn()
    found, _ = restored(network, made.NONE, image, tile, range(8))
    assert {max(one[1:3]) for one in network.shapes} == {min(tile, max(side + -side % 4 for side in shape))}
    whole, _ = restored(StandIn(), made.NONE, image, 10**6, range(8))
    np.testing.assert_allclose(found, whole, atol=1e-6)
    direct = ensemble.restore(lambda images: np.stack([whole_of(StandIn(), one) for one in images]), image)
    np.testing.assert_allclose(found.mean(axis=0), direct.mean, atol=1e-6)


@pytest.mark.parametrize("shape", [(64, 64), (199, 307), (1023, 1021)])
def test_a_generators_tiles_equal_its_whole(shape):
    network = made.network_of(SIZE, made.NONE)
    image = made.micrograph(shape)
    found, _ = restored(network, made.NONE, image, 128 if max(shape) < 400 else 576)
    whole = whole_of(network, image)
    assert np.std(whole - image) > 0.05  # it does something
    assert np.abs(found[0] - whole).max() < 1e-5 < 1 / 255


def test_too_narrow_margins_would_show(monkeypatch):
    """The comparison sees a margin that is too small by a few pixels."""
    image = RNG.random((200, 200)).astype(np.float32)
    monkeypatch.setattr("semclear.restoration.tiled.tiled_network.radius_of", lambda size, model: REACH - 6)
    found, _ = restored(StandIn(), made.NONE, image, 72)
    assert np.abs(found[0] - whole_of(StandIn(), image)).max() > 1e-3


@pytest.mark.slow
def test_the_laptop_scale_generators_tiles_equal_its_whole():
    size = params.load(Path(__file__).parents[3] / "params.yaml").scales["laptop"].model
    network, image = made.network_of(size, made.NONE), made.micrograph((901, 613))
    found, _ = restored(network, made.NONE, image, 608, size=size)
    assert np.abs(found[0] - whole_of(network, image, 32)).max() < 1e-4 < 1 / 255


@pytest.mark.parametrize(
    ("model", "most", "used"),
    [
        (made.NONE, 160, 152),
        (made.NONE, 100, 76),
        (made.NONE, 60, 52),
        (made.INSTANCE, 160, 152),
        (made.INSTANCE, 130, 128),
    ],
)
def test_the_tile_is_halved_when_memory_runs_out(model, most, used):
    image = RNG.random((301, 222)).astype(np.float32)
    network, seen = StandIn(most), []
    found, tile = restored(
        network, model, image, 304, progress=lambda done, total: seen.append((done, total))
    )
    assert tile == used
    assert seen[-1][0] == seen[-1][1] == len(seen)
    if model is made.NONE:
        np.testing.assert_allclose(found[0], whole_of(StandIn(), image), atol=1e-6)


def test_what_was_done_before_memory_ran_out_stays():
    class Later(StandIn):
        def predict_on_batch(self, images):
            self.most = 10**6 if len(self.shapes) < 3 else 130
            return super().predict_on_batch(images)

    image = RNG.random((301, 222)).astype(np.float32)
    for model in (made.NONE, made.INSTANCE):
        network = Later()
        found, tile = restored(network, model, image, 200)
        assert tile == (100 if model is made.NONE else 128)
        large = [shape for shape in network.shapes if max(shape[1:3]) == 200]
        assert len(large) == 4  # three that were done, and the one that failed: none is done again
        if model is made.NONE:
            np.testing.assert_allclose(found[0], whole_of(StandIn(), image), atol=1e-6)


def test_weights_of_halved_tiles_still_sum_to_one():
    class Same(StandIn):
        def predict_on_batch(self, images):
            super().predict_on_batch(images)
            return images

    image = RNG.random((700, 555)).astype(np.float32)
    network = Same(300)
    found, tile = restored(network, made.INSTANCE, image, 512)
    assert tile == 256 and {512, 256} == {max(one[1:3]) for one in network.shapes}
    np.testing.assert_allclose(found[0], image, atol=1e-6)


def test_no_smaller_tile_left_is_said():
    with pytest.raises(SemclearError, match=r"300 x 301 pixels: memory ran out on a tile of 52 pixels"):
        restored(StandIn(40), made.NONE, np.zeros((301, 300), np.float32), 304)
    with pytest.raises(SemclearError, match="needs 128 at least"):
        restored(StandIn(40), made.INSTANCE, np.zeros((301, 300), np.float32), 304)


def test_other_errors_pass():
    class Broken(StandIn):
        def predict_on_batch(self, images):
            raise ValueError("a defect")

    with pytest.raises(ValueError, match="a defect"):
        restored(Broken(), made.NONE, np.zeros((80, 80), np.float32), 80)


def test_overlap_is_the_radius_on_the_grid():
    tiled = TiledNetwork(StandIn(), SIZE, made.NONE)
    assert (tiled.multiple, tiled.reach, tiled.overlap(400)) == (4, REACH, 20)
    blended = TiledNetwork(StandIn(), SIZE, made.INSTANCE)
    assert (blended.reach, blended.overlap(400)) == (None, 100)
    assert Piece((3, 5), (7, 9)).place == (slice(3, 5), slice(7, 9))


def test_on_jax_every_tile_has_one_shape():
    """A new shape is compiled anew."""
    for model in (made.NONE, made.INSTANCE):
        network = StandIn()
        restored(network, model, RNG.random((301, 222)).astype(np.float32), 128, range(8))
        assert set(network.shapes) == {(1, 128, 128, 1)}


@pytest.mark.parametrize("seed", range(12))
def test_a_piece_with_its_surroundings_alone_is_as_in_the_whole(seed):
    """In every orientation, of which each has its grid begin at another corner."""
    rng = np.random.default_rng(seed)
    shape = tuple(int(side) for side in rng.integers(60, 140, 2))
    image, tiled = rng.random(shape).astype(np.float32), TiledNetwork(StandIn(), SIZE, made.NONE)
    (top, bottom), (left, right) = (sorted(rng.choice(side + 1, 2, replace=False)) for side in shape)
    piece = Piece((int(top), int(bottom)), (int(left), int(right)))
    seen = tiled.around(piece, shape)
    whole, _ = restored(StandIn(), made.NONE, image, 10**4, range(8))
    alone, _ = restored(StandIn(), made.NONE, image[seen.place], 10**4, range(8))
    inside = Piece(
        tuple(row - seen.rows[0] for row in piece.rows),
        tuple(column - seen.columns[0] for column in piece.columns),
    )
    np.testing.assert_allclose(
        alone[(slice(None), *inside.place)], whole[(slice(None), *piece.place)], atol=1e-6
    )
    for (first, last), (start, stop), side in zip(
        (piece.rows, piece.columns), (seen.rows, seen.columns), shape, strict=True
    ):
        assert start == 0 or REACH <= first - start < REACH + 4
        assert stop == side or REACH <= stop - last < REACH + 4


def test_with_instance_normalisation_all_is_needed():
    tiled = TiledNetwork(StandIn(), SIZE, made.INSTANCE)
    assert tiled.around(Piece((5, 6), (7, 9)), (300, 200)) == tiled.all_of((300, 200))
