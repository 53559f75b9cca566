"""Random image files of every known form, and what has to hold of them: written as they were read, or refused.

`RANGES` is the product that is drawn from; a combination that a format cannot hold becomes the nearest one that it can
(`Recipe.settled`). Pixels are looked at by other readers than those tried. MRC, CZI and DM3 are drawn where the
packages that read them are installed.
"""

from __future__ import annotations

import importlib.util
import sys
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import tifffile

from benchmarks.common.provenance import ROOT
from semclear.errors import SemclearError
from semclear.io import write
from semclear.io.read import Original, read

sys.path.append(str(ROOT / "tests" / "helpers"))  # small pictures and files, which the tests have too

from foreign_files import write_czi, write_dm3, write_mrc
from micrograph_files import picture, with_bar

SIZE = (61, 83)
TIFFS = ("tif", "bigtif", "ome", "imagej")
PACKAGES = {"mrc": "mrcfile", "czi": "pylibCZIrw", "dm3": "rsciio"}
REFUSED_TYPES = ("uint32", "complex64")

RESOLUTIONS: dict[str, tuple[dict[str, Any], tuple[float, float] | None]] = {
    "none": ({}, None),
    "cm": ({"resolution": (2e6, 2e6), "resolutionunit": 3}, (5.0, 5.0)),
    "inch": ({"resolution": (2.54e6, 1.27e6), "resolutionunit": 2}, (10.0, 20.0)),
    "print": ({"resolution": (72, 72), "resolutionunit": 2}, None),
}
"""tifffile's options, and the pixel's width and height in nanometres that they say."""

RANGES: dict[str, tuple[Any, ...]] = {
    "container": (*TIFFS, "tif", "tif", "png", "bmp", "jpg", *PACKAGES),
    "dtype": ("uint8", "uint16", "int8", "int16", "float16", "float32", "float64", *REFUSED_TYPES),
    "bits": (8, 10, 12, 14, 16),
    "is_negative": (False, False, True),
    "layout": ("gray", "gray", "gray", "rgb", "rgba", "gray+alpha", "two", "palette"),
    "is_white_zero": (False, False, True),
    "is_separate": (False, True),
    "alpha": ("assocalpha", "unassalpha"),
    "orientation": (1, 1, *range(2, 9)),
    "order": ("<", ">"),
    "compression": (None, "zlib", "lzw", "packbits", "zstd", "lzma"),
    "has_predictor": (False, True),
    "parts": ("strips", "rows", "tiles"),
    "pages": (1, 1, 2, 4),
    "has_bar": (False, False, True),
    "resolution": tuple(RESOLUTIONS),
    "flaw": (None,) * 8 + ("dead pixel", "nan", "constant"),
    "seed": tuple(range(1000)),
}


def available() -> tuple[str, ...]:
    """Return the containers whose packages are installed."""
    lacking = {name for name, package in PACKAGES.items() if importlib.util.find_spec(package) is None}
    return tuple(name for name in RANGES["container"] if name not in lacking)


