"""Writing back: what was read comes out as it was stored, in every form, as independent readers see it."""

import itertools
import json
import os
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile
from PIL import Image, ImageOps

from semclear.errors import SemclearError
from semclear.io import read_single, write
from semclear.io.read import read

RNG = np.random.default_rng(8)
BYTES = RNG.integers(0, 256, (48, 67), dtype=np.uint8)
WORDS = RNG.integers(0, 65536, (48, 67), dtype=np.uint16)
FLOATS = RNG.normal(-3, 50, (48, 67)).astype(np.float32)
TYPES = {"u8": BYTES, "u16": WORDS, "f32": FLOATS}
COMPRESSIONS = [
    (None, False),
    ("lzw", False),
    ("lzw", True),
    ("zlib", False),
    ("zlib", True),
    ("packbits", False),
]
LAYOUTS = ["gray", "rgb", "rgb-planes", "rgba", "gray+alpha"]
IMAGES = os.environ.get("SEMCLEAR_SEM_IMAGES")
needs_images = pytest.mark.skipif(
    not IMAGES, reason="SEMCLEAR_SEM_IMAGES is not set: no folder of real micrographs to look at"
)


def needs_codecs(compression) -> None:
    if compression is not None:
        pytest.importorskip("imagecodecs", reason="compressed TIFF needs imagecodecs")


def in_layout(values: np.ndarray, layout: str) -> tuple[np.ndarray, dict]:
    """Return pixels and the options of tifffile that store `values` in a layout."""
    alpha = values[::-1]
    if layout == "rgb":
        return np.stack([values] * 3, -1), {"photometric": "rgb"}
    if layout == "rgb-planes":
        return np.stack([values] * 3), {"photometric": "rgb", "planarconfig": "separate"}
    if layout == "rgba":
        return np.stack([values] * 3 + [alpha], -1), {"photometric": "rgb", "extrasamples": ["unassalpha"]}
    if layout == "gray+alpha":
        return np.stack([values, alpha], -1), {
            "photometric": "minisblack",
            "extrasamples": ["unassalpha"],
            "planarconfig": "contig",
        }
    return values, {"photometric": "minisblack"}


def round_trip(path: Path, **options) -> tuple:
    """Read, write what was read to another folder, and return original, path of the copy and notes."""
    original = read(path)
    copy = path.parent / "out" / write.name_for(original)
    notes = write.write(copy, original, [page.image for page in original.pages], **options)
    return original, copy, notes


def assert_same(found: np.ndarray, stored: np.ndarray) -> None:
    assert found.dtype == stored.dtype and found.shape == stored.shape
    if stored.dtype.kind == "f":
        np.testing.assert_allclose(found, stored, atol=2e-7 * float(np.ptp(stored)))
    else:
        np.testing.assert_array_equal(found, stored)


@pytest.mark.parametrize("tiled", [False, True])
@pytest.mark.parametrize("byteorder", ["<", ">"])
@pytest.mark.parametrize("kind", TYPES)
def test_tiff_in_every_layout_and_compression(tmp_path, kind, byteorder, tiled):
    path = tmp_path / "a.tif"
    for layout, (compression, predictor) in itertools.product(LAYOUTS, COMPRESSIONS):
        needs_codecs(compression)
        pixels, options = in_layout(TYPES[kind], layout)
        if predictor and kind == "f32":
            predictor = 3
        place = {"tile": (16, 32)} if tiled else {"rowsperstrip": 7}
        tifffile.imwrite(
            path,
            pixels,
            compression=compression,
            predictor=predictor,
            byteorder=byteorder,
            **place,
            **options,
        )
        original, copy, notes = round_trip(path)
        assert notes == () and original.layout == layout.removesuffix("-planes")
        with tifffile.TiffFile(path) as before, tifffile.TiffFile(copy) as after:
            assert_same(after.asarray(), before.asarray())
            assert after.byteorder == byteorder
            for name in (
                "compression",
                "predictor",
                "photometric",
                "planarconfig",
                "is_tiled",
                "extrasamples",
            ):
                assert getattr(after.pages[0], name) == getattr(before.pages[0], name), (
                    layout,
                    compression,
                    name,
                )
        if byteorder == "<" and layout == "gray" and not (kind == "f32" and predictor):
            assert_same(cv2.imread(str(copy), cv2.IMREAD_UNCHANGED), TYPES[kind])
        if kind == "u8" and layout != "gray+alpha":
            with Image.open(path) as before, Image.open(copy) as after:
                assert before.mode == after.mode
                np.testing.assert_array_equal(np.asarray(after), np.asarray(before))


