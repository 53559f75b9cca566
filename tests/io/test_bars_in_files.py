"""Data bars in files: seen in the range in use, in colour, on every side and every way up, and kept bit by bit."""

import numpy as np
import pytest
import tifffile
from micrograph_files import picture, with_bar
from PIL import Image

from semclear.errors import SemclearError
from semclear.io import read_single, write
from semclear.io.databar import Box
from semclear.io.read import read

SIZE = (200, 240)
WHITES = {"uint8": 255, "10": 1023, "12": 4095, "14": 16383, "uint16": 65535}
SIDES = {
    "top": Box(0, 24, 240, 200),
    "left": Box(24, 0, 240, 200),
    "right": Box(0, 0, 240, 200),
    "bottom": Box(0, 0, 240, 200),
}


def numbers(image, white, dtype="uint16"):
    return np.round(image * white).astype("uint8" if white == 255 else dtype)


def rewritten(path, tmp_path):
    """Return a file as read, and with every picture turned to middle gray, as written."""
    original = read(path)
    copy = tmp_path / "out" / write.name_for(original)
    write.write(copy, original, [np.full(page.image.shape, 0.5, np.float32) for page in original.pages])
    return original, copy


@pytest.mark.parametrize("dtype", ["uint16", "int16"])
@pytest.mark.parametrize("white", WHITES.values(), ids=WHITES)
def test_ink_as_white_as_the_detector_s(tmp_path, white, dtype):
    if white == 65535 and dtype == "int16":
        white = 32767
    stored = numbers(with_bar(picture(SIZE)), white, dtype)
    tifffile.imwrite(tmp_path / "a.tif", stored)
    original, copy = rewritten(tmp_path / "a.tif", tmp_path)
    assert (original.pages[0].databar_rows, original.high) == (24, white)
    found = tifffile.imread(copy)
    np.testing.assert_array_equal(found[200:], stored[200:])
    assert np.ptp(found[:200]) == 0


@pytest.mark.parametrize("photometric", ["minisblack", "miniswhite"])
@pytest.mark.parametrize("white", [255, 1023, 4095, 16383])
def test_ink_of_sixteen_bits_under_fewer(tmp_path, white, photometric):
    stored = numbers(picture(SIZE), white, "uint16").astype(np.uint16)
    bar = numbers(with_bar(picture(SIZE)), 65535)[200:]
    if photometric == "miniswhite":
        stored, bar = white - stored, bar
    stored = np.vstack([stored, bar])
    tifffile.imwrite(tmp_path / "a.tif", stored, photometric=photometric)
    original, copy = rewritten(tmp_path / "a.tif", tmp_path)
    assert original.pages[0].databar_rows == 24
    assert original.high - original.low == white
    np.testing.assert_array_equal(tifffile.imread(copy)[200:], stored[200:])


@pytest.mark.parametrize("photometric", ["minisblack", "miniswhite"])
@pytest.mark.parametrize("is_dark_on_light", [False, True])
@pytest.mark.parametrize(
    ("white", "ink", "dtype"),
    [
        (1023, 255, "uint16"),
        (4095, 255, "int16"),
        (65535, 255, "uint16"),
        (65535, 4095, "uint16"),
        (4095, 1, "float32"),
    ],
)
def test_ink_of_fewer_bits_than_the_picture(tmp_path, white, ink, dtype, is_dark_on_light, photometric):
    """In the range in use such a bar is black throughout; restored, its writing would be lost."""
    bar = with_bar(picture(SIZE))[200:]
    bar = ink * (1 - bar if is_dark_on_light else bar)
    stored = np.vstack([picture(SIZE) * white, bar])
    stored = (stored if dtype == "float32" else np.round(stored)).astype(dtype)
    tifffile.imwrite(tmp_path / "a.tif", stored, photometric=photometric)
    original, copy = rewritten(tmp_path / "a.tif", tmp_path)
    assert original.pages[0].databar_rows == 24
    np.testing.assert_array_equal(tifffile.imread(copy)[200:], stored[200:])


@pytest.mark.parametrize("side", SIDES)
def test_ink_of_fewer_bits_on_any_side(tmp_path, side):
    stored = numbers(with_bar(picture(SIZE), ink=255 / 65535, side=side), 65535)
    tifffile.imwrite(tmp_path / "a.tif", stored)
    (page,) = read(tmp_path / "a.tif").pages
    assert page.box == SIDES[side]