@dataclass(frozen=True)
class Recipe:
    """One file; see `RANGES` for the values."""

    container: str
    dtype: str
    bits: int
    is_negative: bool
    layout: str
    is_white_zero: bool
    is_separate: bool
    alpha: str
    orientation: int
    order: str
    compression: str | None
    has_predictor: bool
    parts: str
    pages: int
    has_bar: bool
    resolution: str
    flaw: str | None
    seed: int

    def settled(self) -> Recipe:
        """Return the nearest recipe that the container can hold."""
        types = {
            "png": ("uint8", "uint16"),
            "bmp": ("uint8",),
            "jpg": ("uint8",),
            "ome": ("uint8", "uint16", "int8", "int16", "float32", "float64", *REFUSED_TYPES),
            "imagej": ("uint8", "uint16", "float32"),
            "mrc": ("int8", "int16", "uint16", "float16", "float32"),
            "czi": ("uint8", "uint16", "float32"),
            "dm3": ("uint8", "int8", "int16", "uint16", "float32", "float64"),
        }.get(self.container)
        layouts = {
            "png": ("gray", "rgb", "rgba", "palette"),
            "bmp": ("gray", "rgb", "palette"),
            "jpg": ("gray", "rgb"),
            "czi": ("gray", "rgb"),
            **dict.fromkeys(("ome", "imagej", "mrc", "dm3"), ("gray",)),
        }.get(self.container)
        new: dict[str, Any] = {}
        if types and self.dtype not in types:
            new["dtype"] = types[self.seed % len(types)]
        if layouts and self.layout not in layouts:
            new["layout"] = layouts[0]
        if self.container in ("png", "bmp", "jpg"):
            new["pages"] = 1
        made = replace(self, **new)
        if made.layout == "palette":
            made = replace(made, dtype="uint8")
        if made.layout in ("rgb", "rgba") and made.container in ("png", "czi"):
            made = replace(made, dtype="uint8")
        if made.flaw == "nan" and np.dtype(made.dtype).kind != "f":
            made = replace(made, flaw=None)
        return replace(made, flaw=None) if made.flaw == "constant" and made.layout == "rgba" else made

    @property
    def suffix(self) -> str:
        """The usual one of the file's name, with its dot."""
        return ".tif" if self.container in TIFFS else f".{self.container}"

    @property
    def refusal(self) -> str | None:
        """What a refusal has to say; None of files that must be read."""
        if self.layout == "two" and self.flaw != "constant":
            return "unknown meaning"
        if self.dtype in REFUSED_TYPES:
            return self.dtype
        return {"nan": "NaN", "constant": "one grey value"}.get(self.flaw or "")

    @property
    def pixel_nm(self) -> tuple[float, float] | None:
        """Width and height of a pixel as stored, in nanometres; None where the file does not say."""
        if self.container in TIFFS:
            if self.container == "ome":
                return (5.0, 5.0) if self.resolution == "cm" else RESOLUTIONS[self.resolution][1]
            return RESOLUTIONS[self.resolution][1]
        if self.container == "jpg" or self.resolution == "none":
            return None
        return (100.0, 100.0) if self.container in ("png", "bmp") and self.dtype == "uint8" else (5.0, 5.0)


def drawn(seed: int) -> Recipe:
    """Return the recipe of a number: the same each time."""
    rng = np.random.default_rng([2026, seed])
    ranges = RANGES | {"container": available()}
    values = {one.name: ranges[one.name][int(rng.integers(len(ranges[one.name])))] for one in fields(Recipe)}
    return Recipe(**values).settled()


def _in_type(image: np.ndarray, recipe: Recipe) -> np.ndarray:
    """Return a picture in numbers of a type, some of them of a detector of fewer bits."""
    dtype = np.dtype(recipe.dtype)
    if dtype.kind in "fc":
        values = (image * (1.0, 255.0, 1e4)[recipe.seed % 3] - (0, 20)[recipe.is_negative]).astype(dtype)
    else:
        info = np.iinfo(dtype)
        high = min(info.max, 2 ** (recipe.bits if dtype.itemsize == 2 else 8) - 1)
        whole = np.round(image * high)
        if dtype.kind == "i" and recipe.is_negative:
            whole -= (high + 1) // 2
        values = whole.astype(dtype)
    if recipe.flaw == "dead pixel" and dtype.kind in "iu":
        values[3, 4] = np.iinfo(dtype).max
    elif recipe.flaw == "nan":
        values[3, 4] = np.nan
    elif recipe.flaw == "constant":
        values[...] = values[0, 0]
    return values


def planes_of(recipe: Recipe) -> list[np.ndarray]:
    """Return the gray pages of a recipe, (61, 83) each, in its type."""
    image = picture(SIZE, recipe.seed)
    first = _in_type(with_bar(image[:-20], rows=20) if recipe.has_bar else image, recipe)
    return [np.roll(first, 3 * number, 1) for number in range(recipe.pages)]


def _permuted(recipe: Recipe, values: np.ndarray) -> np.ndarray:
    return np.random.default_rng(recipe.seed).permuted(values)


