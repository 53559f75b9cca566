"""What black and white are in stored numbers: the one rule of files, layers and arrays."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

TWELVE_BIT = 4095
"""Largest number of a 12-bit detector, whose pictures are stored with 16 bits."""


def ends_of(pictures: Iterable[np.ndarray]) -> tuple[float, float]:
    """Return the lowest and the highest stored value.

    Parameters
    ----------
    pictures : iterable of ndarray
        At least one; without data bars and frames, which are drawn and say nothing of the detector.
    """
    lowest, highest = np.inf, -np.inf
    for picture in pictures:
        # NaN must come through, which the built-in min and max would lose.
        lowest = float(np.minimum(lowest, np.min(picture)))
        highest = float(np.maximum(highest, np.max(picture)))
    return lowest, highest


def is_twelve_bit(highest: float, dtype: np.dtype) -> bool:
    """Return whether numbers of that type up to `highest` come from a 12-bit detector."""
    return dtype.kind == "u" and dtype.itemsize == 2 and highest <= TWELVE_BIT


def range_of(
    lowest: float, highest: float, dtype: np.dtype, *, unit_floats: bool = False
) -> tuple[float, float]:
    """Return the stored values that become 0 and 1.

    Parameters
    ----------
    lowest, highest : float
        Ends of the pictures, see `ends_of`: of all that are to stay comparable.
    dtype : dtype
        Of the stored numbers, in either byte order.
    unit_floats : bool
        True takes floats that all lie between 0 and 1 as being of that range, as NumPy's libraries write images.

    Returns
    -------
    tuple of float
        Of unsigned integers 0 and the largest number of the type, or 4095 where `is_twelve_bit`; of signed integers
        the largest, and 0 or (with negative values) the smallest number; of floats, which have no largest number,
        `lowest` and `highest` themselves.
    """
    if dtype.kind == "f":
        return (0.0, 1.0) if unit_floats and lowest >= 0 and highest <= 1 else (lowest, highest)
    if is_twelve_bit(highest, dtype):
        return 0.0, float(TWELVE_BIT)
    limits = np.iinfo(dtype)
    return float(limits.min if lowest < 0 else 0), float(limits.max)
