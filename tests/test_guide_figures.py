"""The script that makes the guide's pictures: its cases, its verdicts and its files, without a model."""

from pathlib import Path

import cv2
import guide_figures
import numpy as np
import pytest
import yaml
from scipy import ndimage

from semclear.tool.verdict import wording

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def made():
    return guide_figures.cases(yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8")))


def test_one_case_is_in_the_family_and_two_are_not(made):
    family, charging, fine = made
    np.testing.assert_array_equal(family.truth, charging.truth)
    for case in made:
        assert case.degraded.shape == case.truth.shape == (256, 256)
        assert case.degraded.min() >= 0 and case.degraded.max() <= 1
        # A veil of at most 0.6 mean transmission takes contrast away.
        assert case.degraded.std() < 0.8 * case.truth.std()
    # Charging trails along rows: more of the change from row to row is common to whole rows.
    rows = [np.diff(case.degraded.mean(axis=1)).std() for case in (family, charging)]
    assert rows[1] > 2 * rows[0]
    # A Gaussian of 2 pixels lets exp(-2 (pi sigma / period)^2) = 2e-4 of the lines through.
    disc = np.s_[108:148, 108:148]
    blurred = ndimage.gaussian_filter(fine.truth.astype(np.float64), 2.0)
    assert fine.truth[disc].std() > 0.15 and blurred[disc].std() < 0.002


def account(flag):
    return {"model": {"name": "tiny"}, "pages": [{"flag": flag}]}


def test_verdicts_are_those_of_the_account():
    assert guide_figures.verdict(account(None)) == wording.UNJUDGED
    assert f"{wording.UNLIKE}, p = 0.02" in guide_figures.verdict(account({"raised": True, "p": 0.0204}))
    assert f"{wording.LIKE}, p = 0.67" in guide_figures.verdict(account({"raised": False, "p": 0.673}))


def test_the_picture_is_small_and_holds_what_it_says(made, tmp_path):
    flat = np.full((256, 256), 0.5, np.float32)
    case = guide_figures.Case("a", "flat", flat, np.zeros_like(flat), 4.0)
    quarter = np.full_like(flat, 0.25)
    one = guide_figures.Restored(case, np.ones_like(flat), quarter, account(None))
    guide_figures.draw_rows(tmp_path / "flat.png", [one])
    got = cv2.imread(str(tmp_path / "flat.png"), cv2.IMREAD_GRAYSCALE)
    height, width = got.shape
    greys = [int(got[int(0.7 * height), int((place + 0.5) * width / 5)]) for place in range(5)]
    # As it came: black; a quarter; restored: white; error of half the range: 127 of 128 levels; truth: middle grey.
    assert greys == pytest.approx([0, 64, 255, 254, 128], abs=3)
    real = [guide_figures.Restored(c, c.degraded, c.truth, account(None)) for c in made[1:]]
    guide_figures.draw_rows(tmp_path / "real.png", real)
    assert (tmp_path / "real.png").stat().st_size < 300_000
