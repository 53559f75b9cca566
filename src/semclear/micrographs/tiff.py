"""Decoding the one micrograph of a TIFF file."""

from __future__ import annotations

import io
import logging

import cv2
import numpy as np
import tifffile

from semclear.micrographs import pixel_size
from semclear.micrographs.containers import DamagedError

# tifffile reports what it skips by logging; without a handler Python would print that to the person's terminal.
logging.getLogger("tifffile").addHandler(logging.NullHandler())

MINISWHITE, PALETTE = 0, 3
_REDUCED = 1  # bit of NewSubfileType: a thumbnail of another page


class UnsuitableError(ValueError):
    """A sound file that holds something else than one micrograph; the text says what, expected and to do."""


class TiffMicrograph:
    """An opened TIFF: its size is known, its pixels are not decoded yet.

    Parameters
    ----------
    data : bytes
        The whole file.

    Raises
    ------
    DamagedError
        When its directory or its strips lie outside the file.
    UnsuitableError
        When it holds more than one full-size page.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        # A damaged directory can raise anything out of the parser; whatever it is, the file is to blame.
        try:
            self._tiff = tifffile.TiffFile(io.BytesIO(data))
            pages = [page for page in self._tiff.pages if not int(page.subfiletype) & _REDUCED]
        except Exception as error:
            raise DamagedError(f"its directory cannot be read ({' '.join(str(error).split())})") from None
        if not pages:
            raise DamagedError("it has no page where it should begin")
        if len(pages) != 1:
            raise UnsuitableError(
                f"got {len(pages)} pages, expected one micrograph; save the page you want alone"
            )
        self._page: tifffile.TiffPage = pages[0]
        ends = [
            start + length
            for start, length in zip(self._page.dataoffsets, self._page.databytecounts, strict=True)
        ]
        if not ends or max(ends) > len(data) or not all(self._page.databytecounts):
            raise DamagedError(f"its pixels should reach byte {max(ends, default=0)}, it has {len(data)}")
        if self._page.imagedepth != 1:
            raise UnsuitableError(
                f"got {self._page.imagedepth} layers, expected one micrograph; save one alone"
            )

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self._page.imagewidth, self._page.imagelength

    @property
    def pixel_size_nm(self) -> float | None:
        """Pixel size from the tags, see `pixel_size.of_tiff`."""
        return pixel_size.of_tiff(self._tiff, self._page)

    def decode(self) -> np.ndarray:
        """Return the pixels, (H, W) or (H, W, channels), black lowest, in their stored type.

        Raises
        ------
        DamagedError
            When they cannot be decoded.
        """
        page = self._page
        if page.compression not in tifffile.TIFF.DECOMPRESSORS:
            return self._decode_with_opencv()
        try:
            pixels = page.asarray()
        except Exception as error:  # see __init__
            raise DamagedError(f"its pixels cannot be decoded ({' '.join(str(error).split())})") from None
        if page.axes.startswith("S"):
            pixels = np.moveaxis(pixels, 0, -1)
        if page.photometric == PALETTE and page.colormap is not None:
            levels = (
                page.colormap >> 8 if page.colormap.max() > 255 else page.colormap
            )  # some write 8 bits into 16
            return np.moveaxis(levels[:, pixels], 0, -1).astype(np.uint8)
        if page.photometric == MINISWHITE and pixels.dtype.kind in "ub":
            pixels = np.iinfo(pixels.dtype).max - pixels if pixels.dtype.kind == "u" else ~pixels
        if pixels.dtype == bool:
            pixels = pixels.astype(np.uint8) * np.uint8(255)
        return np.ascontiguousarray(pixels, dtype=pixels.dtype.newbyteorder("="))

    def _decode_with_opencv(self) -> np.ndarray:
        """LZW, JPEG and the like, for which tifffile alone has no decoder."""
        if self._page.index != 0:
            raise UnsuitableError(
                f"got {self._page.compression.name} after a thumbnail, expected it first; save it plain"
            )
        pixels = cv2.imdecode(np.frombuffer(self._data, np.uint8), cv2.IMREAD_UNCHANGED)
        if pixels is None or pixels.shape[:2] != self.size[::-1]:
            raise DamagedError(f"its {self._page.compression.name} pixels cannot be decoded")
        if (
            self._page.photometric == MINISWHITE and pixels.dtype != np.uint8
        ):  # OpenCV turns 8-bit files itself
            pixels = np.iinfo(pixels.dtype).max - pixels
        return pixels
