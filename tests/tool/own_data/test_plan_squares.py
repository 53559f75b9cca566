"""The side of training squares: the scale's own where it can be, else the largest that serves."""

from pathlib import Path

import pytest

from semclear.datasets.survey import Original
from semclear.io.databar import Box
from semclear.tool.own_data.plan import choose, count, family_needed


def micrograph(name, width, height):
    return Original(
        Path(name), name, "", name, (height, width), Box(0, 0, width, height), None, "uint8", None
    )


def chosen(sizes, side=256, crop=128, test=1, level=0.05):
    degraded = [micrograph(f"d{n}", *size) for n, size in enumerate(sizes)]
    split = {item.source: "test" if n < test else "degraded" for n, item in enumerate(degraded)}
    return choose([micrograph("c", 600, 600)], degraded, split, side=side, crop=crop, level=level)


@pytest.mark.parametrize(("level", "needed"), [(0.05, 19), (0.1, 9), (0.3, 3), (0.04, 24)])
def test_the_family_is_as_large_as_the_flag_needs(level, needed):
    assert family_needed(level) == needed
    assert 1 / (needed + 1) <= level + 1e-12 < 1 / needed


def test_squares_are_counted_without_overlap():
    assert count([micrograph("a", 512, 300), micrograph("b", 256, 511)], 256) == 2 + 1


def test_the_scales_own_side_is_kept_where_there_is_enough():
    made = chosen([(1024, 768)] * 3)
    assert (made.side, made.clear, made.degraded) == (256, 4, 24) and "own" in made.reason


def test_small_micrographs_set_the_side():
    made = chosen([(1000, 1000)] * 3 + [(200, 900)])
    assert made.side == 200 and "smallest micrograph" in made.reason


def test_few_micrographs_are_cut_smaller_for_the_flag():
    made = chosen([(512, 512)] * 3)  # 8 squares of 256, 8 of 224 and 192, 18 of 160, 32 of 128
    assert (made.side, made.degraded) == (128, 32) and "trust flag" in made.reason


def test_where_nothing_is_enough_there_are_as_many_as_can_be():
    made = chosen([(300, 300)] * 2)
    assert (made.side, made.degraded) == (128, 4)
