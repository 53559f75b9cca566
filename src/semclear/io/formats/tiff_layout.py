"""How a TIFF packs its pixels, and the tags that go into the restored file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import tifffile

from semclear.io.formats.exif import ORIENTATION
from semclear.io.formats.tiff import TiffPages, name_of
from semclear.io.metadata.pixel_size import resolution_of

LOSSLESS = {
    1: None,
    5: "lzw",
    8: "adobe_deflate",
    32946: "adobe_deflate",
    32773: "packbits",
    34925: "lzma",
    50000: "zstd",
}
"""Compressions that are written again; the others, JPEG among them, become deflate, which loses nothing."""

WITH_PREDICTOR = ("lzw", "adobe_deflate", "lzma", "zstd")

KEPT_TAGS = (271, 272, ORIENTATION, 306, 34118, 34680, 34682, 34683, 50431, 50838, 50839, 51023, 65027)
"""Make, Model, Orientation (pixels are restored as they are stored, and shown as they were), DateTime; Zeiss, FEI
(three), TESCAN; ImageJ's overlays (two); Fibics, JEOL."""

DESCRIPTION = 270
SHAPE_NOTE = '{"shape":'
"""So begins tifffile's own note of an array's shape, which is no description."""

ONE_BYTE_TYPES = (1, 2, 7)  # BYTE, ASCII, UNDEFINED: the same in either byte order


@dataclass(frozen=True)
class TiffContainer:
    """Settings of `tifffile.TiffWriter` that repeat a file's form.

    Attributes
    ----------
    byteorder : {"<", ">"}
        Little or big endian.
    bigtiff : bool
        64-bit offsets.
    compression : str or None
        A key of tifffile.
    predictor : int or None
        2 horizontal, 3 floating point.
    tile : tuple of int, or None
        Rows and columns.
    rows_per_strip : int or None
        Of files without tiles.
    separate : bool
        One plane a channel.
    white : int or None
        Of a file with white as zero (MINISWHITE), see `tiff.TiffPages.white`; None of others.
    alpha : str
        "unassalpha", "assocalpha" or "unspecified".
    description : str
        Text of ImageDescription on the first page; without tifffile's own note of the array's shape.
    later_descriptions : tuple of bytes
        ImageDescription of each further full-size page, as stored; empty where it has none.
    resolution : tuple, or None
        See `pixel_size.resolution_of`.
    tags : tuple
        Vendors' tags as tifffile's ``extratags``.
    """

    byteorder: Literal["<", ">"]
    bigtiff: bool
    compression: str | None
    predictor: int | None
    tile: tuple[int, int] | None
    rows_per_strip: int | None
    separate: bool
    white: int | None
    alpha: str
    description: str
    later_descriptions: tuple[bytes, ...]
    resolution: tuple[tuple[int, int], tuple[int, int], int] | None
    tags: tuple[tuple[int, int, int, Any, bool], ...]

    @property
    def is_ome(self) -> bool:
        """Whether the description is OME-XML."""
        return self.description.rstrip().endswith("OME>")

    @property
    def is_imagej(self) -> bool:
        """Whether the description is ImageJ's."""
        return self.description.startswith("ImageJ=")


def _tags(tiff: TiffPages, data: bytes) -> tuple[tuple[int, int, int, Any, bool], ...]:
    found: list[tuple[int, int, int, Any, bool]] = []
    for code in KEPT_TAGS:
        tag = tiff.pages[0].tags.get(code)
        if tag is None:
            continue
        if int(tag.dtype) in ONE_BYTE_TYPES:
            raw = data[tag.valueoffset : tag.valueoffset + tag.count]
            found.append((code, int(tag.dtype), len(raw), raw, True))
        elif code == ORIENTATION and tag.value in range(2, 9):  # 1 is what no tag means
            found.append((code, int(tag.dtype), 1, int(tag.value), True))
        elif code == 50838 and isinstance(tag.value, tuple):
            found.append((code, int(tag.dtype), tag.count, tag.value, True))
    return tuple(found)


def _description_of(page: tifffile.TiffPage, data: bytes) -> bytes:
    tag = page.tags.get(DESCRIPTION)
    if tag is None or int(tag.dtype) not in ONE_BYTE_TYPES:
        return b""
    raw = data[tag.valueoffset : tag.valueoffset + tag.count].rstrip(b"\0")
    return b"" if raw.startswith(SHAPE_NOTE.encode()) else raw


def container_of(tiff: TiffPages, data: bytes) -> tuple[TiffContainer, list[str]]:
    """Return how a TIFF is packed, and remarks.

    Parameters
    ----------
    tiff : TiffPages
        The open file.
    data : bytes
        The whole file.

    Returns
    -------
    tuple
        The form of its first full-size page, and what of it cannot be repeated.
    """
    page = tiff.pages[0]
    code = int(page.compression)
    notes = []
    if code not in LOSSLESS:
        notes.append(
            f"{name_of(page.compression)} compression of the TIFF becomes deflate, which loses nothing"
        )
    if tiff.white == 0:
        notes.append(
            "floats with white as the lowest (MINISWHITE): signs were turned for restoring, "
            "the result has them as stored"
        )
    compression = LOSSLESS.get(code, "adobe_deflate")
    predictor = (
        int(page.predictor) if compression in WITH_PREDICTOR and int(page.predictor) in (2, 3) else None
    )
    tile = (page.tilelength, page.tilewidth) if page.is_tiled else None
    if tile and any(edge % 16 for edge in tile):
        tile = None  # against TIFF 6.0, and refused by writers
    kinds = {0: "unspecified", 1: "assocalpha", 2: "unassalpha"}
    extra = page.extrasamples
    description = page.description or tiff.tiff.pages.first.description or ""
    container = TiffContainer(
        byteorder=tiff.tiff.byteorder,
        bigtiff=tiff.tiff.is_bigtiff,
        compression=compression,
        predictor=predictor,
        tile=tile,
        rows_per_strip=None if page.is_tiled else min(page.rowsperstrip, page.imagelength) or None,
        separate=int(page.planarconfig) == 2 and page.samplesperpixel > 1,
        white=tiff.white,
        alpha=kinds.get(int(extra[0]), "unspecified") if extra else "unspecified",
        description="" if description.startswith(SHAPE_NOTE) else description,
        later_descriptions=tuple(_description_of(page, data) for page in tiff.pages[1:]),
        resolution=resolution_of(page),
        tags=_tags(tiff, data),
    )
    return container, notes
