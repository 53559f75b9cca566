"""Where tiles lie: every pixel is covered, with its margins, whichever way the micrograph is turned."""

from itertools import pairwise

import numpy as np
import pytest

from semclear.restoration.tiled import windows

RNG = np.random.default_rng(5)


@pytest.mark.parametrize("length", [1, 5, 64, 67])
def test_continuation_is_numpys(length):
    line = np.arange(length)
    padded = np.pad(line, (0, 40), mode="symmetric")
    np.testing.assert_array_equal(line[windows.reflected(0, length + 40, length)], padded)


@pytest.mark.parametrize(("multiple", "reach"), [(4, 17), (8, 45), (32, 213), (32, 12)])
def test_windows_hold_the_margins_of_what_they_serve(multiple, reach):
    for _ in range(200):
        length = int(RNG.integers(1, 12 * windows.least_side(multiple, reach)))
        side = windows.least_side(multiple, reach) + multiple * int(RNG.integers(0, 20))
        whole = windows.padded(length, multiple)
        stretches = list(windows.cores(0, length, length, multiple, reach, side))
        assert [first for first, _ in stretches] == [0, *(last for _, last in stretches[:-1])]
        assert stretches[-1][1] == length
        side = min(side, whole)
        for first, last in stretches:
            for begin, end in ((first, last), (length - last, length - first)):
                start = windows.start_of(begin, length, multiple, reach, side)
                assert start % multiple == 0 and start >= 0 and start + side <= whole
                assert start == 0 or start <= begin - reach
                # What lies beyond the continued end is zero for the whole, too.
                assert start + side == whole or start + side >= end + reach


@pytest.mark.parametrize("parts", [2, 3])
def test_what_is_cut_again_is_covered_again(parts):
    length, multiple, reach = 1000, 4, 17
    side = windows.least_side(multiple, reach)
    for first, last in windows.cores(0, length, length, multiple, reach, parts * side):
        again = list(windows.cores(first, last, length, multiple, reach, side))
        assert (again[0][0], again[-1][1]) == (first, last) and len(again) > 1
        for begin, end in again:  # and what fits is left alone
            assert list(windows.cores(begin, end, length, multiple, reach, side)) == [(begin, end)]


def test_blended_tiles_cover_with_their_overlap():
    for _ in range(300):
        multiple = int(RNG.choice([4, 32]))
        side = multiple * int(RNG.integers(2, 30))
        overlap = windows.padded(side // 4, multiple)
        length = int(RNG.integers(1, 10 * side))
        starts = windows.spread(length, multiple, overlap, side)
        assert all(start % multiple == 0 for start in starts)
        assert starts[0] == 0 and starts[-1] + side >= length > starts[-1]
        assert all(after - before <= side - overlap for before, after in pairwise(starts))
        weights = windows.weights_of(starts, side, overlap, length)
        total = np.zeros(length)
        for start, values in zip(starts, weights, strict=True):
            assert values.min() > 0
            total[start : start + values.size] += values
        np.testing.assert_allclose(total, 1, atol=1e-6)


def test_weights_are_smooth():
    starts = windows.spread(1000, 32, 64, 256)
    for start, values in zip(starts, windows.weights_of(starts, 256, 64, 1000), strict=True):
        assert np.abs(np.diff(values)).max() < np.pi / 2 / 64 * 1.05  # the slope of a raised cosine
        if start > 0:
            assert values[0] < 1e-3
