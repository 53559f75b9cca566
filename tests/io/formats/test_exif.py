"""What stands beside the pixels of JPEG and PNG: copied, or named."""

import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from semclear.io import write
from semclear.io.formats import exif
from semclear.io.read import read

BYTES = np.random.default_rng(1).integers(0, 256, (40, 52), dtype=np.uint8)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("shape", [(3, 5), (5, 3), (3, 5, 3)])
def test_turning_goes_back(shape, orientation):
    array = np.arange(np.prod(shape)).reshape(shape)
    shown = exif.shown(array, orientation)
    assert shown.shape[:2] == (shape[:2] if orientation < 5 else shape[1::-1])
    np.testing.assert_array_equal(exif.stored(shown, orientation), array)


def png_with(path, name, contents):
    Image.fromarray(BYTES).save(path)
    data = path.read_bytes()
    chunk = (
        struct.pack(">I", len(contents)) + name + contents + struct.pack(">I", zlib.crc32(name + contents))
    )
    path.write_bytes(data[:33] + chunk + data[33:])  # behind the header
    return path


def chunk_of(path, name):
    data = path.read_bytes()
    place = data.find(name)
    return None if place < 0 else data[place + 4 :][: struct.unpack_from(">I", data, place - 4)[0]]


@pytest.mark.parametrize("name", [b"sCAL", b"pCAL", b"oFFs", b"veNd", b"veND"])
def test_parts_of_a_png_that_are_not_understood(tmp_path, name):
    contents = b"\x01" + b"4.2e-9\x004.2e-9"
    original = read(png_with(tmp_path / "a.png", name, contents))
    write.write(tmp_path / "b.png", original, [original.pages[0].image])
    if name == b"veND":  # it forbids being copied by whoever does not know it
        assert original.notes == ("private parts of the PNG that are not in the result: veND",)
        assert chunk_of(tmp_path / "b.png", name) is None
    else:
        assert original.notes == () and chunk_of(tmp_path / "b.png", name) == contents
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "b.png")), BYTES)


def test_comment_exif_and_xmp_of_a_jpeg_go_into_the_png(tmp_path):
    tags = Image.Exif()
    tags[271], tags[274] = "Maker", 3
    Image.fromarray(BYTES).save(tmp_path / "a.jpg", comment="HV 5 kV", exif=tags, xmp=b"<x:xmpmeta/>")
    original = read(tmp_path / "a.jpg")
    write.write(tmp_path / "a.png", original, [original.pages[0].image], description={"n": 1})
    with Image.open(tmp_path / "a.png") as image:
        assert image.text["Comment"] == "HV 5 kV" and "semclear" in image.text
        assert image.text["XML:com.adobe.xmp"] == "<x:xmpmeta/>"
        assert (image.getexif()[271], image.getexif()[274]) == ("Maker", 3)
    assert original.notes == ()


def test_other_parts_of_a_jpeg_are_named(tmp_path):
    Image.fromarray(BYTES).save(tmp_path / "a.jpg")
    data = (tmp_path / "a.jpg").read_bytes()
    part = b"VENDOR\0" + bytes(9)
    (tmp_path / "a.jpg").write_bytes(
        data[:2] + b"\xff\xec" + struct.pack(">H", len(part) + 2) + part + data[2:]
    )
    original = read(tmp_path / "a.jpg")
    assert original.notes == ("parts of the JPEG that are not in the result: VENDOR",)


@pytest.mark.parametrize(("name", "kind"), [("a.png", "PNG"), ("a.jpg", "MPO")])
def test_pictures_behind_the_first_are_counted(tmp_path, name, kind):
    every = [Image.fromarray(np.roll(BYTES, step, 0)) for step in range(4)]
    every[0].save(tmp_path / name, kind, save_all=True, append_images=every[1:])
    original = read(tmp_path / name)
    assert len(original.pages) == 1
    named = "PNG" if kind == "PNG" else "JPEG"
    said = f"the {named} holds 4 pictures: the first was read, 3 more are not in the result"
    assert said in original.notes
    every[0].save(tmp_path / f"one-{name}", named)
    assert not any("more are" in note for note in read(tmp_path / f"one-{name}").notes)
