"""Halos, streaks and the settling background against edges whose answer is known."""

import numpy as np
import pytest

from semclear.degradation.charging import charge, halo, settling, trail

NOTHING = {
    "halo": 0.0,
    "halo_width": 4.0,
    "streak": 0.0,
    "streak_length": 20.0,
    "rows": 0.0,
    "row_offset": 0.1,
    "baseline": 0.0,
    "drift": 0.0,
    "seed": 11,
}
PARTS = {
    "halo": {"halo": 0.4},
    "streak": {"streak": 0.5},
    "rows": {"rows": 0.2},
    "baseline": {"baseline": -0.2},
    "drift": {"drift": 3.0},
}
every = pytest.mark.parametrize("part", PARTS.values(), ids=PARTS)


def _step(height=0.4, shape=(32, 120), at=60):
    image = np.full(shape, 0.3)
    image[:, at:] += height
    return image


def test_zero_strength_changes_nothing():
    image = np.random.default_rng(0).random((20, 30))
    assert np.array_equal(charge(image, NOTHING), image)


@every
@pytest.mark.parametrize("shape", [(64, 64), (37, 90), (81, 20)], ids=str)
def test_each_part_changes_the_image_within_its_range(part, shape):
    image = np.random.default_rng(1).random(shape)
    before = image.copy()
    charged = charge(image, {**NOTHING, **part})
    assert np.array_equal(image, before)
    assert 0.0 <= charged.min() <= charged.max() <= 1.0
    assert np.abs(charged - image).max() > 0.01


@every
def test_seed_names_the_draw(part):
    image = np.random.default_rng(2).random((40, 40))
    first = charge(image, {**NOTHING, **part})
    assert np.array_equal(first, charge(image, {**NOTHING, **part}))
    random = "streak" in part or "rows" in part
    assert np.array_equal(first, charge(image, {**NOTHING, **part, "seed": 12})) is not random


@pytest.mark.parametrize("width", [2.0, 5.0])
def test_halo_of_a_straight_edge_is_a_gaussian_as_high_as_the_edge(width):
    seam = halo(_step(), width)[16]
    distance = np.arange(120) - 59.5
    np.testing.assert_allclose(seam, 0.4 * np.exp(-(distance**2) / (2 * (width**2 + 1))), atol=0.01)


def test_halo_and_trail_of_a_constant_image_are_nothing():
    flat = np.full((20, 30), 0.6)
    assert np.abs(halo(flat, 3.0)).max() < 1e-12
    assert np.array_equal(trail(flat, 9.0), np.zeros((20, 30)))


def test_trail_of_a_step_decays_to_the_right_and_a_fall_leaves_none():
    trailing = trail(_step(), 15.0)[3]
    assert np.array_equal(trailing[:60], np.zeros(60))
    np.testing.assert_allclose(trailing[60:], 0.4 * np.exp(-np.arange(60) / 15.0), atol=1e-12)
    assert np.array_equal(trail(_step(height=-0.2), 15.0), np.zeros((32, 120)))


def test_streaks_are_dark_and_differ_from_row_to_row():
    change = charge(_step(), {**NOTHING, "streak": 0.5}) - _step()
    assert change.max() == 0.0
    assert np.std(change[:, 60]) > 0.03


def test_rows_jump_as_a_whole_and_only_some():
    change = charge(np.full((4000, 8), 0.5), {**NOTHING, "rows": 0.25}) - 0.5
    assert np.ptp(change, axis=1).max() < 1e-12
    jumped = change[change[:, 0] != 0.0, 0]
    assert len(jumped) / 4000 == pytest.approx(0.25, abs=0.03)
    assert jumped.std() == pytest.approx(0.1, rel=0.08)


def test_background_settles_exponentially():
    settled = settling(300)
    assert settled.mean() == pytest.approx(0.0, abs=1e-12)
    # A third of the frame is one time constant.
    assert (settled[100] - settled[0]) == pytest.approx(1 - np.exp(-1), abs=1e-12)
    change = charge(np.full((300, 5), 0.5), {**NOTHING, "baseline": 0.2}) - 0.5
    np.testing.assert_allclose(change, 0.2 * settled[:, None] + np.zeros((1, 5)), atol=1e-12)
