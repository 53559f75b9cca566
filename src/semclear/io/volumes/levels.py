"""Black and white of planes that are never whole in memory: the rule of `semclear.io.intensity`, with its results."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from semclear.io.formats.guards import not_finite
from semclear.io.intensity import STRAY_SHARE, Counted, Levels, counted
from semclear.io.volumes.stored import StoredPlane

DIGITS = 16
"""Bits that are counted in one pass."""


def _ordered(values: np.ndarray) -> np.ndarray:
    """Return unsigned integers in the order of numbers of any type."""
    values = np.ravel(values)
    bits = 8 * values.dtype.itemsize
    unsigned = np.dtype(f"u{bits // 8}")
    top = unsigned.type(1 << (bits - 1))
    if values.dtype.kind == "u":
        return values
    if values.dtype.kind == "i":
        return values.view(unsigned) ^ top
    # Adding zero makes -0 a +0. Of negative floats larger bits are lower numbers.
    seen = (values + values.dtype.type(0)).view(unsigned)
    return np.where(seen & top, ~seen, seen | top)


def _number(code: int, dtype: np.dtype[Any]) -> float:
    """Return the number that `_ordered` gave this code."""
    bits = 8 * dtype.itemsize
    unsigned, top = np.dtype(f"u{bits // 8}"), 1 << (bits - 1)
    if dtype.kind == "i":
        code ^= top
    elif dtype.kind == "f":
        code = code ^ top if code & top else code ^ ((1 << bits) - 1)
    return float(np.array([code], unsigned).view(dtype)[0])


def ranked(
    parts: Callable[[], Iterator[np.ndarray]], ranks: Sequence[int], dtype: np.dtype[Any]
) -> list[float]:
    """Return the numbers that stand at these places, from 0, once all are in order.

    Sixteen bits are counted in each pass over the numbers, from the highest on: one pass for 8 and 16 bits, two for
    32, four for 64.

    Parameters
    ----------
    parts : callable
        Gives the numbers anew each time it is called; none is NaN.
    ranks : sequence of int
        Each below their number.
    dtype : dtype
        Of the numbers, in the machine's byte order.

    Examples
    --------
    >>> import numpy as np
    >>> ranked(lambda: iter([np.float32([3, -1]), np.float32([2])]), [0, 1, 2], np.dtype("float32"))
    [-1.0, 2.0, 3.0]
    """
    bits = 8 * dtype.itemsize
    found = [0] * len(ranks)  # the bits of each that are known
    within = list(ranks)  # its place among the numbers that share them
    for shift in range(max(bits - DIGITS, 0), -1, -DIGITS):
        size = 1 << min(DIGITS, bits)
        counts = {prefix: np.zeros(size, np.int64) for prefix in set(found)}
        for part in parts():
            codes = _ordered(part)
            digits = (codes >> codes.dtype.type(shift)) & codes.dtype.type(size - 1)
            above = codes >> codes.dtype.type(shift + DIGITS) if shift + DIGITS < bits else None
            for prefix, count in counts.items():
                meant = digits if above is None else digits[above == codes.dtype.type(prefix)]
                count += np.bincount(meant, minlength=size)
        for place, prefix in enumerate(found):
            below = np.cumsum(counts[prefix])
            digit = int(np.searchsorted(below, within[place], side="right"))
            within[place] -= int(below[digit - 1]) if digit else 0
            found[place] = (prefix << DIGITS) | digit if bits > DIGITS else digit
    return [_number(code, dtype) for code in found]


def percentiles(
    parts: Callable[[], Iterator[np.ndarray]], count: int, wanted: Sequence[float]
) -> list[float]:
    """Return percentiles as `numpy.percentile` has them, of float32 numbers that are never held together.

    Parameters
    ----------
    parts : callable
        As of `ranked`.
    count : int
        Of the numbers.
    wanted : sequence of float
        0 to 100.
    """
    places = [(count - 1) * percentile / 100 for percentile in wanted]
    ranks = [rank for place in places for rank in (math.floor(place), math.ceil(place))]
    values = ranked(parts, ranks, np.dtype(np.float32))
    return [
        low + (high - low) * (place - math.floor(place))
        for place, low, high in zip(places, values[::2], values[1::2], strict=True)
    ]


@dataclass(frozen=True)
class Surveyed:
    """What one look at all numbers of a plane tells.

    Attributes
    ----------
    levels : Levels
        `intensity.levels_of` it.
    counted : Counted
        `intensity.counted` of it.
    digest : str
        SHA-256 of type, height and width, and then of the numbers chunk by chunk, row by row, little end first.
    """

    levels: Levels
    counted: Counted
    digest: str


def surveyed(plane: StoredPlane) -> Surveyed:
    """Look at all numbers of a plane.

    Parameters
    ----------
    plane : StoredPlane
        Read once where its numbers are of 8 bits without sign, else two, three or five times (up to 16, 32, 64 bits).

    Raises
    ------
    UnsuitableError
        When floats hold NaN or infinite values.
    """
    lowest, highest = np.inf, -np.inf
    digest = hashlib.sha256(f"{plane.dtype.name} {plane.shape[0]} {plane.shape[1]} {plane.chunk}".encode())
    of_all = counted([])

    def parts() -> Iterator[np.ndarray]:
        for window in plane.windows():
            yield plane.window(*window)

    for part in parts():
        if part.dtype.kind == "f" and (error := not_finite(part)) is not None:
            raise error
        lowest, highest = min(lowest, float(part.min())), max(highest, float(part.max()))
        of_all += counted([part])
        digest.update(np.ascontiguousarray(part, part.dtype.newbyteorder("<")).data)
    if plane.dtype == np.uint8:
        return Surveyed(Levels(lowest, highest, lowest, highest), of_all, digest.hexdigest())
    size = plane.shape[0] * plane.shape[1]
    few = min(math.ceil(STRAY_SHARE * size), (size - 1) // 2)
    low, high = ranked(parts, (few, size - 1 - few), plane.dtype)
    return Surveyed(Levels(lowest, highest, low, high), of_all, digest.hexdigest())


def strays(plane: StoredPlane, bounds: tuple[float, float]) -> int:
    """Return the number of pixels of a plane that lie outside a range, see `intensity.strays`."""
    low, high = bounds
    return sum(
        int(np.count_nonzero(part < low)) + int(np.count_nonzero(part > high))
        for part in (plane.window(*window) for window in plane.windows())
    )
