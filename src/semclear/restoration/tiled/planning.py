"""How a micrograph is restored in the memory that is allowed: whole, or by tiles of which side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from semclear.errors import SemclearError
from semclear.restoration.tiled import memory, windows
from semclear.restoration.tiled.tiled_network import TiledNetwork


@dataclass(frozen=True)
class Plan:
    """How a micrograph is restored.

    Attributes
    ----------
    tile : int
        Side in pixels of what the network sees at once (the whole micrograph's longer side, continued
        to a multiple of ``2**levels``, where it is restored whole).
    overlap : int
        Pixels by which tiles overlap; 0 where it is restored whole.
    tiles : int
        How many there are.
    exact : bool
        Whether the result is that of the whole micrograph, but for rounding.
    bytes : int
        Memory that it will take, as far as is known.
    """

    tile: int
    overlap: int
    tiles: int
    exact: bool
    bytes: int


class MemoryShortError(SemclearError):
    """The memory does not suffice for the smallest tile.

    Parameters
    ----------
    text : str
        For people.
    least : int
        Bytes that would suffice.
    """

    def __init__(self, text: str, least: int) -> None:
        super().__init__(text)
        self.least = least


class Planner:
    """Plans for the micrographs that a network is to restore.

    Parameters
    ----------
    tiled : TiledNetwork
        The network.
    needs : memory.Needs
        What it needs.
    allowed : int, optional
        Bytes, see `semclear.restoration.tiled.large.LargeRestorer`; 2 GiB if not said.
    tile : int, optional
        Side in pixels of the tiles, whatever memory is allowed. Rounded up to the grid.

    Attributes
    ----------
    needs : memory.Needs
        As given.
    allowed : int
        Bytes; may be changed from micrograph to micrograph.
    most : int or None
        Side in pixels of the largest tile that the device is known to hold.

    Raises
    ------
    SemclearError
        When `tile` is smaller than this network's smallest.
    """

    def __init__(
        self, tiled: TiledNetwork, needs: memory.Needs, allowed: int | None = None, tile: int | None = None
    ) -> None:
        self.needs = needs
        self.allowed = memory.DEFAULT if allowed is None else allowed
        self.tile = None if tile is None else windows.padded(tile, tiled.multiple)
        self.most: int | None = None
        self._tiled = tiled
        if self.tile is not None and self.tile < tiled.least:
            raise SemclearError(
                f"tile: got {tile} pixels, expected at least {tiled.least} for this model; give a larger tile"
            )

    def plan(self, shape: Sequence[int], maps: bool = False) -> Plan:
        """Return how a micrograph will be restored.

        Parameters
        ----------
        shape : tuple of int
            (H, W) in pixels.
        maps : bool
            Whether its maps are held, too: uncertainty and residual.

        Raises
        ------
        MemoryShortError
            When the memory does not suffice for the smallest tile.
        """
        sides = [windows.padded(length, self._tiled.multiple) for length in shape]
        held = int(np.prod(shape)) * (memory.INSPECTED if maps else memory.RESTORED)
        most = self.most or max(sides)
        if self.tile is not None:
            return self._with_tile(shape, min(self.tile, most), held)
        whole = held + self.needs.bytes(int(np.prod(sides)))
        if whole <= self.allowed and max(sides) <= most:
            return Plan(max(sides), 0, 1, True, whole)
        tile, worthwhile = self.needs.largest_tile(self.allowed - held), self._worthwhile
        if tile < worthwhile:
            least = min(whole, held + self.needs.bytes(worthwhile**2))
            raise MemoryShortError(
                f"memory: got {memory.text_of(self.allowed)}, expected at least {memory.text_of(least)} for a "
                f"micrograph of {shape[1]} x {shape[0]} pixels with this model; allow more, or cut the micrograph",
                least,
            )
        return self._with_tile(shape, min(tile, most), held)

    @property
    def _worthwhile(self) -> int:
        """Side of the smallest tile that is chosen unasked: what is restored for nothing, its margins, is at most eight
        times what is kept."""
        if self._tiled.reach is None:
            return self._tiled.least
        return max(self._tiled.least, windows.padded(3 * self._tiled.reach, self._tiled.multiple))

    def _with_tile(self, shape: Sequence[int], tile: int, held: int) -> Plan:
        """Return the plan for tiles of this side, or where that makes no more of them, of a smaller one."""

        def count(side: int) -> int:
            return len(self._tiled.pieces(self._tiled.all_of(shape), shape, side))

        tile = min(tile, max(windows.padded(length, self._tiled.multiple) for length in shape))
        tiles = count(tile)
        if self.tile is None and self._tiled.reach is not None:
            # Margins are the same whatever the tile: only what is restored for nothing shrinks.
            while tile - self._tiled.multiple >= self._worthwhile:
                if count(tile - self._tiled.multiple) > tiles:
                    break
                tile -= self._tiled.multiple
        exact = tiles == 1 or self._tiled.reach is not None
        overlap = 0 if tiles == 1 else self._tiled.overlap(tile)
        return Plan(tile, overlap, tiles, exact, held + self.needs.bytes(tile**2))
