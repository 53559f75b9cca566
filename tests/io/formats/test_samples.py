"""What samples mean is told by the file's own tags: another meaning is refused by name, never guessed."""

import numpy as np
import pytest
import tifffile
from PIL import Image

from semclear.errors import SemclearError
from semclear.io import read_single, write
from semclear.io.read import read

RNG = np.random.default_rng(4)
FIRST, SECOND = RNG.integers(0, 256, (2, 40, 52), dtype=np.uint8)


def refusal(path, reader=read):
    with pytest.raises(SemclearError) as caught:
        reader(path)
    text = str(caught.value)
    assert text.startswith(f"{path}: got ") and "\n" not in text
    return text


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("planar", ["contig", "separate"])
@pytest.mark.parametrize("photometric", ["minisblack", "miniswhite"])
@pytest.mark.parametrize("count", [2, 3, 4, 5])
def test_pictures_of_several_detectors_in_one_page(tmp_path, count, photometric, planar, dtype):
    samples = np.stack([FIRST, SECOND, FIRST[::-1], SECOND[::-1], FIRST[:, ::-1]][:count]).astype(dtype)
    samples = samples if planar == "separate" else np.moveaxis(samples, 0, -1)
    extra = ["unspecified"] * (count - 1)
    options = {"photometric": photometric, "planarconfig": planar, "extrasamples": extra}
    tifffile.imwrite(tmp_path / "a.tif", samples, **options)
    for reader in (read, read_single.read):
        assert f"got {count} samples a pixel, {count} of unknown meaning" in refusal(
            tmp_path / "a.tif", reader
        )


def test_a_second_sample_without_any_tag_is_of_unknown_meaning(tmp_path):
    tifffile.imwrite(
        tmp_path / "a.tif", np.dstack([FIRST, SECOND]), photometric="minisblack", planarconfig="contig"
    )
    with tifffile.TiffFile(tmp_path / "a.tif", mode="r+b") as tiff:
        assert 338 in tiff.pages[0].tags
        place = tiff.pages[0].tags[338].offset
        data = bytearray((tmp_path / "a.tif").read_bytes())
    data[place : place + 2] = (337).to_bytes(2, "little")  # TargetPrinter: nothing is said of extra samples
    (tmp_path / "a.tif").write_bytes(data)
    assert "2 of unknown meaning" in refusal(tmp_path / "a.tif")


@pytest.mark.parametrize("alpha", ["assocalpha", "unassalpha"])
def test_a_stated_transparency_is_carried_along(tmp_path, alpha):
    pixels = np.dstack([FIRST, SECOND])
    options = {"photometric": "minisblack", "planarconfig": "contig", "extrasamples": [alpha]}
    tifffile.imwrite(tmp_path / "a.tif", pixels, **options)
    original = read(tmp_path / "a.tif")
    assert original.layout == "gray+alpha"
    write.write(tmp_path / "b.tif", original, [original.pages[0].image])
    np.testing.assert_array_equal(tifffile.imread(tmp_path / "b.tif"), pixels)


@pytest.mark.parametrize("value", [0, 255])
def test_an_unspecified_sample_of_one_number_is_carried_along(tmp_path, value):
    pixels = np.dstack([FIRST, np.full_like(FIRST, value)])
    options = {"photometric": "minisblack", "planarconfig": "contig", "extrasamples": ["unspecified"]}
    tifffile.imwrite(tmp_path / "a.tif", pixels, **options)
    original = read(tmp_path / "a.tif")
    write.write(tmp_path / "b.tif", original, [original.pages[0].image])
    with tifffile.TiffFile(tmp_path / "b.tif") as copy:
        np.testing.assert_array_equal(copy.asarray(), pixels)
        assert int(copy.pages[0].extrasamples[0]) == 0


def test_a_fourth_picture_beside_rgb(tmp_path):
    pixels = np.dstack([FIRST, FIRST, FIRST, SECOND])
    tifffile.imwrite(tmp_path / "a.tif", pixels, photometric="rgb", extrasamples=["unspecified"])
    assert "got 4 samples a pixel, 1 of unknown meaning" in refusal(tmp_path / "a.tif")
    tifffile.imwrite(tmp_path / "a.tif", pixels, photometric="rgb", extrasamples=["unassalpha"])
    assert read(tmp_path / "a.tif").layout == "rgba"


def test_gray_stored_three_times_is_gray_whatever_it_is_called(tmp_path):
    pixels = np.dstack([FIRST] * 3)
    tifffile.imwrite(tmp_path / "a.tif", pixels, photometric="minisblack", planarconfig="contig")
    np.testing.assert_array_equal(read(tmp_path / "a.tif").pages[0].values, FIRST)


@pytest.mark.parametrize("bits", [10, 12, 14])
def test_three_different_pictures_of_few_bits_are_no_gray(tmp_path, bits):
    """Of 65535 they differ by little: measured against the range in use they are what they are."""
    pixels = RNG.integers(0, 2**bits, (40, 52, 3), dtype=np.uint16)
    tifffile.imwrite(tmp_path / "a.tif", pixels, photometric="rgb")
    assert "got colour" in refusal(tmp_path / "a.tif")


