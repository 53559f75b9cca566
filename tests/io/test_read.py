"""Reading for writing back: every format gives its stored values, every unsuitable file one line."""

import io
import os
import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile
from PIL import Image

from semclear.errors import SemclearError
from semclear.io import read_single, write
from semclear.io.databar import Box
from semclear.io.formats import guards
from semclear.io.read import read

RNG = np.random.default_rng(5)
BYTES = RNG.integers(0, 256, (40, 52), dtype=np.uint8)
WORDS = RNG.integers(0, 65536, (40, 52), dtype=np.uint16)
FLOATS = RNG.normal(300, 50, (40, 52)).astype(np.float32)
IMAGES = os.environ.get("SEMCLEAR_SEM_IMAGES")
needs_images = pytest.mark.skipif(
    not IMAGES, reason="SEMCLEAR_SEM_IMAGES is not set: no folder of real micrographs to look at"
)


def refusal(path, **options) -> str:
    """Return the error's text after checking its form: one line that starts with the file's name."""
    with pytest.raises(SemclearError) as caught:
        read(path, **options)
    text = str(caught.value)
    assert text.startswith(f"{path}: ") and "\n" not in text and "expected" in text
    return text


@pytest.mark.parametrize("stored", [BYTES, WORDS, FLOATS], ids=["u8", "u16", "f32"])
def test_gray_tiff(tmp_path, stored):
    tifffile.imwrite(tmp_path / "a.tif", stored)
    original = read(tmp_path / "a.tif")
    (page,) = original.pages
    assert (original.format, original.dtype, original.layout) == ("TIFF", stored.dtype.name, "gray")
    np.testing.assert_array_equal(page.values, stored)
    low, high = (0, np.iinfo(stored.dtype).max) if stored.dtype.kind == "u" else (stored.min(), stored.max())
    assert (original.low, original.high) == (low, high)
    assert page.image.dtype == np.float32
    np.testing.assert_allclose(page.image, (stored.astype(float) - low) / (float(high) - low), atol=1e-6)
    assert page.databar_rows == 0 and page.box == Box(0, 0, 52, 40)
    assert original.pixel_size_nm is None and original.pixel_size_source == "" and original.vendor == ""


@pytest.mark.parametrize("suffix", ["png", "tif", "bmp"])
def test_the_network_sees_what_the_pipeline_reads(tmp_path, suffix):
    cv2.imwrite(str(tmp_path / f"a.{suffix}"), BYTES)
    path = tmp_path / f"a.{suffix}"
    np.testing.assert_array_equal(read(path).pages[0].image, read_single.read(path).image)


@pytest.mark.parametrize("dtype", [np.int8, np.int16, np.float16, np.float64])
def test_other_types_that_are_exact(tmp_path, dtype):
    values = (RNG.integers(-100, 100, (20, 30)) if np.dtype(dtype).kind == "i" else FLOATS).astype(dtype)
    tifffile.imwrite(tmp_path / "a.tif", values)
    original = read(tmp_path / "a.tif")
    assert original.dtype == np.dtype(dtype).name
    np.testing.assert_array_equal(original.pages[0].values, values)
    assert original.pages[0].image.min() >= 0 and original.pages[0].image.max() <= 1
    tifffile.imwrite(tmp_path / "b.tif", (WORDS >> 1).astype(np.int16))
    assert (read(tmp_path / "b.tif").low, read(tmp_path / "b.tif").high) == (0, 32767)


@pytest.mark.parametrize("dtype", [np.uint32, np.int32, np.int64, np.complex64])
def test_types_that_floats_cannot_hold_are_refused(tmp_path, dtype):
    tifffile.imwrite(tmp_path / "a.tif", BYTES.astype(dtype))
    assert np.dtype(dtype).name in refusal(tmp_path / "a.tif")


