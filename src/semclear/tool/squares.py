"""The side of the squares that training micrographs are cut into, for the micrographs that there are."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from semclear.datasets.record import Split
from semclear.datasets.survey import Original

#: Sides below the scale's own are tried in these steps, pixels.
STEP = 32


@dataclass(frozen=True)
class Squares:
    """How training micrographs are cut: the squares' side in pixels, why, and how many each domain has."""

    side: int
    reason: str
    clear: int
    degraded: int


def family_needed(level: float) -> int:
    """Return how many members the trust flag's family needs to flag anything at a level: 1 / (n + 1) <= level."""
    return math.ceil(1 / level - 1 - 1e-9)


def count(originals: Sequence[Original], side: int) -> int:
    """Return how many squares of `side` pixels without overlap the pictures hold."""
    return sum((item.box.width // side) * (item.box.height // side) for item in originals)


def choose(
    clear: Sequence[Original],
    degraded: Sequence[Original],
    split_of: Mapping[str, Split],
    *,
    side: int,
    crop: int,
    level: float,
) -> Squares:
    """Choose the squares' side.

    It is the scale's own where all micrographs have it and there are squares
    enough for the trust flag; else the largest below it, not under the crop,
    of which that holds.

    Parameters
    ----------
    clear, degraded : sequence of Original
        Those that are used; none smaller than the crop.
    split_of : mapping
        Split of each degraded source.
    side, crop : int
        Of the scale, pixels.
    level : float
        Of the trust flag: it is calibrated on degraded training squares and validation micrographs.

    Returns
    -------
    Squares
        With as many degraded squares as possible where no side gives enough.
    """
    training = [item for item in degraded if split_of[item.source] == "degraded"]
    validation = sum(split_of[item.source] == "validation" for item in degraded)
    smallest = min(min(item.box.width, item.box.height) for item in [*clear, *degraded])
    largest = min(side, smallest)
    needed = family_needed(level)
    sides = [largest, *(s for s in range(largest - largest % STEP, crop, -STEP) if s < largest)]
    sides += [crop] if crop < largest else []
    enough = [s for s in sides if count(training, s) + validation >= needed]
    chosen = enough[0] if enough else max(sides, key=lambda s: (count(training, s), s))
    reason = "the scale's own"
    if chosen < side:
        reason = f"the scale's {side} px is more than the smallest micrograph has"
        if chosen < largest:
            reason = f"of {largest} px there would be too few for the trust flag"
    return Squares(chosen, reason, count(clear, chosen), count(training, chosen))