@pytest.mark.parametrize("dtype", [np.int8, np.int16, np.float16, np.float64])
def test_further_types(tmp_path, dtype):
    stored = RNG.normal(0, 40, (30, 41)).astype(dtype)
    tifffile.imwrite(tmp_path / "a.tif", stored)
    _, copy, _ = round_trip(tmp_path / "a.tif")
    found = tifffile.imread(copy)
    assert found.dtype == stored.dtype
    if stored.dtype.kind == "f":
        np.testing.assert_allclose(
            found.astype(float), stored.astype(float), atol=0.05 if dtype == np.float16 else 1e-4
        )
    else:
        np.testing.assert_array_equal(found, stored)


SIGNED = (WORDS.astype(np.int32) - 32768).astype(np.int16)
WHITE = {
    "u8": (BYTES, 255 - BYTES, (0, 255)),
    "u16": (WORDS, 65535 - WORDS, (0, 65535)),
    "12-bit": (WORDS >> 4, 4095 - (WORDS >> 4), (0, 4095)),
    "i8": (BYTES.view(np.int8), ~BYTES.view(np.int8), (-128, 127)),
    "i16": (SIGNED, ~SIGNED, (-32768, 32767)),
    "i16 without negative": (SIGNED >> 1 & 0x7FFF, 0x7FFF - (SIGNED >> 1 & 0x7FFF), (0, 32767)),
    "i16 all negative": (-1 - (SIGNED & 0x7FFF), SIGNED & 0x7FFF, (0, 32767)),
    "f16": (FLOATS.astype(np.float16), -FLOATS.astype(np.float16), None),
    "f32": (FLOATS, -FLOATS, None),
    "f64": (FLOATS.astype(np.float64), -FLOATS.astype(np.float64), None),
}


@pytest.mark.parametrize("byteorder", ["<", ">"])
@pytest.mark.parametrize("name", WHITE)
def test_white_as_zero(tmp_path, name, byteorder):
    """The lowest number is white: restoring sees it as 1, and the file gets its own numbers back."""
    stored, values, bounds = WHITE[name]
    stored = stored.astype(stored.dtype.newbyteorder(byteorder))
    tifffile.imwrite(tmp_path / "a.tif", stored, photometric="miniswhite", byteorder=byteorder)
    original, copy, _ = round_trip(tmp_path / "a.tif")
    (page,) = original.pages
    np.testing.assert_array_equal(page.values, values)
    low, high = bounds or (-float(stored.max()), -float(stored.min()))
    assert (original.low, original.high) == (low, high)
    wanted = (values.astype(np.float64) - low) / (high - low)
    np.testing.assert_allclose(page.image, wanted, atol=1e-6)
    assert np.corrcoef(page.image.ravel(), stored.ravel().astype(float))[0, 1] < -0.99
    with tifffile.TiffFile(copy) as tiff:
        assert tiff.pages[0].photometric == 0
        if stored.dtype.kind == "f":
            np.testing.assert_allclose(
                tiff.asarray().astype(float),
                stored.astype(float),
                rtol=1e-3 if name == "f16" else 1e-5,
                atol=1e-3,
            )
        else:
            np.testing.assert_array_equal(tiff.asarray(), stored)
    assert any("MINISWHITE" in note for note in original.notes) == (stored.dtype.kind == "f")
    bright = np.ones(stored.shape, np.float32)  # restored white is the lowest number again
    write.write(tmp_path / "c.tif", original, [bright])
    white = tifffile.imread(tmp_path / "c.tif")
    assert (white == white[0, 0]).all() and white[0, 0] <= stored.min()


def test_pages_with_white_as_zero_are_turned_alike(tmp_path):
    """One page alone has negative numbers: by itself the other would be turned about another number."""
    stored = np.stack([SIGNED, SIGNED & 0x7FFF])
    tifffile.imwrite(tmp_path / "a.tif", stored, photometric="miniswhite")
    original, copy, _ = round_trip(tmp_path / "a.tif")
    np.testing.assert_array_equal(np.stack([page.values for page in original.pages]), ~stored)
    np.testing.assert_array_equal(tifffile.imread(copy), stored)


