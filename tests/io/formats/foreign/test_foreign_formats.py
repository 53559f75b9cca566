"""MRC, CZI and DM3: pixels, range, pixel size, slices and detectors; without their packages one line says which."""

import struct
import sys

import numpy as np
import pytest
import tifffile
from foreign_files import write_czi, write_dm3, write_mrc
from micrograph_files import levels, picture

from semclear.errors import SemclearError
from semclear.io import write
from semclear.io.formats import containers, guards
from semclear.io.read import read

SIZE = (48, 56)


def pages(dtype="uint16", count=3, high=4095):
    if np.dtype(dtype).kind == "f":
        return np.stack([(100 * picture(SIZE, seed) - 20).astype(dtype) for seed in range(count)])
    top = min(high, np.iinfo(dtype).max)
    return np.stack([np.round(picture(SIZE, seed) * top).astype(dtype) for seed in range(count)])


def again(original, folder):
    """Return what is read of the result of a method that changes nothing, and the notes on writing it."""
    place = folder / "out" / write.name_for(original)
    notes = write.write(
        place, original, [page.image for page in original.pages], description={"semclear": "1"}
    )
    return read(place), notes


@pytest.fixture
def mrcfile():
    return pytest.importorskip("mrcfile", reason="the extra mrc is not installed")


@pytest.fixture
def czi():
    return pytest.importorskip("pylibCZIrw.czi", reason="the extra czi is not installed")


@pytest.fixture
def rsciio():
    return pytest.importorskip("rsciio.digitalmicrograph", reason="the extra vendors is not installed")


@pytest.mark.extras
@pytest.mark.parametrize("dtype", ["int8", "int16", "uint16", "float16", "float32"])
@pytest.mark.parametrize("order", ["<", ">"])
def test_mrc_pixels_size_and_order(tmp_path, mrcfile, dtype, order):
    stored = pages(dtype)
    original = read(write_mrc(tmp_path / "a.mrc", stored, nanometres=2.5, order=order))
    assert (original.format, original.dtype, len(original.pages)) == ("MRC", dtype, 3)
    assert original.pixel_size_nm == pytest.approx(2.5) and original.pixel_size_source == "MRC header"
    for page, values in zip(original.pages, stored, strict=True):
        np.testing.assert_array_equal(page.values, values)
    after, notes = again(original, tmp_path)
    assert notes == ("MRC became TIFF",) and after.container.byteorder == (
        order if stored.itemsize > 1 else "<"
    )
    assert (after.format, after.dtype, after.path.name) == ("TIFF", dtype, "a.tif")
    assert (after.low, after.high) == pytest.approx((original.low, original.high), rel=1e-6)
    assert after.pixel_size_nm == pytest.approx(2.5, rel=1e-6)


@pytest.mark.extras
def test_mrc_volume_keeps_its_slice_distance_and_labels(tmp_path, mrcfile):
    path = write_mrc(tmp_path / "a.mrc", pages("int16"), nanometres=4.0, slice_nm=20.0, stack=False)
    with mrcfile.open(path, "r+") as opened:
        opened.add_label("a stub of steel")
    after, _ = again(read(path), tmp_path)
    with tifffile.TiffFile(after.path) as tiff:
        told = tiff.imagej_metadata
    assert (
        told["spacing"] == pytest.approx(20e-7)
        and told["unit"] == "cm"
        and told["text2"] == "a stub of steel"
    )
    assert told["slices"] == 3


@pytest.mark.extras
def test_mrc_that_states_no_voxel_and_imods_unsigned_bytes(tmp_path, mrcfile):
    stored = pages("int8", 1)
    assert (
        read(write_mrc(tmp_path / "a.mrc", stored, nanometres=0.1)).pixel_size_nm is None
    )  # IMOD's 1 angstrom
    assert read(write_mrc(tmp_path / "b.mrc", stored, nanometres=None)).pixel_size_nm is None
    path = write_mrc(tmp_path / "c.mrc", levels("uint8", SIZE)[None].view("int8"))
    data = bytearray(path.read_bytes())
    data[152:160] = struct.pack("<ii", 1146047817, 0)
    path.write_bytes(data)
    original = read(path)
    assert original.dtype == "uint8"
    np.testing.assert_array_equal(original.pages[0].values, levels("uint8", SIZE))


@pytest.mark.extras
def test_mrc_that_is_cut_or_of_another_mode_is_refused(tmp_path, mrcfile):
    path = write_mrc(tmp_path / "a.mrc", pages())
    data = path.read_bytes()
    path.write_bytes(data[:-1])
    with pytest.raises(
        SemclearError, match=rf"a\.mrc: is truncated or damaged: its pixels should reach byte {len(data)}"
    ):
        read(path)
    path.write_bytes(data[:12] + struct.pack("<i", 4) + data[16:])
    with pytest.raises(SemclearError, match="MRC of mode 4"):
        read(path)
    path.write_bytes(struct.pack("<3i", 30000, 30000, 9) + data[12:])
    with pytest.raises(SemclearError, match="declares 30000 x 30000 pixels on 9 pages"):
        read(path)


