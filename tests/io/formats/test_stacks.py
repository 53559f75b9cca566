"""Pictures that a file announces are all read, or all missed by number: none is lost in silence."""

import struct

import numpy as np
import pytest
import tifffile

from semclear.errors import SemclearError
from semclear.io import write
from semclear.io.read import read

RNG = np.random.default_rng(3)
STACK = RNG.integers(0, 256, (5, 24, 30), dtype=np.uint8)
IMAGEJ = "ImageJ=1.54f\nimages={0}\nslices={0}\nunit=nm\nloop=false\n"


def by_imagej(path, stack, announced=None, **more):
    """Write a stack as ImageJ does beyond 4 GB: one directory, then all pictures."""
    text = IMAGEJ.format(announced or len(stack))
    tifffile.imwrite(
        path, stack[0], description=text, metadata=None, resolution=(0.1, 0.1), resolutionunit=1, **more
    )
    order = more.get("byteorder", "<")
    with path.open("ab") as out:
        out.write(stack[1:].astype(stack.dtype.newbyteorder(order)).tobytes())
    return path


def by_tifffile(path, stack, **more):
    with tifffile.TiffWriter(path) as writer:
        writer.write(stack, photometric="minisblack", truncate=True, **more)
    return path


def refusal(path):
    with pytest.raises(SemclearError) as caught:
        read(path)
    return str(caught.value)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("byteorder", ["<", ">"])
@pytest.mark.parametrize("kind", ["imagej", "tifffile"])
def test_a_stack_behind_one_directory(tmp_path, kind, byteorder, dtype):
    stack = STACK.astype(dtype) * np.array(257 if dtype == "uint16" else 1, dtype)
    if kind == "imagej":
        path = by_imagej(tmp_path / "a.tif", stack, byteorder=byteorder)
    else:
        stack = stack.astype(stack.dtype.newbyteorder(byteorder))
        with tifffile.TiffWriter(tmp_path / "a.tif", byteorder=byteorder) as writer:
            writer.write(stack, photometric="minisblack", truncate=True)
        path = tmp_path / "a.tif"
    original = read(path)
    np.testing.assert_array_equal([page.values for page in original.pages], stack)
    assert original.pixel_size_nm == (pytest.approx(10) if kind == "imagej" else None)
    write.write(tmp_path / "b.tif", original, [page.image for page in original.pages])
    with tifffile.TiffFile(tmp_path / "b.tif") as copy:
        assert len(copy.pages) == 5  # a directory each, which every program reads
        np.testing.assert_allclose(copy.asarray(), stack, atol=1e-4)
    assert read(tmp_path / "b.tif").pixel_size_nm == original.pixel_size_nm


def test_white_as_zero_is_turned_in_every_picture(tmp_path):
    path = by_imagej(tmp_path / "a.tif", STACK, photometric="miniswhite")
    np.testing.assert_array_equal([page.values for page in read(path).pages], 255 - STACK)


def test_two_stacks_behind_a_directory_each(tmp_path):
    with tifffile.TiffWriter(tmp_path / "a.tif") as writer:
        writer.write(STACK, photometric="minisblack", truncate=True)
        writer.write(STACK[::-1], photometric="minisblack", truncate=True)
    pages = read(tmp_path / "a.tif").pages
    np.testing.assert_array_equal([page.values for page in pages], [*STACK, *STACK[::-1]])


@pytest.mark.parametrize("announced", [6, 50, 10**9])
def test_fewer_than_imagej_announces(tmp_path, announced):
    text = refusal(by_imagej(tmp_path / "a.tif", STACK, announced))
    assert f"announces {announced} pictures, of which 5 are there" in text
    text = refusal(by_imagej(tmp_path / "a.tif", STACK[:1], announced))
    assert f"announces {announced} pictures, of which 1 is there" in text


def test_a_stack_cut_off_in_copying(tmp_path):
    for write_it in (by_imagej, by_tifffile):
        path = write_it(tmp_path / "a.tif", STACK)
        path.write_bytes(path.read_bytes()[:-1])
        assert "announces 5 pictures, of which 4 are there" in refusal(path)