def test_white_as_zero_in_floats_is_read_by_the_pipeline_alike(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", FLOATS, photometric="miniswhite")
    np.testing.assert_array_equal(
        read_single.read(tmp_path / "a.tif").image, read(tmp_path / "a.tif").pages[0].image
    )


@pytest.mark.parametrize("described", [None, {"semclear": "1"}])
def test_descriptions_of_all_pages_stay(tmp_path, described):
    texts = [
        "first",
        "tilt 10 deg\nsecond line",
        None,
        "B\u00e4r \u00b5m".encode(),
        "x",
        '{"shape": [48, 67]}',
    ]
    for mode in ("whole", "cropped"):
        with tifffile.TiffWriter(tmp_path / "a.tif") as writer:
            for text in texts:
                writer.write(BYTES, description=text, metadata=None, contiguous=False)
                writer.write(BYTES[::4, ::4], description="thumbnail", subfiletype=1, metadata=None)
        original = read(tmp_path / "a.tif")
        copy = tmp_path / f"{mode}.tif"
        write.write(
            copy,
            original,
            [page.image for page in original.pages],
            description=described,
            crop_databar=mode == "cropped",
        )
        data = copy.read_bytes()
        with tifffile.TiffFile(copy) as tiff:
            assert len(tiff.pages) == 6
            tags = [page.tags.get(270) for page in tiff.pages]
            found = [tag and data[tag.valueoffset :][: tag.count].rstrip(b"\0") for tag in tags]
        assert b"first" in found[0]
        assert found[1:] == [b"tilt 10 deg\nsecond line", None, texts[3], b"x", None]


def test_jpeg_in_tiff_is_not_compressed_with_loss_again(tmp_path):
    needs_codecs("jpeg")
    smooth = cv2.GaussianBlur(BYTES, (0, 0), 3)
    tifffile.imwrite(tmp_path / "a.tif", np.stack([smooth] * 3, -1), photometric="rgb", compression="jpeg")
    original, copy, _ = round_trip(tmp_path / "a.tif")
    assert any("JPEG compression" in note for note in original.notes)
    np.testing.assert_array_equal(tifffile.imread(copy)[..., 1], original.pages[0].values)


def test_stack(tmp_path):
    stack = np.stack([WORDS, WORDS[::-1], WORDS[:, ::-1]])
    tifffile.imwrite(tmp_path / "a.tif", stack, photometric="minisblack")
    _, copy, _ = round_trip(tmp_path / "a.tif", description={"method": "none"})
    np.testing.assert_array_equal(tifffile.imread(copy), stack)
    with tifffile.TiffFile(copy) as tiff:
        assert len(tiff.pages) == 3 and tiff.imagej_metadata["images"] == 3


@pytest.mark.parametrize("suffix", ["png", "bmp", "tif"])
@pytest.mark.parametrize("levels", ["ramp", "reversed", "stretched"])
def test_palette(tmp_path, suffix, levels):
    ramp = {"ramp": range(256), "reversed": range(255, -1, -1), "stretched": np.repeat(range(0, 256, 4), 4)}[
        levels
    ]
    image = Image.fromarray(BYTES, mode="P")
    image.putpalette([int(level) for level in ramp for _ in range(3)])
    path = tmp_path / f"a.{suffix}"
    image.save(path)
    original, copy, _ = round_trip(path)
    # A BMP with the ramp is how that format stores gray.
    assert original.layout == ("gray" if (suffix, levels) == ("bmp", "ramp") else "palette")
    shown = np.array(list(ramp), np.uint8)[BYTES]
    with Image.open(copy) as after, Image.open(path) as before:
        assert after.mode == before.mode and after.getpalette() == before.getpalette()
        np.testing.assert_array_equal(np.asarray(after.convert("L")), shown)
        if suffix != "png":
            np.testing.assert_array_equal(np.asarray(after), BYTES)
    darker = np.floor(shown / 2).astype(np.uint8)
    write.write(copy, original, [darker / np.float32(255)])
    with Image.open(copy) as after:
        np.testing.assert_array_equal(np.asarray(after.convert("L")), darker)


@pytest.mark.parametrize("stored", [BYTES, WORDS], ids=["u8", "u16"])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_png(tmp_path, stored, channels):
    pixels = stored if channels == 1 else np.stack([stored] * 3 + [stored[::-1]] * (channels - 3), -1)
    cv2.imwrite(str(tmp_path / "a.png"), pixels)
    _, copy, _ = round_trip(tmp_path / "a.png")
    np.testing.assert_array_equal(cv2.imread(str(copy), cv2.IMREAD_UNCHANGED), pixels)
    with Image.open(copy) as image:
        image.verify()


def test_png_with_gray_and_alpha(tmp_path):
    pixels = np.stack([BYTES, BYTES[::-1]], -1)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    original, copy, _ = round_trip(tmp_path / "a.png")
    with Image.open(copy) as image:
        assert image.mode == "LA" and original.layout == "gray+alpha"
        np.testing.assert_array_equal(np.asarray(image), pixels)


def test_png_keeps_its_texts_and_gamma(tmp_path):
    from PIL.PngImagePlugin import PngInfo

    texts = PngInfo()
    texts.add_text("Comment", "first")
    texts.add(b"gAMA", (45455).to_bytes(4, "big"))
    Image.fromarray(BYTES).save(tmp_path / "a.png", pnginfo=texts, dpi=(300, 300))
    original, copy, _ = round_trip(tmp_path / "a.png", description={"method": "näher", "n": 2})
    write.write(tmp_path / "b.png", read(copy), [original.pages[0].image], description={"n": 3})
    with Image.open(copy) as image, Image.open(tmp_path / "b.png") as again:
        assert image.text["Comment"] == "first" and image.info["gamma"] == pytest.approx(0.45455)
        assert image.info["dpi"] == pytest.approx((300, 300), abs=0.02)
        assert json.loads(image.text["semclear"]) == {"method": "näher", "n": 2}
        assert json.loads(again.text["semclear"]) == {"n": 3}


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
def test_bmp(tmp_path, mode):
    Image.fromarray(BYTES).convert(mode).save(tmp_path / "a.bmp", dpi=(300, 300))
    _, copy, notes = round_trip(tmp_path / "a.bmp", description={"a": 1})
    assert "no place for a description" in notes[0]
    np.testing.assert_array_equal(
        cv2.imread(str(copy), cv2.IMREAD_UNCHANGED), cv2.imread(str(tmp_path / "a.bmp"), cv2.IMREAD_UNCHANGED)
    )
    with Image.open(copy) as after, Image.open(tmp_path / "a.bmp") as before:
        assert after.mode == before.mode and after.info["dpi"] == before.info["dpi"]
        np.testing.assert_array_equal(np.asarray(after), np.asarray(before))


@pytest.mark.parametrize("colour", [False, True])
def test_jpeg_becomes_png(tmp_path, colour):
    image = Image.fromarray(cv2.GaussianBlur(BYTES, (0, 0), 3))
    (image.convert("RGB") if colour else image).save(tmp_path / "a.JPG", quality=90)
    original, copy, notes = round_trip(tmp_path / "a.JPG")
    assert copy.name == "a.png" and notes == ("JPEG became PNG, which loses nothing",)
    with Image.open(copy) as after:
        assert after.format == "PNG" and after.mode == ("RGB" if colour else "L")
        np.testing.assert_array_equal(np.asarray(after.convert("L")), original.pages[0].values)


@pytest.mark.parametrize(
    ("name", "expected"), [("a.tif", "a.tif"), ("a.TIFF", "a.TIFF"), ("a.png", "a.tif"), ("ä b.c", "ä b.tif")]
)
def test_names_of_tiff_files(tmp_path, name, expected):
    tifffile.imwrite(tmp_path / "x.tif", BYTES)
    (tmp_path / "x.tif").rename(tmp_path / name)
    _, copy, _ = round_trip(tmp_path / name)
    assert copy.name == expected
    np.testing.assert_array_equal(tifffile.imread(copy), BYTES)


def with_bar(rows: int = 40) -> np.ndarray:
    """Return a picture of 200 rows above a bar with writing."""
    picture = cv2.GaussianBlur(RNG.integers(0, 256, (200, 320), dtype=np.uint8), (0, 0), 2)
    bar = np.zeros((rows, 320), np.uint8)
    cv2.putText(bar, "15.0 kV  x20,000", (8, 26), cv2.FONT_HERSHEY_SIMPLEX, 0.7, 255, 1)
    return np.vstack([picture, bar])


@pytest.mark.parametrize("suffix", ["tif", "png", "bmp"])
def test_data_bar_is_untouched_or_cut(tmp_path, suffix):
    stored = with_bar()
    path, copy = tmp_path / f"a.{suffix}", tmp_path / f"b.{suffix}"
    Image.fromarray(stored).save(path)
    original = read(path)
    assert original.pages[0].databar_rows == 40
    restored = np.full(stored.shape, 0.25, np.float32)
    write.write(copy, original, [restored])
    found = np.asarray(Image.open(copy))
    np.testing.assert_array_equal(found[200:], stored[200:])
    assert (found[:200] == 64).all()  # floor(0.25 * 255 + 0.5)
    write.write(copy, original, [restored[:200]])
    np.testing.assert_array_equal(np.asarray(Image.open(copy)), found)
    write.write(copy, original, [restored], crop_databar=True)
    np.testing.assert_array_equal(np.asarray(Image.open(copy)), found[:200])


def test_a_bar_of_sixteen_bits_under_a_picture_of_twelve(tmp_path):
    """Beside such a bar the picture would be nearly black to the network."""
    stored = RNG.integers(0, 4096, (400, 300), dtype=np.uint16)
    stored[340:] = 0
    stored[360:380, 40:200:3] = 65535
    tifffile.imwrite(tmp_path / "a.tif", stored)
    original, copy, _ = round_trip(tmp_path / "a.tif")
    (page,) = original.pages
    assert (page.databar_rows, original.high) == (60, 4095.0) and "beside its data bar" in original.notes[0]
    assert page.image.max() == 1.0
    np.testing.assert_allclose(page.image[:340], stored[:340] / 4095.0, atol=1e-6)
    np.testing.assert_array_equal(tifffile.imread(copy), stored)


@pytest.mark.parametrize("top", [255.0, 1e6, -3.0])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_bar_of_floats_takes_nothing_of_the_picture_s_range(tmp_path, dtype, top):
    """The ink may be brighter or darker than any picture: the bar is kept bit by bit, the picture has all of 0 to 1."""
    stored = RNG.normal(20, 2, (400, 300)).astype(dtype)
    stored[340:] = 40 if top < 0 else 0.25
    stored[360:380, 40:200:3] = top
    tifffile.imwrite(tmp_path / "a.tif", stored)
    original, copy, _ = round_trip(tmp_path / "a.tif")
    (page,) = original.pages
    picture = stored[:340].astype(np.float64)
    assert page.databar_rows == 60
    assert (original.low, original.high) == (picture.min(), picture.max())
    assert "without data bar" in original.notes[0]
    wanted = (picture - picture.min()) / np.ptp(picture)
    np.testing.assert_allclose(page.image[:340], wanted, atol=1e-7)
    assert page.image.min() == 0 and page.image.max() == 1
    found = tifffile.imread(copy)
    np.testing.assert_array_equal(found[340:], stored[340:])
    np.testing.assert_allclose(found[:340], stored[:340], atol=np.ptp(picture) * 1e-7)


def test_a_lower_part_far_brighter_than_the_rest_is_no_bar(tmp_path):
    """A section below vacuum, as floats: seen in the vacuum's range it would be one bright bar with dark pores."""
    stored = RNG.normal(0, 0.01, (400, 300)).astype(np.float32)
    stored[300:] = RNG.normal(100, 20, (100, 300))
    stored[350:380, 40:200:3] = RNG.normal(-20, 1, stored[350:380, 40:200:3].shape)
    tifffile.imwrite(tmp_path / "a.tif", stored)
    (page,) = read(tmp_path / "a.tif").pages
    assert page.databar_rows == 0 and page.box.height == 400


def test_bars_of_a_stack_of_floats_are_left_out_page_by_page(tmp_path):
    stored = RNG.normal(20, 2, (2, 400, 300)).astype(np.float32)
    stored[1, 340:] = 0
    stored[1, 360:380, 40:200:3] = 255
    tifffile.imwrite(tmp_path / "a.tif", stored)
    original, copy, _ = round_trip(tmp_path / "a.tif")
    picture = np.concatenate([stored[0], stored[1, :340]])
    assert [page.databar_rows for page in original.pages] == [0, 60]
    assert (original.low, original.high) == (picture.min(), picture.max())
    np.testing.assert_array_equal(tifffile.imread(copy)[1, 340:], stored[1, 340:])


def test_frame_and_transparency_are_untouched(tmp_path):
    pixels = np.stack([BYTES] * 3 + [BYTES[::-1]], -1)
    pixels[[0, -1]], pixels[:, [0, -1]] = (0, 255, 0, 7), (0, 255, 0, 7)
    pixels[20] = (255, 0, 0, 9)  # the middle line of FEI's quadrants
    tifffile.imwrite(tmp_path / "a.tif", pixels, photometric="rgb", extrasamples=["unassalpha"])
    original = read(tmp_path / "a.tif")
    write.write(tmp_path / "b.tif", original, [np.full(BYTES.shape, 1.0)])
    found = tifffile.imread(tmp_path / "b.tif")
    frame = np.ones(BYTES.shape, bool)
    frame[1:20, 1:-1] = frame[21:-1, 1:-1] = False
    np.testing.assert_array_equal(found[frame], pixels[frame])
    np.testing.assert_array_equal(found[..., 3], pixels[..., 3])
    assert (found[~frame][:, :3] == 255).all()


@pytest.mark.parametrize("bits", [2, 8, 16])
def test_a_transparent_grey_of_a_png_stays_on_its_pixels(tmp_path, bits):
    """As Pillow shows it; what has this grey after restoring is other pixels."""
    stored = RNG.integers(0, 2**bits, BYTES.shape)
    grey = int(stored[5, 7])
    data = _gray_png(stored, bits)
    end = data.index(b"IDAT") - 4
    part = b"tRNS" + (grey | 0x100 * (bits == 8)).to_bytes(2, "big")  # bits beyond the depth do not count
    part = b"\0\0\0\2" + part + zlib.crc32(part).to_bytes(4, "big")
    (tmp_path / "a.png").write_bytes(data[:end] + part + data[end:])
    original = read(tmp_path / "a.png")
    assert original.layout == "gray+alpha"
    count = np.count_nonzero(stored == grey)
    assert f"declares the grey value {grey} transparent ({count} pixel" in original.notes[0]
    write.write(tmp_path / "b.png", original, [np.full(stored.shape, grey / (2**bits - 1))])
    found = cv2.imread(str(tmp_path / "b.png"), cv2.IMREAD_UNCHANGED)
    np.testing.assert_array_equal(found[..., -1] == 0, stored == grey)
    assert set(np.unique(found[..., -1])) == {0, np.iinfo(found.dtype).max}
    if bits == 8:
        shown = np.asarray(Image.open(tmp_path / "a.png").convert("LA"))[..., 1]
        np.testing.assert_array_equal(found[..., -1], shown)


def _gray_png(values, bits):
    """Return a gray PNG of so many bits a pixel, by hand."""
    words = np.ascontiguousarray(values, ">u2").view(np.uint8).reshape(*values.shape, 2)
    rows = np.unpackbits(words, axis=2)[..., 16 - bits :].reshape(len(values), -1)
    packed = np.packbits(rows, axis=1)
    raw = b"".join(b"\0" + row.tobytes() for row in packed)
    height, width = values.shape
    header = width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes([bits, 0, 0, 0, 0])
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(raw)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        len(contents).to_bytes(4, "big") + name + contents + zlib.crc32(name + contents).to_bytes(4, "big")
        for name, contents in parts
    )