def _write_tiff(path: Path, recipe: Recipe) -> None:
    pages, resolution = planes_of(recipe), RESOLUTIONS[recipe.resolution][0]
    if recipe.container == "imagej":
        unit = {"unit": "inch" if recipe.resolution in ("inch", "print") else "cm"} if resolution else {}
        stack = np.stack(pages)
        tifffile.imwrite(path, stack, imagej=True, metadata={"axes": "ZYX", **unit}, **resolution)
        return
    options: dict[str, Any] = {"photometric": "miniswhite" if recipe.is_white_zero else "minisblack"}
    if recipe.layout == "palette":
        table = np.stack([np.arange(256, dtype=np.uint16) * 257] * 3)
        options = {"photometric": "palette", "colormap": table}
    elif recipe.layout != "gray":
        axis = 0 if recipe.is_separate else -1
        options["planarconfig"] = "separate" if recipe.is_separate else "contig"
        samples = 1 if recipe.layout in ("gray+alpha", "two") else 3
        if samples == 3:
            options["photometric"] = "rgb"
        if recipe.layout != "rgb":
            options["extrasamples"] = ["unspecified" if recipe.layout == "two" else recipe.alpha]
        more = 0 if recipe.layout == "rgb" else 1
        pages = [np.stack([page] * samples + [_permuted(recipe, page)] * more, axis) for page in pages]
    options |= {"strips": {}, "rows": {"rowsperstrip": 7}, "tiles": {"tile": (16, 32)}}[recipe.parts]
    if recipe.compression:
        options["compression"] = recipe.compression
        if recipe.has_predictor and recipe.compression != "packbits":
            options["predictor"] = 3 if np.dtype(recipe.dtype).kind == "f" else 2
            if recipe.dtype == "complex64":
                del options["predictor"]
    is_ome = recipe.container == "ome"
    once = not is_ome  # its pages are written in one call, and each is to have them
    tags = [(274, 3, 1, recipe.orientation, once), (40001, 7, 5, b"\1\2\0\4\5", once)]
    with tifffile.TiffWriter(
        path, byteorder=recipe.order, bigtiff=recipe.container == "bigtif", ome=is_ome
    ) as writer:
        if is_ome:
            sizes: dict[str, Any] = {"axes": "ZYX", "Channel": {"Name": ["SE2"]}}
            if recipe.resolution == "cm":
                for axis in "XY":
                    sizes |= {f"PhysicalSize{axis}": 0.005, f"PhysicalSize{axis}Unit": "µm"}
            writer.write(np.stack(pages), metadata=sizes, extratags=tags, **options, **resolution)
            return
        for pixels in pages:
            ordered = pixels.astype(pixels.dtype.newbyteorder(recipe.order))
            writer.write(ordered, extratags=tags, metadata=None, **options, **resolution)


def _write_plain(path: Path, recipe: Recipe) -> None:
    from PIL import Image

    (values,) = planes_of(recipe)
    if values.dtype != np.uint8:
        chosen = Image.fromarray(values)
        chosen.save(path, **({"dpi": (5.08e6, 5.08e6)} if recipe.pixel_nm else {}))
        return
    if recipe.layout == "palette":
        image = Image.fromarray(values)
        image.putpalette([level for level in range(255, -1, -1) for _ in range(3)])
    elif recipe.layout == "gray":
        image = Image.fromarray(values)
    else:
        more = [_permuted(recipe, values)] if recipe.layout == "rgba" else []
        image = Image.fromarray(np.stack([values] * 3 + more, -1))
    tag = Image.Exif()
    tag[274] = recipe.orientation
    dpi = {"dpi": (2.54e5, 2.54e5)} if recipe.pixel_nm else {}
    image.save(path, **dpi, **({} if recipe.container == "bmp" else {"exif": tag}))


def written(folder: Path, recipe: Recipe) -> Path:
    """Write a recipe's file and return its path."""
    path = folder / f"a{recipe.suffix}"
    if recipe.container in TIFFS:
        _write_tiff(path, recipe)
    elif recipe.container in ("png", "bmp", "jpg"):
        _write_plain(path, recipe)
    else:
        planes, nm = np.stack(planes_of(recipe)), recipe.pixel_nm and recipe.pixel_nm[0]
        if recipe.container == "mrc":
            write_mrc(path, planes, nm, order=recipe.order)
        elif recipe.container == "czi":
            colours = np.stack([planes] * 3, -1) if recipe.layout == "rgb" else planes
            write_czi(path, colours, nm, slices=recipe.pages)
        else:
            write_dm3(path, planes if recipe.pages > 1 else planes[0], nm)
    return path