def test_one_picture_taken_out_of_a_stack_with_its_description(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", STACK[0], description=IMAGEJ.format(5), metadata=None)
    assert "announces 5 pictures, of which 1 is there" in refusal(tmp_path / "a.tif")
    tifffile.imwrite(tmp_path / "b.tif", STACK[0], description='{"shape": [5, 24, 30]}', metadata=None)
    assert "announces 5 pictures, of which 1 is there" in refusal(tmp_path / "b.tif")
    texts = {"photometric": "minisblack", "description": IMAGEJ.format(5), "metadata": None}
    tifffile.imwrite(tmp_path / "c.tif", STACK[:3], **texts)
    assert "announces 5 pictures, of which 3 are there" in refusal(tmp_path / "c.tif")


def test_a_description_of_a_larger_picture_announces_nothing(tmp_path):
    """Cropped since: the shape that it notes is not this picture's."""
    tifffile.imwrite(tmp_path / "a.tif", STACK[0], description='{"shape": [48, 60]}', metadata=None)
    assert len(read(tmp_path / "a.tif").pages) == 1


def test_compressed_behind_one_directory_is_refused(tmp_path):
    tifffile.imwrite(
        tmp_path / "a.tif", STACK[0], description=IMAGEJ.format(5), metadata=None, compression="packbits"
    )
    assert "announces 5 pictures" in refusal(tmp_path / "a.tif")


def test_planes_of_metamorph(tmp_path):
    """A tag alone counts the pictures: six numbers each, here of the distance, day and time."""
    with tifffile.TiffWriter(tmp_path / "a.stk") as writer:
        tag = (33629, 5, len(STACK) * 3, tuple(range(1, 6 * len(STACK) + 1)), True)
        writer.write(STACK, photometric="minisblack", truncate=True, metadata=None, extratags=[tag])
    data = (tmp_path / "a.stk").read_bytes()
    with tifffile.TiffFile(tmp_path / "a.stk") as tiff:
        entry = tiff.pages[0].tags[33629].offset + 4
    count = struct.pack("<I", len(STACK))  # MetaMorph counts pictures where TIFF counts fractions
    (tmp_path / "a.stk").write_bytes(data[:entry] + count + data[entry + 4 :])
    original = read(tmp_path / "a.stk")
    np.testing.assert_array_equal([page.values for page in original.pages], STACK)
    assert "33629" in original.notes[0] and "not in the result" in original.notes[0]


def ome_with(path, count, stack):
    tifffile.imwrite(path, stack, photometric="minisblack", ome=True, metadata={"axes": "ZYX"})
    data = path.read_bytes()
    new = data.replace(b'SizeZ="%d"' % len(stack), b'SizeZ="%d"' % count)
    path.write_bytes(new.replace(b'PlaneCount="%d"' % len(stack), b'PlaneCount="%d"' % count))
    return path


def test_fewer_than_ome_announces(tmp_path):
    assert len(read(ome_with(tmp_path / "a.ome.tif", 5, STACK)).pages) == 5
    assert "announces 7 pictures, of which 5 are there" in refusal(ome_with(tmp_path / "b.ome.tif", 7, STACK))


def test_channels_that_are_samples_are_one_picture(tmp_path):
    colours = np.stack([STACK] * 3, -1)
    tifffile.imwrite(tmp_path / "a.tif", colours, photometric="rgb", imagej=True)
    assert len(read(tmp_path / "a.tif").pages) == 5
    tifffile.imwrite(tmp_path / "b.ome.tif", colours, photometric="rgb", ome=True, metadata={"axes": "ZYXS"})
    assert len(read(tmp_path / "b.ome.tif").pages) == 5
    tifffile.imwrite(tmp_path / "c.tif", colours, photometric="rgb")
    assert len(read(tmp_path / "c.tif").pages) == 5


def test_hyperstacks(tmp_path):
    stack = RNG.integers(0, 65536, (2, 3, 2, 20, 24), dtype=np.uint16)
    tifffile.imwrite(tmp_path / "a.tif", stack, imagej=True, metadata={"axes": "TZCYX"})
    original = read(tmp_path / "a.tif")
    assert len(original.pages) == 12
    write.write(tmp_path / "b.tif", original, [page.image for page in original.pages])
    again = read(tmp_path / "b.tif")
    np.testing.assert_array_equal([page.values for page in again.pages], stack.reshape(12, 20, 24))


@pytest.mark.parametrize("bigtiff", [False, True])
@pytest.mark.parametrize("byteorder", ["<", ">"])
def test_pages_cut_off_in_copying(tmp_path, byteorder, bigtiff):
    """What is left is a sound file of fewer pages, whose last one names another."""
    path = tmp_path / "a.tif"
    with tifffile.TiffWriter(path, byteorder=byteorder, bigtiff=bigtiff) as writer:
        for picture in STACK:
            writer.write(picture, metadata=None, contiguous=False)
    with tifffile.TiffFile(path) as tiff:
        end = tiff.pages[3].offset
    assert len(read(path).pages) == 5
    path.write_bytes(path.read_bytes()[:end])
    assert "truncated or damaged: its page 4 should begin at byte" in refusal(path)


def test_numbers_that_are_no_counts_do_no_harm(tmp_path):
    for number, text in enumerate(
        ("images=-5", "images=x", "slices=0", "images=1e9", "frames=99999999999999")
    ):
        path = tmp_path / f"{number}.tif"
        tifffile.imwrite(path, STACK[0], description=f"ImageJ=1.54f\n{text}\n", metadata=None)
        assert len(read(path).pages) == 1
    for number, shape in enumerate(('"x"', "[]", "[-5, 24, 30]", '["a", 24, 30]', "{}")):
        path = tmp_path / f"s{number}.tif"
        tifffile.imwrite(path, STACK[0], description=f'{{"shape": {shape}}}', metadata=None)
        assert len(read(path).pages) == 1


def test_a_directory_between_the_pictures_is_no_picture(tmp_path):
    """What lies behind the first picture is its directory: a picture read there would show tags."""
    tifffile.imwrite(tmp_path / "a.tif", STACK[0], description=IMAGEJ.format(2), metadata=None)
    data = bytearray((tmp_path / "a.tif").read_bytes())
    (begin,) = struct.unpack_from("<I", data, 4)
    directory = data[begin:]
    moved = data + bytes(len(data) % 2)
    struct.pack_into("<I", moved, 4, len(moved))
    (tmp_path / "a.tif").write_bytes(bytes(moved) + bytes(directory))
    assert "announces 2 pictures" in refusal(tmp_path / "a.tif")