def test_a_transparent_grey_that_no_pixel_has_is_named(tmp_path):
    stored = np.maximum(BYTES, 9)
    Image.fromarray(stored).save(tmp_path / "a.png", transparency=3)
    original = read(tmp_path / "a.png")
    assert original.layout == "gray"
    assert original.notes == (
        "no pixel has the grey value 3 that the PNG declares transparent: the result declares none",
    )


PIXEL_TAGS = [
    ({"imagej": True, "resolution": (80, 80), "metadata": {"unit": "um"}}, 12.5),
    ({"resolution": (2e6, 2e6), "resolutionunit": "CENTIMETER"}, 5.0),
    ({"resolution": (2.54e6, 2.54e6), "resolutionunit": "INCH"}, 10.0),
    (
        {
            "ome": True,
            "metadata": {
                "axes": "YX",
                "PhysicalSizeX": 3.7,
                "PhysicalSizeXUnit": "nm",
                "PhysicalSizeY": 3.7,
                "PhysicalSizeYUnit": "nm",
            },
        },
        3.7,
    ),
]


@pytest.mark.parametrize(("options", "expected"), PIXEL_TAGS, ids=["imagej", "cm", "inch", "ome"])
def test_pixel_size_that_the_input_states_in_its_tags(tmp_path, options, expected):
    path = tmp_path / ("a.ome.tif" if "ome" in options else "a.tif")
    tifffile.imwrite(path, WORDS, **options)
    original, copy, _ = round_trip(path, description={"method": "a=b", "text": "é\nzwei"})
    assert original.pixel_size_nm == pytest.approx(expected, rel=1e-6)
    again = read(copy)
    assert again.pixel_size_nm == pytest.approx(expected, rel=1e-6)
    # With its unit in the description, the resolution is ImageJ's too.
    assert again.pixel_size_source == original.pixel_size_source.replace("TIFF resolution", "ImageJ")
    with tifffile.TiffFile(copy) as after, tifffile.TiffFile(path) as before:
        np.testing.assert_array_equal(after.asarray(), WORDS)
        if "ome" in options:
            xml = after.ome_metadata
            pixels = tifffile.xml2dict(xml)["OME"]["Image"]["Pixels"]
            assert pixels["PhysicalSizeX"] == 3.7 and pixels["PhysicalSizeXUnit"] == "nm"
            assert json.loads(tifffile.xml2dict(xml)["OME"]["Image"]["Description"])["method"] == "a=b"
            assert after.series[0].axes == "YX" and xml.isascii()
        else:
            for name in ("XResolution", "YResolution", "ResolutionUnit"):
                assert after.pages[0].tags[name].value == before.pages[0].tags[name].value
            assert json.loads(after.imagej_metadata["semclear"]) == {"method": "a=b", "text": "é\nzwei"}


