"""Reading: every sound file gives the grey levels that went in; every other says in one line what is wrong."""

import struct
import zlib

import cv2
import numpy as np
import pytest
import tifffile
from PIL import Image

from semclear.errors import SemclearError
from semclear.io.read_single import read

RNG = np.random.default_rng(11)
BYTES = RNG.integers(0, 256, (40, 52), dtype=np.uint8)
WORDS = RNG.integers(0, 65536, (40, 52), dtype=np.uint16)
SMOOTH = cv2.GaussianBlur(BYTES, (0, 0), 4)
IDENTITY_PALETTE = [level for level in range(256) for _ in range(3)]


def refusal(path) -> str:
    """Return the error's text after checking its form: one line that starts with the file's name."""
    with pytest.raises(SemclearError) as caught:
        read(path)
    text = str(caught.value)
    assert text.startswith(f"{path}: ") and "\n" not in text and "expected" in text
    return text


def png_with(width: int, height: int) -> bytes:
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(bytes(100)))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("suffix", ["png", "tif", "bmp"])
@pytest.mark.parametrize("channels", ["gray", "rgb"])
def test_eight_bits(tmp_path, suffix, channels):
    path = tmp_path / f"a.{suffix}"
    Image.fromarray(BYTES if channels == "gray" else np.stack([BYTES] * 3, -1)).save(path)
    micrograph = read(path)
    assert micrograph.dtype == "uint8" and micrograph.image.dtype == np.float32 and micrograph.notes == ()
    np.testing.assert_allclose(micrograph.image, BYTES / 255.0, atol=1e-6)


@pytest.mark.parametrize("suffix", ["png", "tif"])
@pytest.mark.parametrize("channels", ["gray", "rgb"])
def test_sixteen_bits(tmp_path, suffix, channels):
    path = tmp_path / f"a.{suffix}"
    cv2.imwrite(str(path), WORDS if channels == "gray" else np.stack([WORDS] * 3, -1))
    micrograph = read(path)
    assert micrograph.dtype == "uint16"
    np.testing.assert_allclose(micrograph.image, WORDS / 65535.0, atol=1e-6)


@pytest.mark.parametrize("compression", [None, "tiff_lzw", "tiff_adobe_deflate", "packbits"])
def test_tiff_compressions(tmp_path, compression):
    Image.fromarray(BYTES).save(tmp_path / "a.tif", compression=compression)
    np.testing.assert_allclose(read(tmp_path / "a.tif").image, BYTES / 255.0, atol=1e-6)


@pytest.mark.parametrize("stored", [BYTES, WORDS], ids=["8", "16"])
@pytest.mark.parametrize("lzw", [False, True])
def test_tiff_with_white_as_zero_is_turned(tmp_path, stored, lzw):
    path = tmp_path / "a.tif"
    cv2.imwrite(str(path), stored, [cv2.IMWRITE_TIFF_COMPRESSION, 5 if lzw else 1])
    with tifffile.TiffFile(path, mode="r+b") as tiff:
        tiff.pages[0].tags["PhotometricInterpretation"].overwrite(0)
    largest = np.iinfo(stored.dtype).max
    np.testing.assert_allclose(read(path).image, (largest - stored.astype(float)) / largest, atol=1e-6)


def test_tiff_layouts(tmp_path):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, np.stack([BYTES] * 3), photometric="rgb", planarconfig="separate")
    np.testing.assert_allclose(read(path).image, BYTES / 255.0, atol=1e-6)
    tifffile.imwrite(path, WORDS.astype(">u2"), byteorder=">")
    np.testing.assert_allclose(read(path).image, WORDS / 65535.0, atol=1e-6)
    tifffile.imwrite(path, BYTES, bigtiff=True, tile=(16, 16))
    np.testing.assert_allclose(read(path).image, BYTES / 255.0, atol=1e-6)
    gray_palette = np.stack([np.arange(256, dtype=np.uint16) * 257] * 3)
    tifffile.imwrite(path, BYTES, photometric="palette", colormap=gray_palette)
    assert read(path).dtype == "uint8"
    np.testing.assert_allclose(read(path).image, BYTES / 255.0, atol=1e-6)


@pytest.mark.parametrize("suffix", ["png", "bmp"])
def test_gray_palette(tmp_path, suffix):
    image = Image.fromarray(BYTES)
    image.putpalette(IDENTITY_PALETTE)
    image.save(tmp_path / f"a.{suffix}")
    np.testing.assert_allclose(read(tmp_path / f"a.{suffix}").image, BYTES / 255.0, atol=1e-6)


@pytest.mark.parametrize("progressive", [False, True])
def test_jpeg_stored_as_colour(tmp_path, progressive):
    Image.fromarray(np.stack([SMOOTH] * 3, -1)).save(tmp_path / "a.jpg", quality=80, progressive=progressive)
    assert np.abs(read(tmp_path / "a.jpg").image - SMOOTH / 255.0).max() < 8 / 255


