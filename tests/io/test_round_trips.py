"""Two hundred files drawn at random: each is written as it was read, or refused in one line."""

import cv2
import numpy as np
import pytest
import tifffile
from micrograph_files import picture, with_bar
from PIL import Image

from semclear.errors import SemclearError
from semclear.io import write
from semclear.io.read import read

EXAMPLES = 200
SIZE = (61, 83)
RESOLUTIONS = [
    {},
    {"resolution": (2e6, 2e6), "resolutionunit": 3},
    {"resolution": (2.54e6, 1.27e6), "resolutionunit": 2},
    {"resolution": (72, 72), "resolutionunit": 2},
]


def scene(rng, bar):
    image = picture(SIZE, int(rng.integers(1000)))
    return with_bar(image, rows=20) if bar else image


def in_type(rng, image, name):
    """Return a picture in numbers of a type, some of them of a detector of fewer bits."""
    dtype = np.dtype(name)
    if dtype.kind == "f":
        return (image * float(rng.choice([1, 255, 1e4])) - float(rng.choice([0, 20]))).astype(dtype)
    info = np.iinfo(dtype)
    bits = int(rng.choice([8, 10, 12, 14, 16])) if dtype.itemsize == 2 else 8
    high = min(info.max, 2**bits - 1)
    values = np.round(image * high)
    if dtype.kind == "i" and rng.random() < 0.4:
        values -= (high + 1) // 2
    values = values.astype(dtype)
    if dtype.itemsize == 2 and rng.random() < 0.2:
        values[3, 4] = info.max  # a dead pixel
    return values


def in_layout(rng, pages, layout):
    """Return pages of pixels in a layout, and tifffile's options for it."""
    options = {"photometric": str(rng.choice(["minisblack", "miniswhite"]))}
    if layout == "gray":
        return pages, options
    if layout == "palette":
        table = np.stack([np.arange(256, dtype=np.uint16) * 257] * 3)
        return pages, {"photometric": "palette", "colormap": table}
    separate = bool(rng.random() < 0.3)
    axis = 0 if separate else -1
    options["planarconfig"] = "separate" if separate else "contig"
    samples = {"gray+alpha": 1, "two": 1}.get(layout, 3)
    more = [] if layout == "rgb" else [rng.permuted]
    stacked = [np.stack([page] * samples + [one(page) for one in more], axis) for page in pages]
    if samples == 3:
        options["photometric"] = "rgb"
    if more:
        kind = "unspecified" if layout == "two" else str(rng.choice(["assocalpha", "unassalpha"]))
        options["extrasamples"] = [kind]
    return stacked, options


def drawn_tiff(path, rng):
    dtype = str(rng.choice(["uint8", "uint16", "int8", "int16", "float16", "float32", "float64", "uint32"]))
    layout = str(rng.choice(["gray", "gray", "gray", "rgb", "rgba", "gray+alpha", "two", "palette"]))
    if layout == "palette":
        dtype = "uint8"
    count = int(rng.choice([1, 1, 1, 2, 4]))
    bar = bool(rng.random() < 0.3)
    pages = [in_type(rng, scene(rng, bar), dtype)]
    pages += [np.roll(pages[0], 3 * number, 1) for number in range(1, count)]
    every, options = in_layout(rng, pages, layout)
    compression, predictor = [(None, None), ("zlib", None), ("zlib", 2), ("lzw", None), ("packbits", None)][
        int(rng.integers(5))
    ]
    if compression not in (None, "zlib"):
        pytest.importorskip("imagecodecs", reason="compressed TIFF needs imagecodecs")
    if predictor and np.dtype(dtype).kind == "f":
        pytest.importorskip("imagecodecs", reason="this predictor needs imagecodecs")
        predictor = 3
    options |= [{}, {"rowsperstrip": 7}, {"tile": (16, 32)}][int(rng.integers(3))]
    options |= RESOLUTIONS[int(rng.integers(len(RESOLUTIONS)))]
    orientation = int(rng.choice([1, 1, 1, *range(2, 9)]))
    tags = [(274, 3, 1, orientation, True), (40001, 7, 5, bytes(rng.integers(0, 256, 5).tolist()), True)]
    order = str(rng.choice(["<", ">"]))
    with tifffile.TiffWriter(path, byteorder=order, bigtiff=bool(rng.random() < 0.3)) as writer:
        for pixels in every:
            writer.write(
                pixels.astype(pixels.dtype.newbyteorder(order)),
                compression=compression,
                predictor=predictor,
                extratags=tags,
                metadata=None,
                **options,
            )


