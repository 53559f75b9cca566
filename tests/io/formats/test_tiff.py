"""Which pages of a TIFF are pictures, which way up, and what is mended of its directory."""

import struct
import subprocess
import sys

import numpy as np
import pytest
import tifffile

from semclear.errors import SemclearError
from semclear.io import read_single, write
from semclear.io.read import read

RNG = np.random.default_rng(6)
BYTES = RNG.integers(0, 256, (40, 52), dtype=np.uint8)
WORDS = RNG.integers(0, 65536, (40, 52), dtype=np.uint16)


SHOWN = {
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.T,
    6: lambda a: a.T[:, ::-1],
    7: lambda a: a.T[::-1, ::-1],
    8: lambda a: a.T[::-1],
}
"""By the words of TIFF 6.0: where the stored first row and column are shown."""


def refusal(path):
    with pytest.raises(SemclearError) as caught:
        read(path)
    return str(caught.value)


def with_entry(path, code, number, value):
    """Put another number into a value of a tag of the first page."""
    data = bytearray(path.read_bytes())
    with tifffile.TiffFile(path) as tiff:
        tag = tiff.pages[0].tags[code]
        size = {3: 2, 4: 4, 16: 8}[int(tag.dtype)]
        place = tag.valueoffset + number * size
        data[place : place + size] = value.to_bytes(size, {"<": "little", ">": "big"}[tiff.byteorder])
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("byteorder", ["<", ">"])
@pytest.mark.parametrize("bigtiff", [False, True])
@pytest.mark.parametrize("form", [{}, {"rowsperstrip": 7}, {"tile": (16, 16)}, "rgb", "planes"])
@pytest.mark.parametrize("value", [0, 10**6])
def test_wrong_byte_counts_of_pixels_that_are_all_there(tmp_path, value, form, bigtiff, byteorder):
    pixels, options = WORDS, form
    if form in ("rgb", "planes"):
        pixels = np.stack([WORDS] * 3, -1 if form == "rgb" else 0)
        planar = "contig" if form == "rgb" else "separate"
        options = {"photometric": "rgb", "planarconfig": planar, "rowsperstrip": 9}
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, pixels, metadata=None, bigtiff=bigtiff, byteorder=byteorder, **options)
    code = 325 if "tile" in options else 279
    with tifffile.TiffFile(path) as tiff:
        count = tiff.pages[0].tags[code].count
    if value and tifffile.TiffFile(path).pages[0].tags[code].dtype == 3:
        value = 65535
    for number in {0, count - 1} if value == 0 else {count - 1}:
        with_entry(path, code, number, value)
    original = read(path)
    np.testing.assert_array_equal(original.pages[0].values, WORDS)
    if value != 65535 or original.notes:
        assert original.notes == (
            "the byte counts of its strips are wrong; all pixels are there and were read",
        )
    write.write(tmp_path / "b.tif", original, [original.pages[0].image])
    assert read(tmp_path / "b.tif").notes == ()


def test_wrong_byte_counts_of_pixels_that_are_not_there(tmp_path):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, BYTES, metadata=None)
    with_entry(path, 279, 0, 0)
    path.write_bytes(path.read_bytes()[:-1])
    assert "truncated or damaged" in refusal(path)


@pytest.mark.parametrize("form", [{}, {"rowsperstrip": 7}, {"tile": (16, 16)}])
@pytest.mark.parametrize("share", [0, 0.5])
def test_byte_counts_too_small_for_pixels_that_are_all_there(tmp_path, form, share):
    path = tmp_path / "a.tif"
    with tifffile.TiffWriter(path) as writer:
        for pixels in (WORDS, WORDS[::-1]):
            writer.write(pixels, metadata=None, **form)
    code = 325 if "tile" in form else 279
    with tifffile.TiffFile(path) as tiff:
        counts = tiff.pages[0].databytecounts
    for number, count in enumerate(counts):
        with_entry(path, code, number, int(share * count) or 1)
    original = read(path)
    np.testing.assert_array_equal([page.values for page in original.pages], [WORDS, WORDS[::-1]])
    assert original.notes == ("the byte counts of its strips are wrong; all pixels are there and were read",)