@pytest.mark.parametrize("counts", [0.005, 0.01, 0.1, 0.3])
@pytest.mark.parametrize("gain", [1, 130, 300])
def test_a_black_lower_part_with_single_counts_is_no_bar(tmp_path, counts, gain):
    stored = np.round(picture(SIZE) * 60000).astype(np.uint16)
    stored[160:] = gain * np.random.default_rng(2).poisson(counts, stored[160:].shape)
    tifffile.imwrite(tmp_path / "a.tif", stored)
    assert read(tmp_path / "a.tif").pages[0].databar_rows == 0


@pytest.mark.parametrize("share", [0.05, 0.15])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_a_dim_picture_with_a_dim_bar(tmp_path, dtype, share):
    image = with_bar(picture(SIZE)) * share
    stored = (
        image.astype(dtype) if dtype == "float32" else np.round(image * np.iinfo(dtype).max).astype(dtype)
    )
    tifffile.imwrite(tmp_path / "a.tif", stored)
    assert read(tmp_path / "a.tif").pages[0].databar_rows == 24


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("suffix", ["tif", "png"])
def test_a_bar_on_any_side(tmp_path, suffix, side):
    stored = numbers(with_bar(picture(SIZE), side=side), 255)
    Image.fromarray(stored).save(tmp_path / f"a.{suffix}")
    original, copy = rewritten(tmp_path / f"a.{suffix}", tmp_path)
    (page,) = original.pages
    assert page.box == SIDES[side] and page.databar_rows == (24 if side == "bottom" else 0)
    if side != "bottom":
        assert original.notes == (f"a data bar on another side ({side}) is left as it is",)
    found = np.asarray(Image.open(copy)).copy()
    assert np.ptp(page.box.of(found)) == 0
    page.box.of(found)[...] = page.box.of(stored)
    np.testing.assert_array_equal(found, stored)
    assert read_single.read(tmp_path / f"a.{suffix}").box == page.box


SETS = (
    ("bottom", "top"),
    ("left", "right"),
    ("bottom", "left"),
    ("left", "bottom"),
    ("top", "right"),
    ("bottom", "top", "left", "right"),
)


def barred(sides, white=255, ink=1.0, ground=0.0, rows=24, size=(200, 240)):
    """Return a picture of a detector with bars on sides, added one after the other, and where the picture is."""
    image, (y, x) = picture(size), (0, 0)
    for side in sides:
        image = with_bar(image, ink=ink, ground=ground, rows=rows, side=side)
        y, x = y + rows * (side == "top"), x + rows * (side == "left")
    return numbers(image, white), Box(x, y, size[1], size[0])


@pytest.mark.parametrize("sides", SETS, ids="+".join)
@pytest.mark.parametrize("kind", ["black", "white", "12 bits", "ink of 16 bits", "ink of 8 bits"])
def test_bars_on_several_sides(tmp_path, kind, sides):
    """All of them stay bit by bit, out of the range, and the box is the picture alone."""
    forms = {
        "black": {},
        "white": {"ink": 0.0, "ground": 1.0},
        "12 bits": {"white": 4095},
        "ink of 16 bits": {"white": 1023, "ink": 65535 / 1023},
        "ink of 8 bits": {"white": 65535, "ink": 255 / 65535},
    }
    stored, box = barred(sides, **forms[kind])
    tifffile.imwrite(tmp_path / "a.tif", stored)
    original, copy = rewritten(tmp_path / "a.tif", tmp_path)
    (page,) = original.pages
    assert page.box == box
    assert page.databar_rows == (24 if "bottom" in sides else 0)
    assert original.high == forms[kind].get("white", 255)
    others = [side for side in ("top", "left", "right") if side in sides]
    said = (
        f"a data bar on another side ({others[0]}) is left as it is"
        if len(others) == 1
        else f"data bars on other sides ({', '.join(others)}) are left as they are"
    )
    assert said in original.notes
    found = tifffile.imread(copy)
    assert np.ptp(box.of(found)) == 0
    box.of(found)[...] = box.of(stored)
    np.testing.assert_array_equal(found, stored)
    assert read_single.read(tmp_path / "a.tif").box == box