def drawn_plain(path, rng):
    layout = str(rng.choice(["gray", "rgb", "rgba", "palette"]))
    values = in_type(rng, scene(rng, rng.random() < 0.3), "uint8")
    dpi = {"dpi": (2.54e5, 2.54e5)} if rng.random() < 0.5 and path.suffix != ".jpg" else {}
    if path.suffix == ".png" and rng.random() < 0.4:
        cv2.imwrite(str(path), in_type(rng, values / 255, "uint16"))
        return
    if layout == "palette" and path.suffix != ".jpg":
        image = Image.fromarray(values)
        image.putpalette([level for level in range(255, -1, -1) for _ in range(3)])
    elif layout == "gray" or path.suffix == ".jpg":
        image = Image.fromarray(values)
    else:
        more = [rng.permuted(values)] if layout == "rgba" else []
        image = Image.fromarray(np.stack([values] * 3 + more, -1))
    tag = Image.Exif()
    tag[274] = int(rng.choice([1, 1, *range(2, 9)]))
    image.save(path, **dpi, **({} if path.suffix == ".bmp" else {"exif": tag}))


def pixels_of(path):
    """Return all that is stored, by other readers than those tried."""
    if path.suffix == ".tif":
        with tifffile.TiffFile(path) as tiff:
            return np.stack([page.asarray() for page in tiff.pages])
    return cv2.imread(str(path), cv2.IMREAD_UNCHANGED)


def facts_of(path):
    """Return what else of a file is to stay."""
    if path.suffix != ".tif":
        with Image.open(path) as image:
            return image.mode, image.getexif().get(274, 1)
    with tifffile.TiffFile(path) as tiff:
        return tiff.byteorder, [
            (
                page.photometric,
                page.planarconfig,
                page.extrasamples,
                page.compression,
                page.predictor,
                page.is_tiled,
                page.tags.valueof(274, default=1),
                page.tags.valueof(40001),
            )
            for page in tiff.pages
        ]


@pytest.mark.parametrize("seed", range(EXAMPLES))
def test_what_is_read_is_written_or_refused(tmp_path, seed):
    rng = np.random.default_rng([2026, seed])
    suffix = str(rng.choice([".tif", ".tif", ".tif", ".png", ".bmp", ".jpg"]))
    path = tmp_path / f"a{suffix}"
    (drawn_tiff if suffix == ".tif" else drawn_plain)(path, rng)
    try:
        original = read(path)
    except SemclearError as error:
        text = str(error)
        assert text.startswith(f"{path}: ") and "\n" not in text and "expected" in text
        assert any(cause in text for cause in ("uint32", "unknown meaning", "NaN"))
        return
    copy = tmp_path / "out" / write.name_for(original)
    write.write(copy, original, [page.image for page in original.pages])
    again = read(copy)
    for field in ("dtype", "layout", "orientation"):
        assert getattr(again, field) == getattr(original, field)
    assert (again.low, again.high) == pytest.approx((original.low, original.high), rel=1e-6)
    for field in ("pixel_size_nm", "pixel_height_nm"):
        size = getattr(original, field)
        assert getattr(again, field) == (size and pytest.approx(size, rel=1e-6))
    assert len(again.pages) == len(original.pages)
    for before, after in zip(original.pages, again.pages, strict=True):
        assert (before.box, before.databar_rows) == (after.box, after.databar_rows)
        np.testing.assert_allclose(
            before.image, after.image, atol=2e-3 if original.dtype == "float16" else 1e-6
        )
    if suffix == ".jpg":
        return
    assert facts_of(copy) == facts_of(path)
    stored, found = pixels_of(path), pixels_of(copy)
    assert (found.dtype, found.shape) == (stored.dtype, stored.shape)
    if stored.dtype.kind == "f":
        loss = {"float16": 2e-3}.get(original.dtype, 1e-6) * float(np.ptp(stored.astype(np.float64)))
        np.testing.assert_allclose(found.astype(np.float64), stored.astype(np.float64), atol=loss)
    else:
        within = (stored != np.iinfo(stored.dtype).max) if stored.dtype.itemsize == 2 else stored == stored
        np.testing.assert_array_equal(found[within], stored[within])  # a dead pixel becomes white