def test_byte_counts_too_small_where_something_else_follows(tmp_path):
    """The second strip begins where the first would have to go on: nobody knows where its pixels are."""
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, BYTES, metadata=None, rowsperstrip=20)
    with tifffile.TiffFile(path) as tiff:
        first = tiff.pages[0].dataoffsets[0]
    with_entry(path, 273, 1, first + 100)
    with_entry(path, 279, 0, 100)
    assert "truncated or damaged" in refusal(path)


def without_counts(path):
    """Give the tag with the byte counts another number."""
    data = bytearray(path.read_bytes())
    with tifffile.TiffFile(path) as tiff:
        place = tiff.pages[0].tags[279].offset
    data[place : place + 2] = struct.pack("<H", 281)  # MaxSampleValue
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("form", [{}, {"rowsperstrip": 9}])
def test_a_missing_byte_count(tmp_path, form):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, BYTES, metadata=None, **form)
    np.testing.assert_array_equal(read(without_counts(path)).pages[0].values, BYTES)


def test_missing_byte_counts_of_compressed_strips(tmp_path):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, BYTES, metadata=None, compression="zlib", rowsperstrip=9)
    assert "it has 5 strips, of which" in refusal(without_counts(path))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("layout", ["gray", "rgb", "palette", "tiles"])
def test_pictures_are_the_right_way_up_and_written_as_they_were(tmp_path, layout, orientation):
    options = {"extratags": [(274, 3, 1, orientation, True)], "metadata": None}
    pixels = BYTES
    if layout == "rgb":
        pixels, options = np.dstack([BYTES] * 3), options | {"photometric": "rgb"}
    elif layout == "palette":
        ramp = np.stack([np.arange(255, -1, -1, dtype=np.uint16) * 257] * 3)
        options |= {"photometric": "palette", "colormap": ramp}
    elif layout == "tiles":
        options["tile"] = (16, 32)
    tifffile.imwrite(tmp_path / "a.tif", pixels, **options)
    original = read(tmp_path / "a.tif")
    shown = SHOWN[orientation](255 - BYTES if layout == "palette" else BYTES)
    np.testing.assert_array_equal(original.pages[0].values, shown)
    np.testing.assert_allclose(read_single.read(tmp_path / "a.tif").image, shown / 255, atol=1e-6)
    write.write(tmp_path / "b.tif", original, [original.pages[0].image])
    np.testing.assert_array_equal(tifffile.imread(tmp_path / "b.tif"), pixels)
    assert tifffile.TiffFile(tmp_path / "b.tif").pages[0].tags.valueof(274, default=1) == orientation


def test_pixel_edges_turn_with_the_picture(tmp_path):
    size = {"resolution": (1e6, 5e5), "resolutionunit": 3, "metadata": None}
    tifffile.imwrite(tmp_path / "a.tif", BYTES, extratags=[(274, 3, 1, 6, True)], **size)
    original = read(tmp_path / "a.tif")
    assert (original.pixel_size_nm, original.pixel_height_nm) == pytest.approx((20, 10))
    write.write(tmp_path / "b.tif", original, [original.pages[0].image])
    again = read(tmp_path / "b.tif")
    assert (again.pixel_size_nm, again.pixel_height_nm) == pytest.approx((20, 10))
    with tifffile.TiffFile(tmp_path / "b.tif") as tiff:
        assert tiff.pages[0].tags["XResolution"].value == (1000000, 1)


@pytest.mark.parametrize("value", [0, 9, 700])
def test_an_orientation_that_is_none_counts_as_the_usual_one(tmp_path, value):
    tifffile.imwrite(tmp_path / "a.tif", BYTES, extratags=[(274, 3, 1, value, True)], metadata=None)
    np.testing.assert_array_equal(read(tmp_path / "a.tif").pages[0].values, BYTES)