@pytest.mark.parametrize("form", ["white ground", "blue writing"])
def test_bars_of_different_kinds_each_in_its_own(tmp_path, form):
    gray, box = barred(("bottom", "top"))
    stored = np.dstack([gray] * 3)
    if form == "white ground":
        stored[:24] = 255 - stored[:24]
    else:
        COLOURS["blue writing"](stored[:24])
    tifffile.imwrite(tmp_path / "a.tif", stored, photometric="rgb")
    original, copy = rewritten(tmp_path / "a.tif", tmp_path)
    (page,) = original.pages
    assert page.box == box and page.databar_rows == 24
    found = tifffile.imread(copy)
    np.testing.assert_array_equal(found[:24], stored[:24])
    np.testing.assert_array_equal(found[224:], stored[224:])
    assert np.ptp(box.of(found)) == 0


def test_a_bar_at_the_bottom_alone_is_cut_off_on_request(tmp_path):
    stored, _ = barred(("bottom", "top"))
    tifffile.imwrite(tmp_path / "a.tif", stored)
    original = read(tmp_path / "a.tif")
    write.write(tmp_path / "b.tif", original, [original.pages[0].image], crop_databar=True)
    np.testing.assert_array_equal(tifffile.imread(tmp_path / "b.tif"), stored[:224])


def test_a_dark_picture_under_ink_of_sixteen_bits_ends_where_the_bar_begins(tmp_path):
    """In the range in use picture and ground are black, and the bar seems to begin below its scale bar."""
    stored = np.round(with_bar(np.zeros(SIZE), ink=65535, rows=34)).astype(np.uint16)
    stored[:200] = np.round(picture(SIZE) * 300)
    stored[204:206, 100:220] = 65535
    tifffile.imwrite(tmp_path / "a.tif", stored)
    original = read(tmp_path / "a.tif")
    assert (original.pages[0].databar_rows, original.high) == (34, 1023)


def test_given_rows_look_on_no_other_side(tmp_path):
    Image.fromarray(numbers(with_bar(picture(SIZE), side="top"), 255)).save(tmp_path / "a.png")
    assert read(tmp_path / "a.png", databar=0).pages[0].box == Box(0, 0, 240, 224)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("name", ["a.tif", "a.png", "a.jpg"])
def test_the_bar_is_looked_for_where_it_is_shown(tmp_path, name, orientation):
    from semclear.io.formats import exif

    shown = numbers(with_bar(picture(SIZE)), 255)
    stored = exif.stored(shown, orientation)
    if name == "a.tif":
        tifffile.imwrite(tmp_path / name, stored, extratags=[(274, 3, 1, orientation, True)], metadata=None)
    else:
        tag = Image.Exif()
        tag[274] = orientation
        Image.fromarray(stored).save(
            tmp_path / name, exif=tag, **({"quality": 98} if name == "a.jpg" else {})
        )
    original, copy = rewritten(tmp_path / name, tmp_path)
    (page,) = original.pages
    assert page.databar_rows == 24 and page.values.shape == (224, 240)
    written = np.asarray(Image.open(copy)) if copy.suffix == ".png" else tifffile.imread(copy)
    assert written.shape == stored.shape
    found = exif.shown(written, orientation)
    assert np.ptp(found[:200]) == 0
    np.testing.assert_array_equal(found[200:], page.values[200:])
    if name != "a.jpg":
        np.testing.assert_array_equal(found[200:], shown[200:])
    write.write(copy, original, [page.image], crop_databar=True)
    assert read(copy, databar=0).pages[0].values.shape == (200, 240)


COLOURS = {
    "logo": lambda bar: bar.__setitem__(np.s_[4:12, 180:230], (0, 84, 166)),
    "blue ground": lambda bar: bar.__setitem__((bar == 0).all(-1), (0, 84, 166)),
    "red writing": lambda bar: bar.__setitem__((bar == bar.max()).all(-1), (255, 0, 0)),
    "green writing": lambda bar: bar.__setitem__((bar == bar.max()).all(-1), (0, 255, 0)),
    "blue writing": lambda bar: bar.__setitem__((bar == bar.max()).all(-1), (0, 0, 255)),
    "yellow writing": lambda bar: bar.__setitem__((bar == bar.max()).all(-1), (255, 255, 0)),
}


