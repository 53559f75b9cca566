"""Gray pictures and maps as PNG bytes: lossless, without any image library.

Maps are PNG with a palette: the indices are the numbers, the palette is how
they look, so that a page needs one file for both.
"""

from __future__ import annotations

import struct
import zlib

import numpy as np

SIGNATURE = b"\x89PNG\r\n\x1a\n"
GRAY, PALETTE = 0, 3
#: Fast, and within some per cent of the smallest on micrographs, whose noise does not compress anyway.
LEVEL = 6


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _filtered(levels: np.ndarray) -> np.ndarray:
    """Return each row after the filter 0 (none), 1 (left) or 2 (above) whose differences are smallest in sum."""
    left, above = np.zeros_like(levels), np.zeros_like(levels)
    left[:, 1:], above[1:] = levels[:, :-1], levels[:-1]
    candidates = [levels, levels - left, levels - above]  # modulo 256, as PNG has it
    sizes = np.stack(
        [
            np.abs(candidate.view(np.int8).astype(np.int16)).sum(axis=1, dtype=np.int64)
            for candidate in candidates
        ]
    )
    choice = sizes.argmin(axis=0)
    rows = np.choose(choice[:, None], candidates)
    return np.concatenate([choice[:, None].astype(np.uint8), rows], axis=1)


def encode(levels: np.ndarray, palette: np.ndarray | None = None) -> bytes:
    """Return an 8-bit PNG.

    Parameters
    ----------
    levels : ndarray, (H, W), uint8
        Gray levels, or indices into the palette.
    palette : ndarray, (256, 3), uint8, optional
        Red, green and blue of each index.

    Returns
    -------
    bytes
        The same for the same input: no date, no software name.

    References
    ----------
    W3C, Portable Network Graphics (PNG) Specification, third edition.
    """
    height, width = levels.shape
    kind = GRAY if palette is None else PALETTE
    header = struct.pack(">IIBBBBB", width, height, 8, kind, 0, 0, 0)
    colours = b"" if palette is None else _chunk(b"PLTE", np.ascontiguousarray(palette, np.uint8).tobytes())
    data = zlib.compress(_filtered(np.ascontiguousarray(levels, np.uint8)).tobytes(), LEVEL)
    return SIGNATURE + _chunk(b"IHDR", header) + colours + _chunk(b"IDAT", data) + _chunk(b"IEND", b"")
