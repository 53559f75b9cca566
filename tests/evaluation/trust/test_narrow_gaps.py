"""Gaps of known width between drawn objects."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from semclear.errors import SemclearError
from semclear.evaluation.trust import narrow_gaps

ROWS, COLUMNS = np.indices((64, 120))


def bars(*widths, thick=14):
    """Return labels of upright bars with gaps of these widths between them."""
    labels, start = np.zeros((64, 120), np.uint16), 4
    for label, width in enumerate((*widths, 0), start=1):
        labels[8:56, start : start + thick] = label
        start += thick + width
    return labels


def scene(labels, veil=0.0):
    return gaussian_filter(0.15 + 0.6 * (labels > 0), 0.6) * (1 - veil) + 0.7 * veil


def test_widths_are_those_drawn():
    found = narrow_gaps.find(bars(1, 3, 7, 12))
    assert sorted(found.width) == [1, 3, 7, 12]
    for (first, second), width in zip(found.ends, found.width, strict=True):
        assert first[0] == second[0] and abs(first[1] - second[1]) == width + 1


def test_oblique_gaps_are_measured_along_the_shortest_line():
    labels = np.zeros((64, 120), int)
    labels[np.hypot(ROWS - 20, COLUMNS - 30) <= 12] = 1
    labels[np.hypot(ROWS - 41, COLUMNS - 58) <= 15] = 9
    (width,) = narrow_gaps.find(labels).width
    assert width == pytest.approx(np.hypot(21, 28) - 12 - 15 - 1, abs=1.0)


def test_what_touches_is_too_wide_too_thin_or_blocked_is_no_gap():
    assert not len(narrow_gaps.find(bars(0)).width)
    assert not len(narrow_gaps.find(bars(13)).width)
    assert not len(narrow_gaps.find(bars(5, thick=3)).width)
    assert not len(narrow_gaps.find(np.ones((20, 20), int)).width) and not len(
        narrow_gaps.find(np.zeros((20, 20), int)).width
    )
    blocked = bars(9)
    blocked[8:56, 20:25] = 7
    assert sorted(narrow_gaps.find(blocked).width) == [2, 2]


def test_the_clear_scene_shows_all_and_a_filled_gap_none():
    labels = bars(2, 4, 6)
    found = narrow_gaps.dark(labels, scene(labels))
    assert sorted(found.width) == [2, 4, 6]
    assert narrow_gaps.measure(scene(labels), found) == {
        "gaps_2": 1.0,
        "gaps_seen_2": 1.0,
        "gaps_3_4": 1.0,
        "gaps_seen_3_4": 1.0,
        "gaps_5_7": 1.0,
        "gaps_seen_5_7": 1.0,
    }
    filled = scene(
        np.where((labels == 0) & (COLUMNS > 16) & (COLUMNS < 21) & (ROWS > 7) & (ROWS < 56), 1, labels)
    )
    values = narrow_gaps.measure(filled, found)
    assert values["gaps_seen_2"] == 0 and values["gaps_seen_3_4"] == 1


def test_a_bright_gap_is_not_asked_for():
    labels = bars(4, 4)
    assert not len(narrow_gaps.dark(labels, 1 - scene(labels)).width)


def test_blur_closes_narrow_gaps_first():
    labels = bars(2, 4, 7, 12)
    found = narrow_gaps.find(labels)
    order = np.argsort(found.width)
    depth = narrow_gaps.dips(gaussian_filter(scene(labels), 2.5), found)[order]
    assert (np.diff(depth) > 0).all()
    assert depth[0] < narrow_gaps.DIP < depth[2]


def test_gain_offset_and_a_veil_change_nothing():
    labels = bars(2, 5)
    found, image = narrow_gaps.find(labels), scene(labels)
    assert narrow_gaps.dips(scene(labels, veil=0.7), found) == pytest.approx(
        narrow_gaps.dips(image, found), abs=1e-9
    )


def test_the_dip_by_hand():
    # One grey for objects, one for the gap, wide enough that no sample mixes them; the window holds both greys.
    labels = bars(8)
    image = np.where(labels > 0, 0.8, 0.3)
    assert narrow_gaps.dips(image, narrow_gaps.find(labels)) == pytest.approx(1.0)
    image = np.where(labels == 1, 0.6, image)
    assert narrow_gaps.dips(image, narrow_gaps.find(labels)) == pytest.approx((0.6 - 0.3) / (0.8 - 0.3))


def test_noise_alone_seldom_shows_a_gap():
    labels = bars(1, 2, 3, 5, 8)
    found = narrow_gaps.find(labels)
    rng = np.random.default_rng(0)
    shares = [
        np.mean(narrow_gaps.dips(rng.normal(size=labels.shape), found) >= narrow_gaps.DIP) for _ in range(200)
    ]
    assert np.mean(shares) < 0.1


def test_another_image_is_refused():
    with pytest.raises(SemclearError, match="does not hold all gaps"):
        narrow_gaps.dips(np.zeros((10, 10)), narrow_gaps.find(bars(3)))
    assert not len(narrow_gaps.dips(np.zeros((10, 10)), narrow_gaps.find(np.zeros((5, 5), int))))