def pixel_by_resolution(path: Path) -> float:
    """Return nanometres by Pillow's reading of the resolution tags alone, which it gives in dots an inch."""
    with Image.open(path) as image:
        return 2.54e7 / float(image.info["dpi"][0])


def test_pixel_size_from_a_vendor_reaches_every_reader(tmp_path):
    text = b"[Beam]\r\nHV=10000\r\n\r\n[Scan]\r\nPixelWidth=5.82813e-009\r\nPixelHeight=5.82813e-009\r\n"
    tifffile.imwrite(
        tmp_path / "a.tif", BYTES, extratags=[(34682, 2, len(text), text, True)], resolution=(72, 72)
    )
    _, copy, _ = round_trip(tmp_path / "a.tif", description={"method": "wiener"})
    assert pixel_by_resolution(copy) == pytest.approx(5.82813, rel=1e-6)
    with tifffile.TiffFile(copy) as tiff:
        assert tiff.imagej_metadata["unit"] == "cm"
        x, unit = tiff.pages[0].tags["XResolution"].value, tiff.pages[0].tags["ResolutionUnit"].value
        assert unit == 3 and x[1] / x[0] * 1e7 == pytest.approx(5.82813, rel=1e-6)
        assert tiff.fei_metadata["Scan"]["PixelWidth"] == 5.82813e-9
        tag = tiff.pages[0].tags[34682]
        assert copy.read_bytes()[tag.valueoffset :][: tag.count].rstrip(b"\0") == text