def _stored(path: Path) -> np.ndarray:
    """Return all that is stored, by other readers than those tried."""
    if path.suffix == ".tif":
        with tifffile.TiffFile(path) as tiff:
            return np.stack([page.asarray() for page in tiff.pages])
    pixels = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    assert pixels is not None, "OpenCV cannot read it"
    return pixels


def _facts(path: Path) -> Any:
    """Return what else of a file is to stay."""
    if path.suffix != ".tif":
        from PIL import Image

        with Image.open(path) as image:
            return image.mode, image.getexif().get(274, 1)
    with tifffile.TiffFile(path) as tiff:
        return (
            tiff.byteorder,
            tiff.is_bigtiff,
            [
                (
                    *(
                        page.photometric,
                        page.planarconfig,
                        page.extrasamples,
                        page.compression,
                        page.predictor,
                    ),
                    *(page.is_tiled, page.tags.valueof(274, default=1), page.tags.valueof(40001)),
                )
                for page in tiff.pages
            ],
        )


def _check_same(original: Original, after: Original) -> None:
    for name in ("dtype", "layout", "orientation"):
        assert getattr(after, name) == getattr(original, name), name
    np.testing.assert_allclose((after.low, after.high), (original.low, original.high), rtol=1e-6, atol=1e-9)
    for name in ("pixel_size_nm", "pixel_height_nm"):
        before, found = getattr(original, name), getattr(after, name)
        assert (before is None) == (found is None), f"{name}: {before} became {found}"
        assert before is None or abs(found / before - 1) < 1e-6, f"{name}: {before} became {found}"
    assert len(after.pages) == len(original.pages), "pages"
    loss = 2e-3 if original.dtype == "float16" else 1e-6
    for one, other in zip(original.pages, after.pages, strict=True):
        assert (one.box, one.databar_rows) == (other.box, other.databar_rows), "data bar"
        np.testing.assert_allclose(one.image, other.image, atol=loss)


def _check_pixels(stored: np.ndarray, found: np.ndarray) -> None:
    assert (found.dtype, found.shape) == (stored.dtype, stored.shape), "type or shape of the pixels"
    if stored.dtype.kind == "f":
        loss = {"float16": 2e-3}.get(stored.dtype.name, 1e-6) * float(np.ptp(stored.astype(np.float64)))
        np.testing.assert_allclose(found.astype(np.float64), stored.astype(np.float64), atol=loss)
    else:  # a dead pixel becomes white
        within = (stored != np.iinfo(stored.dtype).max) if stored.dtype.itemsize == 2 else stored == stored
        np.testing.assert_array_equal(found[within], stored[within])


def tried(folder: Path, recipe: Recipe) -> str:
    """Write a recipe's file, read it, write what was read, and look whether all of it is as it was.

    Returns
    -------
    str
        "written", or "refused".

    Raises
    ------
    AssertionError
        When size, type, range, calibration, pages, packing or pixels are others, or a refusal is none in one line
        for the reason that the recipe has.
    """
    path = written(folder, recipe)
    try:
        original = read(path)
    except SemclearError as error:
        text = str(error)
        assert text.startswith(f"{path}: ") and "\n" not in text and "expected" in text, text
        assert recipe.refusal is not None and recipe.refusal in text, text
        return "refused"
    assert recipe.refusal is None, f"read, though it has {recipe.refusal}"
    expected = recipe.pixel_nm
    if expected is not None and original.orientation > 4:
        expected = expected[::-1]
    said = (original.pixel_size_nm, original.pixel_height_nm)
    assert (expected is None) == (said[0] is None), f"pixel size {said}, expected {expected}"
    if expected is not None:
        np.testing.assert_allclose(said, expected, rtol=1e-5)
    copy = folder / "out" / write.name_for(original)
    write.write(copy, original, [page.image for page in original.pages])
    _check_same(original, read(copy))
    if recipe.container in PACKAGES:
        _check_pixels(
            np.stack([page.stored.pixels for page in original.pages]),
            _stored(copy).reshape(-1, *original.pages[0].stored.pixels.shape),
        )
        gray = np.stack([page.values for page in original.pages])
        np.testing.assert_array_equal(gray, np.stack(planes_of(recipe)))
    elif recipe.container != "jpg":
        assert _facts(copy) == _facts(path), f"{_facts(path)} became {_facts(copy)}"
        _check_pixels(_stored(path), _stored(copy))
    return "written"
