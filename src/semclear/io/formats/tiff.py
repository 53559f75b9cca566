"""Decoding the full-size pages of a TIFF file."""

from __future__ import annotations

import bisect
import io
import logging
from collections.abc import Iterable
from functools import cached_property
from typing import cast

import numpy as np
import tifffile

from semclear.errors import one_line
from semclear.io import previews
from semclear.io.formats import exif, stacks
from semclear.io.formats.damage import PARSER_ERRORS, DamagedError
from semclear.io.formats.page import StoredPage, UnsuitableError, palette_page, plain_page
from semclear.io.formats.samples import (
    MINISBLACK,
    MINISWHITE,
    PALETTE,
    check_extra,
    check_meaning,
    photometric_of,
)
from semclear.io.intensity import levels_of

# tifffile reports what it skips by logging; without a handler Python would print that to the person's terminal.
logging.getLogger("tifffile").addHandler(logging.NullHandler())

REDUCED, MASK = 1, 4
"""Bits of NewSubfileType: a thumbnail of another page, and a transparency mask (TIFF 6.0, section 8); the latter is
also a number of Photometric."""

SUB_IFDS = 330

SAME_SHAPE = 0.02
"""Share by which the ratio of width to height of a preview may differ from that of its data."""

UNPACKING = {1: 8, 5: 5000, 8: 1100, 32773: 130, 32946: 1100}
"""Bytes that one stored byte can become, by compression (none, LZW, deflate, PackBits): more is a false header.

Without compression that is one byte, or eight where a bit is a pixel.
"""

SUPPORTED_BITS = (1, 8, 16, 32, 64)


def _lacks_imagecodecs(error: Exception) -> bool:
    """Return whether tifffile raised `error` for want of the package imagecodecs, or of the codec in it.

    tifffile raises the ValueError of damaged pixels then, too, and drops its cause: only its words tell. Where a later
    Python has the codec itself, it is an ImportError.
    """
    return isinstance(error, ImportError) or "requires the 'imagecodecs' package" in str(error)


def name_of(compression: int) -> str:
    """Return what a compression is called; its number where it has no name."""
    return str(getattr(compression, "name", compression))


def _difference(kinds: Iterable[tuple]) -> str:
    """Return in what pages differ, of those by which `TiffPages` tells them apart."""
    differing = [len(set(values)) > 1 for values in zip(*kinds, strict=True)]
    *size_or_type, meaning, orientation = differing
    if any(size_or_type) or (meaning and orientation):
        return "size or type"
    return "orientation" if orientation else "what their numbers mean (Photometric)"


def turned(pixels: np.ndarray, white: int) -> np.ndarray:
    """Return `white` minus the pixels, in their type, see `TiffPages.white`; twice gives the pixels back.

    The few pixels beyond a 12-bit white go round and stay beyond it.
    """
    return np.negative(pixels) if pixels.dtype.kind == "f" else pixels.dtype.type(white) - pixels


