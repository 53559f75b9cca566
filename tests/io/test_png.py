"""PNG files: right levels, the same bytes, whole or not at all."""

import numpy as np
import pytest
from PIL import Image

from semclear.errors import SemclearError
from semclear.io.png import to_uint8, write_png, write_png_integers


def test_levels_are_rounded_and_clipped(tmp_path):
    image = np.array([[-1.0, 0.0, 0.4 / 255], [0.5 / 255, 1.0, 7.0], [0.5, 254.4 / 255, 254.6 / 255]])
    write_png(tmp_path / "a.png", image)
    with Image.open(tmp_path / "a.png") as stored:
        assert stored.mode == "L"
        assert np.asarray(stored).tolist() == [[0, 0, 0], [1, 255, 255], [128, 254, 255]]


def test_every_stored_level_comes_back():
    levels = np.arange(256, dtype=np.uint8).reshape(16, 16)
    assert np.array_equal(to_uint8(levels.astype(np.float32) / np.float32(255)), levels)


def test_the_same_image_gives_the_same_bytes(tmp_path):
    image = np.random.default_rng(3).random((41, 57))
    write_png(tmp_path / "a.png", image)
    write_png(tmp_path / "deep" / "b.png", image.copy(order="F"))
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "deep" / "b.png").read_bytes()


def test_sixteen_bit_labels_survive(tmp_path):
    labels = np.arange(600, dtype=np.uint16).reshape(20, 30) * 109
    write_png_integers(tmp_path / "labels.png", labels)
    with Image.open(tmp_path / "labels.png") as stored:
        assert np.array_equal(np.asarray(stored), labels)


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (np.array([[0.0, np.nan]]), "NaN or infinite"),
        (np.array([[0.0, np.inf]]), "NaN or infinite"),
        (np.zeros((2, 2, 3)), r"shape \(2, 2, 3\)"),
        (np.zeros((0, 4)), r"shape \(0, 4\)"),
    ],
)
def test_what_is_no_image_is_not_written(tmp_path, image, message):
    with pytest.raises(SemclearError, match=message):
        write_png(tmp_path / "a.png", image)
    assert list(tmp_path.iterdir()) == []


def test_floats_are_no_labels(tmp_path):
    with pytest.raises(SemclearError, match="expected uint8 or uint16"):
        write_png_integers(tmp_path / "a.png", np.zeros((2, 2)))


def test_a_folder_that_cannot_be_made_is_said_in_one_line(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(SemclearError, match="cannot be written") as caught:
        write_png(tmp_path / "file" / "a.png", np.eye(4))
    assert "\n" not in str(caught.value)
