"""Crops depend on seed, epoch and step alone; pairs stay pairs, domains stay apart."""

import itertools

import numpy as np
import pytest

from semclear.training.batches import Batches, turned

STEP = 1 / 200


def images(count=5, edge=40, start=0):
    """Each image carries its number in its grey level, in steps of 1/200, each pixel its place."""
    place = np.arange(edge * edge, dtype=np.float32).reshape(edge, edge) / (edge * edge)
    return [((place + start + i) * STEP).astype(np.float32) for i in range(count)]


def make(paired=False, **changes):
    settings = {"crop": 16, "batch": 2, "steps_per_epoch": 5, "seed": 3, **changes}
    return Batches(images(), images(start=100), paired=paired, **settings)


def test_shapes_and_type():
    x, y = next(make().epoch(0))
    assert x.shape == y.shape == (2, 16, 16, 1)
    assert x.dtype == y.dtype == np.float32


def test_resume_sees_what_an_uninterrupted_training_sees():
    whole = list(itertools.islice(make().endless(0), 15))
    resumed = list(itertools.islice(make().endless(2), 5))
    for (x, y), (u, v) in zip(whole[10:], resumed, strict=True):
        np.testing.assert_array_equal(x, u)
        np.testing.assert_array_equal(y, v)


def test_epochs_differ_and_seeds_differ():
    first = next(make().epoch(0))[0]
    assert not np.array_equal(first, next(make().epoch(1))[0])
    assert not np.array_equal(first, next(make(seed=4).epoch(0))[0])


def test_paired_crops_show_the_same_place():
    for x, y in make(paired=True).epoch(0):
        np.testing.assert_allclose(y - x, 100 * STEP, atol=1e-6)


def test_unpaired_crops_are_drawn_apart():
    same = [np.allclose((y - x) / STEP % 1, 0, atol=1e-3) for x, y in make().epoch(0)]
    assert not all(same)


def test_every_source_once_before_any_twice():
    seen = [int(image[0, 0, 0] / STEP + 1e-3) for x, _ in make(batch=1).epoch(0) for image in x]
    assert sorted(seen) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("flip", [False, True])
@pytest.mark.parametrize("turn", range(4))
def test_turns_keep_every_pixel(turn, flip):
    image = images(1)[0]
    moved = turned(image, turn, flip)
    assert sorted(moved.ravel()) == sorted(image.ravel())


def test_the_eight_turns_differ():
    image = images(1)[0]
    forms = {turned(image, turn, flip).tobytes() for turn in range(4) for flip in (False, True)}
    assert len(forms) == 8


def test_what_no_file_of_a_data_set_holds_is_clipped():
    wild = [np.full((20, 20), value, np.float32) for value in (-3.0, 1e4, np.inf)]
    made = Batches(wild, wild, crop=16, batch=3, steps_per_epoch=1, seed=3)
    for images in next(made.epoch(0)):
        assert sorted(images[:, 0, 0, 0]) == [0, 1, 1] and images.dtype == np.float32


def test_rows_that_are_kept_stay_rows_and_nothing_else_changes():
    stripes = [np.repeat(np.random.default_rng(i).random((40, 1), np.float32), 40, axis=1) for i in range(3)]

    def crops(rows):
        made = Batches(stripes, stripes, crop=16, batch=4, steps_per_epoch=8, seed=3, rows=rows)
        return [np.concatenate(parts)[..., 0] for parts in zip(*made.epoch(0), strict=True)]

    (kept, clear), (free, same) = crops(True), crops(False)
    lying = np.ptp(kept, axis=2).max(axis=1) == 0  # one grey along each row
    assert lying.all() and not (np.ptp(free, axis=2).max(axis=1) == 0).all()
    np.testing.assert_array_equal(clear, same)
    unturned = np.ptp(free, axis=2).max(axis=1) == 0
    np.testing.assert_array_equal(kept[unturned], free[unturned])
