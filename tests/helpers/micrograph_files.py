"""Small image files, good and bad, for tests of the tool."""

import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import tifffile
from scipy.ndimage import gaussian_filter


def picture(size=(64, 80), seed=0):
    """Return soft bright discs on a dark ground with a little noise, (H, W) in [0, 1]."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[: size[0], : size[1]]
    made = np.full(size, 0.2)
    for _ in range(12):
        (row, column), radius = rng.uniform(0, 1, 2) * size, rng.uniform(3, 9)
        made[(y - row) ** 2 + (x - column) ** 2 < radius**2] = rng.uniform(0.4, 0.9)
    return np.clip(gaussian_filter(made, 1.5) + rng.normal(0, 0.01, size), 0, 1)


def levels(dtype="uint8", size=(64, 80), seed=0):
    """Return the same in an integer type."""
    return np.round(picture(size, seed) * np.iinfo(dtype).max).astype(dtype)


def write_tiff(path, values=None, nanometres=5.0, **more):
    """Write a TIFF with its pixel size as pixels a centimetre."""
    path.parent.mkdir(parents=True, exist_ok=True)
    resolution = (1e7 / nanometres,) * 2
    values = levels() if values is None else values
    tifffile.imwrite(path, values, resolution=resolution, resolutionunit=3, **more)
    return path


def write_tiffs(folder, *names):
    """Write equal TIFFs of these names and return their folder."""
    for name in names:
        write_tiff(folder / name)
    return folder


def write_cv(path, values=None):
    """Write a PNG, BMP or JPEG; non-ASCII names, too."""
    path.parent.mkdir(parents=True, exist_ok=True)
    done, data = cv2.imencode(path.suffix, levels() if values is None else values)
    assert done
    path.write_bytes(data.tobytes())
    return path


def bomb(path: Path):
    """Write a PNG of a few bytes that declares 60,000 x 60,000 pixels."""

    def chunk(name, content):
        return (
            struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        )

    header = struct.pack(">IIBBBBB", 60000, 60000, 8, 0, 0, 0, 0)
    parts = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 10)) + chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + parts)
    return path


def write_bad(folder: Path) -> dict[str, str]:
    """Fill a folder with files that cannot be restored; return what is said of each, by name."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "empty.tif").write_bytes(b"")
    (folder / "text.tif").write_text("no image at all", encoding="utf-8")
    whole = write_tiff(folder / "cut.tif").read_bytes()
    (folder / "cut.tif").write_bytes(whole[: len(whole) // 2])
    bomb(folder / "bomb.png")
    floats = picture().astype(np.float32)
    for name, value in (("nan.tif", np.nan), ("infinite.tif", np.inf)):
        floats[10, 10] = value
        tifffile.imwrite(folder / name, floats)
    tifffile.imwrite(folder / "constant.tif", np.full((64, 64), 7, np.uint8))
    colour = np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)
    tifffile.imwrite(folder / "colour.tif", colour, photometric="rgb")
    tifffile.imwrite(folder / "tiny.tif", levels(size=(12, 40)))
    return {
        "empty.tif": "empty file",
        "text.tif": "no image that is known",
        "cut.tif": "truncated or damaged",
        "bomb.png": "60000 x 60000",
        "nan.tif": "NaN or infinite",
        "infinite.tif": "NaN or infinite",
        "constant.tif": "one grey value",
        "colour.tif": "--to-gray",
        "tiny.tif": "at least 16 x 16",
    }


def with_bar(image, ink=1.0, ground=0.0, rows=24, side="bottom"):
    """Return a picture in [0, 1] with a data bar: writing of one grey on a ground of another."""
    turns = {"bottom": 0, "right": 1, "top": 2, "left": 3}[side]
    image = np.rot90(image, -turns)
    bar = np.full((rows, image.shape[1]), float(ground))
    # The pen draws over full contrast, so that the writing has exactly two greys.
    pen = np.zeros(bar.shape, np.uint8)
    cv2.putText(pen, "5.00 kV  x20,000", (4, rows - 8), cv2.FONT_HERSHEY_SIMPLEX, 0.4, 255, 1, cv2.LINE_8)
    bar[pen > 0] = ink
    return np.ascontiguousarray(np.rot90(np.vstack([image, bar]), turns))