def test_pages_of_different_orientation_are_refused(tmp_path):
    with tifffile.TiffWriter(tmp_path / "a.tif") as writer:
        for orientation in (1, 3):
            writer.write(BYTES, extratags=[(274, 3, 1, orientation, True)], metadata=None)
    assert "2 pages that differ in orientation, expected equal ones" in refusal(tmp_path / "a.tif")


def pages(path, *every):
    with tifffile.TiffWriter(path) as writer:
        for pixels, options in every:
            writer.write(pixels, metadata=None, **options)
    return path


def test_masks_thumbnails_and_copies_are_told_apart(tmp_path):
    path = pages(
        tmp_path / "a.tif",
        (BYTES, {}),
        (BYTES > 9, {"photometric": "mask", "subfiletype": 4}),
        (BYTES[::2, ::2], {"subfiletype": 1}),
        (BYTES[::4, ::4], {}),
    )
    assert read(path).notes == (
        "2 smaller pages (thumbnails) of the file were passed over",
        "1 transparency mask of the file was passed over",
    )
    with tifffile.TiffWriter(tmp_path / "b.tif") as writer:
        writer.write(WORDS, subifds=2, metadata=None)
        for step in (2, 4):
            writer.write(WORDS[::step, ::step], subfiletype=1, metadata=None)
    (note,) = read(tmp_path / "b.tif").notes
    assert note == "2 further pictures below a page (smaller copies of a pyramid) were not in the result"


@pytest.mark.parametrize(("count", "named"), [(1, "1 picture of full size"), (2, "2 pictures of full size")])
def test_pictures_of_full_size_below_a_page_are_no_copies(tmp_path, count, named):
    with tifffile.TiffWriter(tmp_path / "a.tif") as writer:
        writer.write(BYTES, subifds=count + 1, metadata=None)
        for step in range(count):
            writer.write(BYTES[::-1] + np.uint8(step), metadata=None)
        writer.write(BYTES[::2, ::2], subfiletype=1, metadata=None)
    assert f"{named} below a page" in refusal(tmp_path / "a.tif")


def test_a_file_whose_only_page_calls_itself_a_thumbnail(tmp_path):
    path = pages(tmp_path / "a.tif", (BYTES, {"subfiletype": 1}))
    np.testing.assert_array_equal(read(path).pages[0].values, BYTES)


