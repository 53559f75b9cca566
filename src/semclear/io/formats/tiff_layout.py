"""How a TIFF packs its pixels, and the tags that go into the restored file."""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import tifffile

from semclear.io.formats.exif import ORIENTATION, known
from semclear.io.formats.page import StoredPage
from semclear.io.formats.tiff import TiffPages, name_of
from semclear.io.metadata.tags import resolution_of

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

WRITTEN_ANEW = (
    *(254, 255, 256, 257, 258, 259, 262, 266, 270, 273, 277, 278, 279, 282, 283, 284),
    *(288, 289, 292, 293, 296, 317, 320, 322, 323, 324, 325, 330, 338, 339),
    *(347, 512, 513, 514, 515, 517, 518, 519, 520, 521, 529, 530, 531, 532),
    *(32995, 32996, 32997, 32998),
)
"""Tags that say how and where pixels are stored, which the result does itself: kind of page, sizes, samples,
compressions (fax and JPEG among them), strips, tiles, palette, resolution, description, free room and smaller copies;
the private ones are Matteing, DataType, ImageDepth and TileDepth. All others are copied, understood or not."""

OF_OLD_PIXELS = (280, 281, 340, 341)
"""Lowest and highest sample (Min, Max, SMin, SMax), which restoring changes."""

SOFTWARE, PAGE_NUMBER = 305, 297
POSITIONS = (286, 287)
"""XPosition, YPosition: in ResolutionUnit."""

POINTING = (400, 33560, 34412, 33628, 33629, 33630, 33631, 34665, 34853, 40965)
"""Tags that hold places in the file, which are others in the result: fax profiles, Olympus SIS, Zeiss LSM, MetaMorph
(four), and the directories of Exif, GPS and interoperability."""

SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 16: 8, 17: 8}
"""Bytes of a tag's types; those of directories, which hold places, are not among them."""

FRACTIONS = {5: "I", 10: "i"}
"""Types of two whole numbers, and of which in the words of `struct`."""

Tag = tuple[int, int, int, Any, bool]
"""Code, type, number of values, values as stored, and that no other page takes it over: tifffile's ``extratags``."""

DESCRIPTION = 270
SHAPE_NOTE = {"shape", "truncated", "axes"}
"""Keys of tifffile's own note of an array's shape, which is no description."""

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
        Of a file with white as zero (MINISWHITE), see `tiff.TiffPages.white` and `read.read`; None of others.
    alphas : tuple of str
        Of each full-size page "unassalpha", "assocalpha" or "unspecified".
    description : str
        Text of ImageDescription on the first page; without tifffile's own note of the array's shape.
    later_descriptions : tuple of bytes
        ImageDescription of each further full-size page, as stored; empty where it has none.
    resolution : tuple, or None
        See `pixel_size.resolution_of`.
    tags : tuple of tuple
        Tags of each full-size page that are copied, as tifffile's ``extratags``.
    kept : tuple of int
        Number of each full-size page among all of the file, from 0, by which OME-XML names it; empty where no page
        was passed over.
    """

    byteorder: Literal["<", ">"]
    bigtiff: bool
    compression: str | None
    predictor: int | None
    tile: tuple[int, int] | None
    rows_per_strip: int | None
    separate: bool
    white: int | None
    alphas: tuple[str, ...]
    description: str
    later_descriptions: tuple[bytes, ...]
    resolution: tuple[tuple[int, int], tuple[int, int], int] | None
    tags: tuple[tuple[Tag, ...], ...]
    kept: tuple[int, ...] = ()

    @property
    def is_ome(self) -> bool:
        """Whether the description is OME-XML."""
        return self.description.rstrip().endswith("OME>")

    @property
    def is_imagej(self) -> bool:
        """Whether the description is ImageJ's."""
        return self.description.startswith("ImageJ=")


def _left_out(tiff: TiffPages, page: tifffile.TiffPage) -> set[int]:
    """Return the codes of tags that would say something else in the result than they do on this page."""
    codes = {*POINTING, *OF_OLD_PIXELS}
    if len(tiff.tiff.pages) != len(tiff.pages):
        codes.add(PAGE_NUMBER)
    resolutions = resolution_of(page), resolution_of(tiff.pages[0])
    units = {resolution[2] if resolution else 1 for resolution in resolutions}
    if len(units) > 1 or 1 in units:  # of no unit, or of another than the result
        codes.update(POSITIONS)
    return codes