def test_constant_alpha_is_dropped_and_varying_refused(tmp_path):
    path = tmp_path / "a.png"
    Image.fromarray(np.stack([BYTES, BYTES, BYTES, np.full_like(BYTES, 200)], -1)).save(path)
    np.testing.assert_allclose(read(path).image, BYTES / 255.0, atol=1e-6)
    Image.fromarray(np.stack([BYTES, BYTES, BYTES, BYTES[::-1]], -1)).save(path)
    assert "transparency" in refusal(path)


def test_float_tiff_is_scaled_by_its_range_and_says_so(tmp_path):
    values = RNG.normal(300, 50, (30, 30)).astype(np.float32)
    tifffile.imwrite(tmp_path / "a.tif", values)
    micrograph = read(tmp_path / "a.tif")
    assert micrograph.dtype == "float32" and "own range" in micrograph.notes[0]
    np.testing.assert_allclose(micrograph.image, (values - values.min()) / np.ptp(values), atol=1e-6)


def test_twelve_bits_in_sixteen_are_kept_and_noted(tmp_path):
    cv2.imwrite(str(tmp_path / "a.png"), WORDS >> 4)
    micrograph = read(tmp_path / "a.png")
    assert "12-bit" in micrograph.notes[0] and micrograph.white == 4095
    np.testing.assert_allclose(micrograph.image, (WORDS >> 4) / 65535.0, atol=1e-6)


@pytest.mark.parametrize(("stored", "white"), [(WORDS, 65535), (BYTES, 255)])
def test_other_types_have_their_largest_number_as_white(tmp_path, stored, white):
    cv2.imwrite(str(tmp_path / "a.png"), stored)
    assert read(tmp_path / "a.png").white == white


def test_the_data_bar_does_not_decide_about_twelve_bits(tmp_path):
    picture, bar = RNG.integers(0, 4096, (200, 256), dtype=np.uint16), np.zeros((30, 256), np.uint16)
    bar[6:24, 8:120] = np.where(RNG.random((18, 112)) < 0.3, 65535, 0)
    tifffile.imwrite(tmp_path / "a.tif", np.vstack([picture, bar]))
    assert read(tmp_path / "a.tif").white == 4095


def test_the_first_bytes_count_not_the_name(tmp_path):
    Image.fromarray(BYTES).save(tmp_path / "a.png")
    (tmp_path / "a.png").rename(tmp_path / "a.tif")
    np.testing.assert_allclose(read(tmp_path / "a.tif").image, BYTES / 255.0, atol=1e-6)


def test_colour_is_refused_but_a_drawn_frame_is_not(tmp_path):
    path = tmp_path / "a.png"
    picture = np.stack([BYTES] * 3, -1)
    picture[[0, -6]], picture[:, [0, -1]] = (0, 255, 0), (0, 255, 0)  # as FEI draws it, the data bar outside
    Image.fromarray(picture).save(path)
    micrograph = read(path)
    assert "4 coloured lines" in micrograph.notes[0]
    np.testing.assert_allclose(micrograph.image[1:-6, 1:-1], BYTES[1:-6, 1:-1] / 255.0, atol=1e-6)
    picture[20, 20] = (255, 0, 0)
    Image.fromarray(picture).save(path)
    assert "got colour" in refusal(path)
    Image.fromarray(np.stack([BYTES, BYTES, BYTES[::-1]], -1)).save(path)
    assert "got colour" in refusal(path)


@pytest.mark.parametrize("kind", ["png", "jpg", "bmp", "tif", "directory-last.tif", "lzw.tif"])
def test_every_truncation_is_noticed(tmp_path, kind):
    path = tmp_path / f"whole.{kind}"
    if kind == "tif":
        tifffile.imwrite(path, BYTES, metadata=None)
    elif kind == "directory-last.tif":
        cv2.imwrite(str(path), BYTES, [cv2.IMWRITE_TIFF_COMPRESSION, 1])
    elif kind == "lzw.tif":
        cv2.imwrite(str(path), BYTES, [cv2.IMWRITE_TIFF_COMPRESSION, 5])
    else:
        Image.fromarray(BYTES).save(path)
    read(path)
    data = path.read_bytes()
    for length in sorted({1, 3, 9, 30, 60, *range(100, len(data), 97), len(data) - 100, len(data) - 1}):
        cut = tmp_path / f"cut.{kind}"
        cut.write_bytes(data[:length])
        if kind in ("directory-last.tif", "lzw.tif") and len(data) - length < 4:
            # Only the empty link to a next page is gone: every pixel is there.
            assert np.array_equal(read(cut).image, read(path).image)
            continue
        text = refusal(cut)
        assert "truncated or damaged" in text or length < 10, (length, text)


