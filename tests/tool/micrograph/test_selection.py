"""Numbers of pages in words, and parts of a page in their place."""

import numpy as np
import pytest
import tifffile
from PIL import Image

from semclear.errors import FileError, SemclearError
from semclear.io.databar import Box
from semclear.io.formats import exif
from semclear.tool.micrograph import selection
from semclear.tool.micrograph.selection import Part, Selection


@pytest.mark.parametrize(
    ("text", "numbers", "written"),
    [
        ("2", [2], "2"),
        ("1,3-5", [1, 3, 4, 5], "1, 3-5"),
        (" 4 - 5 , 1,2", [1, 2, 4, 5], "1-2, 4-5"),
        ("3,3,2-3", [2, 3], "2-3"),
    ],
)
def test_pages_by_their_numbers(tmp_path, text, numbers, written):
    chosen = Selection(selection.ranges_of(text))
    assert chosen.numbers(tmp_path, 5) == numbers
    assert chosen.record == {"pages": written} and selection.text_of(numbers) == written
    assert Selection().numbers(tmp_path, 3) == [1, 2, 3] and Selection().record == {}


@pytest.mark.parametrize("text", ["", ",", "0", "1,", "2-1", "1-2-3", "a", "-3", "1.5", "1;2"])
def test_what_are_no_pages(text):
    with pytest.raises(SemclearError, match="--pages: got"):
        selection.ranges_of(text)


def test_pages_that_a_file_lacks(tmp_path):
    with pytest.raises(FileError, match="got --pages up to 6, expected 1 to 5") as caught:
        Selection(((2, 6),)).numbers(tmp_path / "a.tif", 5)
    assert caught.value.path == tmp_path / "a.tif"


def test_a_part_in_its_place():
    ground, made = np.zeros((20, 30)), np.arange(1, 13 * 15 + 1.0).reshape(13, 15)
    part = Part(Box(4, 3, 15, 13), Box(6, 5, 4, 2))
    got = part.placed(made, ground)
    np.testing.assert_array_equal(got[5:7, 6:10], made[2:4, 2:6])
    assert np.count_nonzero(got) == 8 and not ground.any()
    masked = Part(part.seen, part.written, np.array([[1, 0, 0, 1], [0, 1, 0, 0]], bool))
    assert np.count_nonzero(masked.placed(made, ground)) == 3
    np.testing.assert_array_equal(
        masked.alone.placed(made, np.zeros((13, 15))), masked.placed(made, ground)[3:16, 4:19]
    )
    assert selection.record_of_page(masked) == {
        "restored": {"x": 6, "y": 5, "width": 4, "height": 2, "pixels": 3},
        "seen": {"x": 4, "y": 3, "width": 15, "height": 13},
    }
    whole = Part(Box(0, 0, 30, 20), Box(0, 0, 30, 20))
    assert whole.placed(ground, np.ones((20, 30))) is ground and selection.record_of_page(whole) == {}


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_mask_is_meant_the_way_it_is_shown(tmp_path, orientation):
    wanted = np.zeros((20, 30), bool)
    wanted[2:5, 4:11] = True
    stored = np.uint8(255 * exif.stored(wanted, orientation))
    said = Image.Exif()
    said[exif.ORIENTATION] = orientation
    Image.fromarray(stored).save(tmp_path / "gray.png", exif=said)
    Image.fromarray(np.dstack([stored, stored, stored, stored])).save(tmp_path / "rgba.png", exif=said)
    tifffile.imwrite(tmp_path / "m.tif", stored, extratags=[(exif.ORIENTATION, "H", 1, orientation, True)])
    for name in ("gray.png", "rgba.png", "m.tif"):
        (mask,) = Selection(mask=tmp_path / name)._masks
        np.testing.assert_array_equal(mask, wanted, err_msg=name)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_a_mask_with_nan_says_nothing(tmp_path, dtype):
    mask = np.full((20, 30), np.nan, dtype)
    mask[2:5, 4:11] = 1
    tifffile.imwrite(tmp_path / "m.tif", mask)
    with pytest.raises(FileError, match="got NaN in 579 places, expected a mask of numbers; put 0"):
        Selection(mask=tmp_path / "m.tif")