@pytest.mark.extras
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_czi_scenes_slices_and_channels(tmp_path, czi, dtype):
    stored = pages(dtype, 8)
    path = write_czi(tmp_path / "a.czi", stored, 3.5, channels=("SE2", "InLens"), scenes=2, slices=2)
    original = read(path)
    assert (original.format, original.dtype, len(original.pages)) == ("CZI", dtype, 8)
    assert original.vendor == "Zeiss" and original.pixel_size_nm == pytest.approx(3.5)
    for page, values in zip(original.pages, stored, strict=True):
        np.testing.assert_array_equal(page.values, values)
    assert [page.metadata["detector"] for page in original.pages] == ["SE2", "InLens"] * 4
    assert "pages of several detectors: SE2, InLens" in original.notes
    after, notes = again(original, tmp_path)
    assert notes == ("CZI became TIFF",) and after.dtype == dtype and len(after.pages) == 8
    assert after.pixel_size_nm == pytest.approx(3.5, rel=1e-6)


@pytest.mark.extras
def test_czi_of_equal_colours_is_gray_and_of_scenes_that_differ_refused(tmp_path, czi):
    gray = levels("uint8", SIZE)
    original = read(write_czi(tmp_path / "a.czi", np.stack([gray] * 3, -1)[None], None))
    np.testing.assert_array_equal(original.pages[0].values, gray)
    assert original.pixel_size_nm is None and original.layout == "rgb"
    path = tmp_path / "b.czi"
    with czi.create_czi(str(path)) as opened:
        opened.write(data=gray[..., None], plane={"C": 0}, scene=0, location=(0, 0))
        opened.write(data=gray[:40, :, None], plane={"C": 0}, scene=1, location=(500, 0))
    with pytest.raises(SemclearError, match=r"scenes that differ in size \(56 x 40, 56 x 48\)"):
        read(path)
    path.write_bytes((tmp_path / "a.czi").read_bytes()[:600])
    with pytest.raises(SemclearError, match=r"b\.czi: is truncated or damaged"):
        read(path)


@pytest.mark.extras
@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint16", "float32", "float64"])
def test_dm3_picture_and_stack(tmp_path, rsciio, dtype):
    stored = pages(dtype)
    write_dm3(tmp_path / "a.dm3", stored[0], 1.25)
    original = read(tmp_path / "a.dm3")
    assert (original.format, original.dtype, original.vendor) == ("DigitalMicrograph", dtype, "Gatan")
    assert original.pixel_size_nm == pytest.approx(1.25)
    np.testing.assert_array_equal(original.pages[0].values, stored[0])
    write_dm3(tmp_path / "b.dm3", stored, 1.25, slice_nm=10.0)
    stack = read(tmp_path / "b.dm3")
    assert len(stack.pages) == 3 and "spacing=1e-06" in stack.container.description
    np.testing.assert_array_equal(stack.pages[2].values, stored[2])
    after, _ = again(stack, tmp_path)
    assert after.dtype == dtype and after.pixel_size_nm == pytest.approx(1.25, rel=1e-6)
    write_dm3(tmp_path / "c.dm3", stored[0], None)
    assert read(tmp_path / "c.dm3").pixel_size_nm is None


@pytest.mark.parametrize(
    ("package", "first", "extra"),
    [
        ("mrcfile", bytes(208) + b"MAP DD" + bytes(900), "mrc"),
        ("pylibCZIrw", b"ZISRAWFILE" + bytes(900), "czi"),
        ("rsciio", struct.pack(">III", 3, 4000, 1) + bytes(900), "vendors"),
    ],
)
def test_without_the_package_one_line_names_the_extra(tmp_path, monkeypatch, package, first, extra):
    for name in [name for name in sys.modules if name.split(".")[0] == package]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, package, None)
    path = tmp_path / "a.bin"
    path.write_bytes(first)
    with pytest.raises(
        SemclearError, match=rf"the package {package} that reads it; .*semclear\[{extra}\]"
    ) as caught:
        read(path)
    assert "\n" not in str(caught.value)


def test_their_names_are_taken_from_folders_and_their_first_bytes_told():
    assert {".mrc", ".czi", ".dm3", ".dm4"} <= {*guards.SUFFIXES}
    assert containers.kind_of(b"ZISRAWFILE") == "CZI" and containers.kind_of(bytes(208) + b"MAP D") == "MRC"
    assert containers.kind_of(bytes(300)) is None and containers.kind_of(b"\0\0\0\x03") is None
