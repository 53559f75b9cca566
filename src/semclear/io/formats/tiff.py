"""Decoding the full-size pages of a TIFF file."""

from __future__ import annotations

import io
import logging
from functools import cached_property
from typing import cast

import numpy as np
import tifffile

from semclear.io.formats.containers import DamagedError
from semclear.io.formats.page import StoredPage, UnsuitableError, palette_page, plain_page
from semclear.io.intensity import full_scale, levels_of

# tifffile reports what it skips by logging; without a handler Python would print that to the person's terminal.
logging.getLogger("tifffile").addHandler(logging.NullHandler())

MINISWHITE, PALETTE, YCBCR = 0, 3, 6
NOT_FULL_SIZE = 1 | 4
"""Bits of NewSubfileType: a thumbnail of another page, and a transparency mask (TIFF 6.0, section 8)."""

UNPACKING = {1: 8, 5: 5000, 8: 1100, 32773: 130, 32946: 1100}
"""Bytes that one stored byte can become, by compression (none, LZW, deflate, PackBits): more is a false header.

Without compression that is one byte, or eight where a bit is a pixel.
"""

SUPPORTED_BITS = (1, 8, 16, 32, 64)


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())


def name_of(compression: int) -> str:
    """Return what a compression is called; its number where it has no name."""
    return str(getattr(compression, "name", compression))


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
        The full-size pages.
    notes : list of str
        Pages that were passed over.

    Parameters
    ----------
    data : bytes
        The whole file.

    Raises
    ------
    DamagedError
        When its directory or its strips lie outside the file, or declare more than its bytes can hold.
    UnsuitableError
        When it holds volumes, or full-size pages that differ in size or type.
    """

    def __init__(self, data: bytes) -> None:
        # A damaged directory can raise anything out of the parser; whatever it is, the file is to blame.
        try:
            self.tiff = tifffile.TiffFile(io.BytesIO(data))
            every = cast("list[tifffile.TiffPage]", list(self.tiff.pages))  # no file is opened by frames
            full = [page for page in every if not int(page.subfiletype) & NOT_FULL_SIZE]
            largest = max((page.imagewidth * page.imagelength for page in full), default=0)
            # Some vendors' thumbnails carry no mark: less than half the pixels of the largest page is one.
            self.pages = [page for page in full if 2 * page.imagewidth * page.imagelength >= largest]
            for page in self.pages:
                self._check(page, len(data))
        except (DamagedError, UnsuitableError):
            raise
        except Exception as error:
            raise DamagedError(f"its directory cannot be read ({_one_line(error)})") from None
        if not self.pages:
            raise DamagedError("it has no page where it should begin")
        kinds = {
            (p.imagewidth, p.imagelength, str(p.dtype), p.samplesperpixel, p.photometric) for p in self.pages
        }
        if len(kinds) != 1:
            raise UnsuitableError(
                f"got {len(self.pages)} pages that differ in size or type, expected equal ones; save each alone"
            )
        passed = len(every) - len(self.pages)
        self.notes = [f"{passed} smaller pages (thumbnails) of the file were passed over"] if passed else []

    @staticmethod
    def _check(page: tifffile.TiffPage, length: int) -> None:
        size = page.imagewidth, page.imagelength
        if not all(isinstance(edge, int) and edge > 0 for edge in size):
            raise DamagedError(f"it declares {str(size[0])[:20]} x {str(size[1])[:20]} pixels")
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
        if page.compression == 1 and page.bitspersample >= 8 and page.photometric != YCBCR:
            ratio = 1
        if ratio and page.nbytes > ratio * sum(page.databytecounts) + 4096:
            raise DamagedError(
                f"its {sum(page.databytecounts)} bytes cannot hold the {page.imagewidth} x {page.imagelength} "
                "pixels it declares"
            )

    def _pixels(self, number: int) -> np.ndarray:
        page = self.pages[number]
        try:
            return page.asarray()
        except Exception as error:  # see __init__
            if "imagecodecs" in str(error):
                raise UnsuitableError(
                    f"got {name_of(page.compression)} compression, expected the package imagecodecs for it; install it"
                ) from None
            raise DamagedError(f"its pixels cannot be decoded ({_one_line(error)})") from None

    @cached_property
    def white(self) -> int | None:
        """The number w that turns pixels x of a file with white as zero (MINISWHITE) into w - x; None of others.

        The largest number of the type, or 4095 where all pages come from a 12-bit detector; with negative numbers -1,
        which turns the type's range into itself; 0 of floats, which have no largest number. It is one for all pages,
        so that they stay comparable, and is its own inverse: w - (w - x) = x.

        Raises
        ------
        DamagedError, UnsuitableError
            As `decode`.
        """
        if self.pages[0].photometric != MINISWHITE:
            return None
        dtype = np.dtype(self.pages[0].dtype)
        if dtype in (bool, np.uint8):  # bits become 0 and 255
            return 255
        if dtype.kind not in "iu":
            return 0 if dtype.kind == "f" else None
        levels = levels_of(self._pixels(number) for number in range(len(self.pages)))
        return -1 if levels.lowest < 0 else full_scale(levels, dtype)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of a page in pixels."""
        return self.pages[0].imagewidth, self.pages[0].imagelength

    def decode(self, number: int = 0) -> StoredPage:
        """Return the pixels of one full-size page, black lowest, in their stored type.

        Parameters
        ----------
        number : int
            0 for the first of `pages`.

        Raises
        ------
        DamagedError
            When they cannot be decoded.
        UnsuitableError
            When their compression needs imagecodecs, which is not installed.
        """
        page = self.pages[number]
        pixels = self._pixels(number)
        pixels = np.ascontiguousarray(pixels, dtype=pixels.dtype.newbyteorder("="))
        if page.axes.startswith("S"):
            pixels = np.ascontiguousarray(np.moveaxis(pixels, 0, -1))
        if page.photometric == PALETTE and page.colormap is not None and pixels.dtype == np.uint8:
            colours = (
                page.colormap >> 8 if page.colormap.max() > 255 else page.colormap
            )  # some write 8 bits into 16
            return palette_page(pixels, np.moveaxis(colours, 0, -1).astype(np.uint8))
        if pixels.dtype == bool:
            pixels = pixels.astype(np.uint8) * np.uint8(255)
        if self.white is not None:
            pixels = turned(pixels, self.white)
        return plain_page(pixels)