class TiffPages:
    """An opened TIFF: sizes are known, pixels are not decoded yet.

    Attributes
    ----------
    tiff : tifffile.TiffFile
        The open file.
    pages : list of tifffile.TiffPage
        Those of the full-size pictures; the same one several times where a stack lies behind one directory.
    planes : list of (tifffile.TiffPage, int)
        The same with the place of each picture behind the page's first, see `stacks.planes_of`.
    notes : list of str
        Pages that were passed over, and what of the file is not as it should be.
    orientation : int
        How the pictures are to be shown, see `exif.shown`.

    Parameters
    ----------
    data : bytes
        The whole file.
    range_is_given : bool
        True where a person says what black and white are: signed numbers are then turned as those with negative ones.

    Raises
    ------
    DamagedError
        When its directory or its strips lie outside the file, or declare more than its bytes can hold.
    UnsuitableError
        When it holds volumes, samples that are no gray levels, full-size pages that differ in size or type, or fewer
        pictures than it announces.
    """

    def __init__(self, data: bytes, range_is_given: bool = False) -> None:
        self._data, self._range_is_given = data, range_is_given
        self.notes: list[str] = []
        self._previews: list[tifffile.TiffPage] = []
        # A damaged directory can raise anything out of the parser; whatever it is, the file is to blame.
        try:
            self.tiff = tifffile.TiffFile(io.BytesIO(data))
            every = cast("list[tifffile.TiffPage]", list(self.tiff.pages))  # no file is opened by frames
            if every:
                stacks.check_end(self.tiff, every, data)
            pages = self._of_one_kind(self._full_size(every))
            for page in pages:
                self._check(page)
            self.planes = stacks.planes_of(self.tiff, every, pages, len(data)) if pages else []
        except (DamagedError, UnsuitableError):
            raise
        except Exception as error:
            raise DamagedError(f"its directory cannot be read ({one_line(error)})") from None
        if not pages:
            raise DamagedError("it has no page where it should begin")
        self.pages = [page for page, _ in self.planes]
        self.orientation = exif.known(pages[0].tags.valueof(exif.ORIENTATION))

    def _full_size(self, every: list[tifffile.TiffPage]) -> list[tifffile.TiffPage]:
        """Return the pages that are no thumbnails, masks or smaller copies; notes count these."""
        masks = [page for page in every if int(page.subfiletype) & MASK or int(page.photometric) == MASK]
        rest = [page for page in every if page not in masks]
        unmarked = [
            page for page in rest if not (int(page.subfiletype) & REDUCED or page.tags.valueof(255) == 2)
        ]
        full = unmarked or rest
        largest = max((page.imagewidth * page.imagelength for page in full), default=0)
        # Some vendors' thumbnails carry no mark: less than half the pixels of the largest page is one.
        kept = [page for page in full if 2 * page.imagewidth * page.imagelength >= largest]
        copies = sum(self._copies_below(page) for page in every if SUB_IFDS in page.tags)
        self._note(len(rest) - len(kept), "smaller page", "(thumbnails) of the file {} passed over")
        self._note(len(masks), "transparency mask", "of the file {} passed over")
        self._note(
            copies, "further picture", "below a page (smaller copies of a pyramid) {} not in the result"
        )
        return kept

    @staticmethod
    def _copies_below(page: tifffile.TiffPage) -> int:
        """Return how many pictures lie below a page, which are smaller copies of it.

        Raises
        ------
        UnsuitableError
            When any is of the page's size, or nearly: those are pictures of their own.
        """
        below = page.tags[SUB_IFDS].count
        try:
            pages = cast("list[tifffile.TiffPage]", list(page.pages or ()))
        except PARSER_ERRORS:  # what cannot be read is noted as not being in the result
            return below
        size = page.imagewidth * page.imagelength
        # Masks, too, are of full size.
        own = sum(
            2 * one.imagewidth * one.imagelength >= size and not int(one.subfiletype) & MASK for one in pages
        )
        if own:
            raise UnsuitableError(
                f"got {own} {'picture' if own == 1 else 'pictures'} of full size below a page (SubIFDs), expected "
                "smaller copies there; save each as a page or a file of its own"
            )
        return below

    def _note(self, count: int, what: str, text: str) -> None:
        if count:
            plural, verb = ("", "was") if count == 1 else ("s", "were")
            self.notes.append(f"{count} {what}{plural} {text.format(verb)}")

    def _of_one_kind(self, pages: list[tifffile.TiffPage]) -> list[tifffile.TiffPage]:
        """Return the pages of data without previews of them: pages in colour or of fewer bits, of the same shape.

        Raises
        ------
        UnsuitableError
            When pages differ and none are previews of the others.
        """
        kinds: dict[tuple, list[tifffile.TiffPage]] = {}
        for page in pages:
            turned_by = exif.known(page.tags.valueof(exif.ORIENTATION))
            form = (page.imagewidth, page.imagelength, str(page.dtype), page.samplesperpixel)
            kinds.setdefault((*form, photometric_of(page), turned_by), []).append(page)
        if len(kinds) <= 1:
            return pages

        def depth(page: tifffile.TiffPage) -> tuple[int, bool]:
            return int(page.bitspersample), photometric_of(page) in (MINISWHITE, MINISBLACK)

        best = max(kinds.values(), key=lambda group: depth(group[0]))
        others = [page for page in pages if page not in best]
        shape = best[0].imagewidth / best[0].imagelength
        if len(others) > len(best) or not all(
            depth(page) < depth(best[0]) and abs(page.imagewidth / page.imagelength / shape - 1) <= SAME_SHAPE
            for page in others
        ):
            raise UnsuitableError(
                f"got {len(pages)} pages that differ in {_difference(kinds)}, expected equal ones; save each alone"
            )
        self._previews = others
        self._note(len(others), "page", "in colour or of fewer bits (a preview of the data) {} passed over")
        return best

    def _check_previews(self) -> None:
        """Refuse a file in which a page that is passed over as a preview shows something else than the data.

        It is looked at only here, when the size of the pictures was found to be no danger.

        Raises
        ------
        UnsuitableError
            With the number of pages.
        """
        beside, self._previews = self._previews, []
        for preview in beside:
            try:
                self._check(preview)
                shown = self._picture(preview, preview.asarray())
            except Exception:  # see __init__; the data are none the worse for it
                self.notes.append("a preview cannot be decoded and was not compared with the data")
                continue
            if not any(
                previews.shows(shown, self._picture(page, self._pixels(number)))
                for number, page in enumerate(self.pages)
            ):
                raise UnsuitableError(
                    f"got {len(self.pages) + len(beside)} pages that differ in type and show different pictures, "
                    "expected equal ones; save each alone"
                )

    @staticmethod
    def _picture(page: tifffile.TiffPage, pixels: np.ndarray) -> np.ndarray:
        """Return pixels the right way up, channels last, in their colours."""
        if page.axes.startswith("S"):
            pixels = np.moveaxis(pixels, 0, -1)
        if photometric_of(page) == PALETTE and page.colormap is not None:
            pixels = np.moveaxis(page.colormap, 0, -1)[pixels]
        return exif.shown(pixels, exif.known(page.tags.valueof(exif.ORIENTATION)))

    def _check(self, page: tifffile.TiffPage) -> None:
        size = page.imagewidth, page.imagelength
        if not all(isinstance(edge, int) and edge > 0 for edge in size):
            raise DamagedError(f"it declares {str(size[0])[:20]} x {str(size[1])[:20]} pixels")
        check_meaning(page)
        length = len(self._data)
        self._mend_counts(page, length)
        strips, counted = len(page.dataoffsets), len(page.databytecounts)
        if strips != counted:
            raise DamagedError(f"it has {strips} strips, of which {counted} have a number of bytes")
        ends = [a + b for a, b in zip(page.dataoffsets, page.databytecounts, strict=True)]
        if not ends or max(ends) > length or not all(page.databytecounts):
            raise DamagedError(f"its pixels should reach byte {max(ends, default=0)}, it has {length}")
        if page.imagedepth != 1:
            raise UnsuitableError(f"got {page.imagedepth} layers, expected one micrograph; save one alone")
        if page.bitspersample not in SUPPORTED_BITS:
            raise UnsuitableError(
                f"got {page.bitspersample} bits a sample, expected 8, 16 or 32; convert it to 16-bit"
            )
        ratio = UNPACKING.get(int(page.compression))
        if page.compression == 1 and page.bitspersample >= 8:
            ratio = 1
        if ratio and page.nbytes > ratio * sum(page.databytecounts) + 4096:
            raise DamagedError(
                f"its {sum(page.databytecounts)} bytes cannot hold the {page.imagewidth} x {page.imagelength} "
                "pixels it declares"
            )

    def _mend_counts(self, page: tifffile.TiffPage, length: int) -> None:
        """Put the right number of bytes where that of uncompressed strips is 0, too small, beyond the file or missing,
        and all is there: up to the next strip or directory, or the file's end."""
        if page.compression != 1 or not page.dataoffsets or 0 in page.dataoffsets:
            return
        samples = 1 if int(page.planarconfig) == 2 else page.samplesperpixel
        if page.is_tiled:
            rows = [page.tilelength] * len(page.dataoffsets)
            width = page.tilewidth
        else:
            step, width = min(page.rowsperstrip or page.imagelength, page.imagelength), page.imagewidth
            in_plane = [min(step, page.imagelength - first) for first in range(0, page.imagelength, step)]
            rows = in_plane * (len(page.dataoffsets) // len(in_plane))
        row_bytes = (width * samples * page.bitspersample + 7) // 8
        counts = list(page.databytecounts)
        if len(counts) != len(page.dataoffsets):
            counts = [0] * len(page.dataoffsets)
        if len(rows) != len(counts):
            return

        def right_of(offset: int, count: int, needed: int) -> int:
            if count == 0 or offset + count > length >= offset + needed:
                return needed
            if count >= needed:
                return count
            place = bisect.bisect_right(self._taken, offset)
            end = self._taken[place] if place < len(self._taken) else length
            return needed if offset + needed <= end else count

        right = [
            right_of(offset, count, row_bytes * height)
            for offset, count, height in zip(page.dataoffsets, counts, rows, strict=True)
        ]
        if right != list(page.databytecounts):
            page.databytecounts = tuple(right)
            note = "the byte counts of its strips are wrong; all pixels are there and were read"
            self.notes += [] if note in self.notes else [note]

    @cached_property
    def _taken(self) -> list[int]:
        """Places in the file at which something begins: strips, directories and what tags refer to, in their order."""
        places = set()
        for page in self.tiff.pages:
            tags = getattr(page, "tags", ())
            places |= {page.offset, *page.dataoffsets, *(tag.valueoffset for tag in tags)}
        return sorted(places)

    def _pixels(self, number: int) -> np.ndarray:
        page, place = self.planes[number]
        try:
            return stacks.plane(self._data, self.tiff, page, place) if place else page.asarray()
        except Exception as error:  # see __init__
            if _lacks_imagecodecs(error):
                raise UnsuitableError(
                    f"got {name_of(page.compression)} compression, expected the package imagecodecs for it; install it"
                ) from None
            raise DamagedError(f"its pixels cannot be decoded ({one_line(error)})") from None

    @cached_property
    def white(self) -> int | None:
        """The number w that turns pixels x of a file with white as zero (MINISWHITE) into w - x; None of others.

        The largest number of the type; of signed ones with negative numbers, or whose range a person gave, -1, which
        turns the type's range into itself; 0 of floats, which have no largest number. It is one for all pages, so that
        they stay comparable, and is its own inverse: w - (w - x) = x. Of a detector of fewer bits,
        `semclear.io.read.read` moves it to their full scale once it knows what is picture.

        Raises
        ------
        DamagedError, UnsuitableError
            As `decode`.
        """
        if photometric_of(self.pages[0]) != MINISWHITE:
            return None
        dtype = np.dtype(self.pages[0].dtype)
        if dtype.kind not in "biu":
            return 0 if dtype.kind == "f" else None
        if self._range_is_given and dtype.kind == "i":
            return -1
        if dtype.kind in "bu":  # bits become 0 and 255
            return 255 if dtype.kind == "b" else int(np.iinfo(dtype).max)
        levels = levels_of(self._pixels(number) for number in range(len(self.pages)))
        return -1 if levels.low < 0 else int(np.iinfo(dtype).max)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of a page in pixels."""
        return self.pages[0].imagewidth, self.pages[0].imagelength

    def decode(self, number: int = 0) -> StoredPage:
        """Return one full-size picture, black lowest, in its stored type, the way it is to be shown.

        Parameters
        ----------
        number : int
            0 for the first of `pages`.

        Raises
        ------
        DamagedError
            When they cannot be decoded.
        UnsuitableError
            When their compression needs imagecodecs, which is not installed, samples have no known meaning, or a page
            passed over as a preview shows something else.
        """
        self._check_previews()
        page = self.pages[number]
        pixels = self._pixels(number)
        pixels = np.ascontiguousarray(pixels, dtype=pixels.dtype.newbyteorder("="))
        if page.axes.startswith("S"):
            pixels = np.ascontiguousarray(np.moveaxis(pixels, 0, -1))
        check_extra(page, pixels)
        pixels = exif.shown(pixels, self.orientation)
        if photometric_of(page) == PALETTE and page.colormap is not None:
            colours = (
                page.colormap >> 8 if page.colormap.max() > 255 else page.colormap
            )  # some write 8 bits into 16
            return palette_page(pixels, np.moveaxis(colours, 0, -1).astype(np.uint8))
        if pixels.dtype == bool:
            pixels = pixels.astype(np.uint8) * np.uint8(255)
        if self.white is not None:
            pixels = turned(pixels, self.white)
        return plain_page(pixels)
