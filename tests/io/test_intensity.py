"""What black and white are, by hand."""

import numpy as np
import pytest

from semclear.io import intensity
from semclear.io.intensity import Levels


@pytest.mark.parametrize(
    ("ends", "dtype", "wanted"),
    [
        ((3, 200), "uint8", (0, 255)),
        ((0, 4095), "uint16", (0, 4095)),
        ((0, 4095), ">u2", (0, 4095)),
        ((0, 4096, 1, True), "uint16", (0, 4095)),
        ((0, 4096, 2, False), "uint16", (0, 65535)),
        ((0, 100), "int8", (0, 127)),
        ((-1, 100), "int16", (-32768, 32767)),
        ((0.25, 0.5), "float32", (0.25, 0.5)),
        ((-3.0, 1e6), "float64", (-3.0, 1e6)),
    ],
)
def test_ranges_by_hand(ends, dtype, wanted):
    assert intensity.range_of(Levels(*ends), np.dtype(dtype)) == wanted


@pytest.mark.parametrize(
    ("ends", "wanted"), [((0.2, 0.9), (0, 1)), ((0, 1.01), (0, 1.01)), ((-0.1, 1), (-0.1, 1))]
)
def test_floats_of_the_unit_range_on_demand(ends, wanted):
    assert intensity.range_of(Levels(*ends), np.dtype("float32"), unit_floats=True) == wanted


def test_levels_of_several_pictures_and_of_holes():
    pictures = [np.array([[3, 5]], np.uint8), np.array([[1, 4]], np.uint8)]
    assert intensity.levels_of(pictures) == Levels(1, 5)
    for order in (1, -1):
        holes = [np.array([[1.0, np.nan]]), np.array([[2.0, 3.0]])][::order]
        levels = intensity.levels_of(holes)
        assert np.isnan([levels.lowest, levels.highest]).all()


def with_stray(count, size=(200, 300)):
    """Return a picture of 12 bits, of whose pixels so many are white in 16 bits."""
    picture = np.random.default_rng(0).integers(0, 4096, size, dtype=np.uint16)
    picture.flat[:count] = 65535
    return picture


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(
    ("count", "size", "twelve"),
    [
        (0, (200, 300), True),
        (6, (200, 300), True),
        (7, (200, 300), False),
        (1, (8, 8), True),
        (2, (8, 8), False),
    ],
)
def test_a_share_of_the_pixels_decides_about_twelve_bits(count, size, twelve, order):
    picture = with_stray(count, size).astype(f"{order}u2")
    levels = intensity.levels_of([picture])
    assert levels.beyond == count and intensity.is_twelve_bit(levels, picture.dtype) == twelve
    assert intensity.full_scale(levels, picture.dtype) == (4095 if twelve else 65535)


def test_every_picture_of_a_stack_must_be_of_twelve_bits():
    dark = [with_stray(0) for _ in range(99)]
    levels = intensity.levels_of([*dark, with_stray(100)])  # fewer than 1 in 10,000 of all
    assert levels.beyond == 100 and not intensity.is_twelve_bit(levels, np.dtype("uint16"))


def test_remarks_count_what_lies_beyond():
    assert "values up to 4000 only" in intensity.stray_remark(Levels(0, 4000))
    assert "with 1 pixel above 4095" in intensity.stray_remark(Levels(0, 65535, 1))
    assert "with 7 pixels above 4095" in intensity.stray_remark(Levels(0, 65535, 7))