def test_a_changed_byte_in_a_png_is_noticed(tmp_path):
    path = tmp_path / "a.png"
    Image.fromarray(BYTES).save(path)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0x10
    path.write_bytes(data)
    assert "checksum" in refusal(path)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_not_finite(tmp_path, value):
    values = RNG.random((20, 20)).astype(np.float32)
    values[3, 4] = value
    tifffile.imwrite(tmp_path / "a.tif", values)
    assert "NaN or infinite values in 1 places" in refusal(tmp_path / "a.tif")


@pytest.mark.parametrize("suffix", ["png", "tif", "jpg", "bmp"])
def test_constant(tmp_path, suffix):
    Image.fromarray(np.full((32, 32), 77, np.uint8)).save(tmp_path / f"a.{suffix}")
    assert "one grey value" in refusal(tmp_path / f"a.{suffix}")


def test_files_that_are_no_images(tmp_path):
    assert "no such file" in refusal(tmp_path / "none.png")
    assert "a folder" in refusal(tmp_path)
    (tmp_path / "empty.png").touch()
    assert "0 bytes" in refusal(tmp_path / "empty.png")
    (tmp_path / "text.png").write_text("not an image at all")
    assert "no image that is known" in refusal(tmp_path / "text.png")
    (tmp_path / "odd.tif").write_bytes(b"II*\0" + bytes(range(200)))
    assert "truncated or damaged" in refusal(tmp_path / "odd.tif")


def test_unreadable(tmp_path):
    (tmp_path / "loop.png").symlink_to(tmp_path / "loop.png")
    assert "cannot be read" in refusal(tmp_path / "loop.png")


def test_a_huge_declared_size_is_refused_before_decoding(tmp_path):
    (tmp_path / "a.png").write_bytes(png_with(60_000, 60_000))
    assert "60000 x 60000" in refusal(tmp_path / "a.png")
    tifffile.imwrite(tmp_path / "a.tif", BYTES)
    with tifffile.TiffFile(tmp_path / "a.tif", mode="r+b") as tiff:
        tiff.pages[0].tags["ImageWidth"].overwrite(10_000_000)
    refusal(tmp_path / "a.tif")


def test_several_pages_are_refused_and_thumbnails_passed_over(tmp_path):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, np.stack([BYTES, BYTES[::-1]]), photometric="minisblack")
    assert "2 pages" in refusal(path)
    with tifffile.TiffWriter(path) as tiff:
        tiff.write(BYTES)
        tiff.write(BYTES[::4, ::4], subfiletype=1)
    np.testing.assert_allclose(read(path).image, BYTES / 255.0, atol=1e-6)


@pytest.mark.parametrize("dtype", [np.uint32, np.complex64])
def test_other_number_types_are_refused(tmp_path, dtype):
    tifffile.imwrite(tmp_path / "a.tif", BYTES.astype(dtype))
    assert np.dtype(dtype).name in refusal(tmp_path / "a.tif")


def test_signed_numbers_are_read_by_the_one_rule(tmp_path):
    stored = (WORDS >> 4).astype(np.int16)
    stored[0, 0] = -3
    tifffile.imwrite(tmp_path / "a.tif", stored)
    micrograph = read(tmp_path / "a.tif")
    assert (micrograph.dtype, micrograph.white) == ("int16", 4095)
    np.testing.assert_allclose(micrograph.image, np.maximum(stored, 0) / 32767, atol=1e-6)
    stored[:9] *= -1
    tifffile.imwrite(tmp_path / "a.tif", stored)
    micrograph = read(tmp_path / "a.tif")
    assert micrograph.white is None
    np.testing.assert_allclose(micrograph.image, (stored + 4096.0) / 8191, atol=1e-6)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"imagej": True, "resolution": (1 / 0.0125, 1 / 0.0125), "metadata": {"unit": "um"}}, 12.5),
        ({"imagej": True, "resolution": (0.25, 0.25), "metadata": {"unit": "nm"}}, 4.0),
        ({"resolution": (2e6, 2e6), "resolutionunit": "CENTIMETER"}, 5.0),
        ({"resolution": (2.54e6, 2.54e6), "resolutionunit": "INCH"}, 10.0),
        ({"resolution": (300, 300), "resolutionunit": "INCH"}, None),
        ({"resolution": (72, 72), "resolutionunit": "NONE"}, None),
        ({}, None),
    ],
)
def test_pixel_size_from_resolution(tmp_path, options, expected):
    tifffile.imwrite(tmp_path / "a.tif", BYTES, **options)
    assert read(tmp_path / "a.tif").pixel_size_nm == (expected and pytest.approx(expected, rel=1e-4))


def test_pixel_size_from_fei_tag(tmp_path):
    text = b"[Beam]\r\nHV=10000\r\n\r\n[Scan]\r\nPixelWidth=5.82813e-009\r\nPixelHeight=5.82813e-009\r\n"
    tifffile.imwrite(
        tmp_path / "a.tif", BYTES, extratags=[(34682, 2, len(text), text, True)], resolution=(72, 72)
    )
    assert read(tmp_path / "a.tif").pixel_size_nm == pytest.approx(5.82813)
