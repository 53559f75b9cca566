"""The arithmetic of `benchmarks.trust.invention` on small numbers."""

import numpy as np
import pytest

from benchmarks.trust import invention_table as table
from benchmarks.trust.invention import COLUMNS, KEYS, SETS


def test_the_area_is_the_share_of_pairs_in_order():
    rng = np.random.default_rng(0)
    positive, negative = 10 ** rng.uniform(-2, 0, 40), 10 ** rng.uniform(-3, -1, 60)
    pairs = positive[:, None] - negative[None, :]
    expected = np.mean((pairs > 0) + 0.5 * (pairs == 0))
    assert table.area(table.histogram(positive), table.histogram(negative)) == pytest.approx(
        expected, abs=0.02
    )
    apart = table.histogram([0.5, 0.9]), table.histogram([0.001, 0.01])
    assert table.area(*apart) == 1.0 and table.area(*reversed(apart)) == 0.0
    assert table.area(*apart, least=3) is None


def test_counts_are_kept_as_text():
    counts = table.histogram([0.0, 0.02, 0.02, 5.0])
    np.testing.assert_array_equal(table.counts_of(table.text(counts)), counts)


def row(**values):
    cells = dict.fromkeys(COLUMNS, "") | {"set": "drawn", "seed": "1", "commit": "c", "machine": "m"}
    return cells | {name: str(value) for name, value in values.items()}


def rows():
    common = {
        "veiled": 0,
        "flag": 0,
        "recommended": 1,
        "psnr_input": 20,
        "psnr_restored": 25,
        "ssim_input": 0.5,
    }
    return [
        row(**common, ssim_restored=0.7, expected_gain=0.2, with_map="0 0 3", without_map="0 5"),
        row(**common | {"psnr_restored": 19}, ssim_restored=0.6, expected_gain=0.1),
        row(**common | {"psnr_restored": 19, "veiled": 1}, ssim_restored=0.55, expected_gain=0.05),
        row(**common | {"flag": 1}, ssim_restored=0.4, expected_gain=-0.1),
    ]


def test_below_its_input_and_recommended():
    assert table.worse(rows()).tolist() == [False, True, False, True]
    assert table.liked(rows()).tolist() == [True, True, True, False]
    assert table.rank_correlation([3, 2, 1, 0], table.gains(rows())) == pytest.approx(1.0)


def test_objects_are_pooled_and_taken_picture_by_picture():
    counts = {"true": 10, "segments": 8, "invented": 2, "found": 6, "difference": 1.2, "diameter": 60}
    more = {"true": 2, "segments": 2, "invented": 2, "found": 0, "difference": 0, "diameter": 0}
    own = [
        row(**{f"{v}_{k}": n for v in ("input", "restored", "conservative", "clear") for k, n in one.items()})
        for one in (counts, more)
    ]
    assert table.objects(own)[1] == ["restored", "2", "10", "40.0", "62.5", "50.0", "+2.0"]
    assert table.objects(rows()) == []


def test_every_set_and_group_has_its_line():
    blocks = table.blocks(rows(), SETS)
    assert [line[0] for line in blocks[0].rows] == ["drawn", "all drawn", "all"]
    assert blocks[3].rows[0] == ["drawn", "4", "1.00", "2", "3", "1", "1"]
    assert set(KEYS) <= set(COLUMNS) and "Seed 1" in table.note(rows())
