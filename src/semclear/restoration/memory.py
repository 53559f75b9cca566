"""How much memory a tile takes, and the largest tile that a given amount of memory allows.

The figures were measured on a CPU with TensorFlow 2.21, by the growth of the
process while generators of 8 to 64 channels restored 512 to 2048 pixels
square; `benchmarks/tiling.py` repeats that. A device that needs more says so,
and the tile is halved.
"""

from __future__ import annotations

import math

from semclear import params

#: Bytes that restoring may take where nothing else is said: 2 GiB.
DEFAULT = 2 * 2**30
#: Bytes of activations a pixel of the tile: a channel of the first level, and whatever the width.
PER_CHANNEL, PER_PIXEL = 6.0, 60.0
#: Bytes a pixel for the eight orientations of a tile, kept for their mean and spread.
PER_PIXEL_ENSEMBLE = 4 * 8
#: Bytes that a network takes whatever its tile.
FIXED = 32 * 2**20
#: Bytes a pixel of the micrograph that its restoration holds: the image, and with its maps also uncertainty and residual.
RESTORED, INSPECTED = 4, 12
#: Bytes a pixel of the working copies, in double precision, of checks on the whole.
CHECKED = 112
#: Bytes a pixel and filter of its bank that the degradation's encoder takes for the whole.
ENCODED = 12.0
#: Elements of the largest tensor: libraries of convolutions count in 32 bits.
ELEMENTS = 2**31


def needed(pixels: int, size: params.ModelScale, images: int = 1, ensembling: bool = False) -> int:
    """Return the bytes that a generator takes, at its peak, to restore a tile.

    Parameters
    ----------
    pixels : int
        Of the tile.
    size : params.ModelScale
        Channels of the first level, which has most of the activations, decide.
    images : int
        Restored at once.
    ensembling : bool
        Whether the tile's eight orientations are kept, too.
    """
    each = PER_CHANNEL * size.width + PER_PIXEL
    kept = PER_PIXEL_ENSEMBLE if ensembling else 0
    return math.ceil(pixels * (images * each + kept)) + FIXED


def largest_tile(memory: float, size: params.ModelScale, ensembling: bool) -> int:
    """Return the side in pixels, a multiple of ``2**levels``, of the largest square tile that fits; 0 where none does.

    Parameters
    ----------
    memory : float
        Bytes, without those that the whole micrograph's images take.
    size, ensembling
        As for `needed`.
    """
    pixel = needed(1, size, ensembling=ensembling) - FIXED
    # The widest tensor: two of the first level's feature maps side by side, at half the resolution.
    pixels = min((memory - FIXED) / pixel, ELEMENTS / (2 * size.width) * 4 - 1)
    return math.isqrt(max(0, int(pixels))) >> size.levels << size.levels


def text_of(count: float) -> str:
    """Return a number of bytes as a person writes it, rounded up: 300 MiB, 2.5 GiB."""
    mebibytes = math.ceil(count / 2**20)
    return f"{mebibytes} MiB" if mebibytes < 1024 else f"{math.ceil(mebibytes / 102.4) / 10:g} GiB"
