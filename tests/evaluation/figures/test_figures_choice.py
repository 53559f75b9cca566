import numpy as np
import pytest

from semclear.evaluation.figures import choice


def test_the_kinds_shown_are_worst_middle_and_best_by_their_median_micrograph():
    kinds = {f"{kind}{index}": kind for kind in "abcde" for index in range(3)}
    level = dict(zip("abcde", [30, 10, 50, 20, 40], strict=True))
    scores = {name: level[kind] + (1, -5, 4)[int(name[1])] for name, kind in kinds.items()}
    assert choice.typical_of_kinds(kinds, scores) == ["b0", "a0", "c0"]


def test_of_two_micrographs_the_lower_is_the_median():
    assert choice.middle({"x": 2.0, "y": 1.0}) == "y"


def test_fewer_kinds_than_wanted_are_all_shown():
    assert choice.typical_of_kinds({"a": "k", "b": "m"}, {"a": 2.0, "b": 1.0}) == ["b", "a"]


def test_without_scores_first_middle_and_last_by_name():
    assert choice.spread_by_name(["e", "a", "c", "b", "d"]) == ["a", "c", "e"]


def test_the_inset_lies_on_the_only_textured_place():
    image = np.full((60, 80), 0.5)
    image[31:41, 12:22] += np.random.default_rng(0).uniform(-0.3, 0.3, (10, 10))
    row, column = choice.textured_place(image, 12)
    assert abs(row - 30) <= 1 and abs(column - 11) <= 1


@pytest.mark.parametrize("corner", [(0, 0), (0, 70), (50, 0), (50, 70)])
def test_the_inset_stays_inside_at_every_corner(corner):
    image = np.full((60, 80), 0.5)
    image[corner[0] : corner[0] + 10, corner[1] : corner[1] + 10] = np.random.default_rng(1).random((10, 10))
    row, column = choice.textured_place(image, 12)
    assert 0 <= row <= 48 and 0 <= column <= 68


@pytest.mark.parametrize(
    ("available", "length"),
    [(100.0, 100.0), (99.0, 50.0), (23.0, 20.0), (1999.0, 1000.0), (0.7, 0.5), (5.0, 5.0)],
)
def test_scale_bars_have_round_lengths(available, length):
    assert choice.round_length(available) == pytest.approx(length)
