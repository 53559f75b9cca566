"""How large the blocks of a volume are, and what else of the memory goes where."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from semclear.errors import FileError, SemclearError
from semclear.io.volumes.output import CHUNK
from semclear.io.volumes.stored import CACHE
from semclear.restoration.tiled.memory import text_of
from semclear.tool.restore.memory import STEP, default_memory, held

if TYPE_CHECKING:
    from semclear.io.volumes.stored import Volume
    from semclear.restoration.volumes.by_blocks import ByBlocks

LARGEST = 2 * CHUNK
"""Side of the largest blocks, pixels: a killed run loses one, and margins are a small part of it already."""

RESERVE = 128 * 2**20
"""Bytes for whatever is not counted: threads of the Zarr library, strips of checks, chunks on their way to the disk."""


@dataclass(frozen=True)
class Shares:
    """What goes where, bytes, and the side of the blocks, pixels.

    Attributes
    ----------
    side : int
        A multiple of `output.CHUNK`.
    cache : int
        Of decoded chunks.
    allowed : int
        That a block may take beside its window.
    """

    side: int
    cache: int
    allowed: int


def available(whole: int | None) -> int:
    """Return the bytes that are left for a volume, where the process has its model.

    Parameters
    ----------
    whole : int or None
        That the process may hold at its peak; None for `memory.default_memory` beside what it holds.
    """
    if whole is None:
        return default_memory() - RESERVE
    return whole - math.ceil(held() / STEP) * STEP - RESERVE


def check_chunks(volume: Volume, left: int) -> None:
    """Refuse a volume of which a chunk takes more than a third of the memory: each has to be decoded at once.

    Parameters
    ----------
    volume, left
        As of `shares`.

    Raises
    ------
    FileError
        For such a volume.
    """
    if 3 * volume.chunk_bytes > left:
        chunks = " x ".join(map(str, volume.array.chunks))
        raise FileError(
            volume.path,
            f"got chunks of {chunks}, which take {text_of(volume.chunk_bytes)} each, expected a third of the memory "
            f"that is left ({text_of(max(left, 0))}) at most; write it with smaller chunks, or give more --memory",
        )


def shares(volume: Volume, made: ByBlocks, left: int) -> Shares:
    """Return how the memory is shared out.

    Parameters
    ----------
    volume : Volume
        What is restored.
    made : ByBlocks
        What restores.
    left : int
        Bytes, see `available`.

    Raises
    ------
    SemclearError
        When it does not suffice for the smallest block.
    """
    # A row of chunks, as what runs along the rows would else decode each of them again and again.
    row = volume.array.chunks[-2] * volume.width * volume.dtype.itemsize
    cache = min(max(CACHE // 2, row), max(CACHE // 2, left // 4))

    def window(side: int) -> int:
        sides = (min(side + 2 * made.margin(), length + side) for length in (volume.height, volume.width))
        return made.bytes_of(math.prod(sides))

    for side in range(LARGEST, 0, -CHUNK):
        if 2 * window(side) <= left - cache or (side == CHUNK and window(side) <= left - cache):
            return Shares(side, cache, left - cache - window(side))
    least = window(CHUNK) + cache
    raise SemclearError(
        f"--memory: got {text_of(max(left, 0))} beside the program, expected at least {text_of(least)} for blocks of "
        f"{CHUNK} pixels; give more"
    )