@pytest.mark.parametrize("suffix", ["png", "jpg", "bmp"])
def test_pixel_size_from_a_side_car_goes_into_plain_formats(tmp_path, suffix):
    Image.fromarray(BYTES).save(tmp_path / f"a.{suffix}")
    (tmp_path / "a.txt").write_text("[SemImageFile]\nPixelSize=24.8\n")
    original, copy, _ = round_trip(tmp_path / f"a.{suffix}")
    assert original.pixel_size_nm == 24.8 and not (copy.parent / "a.txt").exists()
    assert read(copy).pixel_size_nm == pytest.approx(24.8, rel=1e-6)
    assert pixel_by_resolution(copy) == pytest.approx(24.8, rel=1e-4)


@pytest.mark.parametrize("edge", [1e-3, 0.01, 0.4999, 1.0, 5.82813, 29.33, 123.456, 4999.0])
def test_resolution_is_exact_to_nine_digits(tmp_path, edge):
    (tmp_path / "a.txt").write_text(f"[SemImageFile]\nPixelSize={edge!r}\n")
    tifffile.imwrite(tmp_path / "a.tif", BYTES, metadata=None)
    original, copy, notes = round_trip(tmp_path / "a.tif")
    assert original.pixel_size_nm == edge
    if edge < 1e7 / 2**32:
        assert "too small" in notes[0] and read(copy).pixel_size_nm is None
    else:
        assert read(copy).pixel_size_nm == pytest.approx(edge, rel=1e-9)


