"""What black and white are, by hand."""

import numpy as np
import pytest

from semclear.io import intensity
from semclear.io.intensity import Counted, Levels


def ends(lowest, highest):
    """Return the levels of pictures without strays."""
    return Levels(lowest, highest, lowest, highest)


@pytest.mark.parametrize(
    ("levels", "dtype", "wanted"),
    [
        (ends(3, 200), "uint8", (0, 255)),
        (ends(0, 255), "uint16", (0, 255)),
        (ends(0, 256), "uint16", (0, 1023)),
        (ends(0, 1023), "int16", (0, 1023)),
        (ends(0, 4095), "uint16", (0, 4095)),
        (ends(0, 4095), ">u2", (0, 4095)),
        (ends(0, 4095), "int16", (0, 4095)),
        (ends(0, 16000), "int16", (0, 16383)),
        (ends(0, 16384), "int16", (0, 32767)),
        (ends(0, 16384), ">u2", (0, 65535)),
        (Levels(0, 65535, 1, 4095), "uint16", (0, 4095)),
        (Levels(-7, 32767, 0, 4095), "int16", (0, 4095)),
        (ends(0, 100), "int8", (0, 127)),
        (ends(-1, 100), "int8", (-128, 127)),
        (ends(-1, 100), "int16", (-128, 127)),
        (ends(-129, 4000), "int16", (-256, 4095)),
        (ends(-2048, 2047), ">i2", (-2048, 2047)),
        (ends(-32768, 32767), "int16", (-32768, 32767)),
        (ends(-32768, -30000), "int16", (-32768, 127)),
        (ends(0.25, 0.5), "float32", (0.25, 0.5)),
        (ends(-3.0, 1e6), "float64", (-3.0, 1e6)),
        (Levels(0.0, 1e6, 0.0, 1.0), "float32", (0, 1)),
        (Levels(0.0, 3.0, 0.0, 1.0), "float32", (0, 3)),
    ],
)
def test_ranges_by_hand(levels, dtype, wanted):
    assert intensity.range_of(levels, np.dtype(dtype)) == wanted


@pytest.mark.parametrize(
    ("lowest", "highest", "wanted"), [(0.2, 0.9, (0, 1)), (0, 1.01, (0, 1.01)), (-0.1, 1, (-0.1, 1))]
)
def test_floats_of_the_unit_range_on_demand(lowest, highest, wanted):
    assert intensity.range_of(ends(lowest, highest), np.dtype("float32"), unit_floats=True) == wanted


def test_levels_of_several_pictures_and_of_holes():
    pictures = [np.array([[3, 5]], np.uint8), np.array([[1, 4]], np.uint8)]
    assert intensity.levels_of(pictures) == ends(1, 5)
    for order in (1, -1):
        holes = [np.array([[1.0, np.nan]]), np.array([[2.0, 3.0]])][::order]
        levels = intensity.levels_of(holes)
        assert np.isnan([levels.lowest, levels.highest]).all()


def with_stray(count, size=(200, 300), bits=12):
    """Return a picture of so many bits, of whose pixels some are white in 16 bits."""
    picture = np.random.default_rng(0).integers(0, 2**bits, size, dtype=np.uint16)
    picture.flat[:count] = 65535
    return picture


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("bits", [8, 10, 12, 14])
@pytest.mark.parametrize(
    ("count", "size", "few"),
    [
        (0, (200, 300), True),
        (6, (200, 300), True),
        (7, (200, 300), False),
        (1, (8, 8), True),
        (2, (8, 8), False),
    ],
)
def test_a_share_of_the_pixels_decides_about_the_bits(count, size, few, bits, order):
    picture = with_stray(count, size, bits).astype(f"{order}u2")
    levels = intensity.levels_of([picture])
    bounds = intensity.range_of(levels, picture.dtype)
    assert bounds == (0, 2**bits - 1 if few else 65535)
    assert intensity.strays([picture], bounds) == (count if few else 0)


def test_every_picture_of_a_stack_must_be_of_few_bits():
    dark = [with_stray(0) for _ in range(99)]
    levels = intensity.levels_of([*dark, with_stray(100)])  # fewer than 1 in 10,000 of all
    assert intensity.full_scale(levels, np.dtype("uint16")) == 65535


@pytest.mark.parametrize(
    ("levels", "dtype", "bounds", "beyond", "said"),
    [
        (ends(0, 65535), "uint16", (0, 65535), 0, None),
        (ends(0, 255), "uint8", (0, 255), 0, None),
        (ends(-9, 99), "int8", (-128, 127), 0, None),
        (
            ends(0, 900),
            "uint16",
            (0, 1023),
            0,
            "values up to 900 only (10-bit detector): 0 to 1023 became 0 to 1",
        ),
        (ends(0, 9), "int16", (0, 255), 0, "(8-bit numbers): 0 to 255 became"),
        (Levels(0, 65535, 0, 99), "uint16", (0, 4095), 1, "with only 1 pixel outside 0 to 4095"),
        (Levels(-3, 65535, 0, 99), "int16", (0, 4095), 7, "with only 7 pixels outside 0 to 4095"),
        (ends(-50, 4000), "int16", (-128, 4095), 0, "values from -50 to 4000: -128 to 4095 became 0 to 1"),
        (Levels(0, 1e6, 0, 1), "float32", (0, 1), 2, "its own range without 2 pixels far off, 0 to 1 became"),
    ],
)
def test_remarks_say_what_was_taken(levels, dtype, bounds, beyond, said):
    text = intensity.remark(levels, np.dtype(dtype), bounds, beyond)
    assert text is None if said is None else said in text


def doubt(picture, bounds):
    """Return the doubt of a picture, which is that of its parts counted one by one."""
    seen = intensity.counted([picture])
    assert (
        sum((intensity.counted([part]) for part in np.array_split(picture, 7)), intensity.counted([])) == seen
    )
    return intensity.doubt(seen, bounds)


def test_pixels_beyond_full_scales_by_hand():
    picture = np.array([[0, 255, 256, 511, 512], [1024, 4095, 4096, 16384, 40000]], np.uint16)
    assert intensity.counted([picture]) == Counted(10, (8, 5, 3, 2), (6, 4, 2, 1))
    assert intensity.counted([picture.astype(np.float32)]) == Counted(10, (0,) * 4, (0,) * 4)


def test_a_range_is_doubted_only_for_few_pixels_far_off():
    assert doubt(with_stray(0), (0, 4095)) is None
    for count, said in ((60, True), (600, True), (1300, False)):  # of 60000: 0.1, 1 and 2.2 %
        assert (doubt(with_stray(count), (0, 65535)) is not None) is said
    hot = with_stray(0)
    hot.flat[:60] = np.linspace(4200, 65535, 60)
    assert "4095" in (doubt(hot, (0, 65535)) or "")
    # Highlights that go on above what most pixels have are the detector's own.
    bright = np.minimum(np.random.default_rng(3).exponential(1000, (200, 300)), 65535).astype(np.uint16)
    assert doubt(bright, (0, 16383)) is None
    assert doubt(hot.astype(np.float32), (0, 65535)) is None