@pytest.mark.parametrize("colour", COLOURS)
@pytest.mark.parametrize("form", ["tif", "16 bit", "palette", "png", "bmp", "alpha"])
def test_colour_in_the_bar_alone_is_gray(tmp_path, form, colour):
    stored = np.dstack([numbers(with_bar(picture(SIZE)), 255)] * 3)
    COLOURS[colour](stored[200:])
    path = tmp_path / f"a.{form if form in ('png', 'bmp') else 'tif'}"
    if form == "16 bit":
        stored = stored.astype(np.uint16) * 257
        tifffile.imwrite(path, stored, photometric="rgb")
    elif form == "palette":
        greys = np.unique(stored.reshape(-1, 3), axis=0)
        table = np.zeros((256, 3), np.uint16)
        if len(greys) > 256:
            pytest.skip("more colours than a palette has")
        table[: len(greys)] = greys.astype(np.uint16) * 257
        index = np.argmax((stored[:, :, None] == greys[None, None]).all(-1), axis=-1).astype(np.uint8)
        tifffile.imwrite(path, index, photometric="palette", colormap=table.T)
    elif form == "alpha":
        stored = np.dstack([stored, np.full(stored.shape[:2], 255, np.uint8)])
        tifffile.imwrite(path, stored, photometric="rgb", extrasamples=["unassalpha"])
    else:
        Image.fromarray(stored).save(path)
    original, copy = rewritten(path, tmp_path)
    assert original.pages[0].databar_rows == 24
    assert "colour in the data bar is left as it is" in original.notes
    np.testing.assert_array_equal(original.pages[0].values[:200], stored[:200, :, 0])
    if form == "palette":
        found = np.asarray(Image.open(copy).convert("RGB"))
    else:
        found = tifffile.imread(copy) if copy.suffix == ".tif" else np.asarray(Image.open(copy))
    np.testing.assert_array_equal(found[200:], stored[200:])
    assert np.ptp(found[:200, :, :3]) == 0
    assert read_single.read(path).box == Box(0, 0, 240, 200)


@pytest.mark.parametrize("form", ["jpg", "tif"])
@pytest.mark.parametrize("colour", ["logo", "blue ground"])
def test_colour_of_the_bar_that_jpeg_lets_run_over(tmp_path, form, colour):
    gray = numbers(with_bar(picture(SIZE)), 255)
    stored = np.dstack([gray] * 3)
    COLOURS[colour](stored[200:])
    stored[200:212, 190:220] = (0, 84, 166)  # up to the edge of the picture, in the midst of a block
    path = tmp_path / f"a.{form}"
    if form == "jpg":
        Image.fromarray(stored).save(path, quality=90)
    else:
        pytest.importorskip("imagecodecs", reason="compressed TIFF needs imagecodecs")
        tifffile.imwrite(path, stored, photometric="rgb", compression="jpeg")
    original, copy = rewritten(path, tmp_path)
    rows = original.pages[0].databar_rows
    assert rows in (23, 24)  # JPEG greys its edge
    assert np.abs(original.pages[0].values[:200].astype(int) - gray[:200]).mean() < 4
    found = np.asarray(Image.open(copy))
    assert np.ptp(found[:-rows]) == 0
    np.testing.assert_array_equal(found[-rows:], original.pages[0].stored.pixels[-rows:])
    stored[100:120, 100:120] = (255, 0, 0)
    Image.fromarray(stored).save(tmp_path / "b.jpg", quality=90)
    with pytest.raises(SemclearError, match="got colour"):
        read(tmp_path / "b.jpg")


def test_colour_in_the_picture_is_refused_whatever_the_bar_shows(tmp_path):
    stored = np.dstack([numbers(with_bar(picture(SIZE)), 255)] * 3)
    COLOURS["logo"](stored[200:])
    stored[50:60, 50:60] = (255, 0, 0)
    Image.fromarray(stored).save(tmp_path / "a.png")
    with pytest.raises(SemclearError, match="got colour"):
        read(tmp_path / "a.png")
    original = read(tmp_path / "a.png", to_gray=True)
    write.write(tmp_path / "b.png", original, [original.pages[0].image])
    found = np.asarray(Image.open(tmp_path / "b.png"))
    np.testing.assert_array_equal(found[200:], stored[200:])
    assert (found[55, 55] == 76).all()  # 0.299 of 255


def test_a_bar_that_is_not_seen_can_be_given(tmp_path):
    stored = np.dstack([numbers(picture(SIZE), 255)] * 3)
    stored[180:] = (10, 60, 200)
    Image.fromarray(stored).save(tmp_path / "a.png")
    with pytest.raises(SemclearError, match="got colour"):
        read(tmp_path / "a.png")
    assert read(tmp_path / "a.png", databar=20).pages[0].databar_rows == 20
