"""How many pictures a TIFF announces, and where those lie that no directory lists.

A program may write a stack behind a single directory: ImageJ beyond 4 GB, tifffile with ``truncate``, MetaMorph. Their
pictures follow one another without a gap; a description or a tag alone says how many they are.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Mapping, Sequence

import numpy as np
import tifffile

from semclear.io.formats.damage import PARSER_ERRORS, DamagedError
from semclear.io.formats.page import UnsuitableError
from semclear.io.metadata import ome

UIC2 = 33629
"""Tag of MetaMorph with as many values as there are pictures."""

LARGEST_COUNT = 2**31
"""Pictures that a description may announce; more is no count."""


def _count(values: Mapping, key: str) -> int:
    found = values.get(key, 1)
    return found if isinstance(found, int) and 1 <= found <= LARGEST_COUNT else 1


def by_imagej(tiff: tifffile.TiffFile, samples: int) -> int:
    """Return how many pictures ImageJ's description announces; channels that are the samples of a pixel are one."""
    values = tiff.imagej_metadata or {}
    channels, images = _count(values, "channels"), _count(values, "images")
    planes = _count(values, "slices") * _count(values, "frames")
    if channels == samples > 1:
        return max(planes, images // channels if images == planes * channels else images)
    return max(planes * channels, images)


def by_shape(page: tifffile.TiffPage) -> int:
    """Return how many pictures tifffile's own note of the array's shape announces from this page on; 0 without it."""
    try:
        shape = json.loads(page.description).get("shape", ())
    except (ValueError, AttributeError, RecursionError):
        return 0
    own = list(page.shape)
    if not isinstance(shape, list) or shape[-len(own) :] != own:  # cropped since
        return 0
    before = shape[: -len(own)]
    if not all(isinstance(edge, int) and 1 <= edge <= LARGEST_COUNT for edge in before):
        return 0
    return math.prod(before)


def _by_series(tiff: tifffile.TiffFile) -> int:
    """Return how many pictures the only directory has by a vendor's tag: MetaMorph's, or what else tifffile knows."""
    if UIC2 in tiff.pages.first.tags:
        return tiff.pages.first.tags[UIC2].count
    try:
        return sum(series.size // series.keyframe.size for series in tiff.series)
    except PARSER_ERRORS:
        return 1


def _there(page: tifffile.TiffPage, length: int) -> int:
    """Return how many pictures there is room for behind one another, with no directory or tag between them."""
    if page.compression != 1 or not page.is_contiguous or page.bitspersample < 8 or page.fillorder != 1:
        return 1
    begin = page.dataoffsets[0]
    places = [page.offset, *(tag.valueoffset for tag in page.tags)]
    end = min([length, *(place for place in places if place >= begin)])
    return max(1, (end - begin) // page.nbytes)


def check_end(tiff: tifffile.TiffFile, every: Sequence[tifffile.TiffPage], data: bytes) -> None:
    """Refuse a file whose last directory names a further one that cannot be read: it was cut off behind that page.

    Raises
    ------
    DamagedError
        With the place of the missing page.
    """
    big = tiff.is_bigtiff
    counted, entry, link = ("Q", 20, "Q") if big else ("H", 12, "I")
    begin = every[-1].offset
    (count,) = struct.unpack_from(f"{tiff.byteorder}{counted}", data, begin)
    place = begin + struct.calcsize(counted) + entry * count
    if place + struct.calcsize(link) > len(data):  # the link itself is gone, and all pixels are there
        return
    (following,) = struct.unpack_from(f"{tiff.byteorder}{link}", data, place)
    if following and following not in {page.offset for page in every}:
        raise DamagedError(f"its page {len(every) + 1} should begin at byte {following}, it has {len(data)}")


def planes_of(
    tiff: tifffile.TiffFile,
    every: Sequence[tifffile.TiffPage],
    pages: Sequence[tifffile.TiffPage],
    length: int,
) -> list[tuple[tifffile.TiffPage, int]]:
    """Return each full-size picture as its page and its place behind that page's first one.

    Parameters
    ----------
    tiff : tifffile.TiffFile
        The open file.
    every, pages : sequence of TiffPage
        All pages, and the full-size ones.
    length : int
        Bytes of the file.

    Raises
    ------
    UnsuitableError
        With both numbers, when more pictures are announced than are there.
    """
    planes: list[tuple[tifffile.TiffPage, int]] = []
    alone = len(every) == 1
    announced = by_imagej(tiff, every[0].samplesperpixel)
    for page in pages:
        shaped = by_shape(page)
        count = max(1, shaped) if '"truncated"' in page.description else 1
        if alone:
            count = max(count, shaped, announced, _by_series(tiff))
        if count > 1 and (there := _there(page, length)) < count:
            raise _missing(count, there)
        planes += [(page, place) for place in range(count)]
    by_ome = ome.announced(tiff.ome_metadata or "", every[0].samplesperpixel)
    announced = max(announced, sum(map(by_shape, pages)), by_ome)
    there = len(planes) + len(every) - len(pages)
    if announced > there:
        raise _missing(announced, there)
    return planes


def _missing(announced: int, there: int) -> UnsuitableError:
    return UnsuitableError(
        f"announces {announced} pictures, of which {there} {'is' if there == 1 else 'are'} there, expected all; copy "
        "the file again, or save it anew as a stack with a directory for each picture"
    )


def plane(data: bytes, tiff: tifffile.TiffFile, page: tifffile.TiffPage, place: int) -> np.ndarray:
    """Return the pixels of a picture that lies so many places behind a page's own, uncompressed; see `planes_of`."""
    dtype = np.dtype(page.dtype).newbyteorder(tiff.byteorder)
    begin = page.dataoffsets[0] + place * page.nbytes
    return np.frombuffer(data, dtype, page.nbytes // dtype.itemsize, begin).reshape(page.shape)
