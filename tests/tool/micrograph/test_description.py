"""The one check of a picture's size, whatever it came from."""

import numpy as np
import pytest

from semclear.errors import SemclearError
from semclear.tool.micrograph.description import check_picture


@pytest.mark.parametrize("shape", [(16, 16), (16, 500)])
def test_sixteen_pixels_are_enough(shape):
    check_picture(np.arange(np.prod(shape)).reshape(shape), "a.tif")


@pytest.mark.parametrize("shape", [(15, 40), (40, 15)])
def test_fewer_are_refused_with_their_number(shape):
    with pytest.raises(
        SemclearError, match=f"a.tif: got {shape[1]} x {shape[0]} pixels .* 16 x 16; crop less"
    ):
        check_picture(np.eye(*shape), "a.tif", "crop less")


def test_one_grey_is_no_picture():
    with pytest.raises(SemclearError, match="one grey value"):
        check_picture(np.full((20, 20), 0.5), "a.tif")