SHOWN_IN_8_BITS = (WORDS >> 8).astype(np.uint8)
SMOOTH = np.hypot(*np.mgrid[-90:90, -120:120]) % 60 * 1000
SMALLER = np.round(SMOOTH[np.ix_(np.arange(160) * 9 // 8, np.arange(213) * 9 // 8)] / 256).astype(np.uint8)


@pytest.mark.parametrize("preview_first", [True, False])
@pytest.mark.parametrize(
    ("data", "preview", "options"),
    [
        (WORDS, np.dstack([SHOWN_IN_8_BITS] * 3), {"photometric": "rgb"}),
        (WORDS, SHOWN_IN_8_BITS, {}),
        (WORDS, 255 - SHOWN_IN_8_BITS, {"photometric": "miniswhite"}),
        (WORDS, np.clip(WORDS // 64, 256, 511).astype(np.uint8), {}),
        (WORDS, np.zeros_like(BYTES), {}),
        (np.round(SMOOTH).astype(np.uint16), SMALLER, {}),
    ],
    ids=["rgb", "8 bit", "white as zero", "clipped", "empty", "smaller"],
)
def test_a_preview_beside_the_data_is_passed_over(tmp_path, data, preview, options, preview_first):
    every = [(preview, options), (data, {})]
    path = pages(tmp_path / "a.tif", *(every if preview_first else every[::-1]))
    original = read(path)
    np.testing.assert_array_equal([page.values for page in original.pages], [data])
    assert "1 page in colour or of fewer bits (a preview of the data) was passed over" in original.notes
    write.write(tmp_path / "b.tif", original, [original.pages[0].image])
    np.testing.assert_array_equal(tifffile.imread(tmp_path / "b.tif"), data)


@pytest.mark.parametrize(
    ("data", "other"),
    [
        (WORDS, BYTES),
        (WORDS.astype(np.float32), WORDS[::-1]),
        (WORDS, np.dstack([BYTES] * 3)),
        (np.round(SMOOTH).astype(np.uint16), SMALLER[:, ::-1] // 2 + SMALLER // 2 * (np.arange(213) > 100)),
    ],
    ids=["8 bit", "16 bit beside floats", "rgb", "smaller"],
)
def test_another_picture_of_a_smaller_type_is_no_preview(tmp_path, data, other):
    options = {"photometric": "rgb"} if other.ndim == 3 else {}
    path = pages(tmp_path / "a.tif", (data, {}), (other, options))
    assert "2 pages that differ in type and show different pictures" in refusal(path)


def test_a_preview_that_is_damaged_is_passed_over(tmp_path):
    path = pages(tmp_path / "a.tif", (WORDS, {}), (SHOWN_IN_8_BITS, {"compression": "zlib"}))
    with tifffile.TiffFile(path) as tiff:
        start, count = tiff.pages[1].dataoffsets[0], tiff.pages[1].databytecounts[0]
    content = bytearray(path.read_bytes())
    content[start : start + count] = bytes(count)
    path.write_bytes(content)
    original = read(path)
    np.testing.assert_array_equal(original.pages[0].values, WORDS)
    assert "a preview cannot be decoded and was not compared with the data" in original.notes


@pytest.mark.parametrize("other", [BYTES[:30], BYTES[:, :30], BYTES.view(np.int8), BYTES[:39, :51]])
def test_pages_of_which_none_is_a_preview_are_refused(tmp_path, other):
    assert "2 pages that differ in size or type" in refusal(
        pages(tmp_path / "a.tif", (BYTES, {}), (other, {}))
    )


def test_pages_that_differ_in_meaning_alone_are_told_so(tmp_path):
    path = pages(tmp_path / "a.tif", (WORDS, {}), (WORDS, {"photometric": "miniswhite"}))
    assert "2 pages that differ in what their numbers mean (Photometric)" in refusal(path)


def test_more_previews_than_data_are_no_previews(tmp_path):
    assert "3 pages that differ" in refusal(pages(tmp_path / "a.tif", (BYTES, {}), (BYTES, {}), (WORDS, {})))


@pytest.mark.parametrize(
    ("name", "how"),
    [("LZW", {"compression": "lzw"}), ("ZSTD", {"compression": "zstd"}), ("ADOBE_DEFLATE", {"predictor": 3})],
)
def test_a_codec_that_is_not_installed_is_named(tmp_path, name, how):
    """In a process of its own: tifffile keeps the codecs that it once found."""
    pytest.importorskip("imagecodecs", reason="compressed TIFF needs imagecodecs")
    file = tmp_path / "a.tif"
    tifffile.imwrite(file, WORDS.astype(np.float32), **{"compression": "zlib", **how})
    code = (
        "import sys; sys.modules['imagecodecs'] = None\n"
        "from semclear.io.read import read\n"
        f"try: read({str(file)!r})\nexcept Exception as error: print(type(error).__name__, error)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert f"got {name} compression, expected the package imagecodecs for it; install it" in said
    assert said.startswith("FileError") and said.count("\n") == 1


def test_pixels_that_are_damaged_need_no_package(tmp_path):
    pytest.importorskip("imagecodecs", reason="compressed TIFF needs imagecodecs")
    tifffile.imwrite(tmp_path / "a.tif", WORDS, compression="lzw")
    with tifffile.TiffFile(tmp_path / "a.tif") as tiff:
        start, count = tiff.pages[0].dataoffsets[0], tiff.pages[0].databytecounts[0]
    content = bytearray((tmp_path / "a.tif").read_bytes())
    content[start : start + count] = bytes(count)
    (tmp_path / "a.tif").write_bytes(content)
    with pytest.raises(SemclearError, match="its pixels cannot be decoded"):
        read(tmp_path / "a.tif")
