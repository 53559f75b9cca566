"""What black and white are, by hand."""

import numpy as np
import pytest

from semclear.io import intensity


@pytest.mark.parametrize(
    ("ends", "dtype", "wanted"),
    [
        ((3, 200), "uint8", (0, 255)),
        ((0, 4095), "uint16", (0, 4095)),
        ((0, 4095), ">u2", (0, 4095)),
        ((0, 4096), "uint16", (0, 65535)),
        ((0, 100), "int8", (0, 127)),
        ((-1, 100), "int16", (-32768, 32767)),
        ((0.25, 0.5), "float32", (0.25, 0.5)),
        ((-3.0, 1e6), "float64", (-3.0, 1e6)),
    ],
)
def test_ranges_by_hand(ends, dtype, wanted):
    assert intensity.range_of(*ends, np.dtype(dtype)) == wanted


@pytest.mark.parametrize(
    ("ends", "wanted"), [((0.2, 0.9), (0, 1)), ((0, 1.01), (0, 1.01)), ((-0.1, 1), (-0.1, 1))]
)
def test_floats_of_the_unit_range_on_demand(ends, wanted):
    assert intensity.range_of(*ends, np.dtype("float32"), unit_floats=True) == wanted


def test_ends_of_several_pictures_and_of_holes():
    pictures = [np.array([[3, 5]], np.uint8), np.array([[1, 4]], np.uint8)]
    assert intensity.ends_of(pictures) == (1, 5)
    for order in (1, -1):
        holes = [np.array([[1.0, np.nan]]), np.array([[2.0, 3.0]])][::order]
        assert np.isnan(intensity.ends_of(holes)).all()
