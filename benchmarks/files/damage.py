"""Sound files of every form, and ways to damage them: bits turned, bytes set, parts cut, moved or doubled."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import tifffile

from benchmarks.files.recipes import SIZE, drawn, planes_of, written

FEI = (
    "[User]\r\nDate=03/12/2019\r\n[System]\r\nSystemType=Helios\r\n[Beam]\r\nHV=5000\r\nBeam=EBeam\r\n"
    "[EBeam]\r\nHV=5000\r\nWD=0.00412\r\n[Scan]\r\nPixelWidth=2.0345e-009\r\nPixelHeight=2.0345e-009\r\n"
    f"[Image]\r\nResolutionX={SIZE[1]}\r\nResolutionY={SIZE[0]}\r\n[Detectors]\r\nName=TLD\r\n"
)
ZEISS = "\r\n0\r\n0\r\n0\r\n1e-8\r\nAP_IMAGE_PIXEL_SIZE\r\nImage Pixel Size = 80 nm\r\nAP_ACTUALKV\r\nEHT = 5.00 kV\r\n"
TESCAN = "[MAIN]\r\nDevice=MIRA3\r\nPixelSizeX=1.5625e-009\r\nPixelSizeY=1.5625e-009\r\nImageStripSize=16\r\n"
PHENOM = (
    '<FeiImage><pixelWidth unit="nm">12.5</pixelWidth><pixelHeight unit="nm">12.5</pixelHeight></FeiImage>'
)
OPENFIBSEM = '{"image": {"resolution": [83, 61]}, "pixel_size": {"x": 5e-9, "y": 5e-9}}'
TAGS = {34682: FEI, 34118: ZEISS, 50431: TESCAN, 34683: PHENOM}

SOUND = 150
"""Files that are drawn; those that are refused as they are stay out."""


def sound_files(folder: Path) -> list[Path]:
    """Write sound files of every form, and one with the tags of each vendor, and return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for number in range(SOUND):
        recipe = drawn(number)
        if recipe.refusal is None:
            place = folder / str(number)
            place.mkdir(exist_ok=True)
            paths.append(written(place, recipe))
    (values,) = planes_of(
        next(one for one in map(drawn, range(SOUND)) if one.dtype == "uint8" and one.pages == 1)
    )
    for code, text in TAGS.items():
        path = folder / f"{code}.tif"
        tifffile.imwrite(path, values, extratags=[(code, 2, len(text), text, True)])
        paths.append(path)
    path = folder / "270.tif"
    tifffile.imwrite(path, values, description=OPENFIBSEM, metadata=None)
    return [*paths, path]


def damaged(data: bytes, rng: np.random.Generator) -> bytes:
    """Return the bytes of a file with one kind of damage.

    Parameters
    ----------
    data : bytes
        A whole file.
    rng : Generator
        Draws kind and places: half of them in the first or last 512 bytes, where headers and directories lie.
    """
    made = bytearray(data)
    size = len(made)

    def place() -> int:
        near = min(512, size)
        where = int(rng.integers(4))
        if where == 0:
            return int(rng.integers(near))
        return size - 1 - int(rng.integers(near)) if where == 1 else int(rng.integers(size))

    kind = int(rng.integers(7))
    if kind <= 1:
        for _ in range(int(rng.choice([1, 2, 8, 64]))):
            made[place()] ^= 1 << int(rng.integers(8))
    elif kind == 2:
        del made[int(rng.integers(size)) :]
    elif kind == 3:
        value = bytes(rng.choice([0, 1, 0x7F, 0x80, 0xFF], int(rng.choice([1, 2, 4, 8]))).astype(np.uint8))
        for _ in range(int(rng.choice([1, 4]))):
            at = place()
            made[at : at + len(value)] = value
    elif kind == 4:
        at = place()
        del made[at : at + int(rng.integers(1, 64))]
    elif kind == 5:
        at, source = place(), place()
        made[at:at] = made[source : source + int(rng.integers(1, 64))]
    else:
        at, source, length = place(), place(), int(rng.integers(1, 256))
        made[at : at + length] = made[source : source + length]
    return bytes(made)
