"""A trained model, block by block: statistics and what the encoder reads are the plane's, each block sees its reach."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from semclear.networks.apply import lifted
from semclear.restoration.checks import gain, inspection, residual, tiles
from semclear.restoration.checks.invention import MARGIN, Conditions
from semclear.restoration.tiled import strips
from semclear.restoration.tiled.tiled_network import Piece
from semclear.restoration.volumes import figures
from semclear.restoration.volumes.by_blocks import Block, Facts
from semclear.restoration.volumes.figures import Plane

if TYPE_CHECKING:
    from semclear.restoration.tiled.large import LargeRestorer

AROUND = max(32, MARGIN)
"""Pixels beyond a block that are restored, too: as far as the degradation's blur sees, on its grid of knots, and what
is invented is judged by."""

HELD = 64
"""Bytes a pixel of a window beside the network's tile: the window, its restorations, the block's maps and checks."""

JUDGED = 112
"""The same once more, where what is invented is judged: octaves, their powers, and the parts of the similarity."""


@dataclass(frozen=True)
class NetworkByBlocks:
    """A network without instance normalisation.

    Parameters
    ----------
    restorer : LargeRestorer
        Of which `divides` is true.
    side : int
        Of the tiles that checks are averaged over, pixels.
    """

    restorer: LargeRestorer
    side: int = tiles.SIDE

    @property
    def maps(self) -> tuple[str, ...]:
        """See `ByBlocks`: the restoration before a veil is taken off, and what it leaves unexplained."""
        return ("restored", "left")

    def allow(self, memory: int) -> None:
        """See `ByBlocks`."""
        self.restorer.allow(memory)

    def margin(self) -> int:
        """See `ByBlocks`."""
        seen = self.restorer.around(Piece((2**14, 2**15), (2**14, 2**15)), (2**16, 2**16))
        return AROUND + max(2**14 - seen.rows[0], seen.rows[1] - 2**15)

    def bytes_of(self, pixels: int) -> int:
        """See `ByBlocks`."""
        return (HELD + (JUDGED if self.restorer.invention is not None else 0)) * pixels

    def look(self, plane: Plane) -> Facts:
        """See `ByBlocks`: noise and spectrum, what the encoder reads, and what follows from it."""
        noise, correlation = figures.noise_of(plane)
        checks = inspection.measure(plane, noise, self.side)  # type: ignore[arg-type]  # it asks for windows alone
        reading = self.restorer.reading_of(plane)  # type: ignore[arg-type]  # likewise
        if reading is None or not self.restorer.chooses:
            return Facts(noise, checks, reading, correlation=correlation)
        said = reading.summary()
        lift = self.restorer.lifts(said["read_transmission"])
        alone = not lift and self.restorer.leaves(
            lambda limits: figures.is_sharp(plane, noise, said["read_sigma"], limits)
        )
        return Facts(noise, checks, reading, lift, alone, correlation)

    def block(self, plane: Plane, facts: Facts, piece: Piece) -> Block:
        """See `ByBlocks`."""
        height, width = plane.shape
        (first, last), (start, stop) = piece.rows, piece.columns
        wide = Piece(
            (max(0, first - AROUND), min(height, last + AROUND)),
            (max(0, start - AROUND), min(width, stop + AROUND)),
        )
        seen = self.restorer.around(wide, plane.shape)
        restored, spread, plain = (
            None if values is None else _cut(values, seen, wide)
            for values in self.restorer.unjudged(plane[seen.place])
        )
        assert restored is not None and plain is not None
        before, made = plane[piece.place], _cut(restored, wide, piece)
        sums: dict[str, list[float]] = {}
        maps = {"restored": made}
        if spread is not None:
            sums["uncertainty"] = [float(_cut(spread, wide, piece).sum(dtype=np.float64))]
        reading: Any = facts.of_method
        if reading is not None:
            from semclear.restoration.tiled.degradation_by_parts import Amplification

            again = reading.degrade_at(restored, wide.rows[0], wide.columns[0])
            maps["left"] = before - _cut(again, wide, piece)
            probe = Amplification(reading, plane.shape)
            probe.add(piece, _cut(plain, wide, piece))
            sums["amplification"] = list(probe.sums)
        invention = self.restorer.invention
        if invention is not None and spread is not None and reading is not None:
            conditions = Conditions(facts.noise, facts.correlation, facts.of_method.summary()["read_sigma"])
            invented, left = invention.judged(restored, spread, conditions, self.restorer.conservative)
            place = _place(wide, piece)
            sums["gain"] = gain.sums_of(plane[wide.place], restored, invented, place).tolist()
            made = left[place]
        if facts.left_alone:
            made = before
        elif facts.lifted:
            field = reading.transmission(*piece.place)
            made = lifted(made, {"transmission": field, "airlight": reading.airlight})
        sums["changes"] = figures.sums_of(before, made).tolist()
        return Block(made, maps, sums)

    def checked(
        self, plane: Plane, facts: Facts, maps: Mapping[str, Plane], sums: Mapping[str, np.ndarray]
    ) -> dict[str, float]:
        """See `ByBlocks`; the checks of `LargeRestorer.inspect`."""
        checks: dict[str, Any] = dict(facts.checks)
        if "uncertainty" in sums:
            contrast = tiles.contrast(maps["restored"], self.side)  # type: ignore[arg-type]  # it asks for windows alone
            checks["uncertainty"] = float(
                sums["uncertainty"][0] / plane.size / max(contrast, residual.ROUNDING)
            )
        if "gain" in sums:
            checks |= gain.checks_of_sums(sums["gain"], plane.size)
        if facts.of_method is None:
            return checks
        checks |= strips.explained(plane, maps["left"], facts.noise, self.side)  # type: ignore[arg-type]  # likewise
        through, noise = sums["amplification"]
        return {
            **checks,
            "hiding_amplification": float(np.sqrt(through / noise)),
            **facts.of_method.summary(),
        }


def _place(outer: Piece, inner: Piece) -> tuple[slice, slice]:
    """Return where in a piece another one within it lies."""
    top, left = outer.rows[0], outer.columns[0]
    return slice(inner.rows[0] - top, inner.rows[1] - top), slice(
        inner.columns[0] - left, inner.columns[1] - left
    )


def _cut(values: np.ndarray, outer: Piece, inner: Piece) -> np.ndarray:
    """Return of values of a piece those of another one within it."""
    return values[_place(outer, inner)]