def _tags(
    page: tifffile.TiffPage, data: bytes, byteorder: str, left_out: set[int]
) -> tuple[tuple[Tag, ...], list[str]]:
    """Return the tags of a page that are copied, byte by byte, and the names of those that cannot be."""
    found: list[Tag] = []
    lost = []
    for tag in page.tags:
        if tag.code in WRITTEN_ANEW:
            continue
        if tag.code == ORIENTATION and known(tag.value) == 1:  # what no tag means
            continue
        length = tag.count * SIZES.get(int(tag.dtype), 0)
        raw = data[tag.valueoffset : tag.valueoffset + length]
        if tag.code in left_out or not length or len(raw) != length:
            name = "" if tag.name == str(tag.code) else f" ({tag.name})"
            lost.append(f"{tag.code}{name}")
        else:
            value: Any = raw
            if int(tag.dtype) in FRACTIONS:  # tifffile counts the bytes of fractions twice
                value = struct.unpack(f"{byteorder}{2 * tag.count}{FRACTIONS[int(tag.dtype)]}", raw)
            found.append((tag.code, int(tag.dtype), tag.count, value, True))
    return tuple(found), lost


def _is_shape_note(text: str) -> bool:
    if not text.startswith('{"shape":'):
        return False
    try:
        return set(json.loads(text)) <= SHAPE_NOTE
    except (ValueError, RecursionError):
        return False


def _description_of(page: tifffile.TiffPage, data: bytes) -> bytes:
    tag = page.tags.get(DESCRIPTION)
    if tag is None or int(tag.dtype) not in ONE_BYTE_TYPES:
        return b""
    raw = data[tag.valueoffset : tag.valueoffset + tag.count].rstrip(b"\0")
    return b"" if _is_shape_note(raw.decode("latin-1")) else raw


def _kept(tiff: TiffPages) -> tuple[int, ...]:
    numbers = tuple(page.index + place for page, place in tiff.planes)
    return numbers if len(set(tiff.pages)) != len(tiff.tiff.pages) else ()


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
    # Of pictures behind one directory the first has its tags.
    tags, lost = zip(
        *(
            ((), []) if place else _tags(one, data, tiff.tiff.byteorder, _left_out(tiff, one))
            for one, place in tiff.planes
        ),
        strict=True,
    )
    if names := list(dict.fromkeys(name for one in lost for name in one)):
        notes.append(f"tags that are not in the result: {', '.join(names)}")
    compression = LOSSLESS.get(code, "adobe_deflate")
    predictor = (
        int(page.predictor) if compression in WITH_PREDICTOR and int(page.predictor) in (2, 3) else None
    )
    tile = (page.tilelength, page.tilewidth) if page.is_tiled else None
    if tile and any(edge % 16 for edge in tile):
        tile = None  # against TIFF 6.0, and refused by writers
    kinds = {0: "unspecified", 1: "assocalpha", 2: "unassalpha"}
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
        alphas=tuple(
            kinds.get(int(one.extrasamples[0]), "unspecified") if one.extrasamples else "unspecified"
            for one in tiff.pages
        ),
        description="" if _is_shape_note(description) else description,
        later_descriptions=tuple(
            b"" if place else _description_of(one, data) for one, place in tiff.planes[1:]
        ),
        resolution=resolution_of(page),
        tags=tags,
        kept=_kept(tiff),
    )
    return container, notes


NM_A_CENTIMETRE = 1e7
LARGEST_CLASSIC = 3 * 2**30
"""Bytes of pixels from which on a new TIFF has 64-bit offsets."""


def new_container(
    pages: Sequence[StoredPage], byteorder: Literal["<", ">"], slice_nm: float | None, texts: Sequence[str]
) -> TiffContainer:
    """Return the form of a TIFF that what was read of another format becomes: strips, packed without loss.

    Parameters
    ----------
    pages : sequence of StoredPage
        Its pictures.
    byteorder : {"<", ">"}
        That of the other file.
    slice_nm : float or None
        Distance of the pictures of a volume in nanometres: ``spacing`` of ImageJ's description, in centimetres, which
        is the unit that `encode_tiff` writes.
    texts : sequence of str
        Lines of the other file, kept as ImageJ's properties ``text1=`` and so on.
    """
    lines = (
        [f"slices={len(pages)}", f"spacing={slice_nm / NM_A_CENTIMETRE:.9g}", "zunit=cm"] if slice_nm else []
    )
    lines += [
        f"text{number}={' '.join(text.split())}" for number, text in enumerate(texts, 1) if text.strip()
    ]
    return TiffContainer(
        byteorder=byteorder,
        bigtiff=sum(page.pixels.nbytes for page in pages) > LARGEST_CLASSIC,
        compression="adobe_deflate",
        predictor=None,
        tile=None,
        rows_per_strip=None,
        separate=False,
        white=None,
        alphas=("unspecified",) * len(pages),
        description="\n".join(["ImageJ=", f"images={len(pages)}", *lines]) if lines else "",
        later_descriptions=(),
        resolution=None,
        tags=((),) * len(pages),
    )