def test_black_and_white_and_odd_depths_are_refused(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", BYTES > 100)
    assert "1 bit" in refusal(tmp_path / "a.tif")
    pytest.importorskip("imagecodecs", reason="packing 12 bits needs imagecodecs")
    tifffile.imwrite(tmp_path / "b.tif", WORDS >> 4, bitspersample=12)
    assert "12 bits" in refusal(tmp_path / "b.tif")


@pytest.mark.parametrize("suffix", [".png", ".bmp"])
def test_black_and_white_is_refused_in_plain_formats_too(tmp_path, suffix):
    Image.fromarray(BYTES > 127).save(tmp_path / f"a{suffix}")
    assert "black and white alone" in refusal(tmp_path / f"a{suffix}")


def test_pages_of_different_pixel_size_are_refused(tmp_path):
    """One pixel size is written for all pages: it would be wrong on some."""
    for name, edges in (("same.tif", (5, 5)), ("other.tif", (5, 50)), ("first_alone.tif", (5, None))):
        with tifffile.TiffWriter(tmp_path / name) as writer:
            for edge in edges:
                size = {"resolution": (1e7 / edge,) * 2, "resolutionunit": 3} if edge else {}
                writer.write(BYTES, metadata=None, **size)
    assert "different pixel sizes (5 nm, 50 nm)" in refusal(tmp_path / "other.tif")
    for name in ("same.tif", "first_alone.tif"):
        assert (
            read(tmp_path / name).pixel_size_nm == pytest.approx(5) and len(read(tmp_path / name).pages) == 2
        )


def test_twelve_bits_in_sixteen_fill_the_range(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", WORDS >> 4)
    original = read(tmp_path / "a.tif")
    assert original.high == 4095 and "12-bit" in original.notes[0]
    np.testing.assert_allclose(original.pages[0].image, (WORDS >> 4) / 4095, atol=1e-6)


@pytest.mark.parametrize("photometric", ["minisblack", "miniswhite"])
def test_one_pixel_makes_no_sixteen_bits_of_twelve(tmp_path, photometric):
    stored = WORDS >> 4
    stored[3, 4] = 65535
    tifffile.imwrite(tmp_path / "a.tif", stored, photometric=photometric)
    original = read(tmp_path / "a.tif")
    assert original.high == 4095 and "1 pixel outside 0 to 4095" in original.notes[0]
    twelve = (4095 - stored if photometric == "miniswhite" else stored).astype(np.float64)
    twelve[3, 4] = 4095
    np.testing.assert_allclose(original.pages[0].image, twelve / 4095, atol=1e-6)


@pytest.mark.parametrize("stray", [0, 1, 50])
def test_the_one_rule_decides_in_both_readers(tmp_path, stray):
    stored = WORDS >> 4
    stored.flat[:stray] = 65535
    cv2.imwrite(str(tmp_path / "a.png"), stored)
    assert read(tmp_path / "a.png").high == read_single.read(tmp_path / "a.png").white


def test_a_given_range_counts(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", WORDS)
    original = read(tmp_path / "a.tif", grey_range=(1000, 21000))
    assert (original.low, original.high) == (1000, 21000)
    wanted = np.clip((WORDS.astype(np.float64) - 1000) / 20000, 0, 1)
    np.testing.assert_allclose(original.pages[0].image, wanted, atol=1e-6)
    beyond = int(((WORDS < 1000) | (WORDS > 21000)).sum())
    assert original.notes == (
        f"1000 to 21000 became 0 to 1, as given; {beyond} pixels beyond became black or white",
    )
    for given in ((5, 5), (9, 2), (-1, 5), (0, 65536), (0, 2.5), (0, np.nan), (0, np.inf)):
        assert "black below white" in refusal(tmp_path / "a.tif", grey_range=given)
    tifffile.imwrite(tmp_path / "f.tif", FLOATS)
    assert read(tmp_path / "f.tif", grey_range=(-0.5, 1e3)).low == -0.5


def test_a_page_of_one_grey_in_the_range_is_left_as_stored_and_named(tmp_path):
    stack = np.stack([BYTES, 200 + BYTES // 8, 255 - BYTES])
    tifffile.imwrite(tmp_path / "a.tif", stack, photometric="minisblack")
    original = read(tmp_path / "a.tif", grey_range=(0, 200))
    assert [page.is_blank for page in original.pages] == [False, True, False]
    assert original.notes[-1] == "page 2 of one grey value in that range: left as stored"


@pytest.mark.parametrize("dtype", ["uint16", ">u2", "int16"])
@pytest.mark.parametrize("given", [(0, 4095), (100, 3000), None])
def test_white_as_zero_of_few_bits_names_the_range_of_the_file(tmp_path, given, dtype):
    stored = (WORDS >> 4).astype(dtype)
    tifffile.imwrite(tmp_path / "a.tif", stored, photometric="miniswhite")
    original = read(tmp_path / "a.tif", grey_range=given)
    low, high = given or (0, 4095)
    assert original.stored_range == (low, high)
    if low == 0:
        assert (original.low, original.high) == (low, high)
    assert "data bar" not in original.notes[0] and f"{low} to {high} became 0 to 1" in original.notes[0]
    wanted = np.clip((high - stored.astype(np.float64)) / (high - low), 0, 1)
    np.testing.assert_allclose(original.pages[0].image, wanted, atol=1e-6)
    if low == 0:
        write.write(tmp_path / "b.tif", original, [original.pages[0].image])
        np.testing.assert_array_equal(tifffile.imread(tmp_path / "b.tif"), stored)


@pytest.mark.parametrize("photometric", ["minisblack", "miniswhite"])
@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        (FLOATS, (FLOATS.min(), FLOATS.max())),
        ((WORDS.astype(np.int32) - 32768).astype(np.int16), (-32768, 32767)),
        (WORDS >> 4, (0, 4095)),
    ],
)
def test_the_stored_range_is_in_the_numbers_of_the_file(tmp_path, values, wanted, photometric):
    """The image in [0, 1] times its width, from its black end, is the file's own numbers."""
    tifffile.imwrite(tmp_path / "a.tif", values, photometric=photometric)
    original = read(tmp_path / "a.tif")
    assert original.stored_range == pytest.approx(wanted)
    low, high = wanted
    image = original.pages[0].image.astype(np.float64)
    again = high - image * (high - low) if photometric == "miniswhite" else low + image * (high - low)
    np.testing.assert_allclose(again, values, atol=1e-6 * (high - low))


@pytest.mark.parametrize("photometric", ["minisblack", "miniswhite"])
@pytest.mark.parametrize(("bits", "white"), [(12, 4095), (10, 1023)])
def test_a_range_that_a_drawn_scale_bar_widens_is_named(tmp_path, bits, white, photometric):
    """Whether it is a bar or a bright particle, a person has to say; until then the picture is too dark."""
    stored = WORDS >> (16 - bits)
    stored[30:32, 10:20] = 65535
    tifffile.imwrite(tmp_path / "a.tif", stored, photometric=photometric)
    original = read(tmp_path / "a.tif")
    (note,) = (note for note in original.notes if "far beyond" in note)
    assert note == (
        f"20 of {stored.size} pixels are far beyond {white} ({bits} bits): 0 to 65535 became 0 to 1; "
        f"if {white} is white, give --range 0 {white}"
    )
    given = read(tmp_path / "a.tif", grey_range=(0, white))
    assert given.stored_range == (0, white) and not any("far beyond" in note for note in given.notes)


def test_a_frame_is_not_called_a_data_bar(tmp_path):
    stored = WORDS >> 4
    stored[:2] = 65535
    tifffile.imwrite(tmp_path / "a.tif", stored)
    assert "only inside its frame (12-bit" in read(tmp_path / "a.tif").notes[0]


@pytest.mark.parametrize("given", [(0, 4095), (100, 30000), (0, 65535)])
def test_a_given_range_of_white_as_zero(tmp_path, given):
    """It is that of the stored numbers: the higher end is black."""
    for name, photometric in (("a.tif", "miniswhite"), ("b.tif", "minisblack")):
        tifffile.imwrite(tmp_path / name, WORDS, photometric=photometric)
    turned, plain = (read(tmp_path / name, grey_range=given) for name in ("a.tif", "b.tif"))
    np.testing.assert_allclose(turned.pages[0].image, 1 - plain.pages[0].image, atol=1e-6)
    assert turned.high - turned.low == given[1] - given[0]
    signed = (WORDS.astype(np.int32) - 32768).astype(np.int16)
    tifffile.imwrite(tmp_path / "s.tif", signed, photometric="miniswhite")
    for low, high in ((-2000, 9000), (100, 9000)):
        image = read(tmp_path / "s.tif", grey_range=(low, high)).pages[0].image
        wanted = np.clip((high - signed.astype(np.float64)) / (high - low), 0, 1)
        np.testing.assert_allclose(image, wanted, atol=1e-6)
    floats = FLOATS.astype(np.float64)
    tifffile.imwrite(tmp_path / "f.tif", floats, photometric="miniswhite")
    image = read(tmp_path / "f.tif", grey_range=(100.0, 600.0)).pages[0].image
    np.testing.assert_allclose(image, np.clip((600 - floats) / 500, 0, 1), atol=1e-6)


def test_what_of_the_tags_cannot_be_read_is_noted(tmp_path, monkeypatch):
    tifffile.imwrite(tmp_path / "a.tif", BYTES, resolution=(2e6, 2e6), resolutionunit="CENTIMETER")

    def broken(*_):
        raise struct.error("unpack requires 4 bytes")

    monkeypatch.setattr("semclear.io.metadata.vendors.zeiss.of_tag", broken)
    original = read(tmp_path / "a.tif")
    assert original.pixel_size_nm == pytest.approx(5) and original.pixel_size_source == "TIFF resolution"
    assert original.notes == (
        "the Zeiss tag cannot be read (error: unpack requires 4 bytes): "
        "pixel size and instrument were looked for elsewhere",
    )
    assert read_single.read(tmp_path / "a.tif").notes == original.notes


def test_faults_of_the_program_are_not_taken_for_damaged_tags(tmp_path, monkeypatch):
    tifffile.imwrite(tmp_path / "a.tif", BYTES)

    def fault(*_):
        raise AssertionError("a fault")

    monkeypatch.setattr("semclear.io.metadata.vendors.zeiss.of_tag", fault)
    with pytest.raises(AssertionError, match="a fault"):
        read(tmp_path / "a.tif")


def test_a_damaged_exif_part_is_noted(tmp_path):
    exif = Image.Exif()
    exif[274] = 6
    Image.fromarray(BYTES).save(tmp_path / "a.jpg", exif=exif)
    assert read(tmp_path / "a.jpg").notes == ()
    data = (tmp_path / "a.jpg").read_bytes()
    (tmp_path / "a.jpg").write_bytes(
        data.replace(b"Exif\0\0MM\0*", b"Exif\0\0ZZ\0*").replace(b"Exif\0\0II*\0", b"Exif\0\0ZZ*\0")
    )
    original = read(tmp_path / "a.jpg")
    assert original.chunks == () and "the Exif part cannot be read (TiffFileError" in original.notes[0]


def test_pages_are_read_and_thumbnails_passed_over(tmp_path):
    path = tmp_path / "a.tif"
    with tifffile.TiffWriter(path) as tiff:
        tiff.write(WORDS)
        tiff.write(WORDS[::4, ::4], subfiletype=1)
        tiff.write(WORDS[::-1])
        tiff.write(WORDS[::3, ::3])
    original = read(path)
    assert [
        np.array_equal(page.values, stored)
        for page, stored in zip(original.pages, [WORDS, WORDS[::-1]], strict=True)
    ] == [True] * 2
    assert "2 smaller pages" in original.notes[0]
    with tifffile.TiffWriter(path) as tiff:
        tiff.write(WORDS)
        tiff.write(WORDS[:30])
    assert "differ in size" in refusal(path)


def test_floats_of_a_stack_share_one_range(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", np.stack([FLOATS, FLOATS + 1000]), photometric="minisblack")
    original = read(tmp_path / "a.tif")
    assert original.low == FLOATS.min() and original.high == (FLOATS + 1000).max()
    assert original.pages[0].image.max() < original.pages[1].image.min()


@pytest.mark.parametrize("suffix", ["png", "bmp", "tif"])
def test_colour_is_refused_unless_it_is_to_become_gray(tmp_path, suffix):
    colours = np.stack([BYTES, BYTES[::-1], BYTES[:, ::-1]], -1)
    path = tmp_path / f"a.{suffix}"
    Image.fromarray(colours).save(path)
    assert "got colour" in refusal(path)
    original = read(path, to_gray=True)
    expected = cv2.cvtColor(colours, cv2.COLOR_RGB2GRAY)  # the same weights, in fixed point
    spread = colours.max(axis=2).astype(int) - colours.min(axis=2) > 8
    assert np.abs(original.pages[0].values.astype(int) - expected)[spread].max() <= 1
    assert original.layout == "rgb" and "became gray" in original.notes[0]


def test_varying_transparency_is_carried_along(tmp_path):
    Image.fromarray(np.stack([BYTES] * 3 + [BYTES[::-1]], -1)).save(tmp_path / "a.png")
    original = read(tmp_path / "a.png")
    assert original.layout == "rgba"
    np.testing.assert_array_equal(original.pages[0].values, BYTES)
    np.testing.assert_array_equal(original.pages[0].stored.pixels[..., 3], BYTES[::-1])
    Image.fromarray(np.stack([BYTES, BYTES[::-1]], -1)).save(tmp_path / "b.png")
    assert read(tmp_path / "b.png").layout == "gray+alpha"


def test_resolution_of_plain_formats(tmp_path):
    image = Image.fromarray(BYTES)
    image.save(tmp_path / "a.png", dpi=(2.54e6, 2.54e6))
    assert read(tmp_path / "a.png").pixel_size_nm == pytest.approx(10.0)
    assert read(tmp_path / "a.png").pixel_size_source == "PNG pHYs"
    image.save(tmp_path / "a.bmp", dpi=(2.54e5, 2.54e5))
    assert read(tmp_path / "a.bmp").pixel_size_nm == pytest.approx(100.0)
    image.save(tmp_path / "b.png", dpi=(300, 300))
    assert read(tmp_path / "b.png").pixel_size_nm is None
    image.save(tmp_path / "a.jpg", dpi=(50800, 50800))
    assert read(tmp_path / "a.jpg").pixel_size_nm == pytest.approx(500.0)


def test_given_rows_of_the_data_bar(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", BYTES)
    page = read(tmp_path / "a.tif", databar=7).pages[0]
    assert page.databar_rows == 7 and page.box.height == 33
    assert "data bar of 40 rows, expected 0 to 24;" in refusal(tmp_path / "a.tif", databar=40)
    assert "data bar of 25 rows, expected 0 to 24;" in refusal(tmp_path / "a.tif", databar=25)
    assert read(tmp_path / "a.tif", databar=24).pages[0].box.height == 16
    assert "data bar of -1 rows" in refusal(tmp_path / "a.tif", databar=-1)


def test_bar_that_the_tags_declare(tmp_path):
    text = b"[Scan]\r\nPixelWidth=5e-9\r\n[Image]\r\nResolutionX=52\r\nResolutionY=33\r\n"
    tifffile.imwrite(tmp_path / "a.tif", BYTES, extratags=[(34682, 2, len(text), text, True)])
    assert read(tmp_path / "a.tif").pages[0].databar_rows == 7
    assert read(tmp_path / "a.tif", databar=0).pages[0].databar_rows == 0


@pytest.mark.parametrize("name", ["mit Leerzeichen.png", "glühkathode_电子.png", "-dash.png", "a.b.c.png"])
def test_names(tmp_path, name):
    (tmp_path / name).write_bytes(cv2.imencode(".png", BYTES)[1].tobytes())
    np.testing.assert_array_equal(read(tmp_path / name).pages[0].values, BYTES)


def test_files_that_are_no_images(tmp_path):
    assert "no such file" in refusal(tmp_path / "none.png")
    assert "a folder" in refusal(tmp_path)
    (tmp_path / "empty.tif").touch()
    assert "0 bytes" in refusal(tmp_path / "empty.tif")
    (tmp_path / "text.tif").write_text("not an image at all")
    assert "no image that is known" in refusal(tmp_path / "text.tif")
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.png")
        assert "pipe" in refusal(tmp_path / "pipe.png")
    (tmp_path / "loop.png").symlink_to(tmp_path / "loop.png")
    assert "cannot be read" in refusal(tmp_path / "loop.png")


@pytest.mark.parametrize("compression", [None, "lzw", "zlib", "packbits", "jpeg"])
def test_every_truncated_tiff_is_noticed(tmp_path, compression):
    if compression is not None:
        pytest.importorskip("imagecodecs", reason="compressed TIFF needs imagecodecs")
    tifffile.imwrite(tmp_path / "a.tif", BYTES, compression=compression, metadata=None)
    data = (tmp_path / "a.tif").read_bytes()
    for length in (8, 50, 120, len(data) // 2, len(data) - 1):
        (tmp_path / "cut.tif").write_bytes(data[:length])
        assert "truncated or damaged" in refusal(tmp_path / "cut.tif")


@pytest.mark.parametrize("compression", [None, "lzw", "zlib", "packbits"])
def test_declared_sizes_beyond_the_bytes_are_refused_without_taking_memory(tmp_path, compression):
    if compression is not None:
        pytest.importorskip("imagecodecs", reason="compressed TIFF needs imagecodecs")
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, BYTES, compression=compression, metadata=None, rowsperstrip=40)
    for width, height, word in ((16_000, 16_000, "cannot hold"), (10_000_000, 10_000_000, "")):
        with tifffile.TiffFile(path, mode="r+b") as tiff:
            tags = tiff.pages[0].tags
            tags["ImageWidth"].overwrite(width)
            tags["ImageLength"].overwrite(height)
            tags["RowsPerStrip"].overwrite(height)
        text = refusal(path)
        assert compression is None or word in text


def test_a_png_that_cannot_be_so_large_is_refused(tmp_path):
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    def png(size: int) -> bytes:
        header = struct.pack(">IIBBBBB", size, size, 8, 0, 0, 0, 0)
        body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
        return b"\x89PNG\r\n\x1a\n" + body

    (tmp_path / "a.png").write_bytes(png(16_000))
    assert "cannot hold" in refusal(tmp_path / "a.png")
    (tmp_path / "b.png").write_bytes(png(60_000))
    assert "60000 x 60000" in refusal(tmp_path / "b.png")


def test_pages_count_together_against_the_limit(tmp_path, monkeypatch):
    tifffile.imwrite(tmp_path / "a.tif", np.stack([BYTES] * 3), photometric="minisblack")
    monkeypatch.setattr(guards, "LARGEST_PIXELS", 2 * BYTES.size)
    assert "on 3 pages" in refusal(tmp_path / "a.tif")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_not_finite(tmp_path, value, dtype):
    values = FLOATS.astype(dtype)
    values[3, 4] = value
    tifffile.imwrite(tmp_path / "a.tif", values)
    assert "NaN or infinite values in 1 places" in refusal(tmp_path / "a.tif")


def test_constant(tmp_path):
    for suffix in ("png", "tif", "jpg", "bmp"):
        Image.fromarray(np.full((32, 32), 77, np.uint8)).save(tmp_path / f"a.{suffix}")
        assert "one grey value" in refusal(tmp_path / f"a.{suffix}")
    tifffile.imwrite(tmp_path / "f.tif", np.zeros((20, 20), np.float32))
    assert "one grey value" in refusal(tmp_path / "f.tif")
    tifffile.imwrite(tmp_path / "s.tif", np.stack([BYTES, np.zeros_like(BYTES)]), photometric="minisblack")
    original = read(tmp_path / "s.tif")
    assert [page.is_blank for page in original.pages] == [False, True]
    assert original.notes == ("page 2 of one grey value: left as stored",)
    tifffile.imwrite(tmp_path / "s.tif", np.zeros((3, 20, 20), np.uint8), photometric="minisblack")
    assert "one grey value" in refusal(tmp_path / "s.tif")
    bar = BYTES.copy()
    bar[:30] = 9
    tifffile.imwrite(tmp_path / "b.tif", bar)
    assert "one grey value" in refusal(tmp_path / "b.tif", databar=10)


@pytest.mark.parametrize("place", range(8, 200, 7))
def test_a_changed_byte_in_a_tiff_directory_never_escapes(tmp_path, place):
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, BYTES, metadata=None)
    data = bytearray(buffer.getvalue())
    data[place] ^= 0xFF
    (tmp_path / "a.tif").write_bytes(data)
    try:
        read(tmp_path / "a.tif")
    except SemclearError as error:
        assert "\n" not in str(error)


@needs_images
def test_real_files_of_vendors():
    folder = Path(IMAGES or "") / "vendor_tiff"
    expected = {
        "FEI_Quanta_100ns_050.tif": ("TIFF", "rgb", (471, 512), 30, 5.82813, "FEI tag 34682"),
        "FEI_Quanta_line50x_050.tif": ("TIFF", "rgb", (471, 512), 30, 5.82813, "FEI tag 34682"),
        "FEI_Quanta_lineoff_050.tif": ("TIFF", "rgb", (471, 512), 30, 5.82813, "FEI tag 34682"),
        # The drawn bar: 5 um from column 290 to 461, so 29.2 to 29.4 nm.
        "FEI_Sirion_SFEG_R5K3Me3_3-3.TIF": ("TIFF", "gray", (484, 712), 61, 29.33, "FEI tag 34680"),
        "FEI_databar_jpeg_MV_HFV_012.jpg": ("JPEG", "gray", (943, 1024), 59, None, ""),
        "Hitachi_thumb_RGBA.tif": ("TIFF", "rgba", (225, 238), 0, None, ""),
        "JEOL_1280x1024_databar_A01-1.bmp": ("BMP", "gray", (1024, 1280), 64, None, ""),
        "JEOL_1280x1024_databar_palette_B02-1.bmp": ("BMP", "palette", (1024, 1280), 64, None, ""),
    }
    for name, (kind, layout, shape, bar, size, source) in expected.items():
        original = read(folder / name)
        (page,) = original.pages
        found = (original.format, original.layout, page.values.shape, page.databar_rows)
        assert found == (kind, layout, shape, bar), name
        assert original.pixel_size_nm == (size and pytest.approx(size, rel=1e-3)), name
        assert original.pixel_size_source == source, name
    quanta = read(folder / "FEI_Quanta_100ns_050.tif")
    assert quanta.vendor == "FEI/Thermo Fisher" and quanta.metadata["detector"] == "ETD"
    assert (quanta.metadata["voltage_kv"], quanta.metadata["magnification"]) == (10, 50_000)
    sirion = read(folder / "FEI_Sirion_SFEG_R5K3Me3_3-3.TIF")
    assert (sirion.metadata["voltage_kv"], sirion.metadata["magnification"]) == (
        5,
        15_000,
    )  # as in its drawn bar
    assert "truncated or damaged" in refusal(folder / "MALFORMED_FEI_Quanta_quad1.tif")


def test_more_pixels_than_the_memory_allows_are_refused_before_they_are_decoded(tmp_path):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, np.zeros((2000, 2000), np.uint8), compression="zlib")  # 4 KB that become 4 MB
    with pytest.raises(
        SemclearError, match="declares 2000 x 2000 pixels, expected at most 1 million in the memory"
    ):
        read(path, most_pixels=10**6)
