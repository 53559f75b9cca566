"""Texts of every encoding are told apart, with a mark and without."""

import codecs

import cv2
import numpy as np
import pytest

from semclear.io.metadata.texts import text_in
from semclear.io.read import read

JEOL = "$CM_TITLE シリカ\r\n$SM_MICRON_BAR 100\r\n$SM_MICRON_MARKER 1\u00b5m\r\n"
MARKS = {
    "utf-16-le": codecs.BOM_UTF16_LE,
    "utf-16-be": codecs.BOM_UTF16_BE,
    "utf-32-le": codecs.BOM_UTF32_LE,
    "utf-32-be": codecs.BOM_UTF32_BE,
    "utf-8": codecs.BOM_UTF8,
}


@pytest.mark.parametrize("text", [JEOL, "a=1\n", "Size=\U0001f52c 5 nm, of the sample\n"])
@pytest.mark.parametrize("encoding", MARKS)
def test_unicode_with_and_without_mark(encoding, text):
    assert text_in(text.encode(encoding)) == text
    marked = text_in(MARKS[encoding] + text.encode(encoding))
    assert marked.removeprefix("\ufeff") == text


@pytest.mark.parametrize("encoding", MARKS)
def test_a_side_car_without_mark_gives_the_pixel_size(tmp_path, encoding):
    cv2.imwrite(str(tmp_path / "a.png"), np.random.default_rng(2).integers(0, 256, (48, 64), dtype=np.uint8))
    (tmp_path / "a.txt").write_bytes(JEOL.encode(encoding))
    assert read(tmp_path / "a.png").pixel_size_nm == pytest.approx(10)


def test_other_bytes_are_no_unicode_of_four():
    assert text_in(b"") == "" and text_in(b"abc") == "abc" and text_in(b"5 \xb5m") == "5 \u00b5m"
    assert text_in("a=1\n".encode("utf-32-le") + b"\0") == "a=1\n\ufffd"
