"""What restores a plane block by block: a method that looks at the whole once, and then needs a window for a block."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from semclear.restoration.tiled.tiled_network import Piece
from semclear.restoration.volumes.figures import Plane


@dataclass(frozen=True)
class Facts:
    """What was taken from a whole plane, before any block of it.

    Attributes
    ----------
    noise : float
        Grey standard deviation of its noise.
    checks : mapping
        Of the input alone, see `inspection.measure`.
    of_method : any
        Whatever else the method takes from the whole; it can be pickled.
    lifted, left_alone : bool or None
        As of `Outcome`.
    correlation : float or None
        Autocorrelation of the noise along rows at 1 pixel, where the method asks for it.
    """

    noise: float
    checks: Mapping[str, float]
    of_method: Any = None
    lifted: bool | None = None
    left_alone: bool | None = None
    correlation: float | None = None


@dataclass(frozen=True, eq=False)
class Block:
    """One block of a restored plane.

    Attributes
    ----------
    image : ndarray, (h, w), float32
        The result, in [0, 1].
    maps : mapping
        What `ByBlocks.checked` looks at, by the names of `ByBlocks.maps`: (h, w), float32.
    sums : mapping
        Numbers to be added up over all blocks, lists of float.
    """

    image: np.ndarray
    maps: Mapping[str, np.ndarray] = field(default_factory=dict)
    sums: Mapping[str, list[float]] = field(default_factory=dict)


class ByBlocks(Protocol):
    """A method that restores planes of any size, with the results of the whole but for rounding."""

    @property
    def maps(self) -> tuple[str, ...]:
        """Names of the maps that it wants to see again when all blocks are there."""
        ...

    def allow(self, memory: int) -> None:
        """Bound the bytes that `block` may take beside what it is given."""
        ...

    def margin(self) -> int:
        """Return the pixels that it sees beyond a block at most."""
        ...

    def bytes_of(self, pixels: int) -> int:
        """Return the bytes that a window of so many pixels takes at least, while its block is restored."""
        ...

    def look(self, plane: Plane) -> Facts:
        """Return what it takes from the whole."""
        ...

    def block(self, plane: Plane, facts: Facts, piece: Piece) -> Block:
        """Return one block of the restoration."""
        ...

    def checked(
        self, plane: Plane, facts: Facts, maps: Mapping[str, Plane], sums: Mapping[str, np.ndarray]
    ) -> dict[str, float]:
        """Return the checks of the restoration, those of `Facts.checks` included."""
        ...