def test_without_pixel_size_the_resolution_is_as_it_was_and_imagej_sees_no_unit(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", BYTES, resolution=(300, 300), resolutionunit="INCH", metadata=None)
    _, copy, _ = round_trip(tmp_path / "a.tif")
    with tifffile.TiffFile(copy) as tiff:
        assert tiff.pages[0].tags["XResolution"].value == (300, 1) and tiff.imagej_metadata is None
    assert read(copy).pixel_size_nm is None


def test_lines_of_imagej_and_other_descriptions_stay(tmp_path):
    tifffile.imwrite(
        tmp_path / "a.tif",
        WORDS,
        imagej=True,
        resolution=(80, 80),
        metadata={"unit": "um", "min": 5.0, "max": 900.0},
    )
    _, copy, _ = round_trip(tmp_path / "a.tif")
    with tifffile.TiffFile(copy) as tiff:
        assert (tiff.imagej_metadata["min"], tiff.imagej_metadata["max"]) == (5.0, 900.0)
        assert tiff.imagej_metadata["unit"] == "um"
    tifffile.imwrite(tmp_path / "b.tif", WORDS, description="sample 7\nsecond line", metadata=None)
    _, copy, _ = round_trip(tmp_path / "b.tif", description={"n": 1})
    with tifffile.TiffFile(copy) as tiff:
        text = tiff.pages[0].description.removeprefix("semclear=")
    assert json.loads(text) == {"n": 1, "input_description": "sample 7\nsecond line"}


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_a_coloured_palette_becomes_gray_throughout(tmp_path, suffix):
    image = Image.fromarray(BYTES, mode="P")
    image.putpalette(RNG.integers(0, 256, 768).tolist())
    image.save(tmp_path / f"a{suffix}")
    original = read(tmp_path / f"a{suffix}", to_gray=True)
    write.write(tmp_path / f"b{suffix}", original, [page.image for page in original.pages])  # levels stay
    found = np.asarray(Image.open(tmp_path / f"b{suffix}").convert("RGB"))
    assert (found == found[..., :1]).all()
    np.testing.assert_array_equal(found[..., 0], original.pages[0].values)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_orientation_in_which_it_is_shown_stays(tmp_path, orientation):
    tifffile.imwrite(
        tmp_path / "a.tif", BYTES, extratags=[(274, 3, 1, orientation, True)], metadata=None, byteorder=">"
    )
    exif = Image.Exif()
    exif[274] = orientation
    Image.fromarray(BYTES).save(tmp_path / "a.png", exif=exif)
    _, copy, _ = round_trip(tmp_path / "a.tif")
    assert Image.open(copy).getexif().get(274, 1) == orientation
    Image.fromarray(BYTES).save(tmp_path / "b.jpg", exif=exif)
    for name in ("a.png", "b.jpg"):
        original, copy, _ = round_trip(tmp_path / name)
        assert Image.open(copy).getexif().get(274, 1) == orientation
        shown = np.asarray(ImageOps.exif_transpose(Image.open(tmp_path / name)))
        np.testing.assert_array_equal(original.pages[0].values, shown)


@pytest.mark.parametrize("name", ["a.tif", "imagej.tif", "a.ome.tif", "a.png"])
def test_a_restoration_is_known_again(tmp_path, name):
    source = tmp_path / name
    if name.endswith(".tif"):
        tifffile.imwrite(source, BYTES, imagej=name == "imagej.tif")
    else:
        Image.fromarray(BYTES).save(source)
    assert read(source).account is None
    told = {"semclear": "0.1.0", "method": "clahe", "text": "a=b {µ}"}
    _, copy, _ = round_trip(source, description=told)
    assert read(copy).account.items() >= told.items()


def test_a_description_that_only_looks_like_an_account_is_passed_over(tmp_path):
    for number, text in enumerate(("semclear={", 'semclear={"n": 1}', "semclear=[1]", "semclear", "OME>")):
        path = tmp_path / f"{number}.tif"
        tifffile.imwrite(path, BYTES, description=text, metadata=None)
        assert read(path).account is None


@pytest.mark.parametrize("name", ["a.tif", "a.png", "a.bmp"])
def test_same_bytes_every_time(tmp_path, name):
    Image.fromarray(BYTES).save(tmp_path / name)
    original = read(tmp_path / name)
    for folder in ("one", "two"):
        write.write(
            tmp_path / folder / name, original, [original.pages[0].image], description={"b": 1, "a": [2]}
        )
    assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def refused(path: Path, original, images, **options) -> str:
    before = sorted(path.parent.rglob("*")) if path.parent.is_dir() else []
    with pytest.raises(SemclearError) as caught:
        write.write(path, original, images, **options)
    text = str(caught.value)
    assert text.startswith(f"{path}: ") and "\n" not in text
    assert (sorted(path.parent.rglob("*")) if path.parent.is_dir() else []) == before  # nothing half written
    return text


def test_what_cannot_be_written(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", BYTES)
    original = read(tmp_path / "a.tif")
    image = original.pages[0].image
    target = tmp_path / "out" / "a.tif"
    assert "got 2 images, expected 1" in refused(target, original, [image, image])
    assert "of shape (3, 3)" in refused(target, original, [image[:3, :3]])
    assert "NaN or infinite" in refused(target, original, [np.where(image > 0.5, np.nan, image)])
    assert "expected floats" in refused(target, original, [BYTES])
    assert "no JSON" in refused(target, original, [image], description={"a": object()})
    assert "no JSON" in refused(target, original, [image], description={"a": float("nan")})
    assert "the input itself" in refused(tmp_path / "a.tif", original, [image])
    np.testing.assert_array_equal(tifffile.imread(tmp_path / "a.tif"), BYTES)


def test_folder_that_cannot_be_written(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", BYTES)
    original = read(tmp_path / "a.tif")
    (tmp_path / "file").write_text("in the way")
    assert "cannot be written" in refused(tmp_path / "file" / "a.tif", original, [original.pages[0].image])
    assert "cannot be written" in refused(
        tmp_path / "file" / "deep" / "a.tif", original, [original.pages[0].image]
    )


def test_full_disk_leaves_nothing(tmp_path, monkeypatch):
    tifffile.imwrite(tmp_path / "a.tif", BYTES)
    original = read(tmp_path / "a.tif")

    def full(self, data):
        raise OSError(28, "No space left on device", str(self))

    monkeypatch.setattr(Path, "write_bytes", full)
    (tmp_path / "out").mkdir()
    text = refused(tmp_path / "out" / "a.tif", original, [original.pages[0].image])
    assert "No space left" in text


def test_names_with_spaces_and_letters_of_all_kinds(tmp_path):
    path = tmp_path / "mit Leerzeichen 电子.tif"
    tifffile.imwrite(path, BYTES)
    _, copy, _ = round_trip(path, description={"input": path.name})
    with tifffile.TiffFile(copy) as tiff:
        np.testing.assert_array_equal(tiff.asarray(), BYTES)
        assert json.loads(tiff.pages[0].description.removeprefix("semclear="))["input"] == path.name


@needs_images
def test_real_files_come_back_as_they_were(tmp_path):
    for path in sorted((Path(IMAGES or "") / "vendor_tiff").iterdir()):
        if path.name.startswith("MALFORMED"):
            continue
        original = read(path)
        copy = tmp_path / write.name_for(original)
        write.write(copy, original, [page.image for page in original.pages])
        with Image.open(path) as before, Image.open(copy) as after:
            assert before.mode == after.mode
            np.testing.assert_array_equal(np.asarray(after), np.asarray(before), err_msg=path.name)
        again = read(copy)
        assert again.pixel_size_nm == original.pixel_size_nm and again.metadata == original.metadata
        bar = original.pages[0].databar_rows
        write.write(copy, original, [1 - page.image for page in original.pages], crop_databar=True)
        assert read(copy, databar=0).pages[0].values.shape[0] == len(original.pages[0].values) - bar
        assert read(copy, databar=0).pixel_height_nm == original.pixel_height_nm