@pytest.mark.parametrize(("low", "width", "dtype"), [(40000, 1500, "uint16"), (100, 8, "uint8")])
def test_three_different_pictures_of_low_contrast_are_no_gray(tmp_path, low, width, dtype):
    """Of the range in use they differ by less than 8 of 255, of their own spread by all of it."""
    pixels = (low + width * RNG.random((40, 52, 3))).astype(dtype)
    tifffile.imwrite(tmp_path / "a.tif", pixels, photometric="rgb")
    assert "expected gray" in refusal(tmp_path / "a.tif")
    original = read(tmp_path / "a.tif", to_gray=True)
    assert "colour became gray (ITU-R BT.601)" in original.notes
    luma = pixels.astype(float) @ (0.299, 0.587, 0.114)
    np.testing.assert_allclose(original.pages[0].values, luma, atol=0.51)


def test_one_picture_of_low_contrast_stays_gray_where_rounding_or_a_tint_differs(tmp_path):
    gray = RNG.integers(100, 130, (40, 52, 1), dtype=np.uint8)
    for name, others in (("rounded", RNG.integers(0, 2, (40, 52, 3), dtype=np.uint8)), ("tint", (0, 3, 6))):
        tifffile.imwrite(tmp_path / f"{name}.tif", (gray + others).astype(np.uint8), photometric="rgb")
        assert "became one gray" in read(tmp_path / f"{name}.tif").notes[0]
    steep = gray.astype(np.uint16) // 8 + np.array([0, 1, 0])
    tifffile.imwrite(tmp_path / "c.tif", steep.astype(np.uint8), photometric="rgb")
    assert "became one gray" in read(tmp_path / "c.tif").notes[0]


INKS = {
    "separated": "inks (CMYK)",
    "cielab": "CIE L*a*b*",
    "icclab": "ICC L*a*b*",
    "itulab": "ITU L*a*b*",
    "cfa": "a colour filter array",
    "logl": "LogL",
    "logluv": "LogLuv",
    "linear_raw": "linear raw data",
    "ycbcr": "YCbCr",
}
CODES = {
    "separated": 5,
    "ycbcr": 6,
    "cielab": 8,
    "icclab": 9,
    "itulab": 10,
    "cfa": 32803,
    "logl": 32844,
    "logluv": 32845,
    "linear_raw": 34892,
    "number": 4711,
}


@pytest.mark.parametrize("samples", [1, 3, 4])
@pytest.mark.parametrize("name", CODES)
def test_other_meanings_are_refused_by_name(tmp_path, name, samples):
    pixels = FIRST if samples == 1 else np.dstack([FIRST] * samples)
    options = {"photometric": "minisblack" if samples == 1 else "rgb"}
    tifffile.imwrite(tmp_path / "a.tif", pixels, metadata=None, **options)
    with tifffile.TiffFile(tmp_path / "a.tif", mode="r+b") as tiff:
        tiff.pages[0].tags[262].overwrite(CODES[name])
    for reader in (read, read_single.read):
        text = refusal(tmp_path / "a.tif", reader)
        assert INKS.get(name, "PhotometricInterpretation 4711") in text


def test_files_that_other_programs_write_in_inks_and_lab(tmp_path):
    image = Image.fromarray(np.dstack([FIRST] * 3))
    for mode, name in (("CMYK", "inks"), ("LAB", "L*a*b*"), ("YCbCr", "YCbCr")):
        path = tmp_path / f"{mode}.tif"
        Image.new(mode, (20, 20)).save(path) if mode == "LAB" else image.convert(mode).save(path)
        assert name in refusal(path)


def test_jpeg_in_tiff_is_decoded_to_rgb(tmp_path):
    pytest.importorskip("imagecodecs", reason="compressed TIFF needs imagecodecs")
    smooth = np.linspace(0, 255, 64 * 64).reshape(64, 64).astype(np.uint8)
    tifffile.imwrite(tmp_path / "a.tif", np.dstack([smooth] * 3), photometric="rgb", compression="jpeg")
    with tifffile.TiffFile(tmp_path / "a.tif") as tiff:
        assert tiff.pages[0].photometric == 6
    assert np.abs(read(tmp_path / "a.tif").pages[0].values.astype(int) - smooth).max() < 12


def test_a_palette_of_sixteen_bits_is_refused(tmp_path):
    colours = np.stack([np.arange(65536, dtype=np.uint16)] * 3)
    tifffile.imwrite(
        tmp_path / "a.tif", FIRST.astype(np.uint16) * 257, photometric="palette", colormap=colours
    )
    assert "a palette of 16 bits" in refusal(tmp_path / "a.tif")


def test_without_the_tag_black_is_the_lowest(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", FIRST, metadata=None)
    with tifffile.TiffFile(tmp_path / "a.tif") as tiff:
        place = tiff.pages[0].tags[262].offset
    data = bytearray((tmp_path / "a.tif").read_bytes())
    data[place : place + 2] = (263).to_bytes(2, "little")
    (tmp_path / "a.tif").write_bytes(data)
    np.testing.assert_array_equal(read(tmp_path / "a.tif").pages[0].values, FIRST)


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_jpeg_files_of_inks_are_converted(tmp_path, mode):
    smooth = np.linspace(0, 255, 64 * 64).reshape(64, 64).astype(np.uint8)
    Image.fromarray(smooth).convert(mode).save(tmp_path / "a.jpg", quality=95)
    assert np.abs(read(tmp_path / "a.jpg").pages[0].values.astype(int) - smooth).max() < 12
