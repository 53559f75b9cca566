"""What black and white are in stored numbers: the one rule of files, layers and arrays."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

TWELVE_BIT = 4095
"""Largest number of a 12-bit detector, whose pictures are stored with 16 bits."""

STRAY_SHARE = 1e-4
"""Share of a picture's pixels that may lie beyond 12 bits, as dead pixels and drawn marks do; one pixel always may."""


@dataclass(frozen=True)
class Levels:
    """What the stored numbers of pictures say of black and white; see `levels_of`.

    Attributes
    ----------
    lowest, highest : float
        Ends of the numbers; NaN where any is.
    beyond : int
        Pixels of 16-bit pictures that lie above `TWELVE_BIT`.
    few : bool
        True where in no picture they are more than `STRAY_SHARE`.
    """

    lowest: float
    highest: float
    beyond: int = 0
    few: bool = True


def levels_of(pictures: Iterable[np.ndarray]) -> Levels:
    """Return what decides about black and white of pictures that are to stay comparable.

    Parameters
    ----------
    pictures : iterable of ndarray
        At least one; without data bars and frames, which are drawn and say nothing of the detector.

    Examples
    --------
    >>> import numpy as np
    >>> picture = np.full((100, 100), 4000, np.uint16)
    >>> picture[0, 0] = 65535
    >>> levels_of([picture])
    Levels(lowest=4000.0, highest=65535.0, beyond=1, few=True)
    """
    lowest, highest, beyond, few = np.inf, -np.inf, 0, True
    for picture in pictures:
        # NaN must come through, which the built-in min and max would lose.
        lowest = float(np.minimum(lowest, np.min(picture)))
        highest = float(np.maximum(highest, np.max(picture)))
        if _may_be_twelve_bit(picture.dtype):
            above = int(np.count_nonzero(picture > TWELVE_BIT))
            beyond += above
            few = few and above <= math.ceil(STRAY_SHARE * picture.size)
    return Levels(lowest, highest, beyond, few)


def _may_be_twelve_bit(dtype: np.dtype[Any]) -> bool:
    return dtype.kind == "u" and dtype.itemsize == 2


def is_twelve_bit(levels: Levels, dtype: np.dtype[Any]) -> bool:
    """Return whether numbers of that type come from a 12-bit detector: nearly all pixels say so, never one alone.

    Examples
    --------
    >>> import numpy as np
    >>> is_twelve_bit(Levels(0, 65535, beyond=2, few=True), np.dtype("uint16"))
    True
    >>> is_twelve_bit(Levels(0, 65535, beyond=900, few=False), np.dtype("uint16"))
    False
    """
    return _may_be_twelve_bit(dtype) and levels.few


def full_scale(levels: Levels, dtype: np.dtype[Any]) -> int:
    """Return the stored number that is white in integers: 4095 where `is_twelve_bit`, else the largest of the type.

    Examples
    --------
    >>> import numpy as np
    >>> full_scale(Levels(3, 4000), np.dtype("uint16")), full_scale(Levels(3, 200), np.dtype("uint8"))
    (4095, 255)
    """
    return TWELVE_BIT if is_twelve_bit(levels, dtype) else int(np.iinfo(dtype).max)


def stray_remark(levels: Levels) -> str:
    """Return what is to be said of 12-bit pictures: their largest number, and how many pixels lie beyond 12 bits."""
    if not levels.beyond:
        return f"16-bit file with values up to {levels.highest:.0f} only"
    pixels = "1 pixel" if levels.beyond == 1 else f"{levels.beyond} pixels"
    return f"16-bit file with {pixels} above {TWELVE_BIT} only, taken as white"


def range_of(levels: Levels, dtype: np.dtype[Any], *, unit_floats: bool = False) -> tuple[float, float]:
    """Return the stored values that become 0 and 1; the few beyond a 12-bit range are to be clipped.

    Parameters
    ----------
    levels : Levels
        Of all pictures that are to stay comparable.
    dtype : dtype
        Of the stored numbers, in either byte order.
    unit_floats : bool
        True takes floats that all lie between 0 and 1 as being of that range, as NumPy's libraries write images.

    Returns
    -------
    tuple of float
        Of unsigned integers 0 and `full_scale`; of signed integers the largest, and 0 or (with negative values) the
        smallest number; of floats, which have no largest number, the lowest and highest themselves.

    Examples
    --------
    >>> import numpy as np
    >>> range_of(Levels(3, 200), np.dtype("uint8"))
    (0.0, 255.0)
    >>> range_of(Levels(-5, 200), np.dtype("int16"))
    (-32768.0, 32767.0)
    >>> range_of(Levels(0.2, 0.9), np.dtype("float32"))
    (0.2, 0.9)
    >>> range_of(Levels(0.2, 0.9), np.dtype("float32"), unit_floats=True)
    (0.0, 1.0)
    """
    lowest, highest = levels.lowest, levels.highest
    if dtype.kind == "f":
        return (0.0, 1.0) if unit_floats and lowest >= 0 and highest <= 1 else (lowest, highest)
    return float(np.iinfo(dtype).min if lowest < 0 else 0), float(full_scale(levels, dtype))
