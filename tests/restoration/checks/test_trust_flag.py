"""The trust flag: members are seldom flagged, strangers are."""

import numpy as np
import pytest

from semclear.errors import SemclearError
from semclear.restoration.checks.trust_flag import Family


def rows(rng, count, sigma=(1.5, 3.0)):
    return [
        {
            "read_sigma": rng.uniform(*sigma),
            "redegradation_ratio": np.exp(0.2 * rng.standard_normal()),
            "residual_rows": np.exp(0.5 * rng.standard_t(4)),
            "not_looked_at": rng.random() * 1e9,
        }
        for _ in range(count)
    ]


def test_members_are_flagged_at_the_level():
    """Expected rate: the largest k / (n + 1) at most the level, here 1 / 37."""
    rng = np.random.default_rng(1)
    rates = [
        np.mean([family.judge(row).flag for row in rows(rng, 50)])
        for family in (Family(rows(rng, 36), 0.05) for _ in range(60))
    ]
    assert np.mean(rates) == pytest.approx(1 / 37, abs=0.012)


def test_a_stranger_is_flagged_and_told_why():
    rng = np.random.default_rng(2)
    family = Family(rows(rng, 36), 0.05)
    for sigma in (0.1, 9.0):
        verdict = family.judge({"read_sigma": sigma, "redegradation_ratio": 1.0, "residual_rows": 1.0})
        assert verdict.flag and verdict.check == "read_sigma" and verdict.p == pytest.approx(1 / 37)
    usual = family.judge({"read_sigma": 2.2, "redegradation_ratio": 1.0, "residual_rows": 1.0})
    assert not usual.flag and usual.p == 1 and usual.check == ""


def test_a_missing_check_is_outside():
    family = Family(rows(np.random.default_rng(3), 36), 0.05)
    for missing in ({}, {"read_sigma": np.nan}):
        assert family.judge({"redegradation_ratio": 1.0, "residual_rows": 1.0} | missing).flag


def test_a_small_family_cannot_flag():
    rng = np.random.default_rng(4)
    small = Family(rows(rng, 12), 0.05)
    assert not small.enough and not small.judge(rows(rng, 1, (90.0, 91.0))[0]).flag
    assert Family(rows(rng, 19), 0.05).enough


def test_limits_are_on_the_checks_own_scale():
    family = Family(rows(np.random.default_rng(5), 400), 0.05)
    low, high = family.limits()["read_sigma"]
    assert (low, high) == (pytest.approx(1.575, abs=0.06), pytest.approx(2.925, abs=0.06))
    low, high = family.limits()["redegradation_ratio"]
    assert np.log(high / low) == pytest.approx(2 * 1.645 * 0.2, rel=0.15)
    assert "not_looked_at" not in family.limits()


def test_a_family_is_made_again_of_its_columns():
    rng = np.random.default_rng(8)
    family = Family(rows(rng, 30), 0.05)
    again = Family.of_columns(family.columns(), 0.05)
    np.testing.assert_array_equal(again.members, family.members)
    np.testing.assert_array_equal(again.scores, family.scores)
    assert all(again.judge(row) == family.judge(row) for row in rows(rng, 10, (0.5, 4.0)))
    with pytest.raises(SemclearError, match="same ones"):
        Family.of_columns(family.columns() | {"read_sigma": [1.0]}, 0.05)
    with pytest.raises(SemclearError, match="calibrate on more"):
        Family.of_columns({}, 0.05)


@pytest.mark.parametrize("given", [[], rows(np.random.default_rng(7), 2), [{"x": 1.0}] * 5])
def test_too_little_to_calibrate_on(given):
    with pytest.raises(SemclearError, match="calibrate on more"):
        Family(given, 0.05)


def test_without_a_degrader_the_other_checks_judge():
    rng = np.random.default_rng(6)
    both = [row | {"input_noise": np.exp(0.1 * rng.standard_normal())} for row in rows(rng, 36)]
    family = Family(both, 0.05).without_degrader()
    alone = Family([{"input_noise": row["input_noise"]} for row in both], 0.05)
    assert family.names == ["input_noise"] and family.level == 0.05
    np.testing.assert_array_equal(family.scores, alone.scores)
    assert family.judge({"input_noise": 9.0}) == alone.judge({"input_noise": 9.0})
    assert family.judge({"input_noise": 9.0}).flag and not family.judge({"input_noise": 1.0}).flag
    assert Family(rows(rng, 36), 0.05).without_degrader() is None
