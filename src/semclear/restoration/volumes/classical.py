"""Classical methods that take figures of the whole plane and are local otherwise: those that restore by blocks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from semclear.restoration.checks import inspection
from semclear.restoration.classical import contrast, nlm
from semclear.restoration.tiled.tiled_network import Piece
from semclear.restoration.volumes import figures
from semclear.restoration.volumes.by_blocks import Block, Facts
from semclear.restoration.volumes.figures import Plane

REACH = {"nlm-rows": nlm.DISTANCE + nlm.PATCH // 2 + 1, "percentile-stretch": 0}
"""Pixels to each side that a restored one depends on, by the name of the method."""

HELD = {"nlm-rows": 128, "percentile-stretch": 48}
"""Bytes a pixel of a window that restoring takes at its peak: copies in double precision, and scikit-image's sums."""


@dataclass(frozen=True)
class ClassicalByBlocks:
    """A classical method of `REACH`.

    Parameters
    ----------
    method : str
        Its name.
    parameters : mapping
        See `classical_defaults.parameters_of`.
    """

    method: str
    parameters: Mapping[str, Any]

    @property
    def maps(self) -> tuple[str, ...]:
        """See `ByBlocks`: none."""
        return ()

    def allow(self, memory: int) -> None:
        """See `ByBlocks`; a block takes what it takes."""

    def margin(self) -> int:
        """See `ByBlocks`."""
        return REACH[self.method]

    def bytes_of(self, pixels: int) -> int:
        """See `ByBlocks`."""
        return HELD[self.method] * pixels

    def look(self, plane: Plane) -> Facts:
        """See `ByBlocks`: the noise, and the percentiles that are stretched."""
        noise, _ = figures.noise_of(plane)
        checks = inspection.measure(plane, noise)  # type: ignore[arg-type]  # it asks for windows alone
        if self.method == "nlm-rows":
            return Facts(noise, checks)
        return Facts(noise, checks, figures.ends_of(plane, self.parameters["low"], self.parameters["high"]))

    def block(self, plane: Plane, facts: Facts, piece: Piece) -> Block:
        """See `ByBlocks`."""
        reach, (height, width) = self.margin(), plane.shape
        (first, last), (start, stop) = piece.rows, piece.columns
        top, left = max(0, first - reach), max(0, start - reach)
        seen = plane[top : min(height, last + reach), left : min(width, stop + reach)]
        if self.method == "nlm-rows":
            made = nlm.non_local_means(seen, self.parameters["strength"], facts.noise)
        else:
            bottom, highest = facts.of_method
            greys = self.parameters["darkest"], self.parameters["brightest"]
            made = contrast.stretched(seen, bottom, highest, *greys)
        inner = slice(first - top, last - top), slice(start - left, stop - left)
        return Block(made[inner], sums={"changes": figures.sums_of(seen[inner], made[inner]).tolist()})

    def checked(
        self, plane: Plane, facts: Facts, maps: Mapping[str, Plane], sums: Mapping[str, np.ndarray]
    ) -> dict[str, float]:
        """See `ByBlocks`: those of the input."""
        return dict(facts.checks)
