"""NumPy arrays in any of the usual forms as pictures in [0, 1], and back to the very same form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from semclear.errors import SemclearError, one_line
from semclear.io import intensity
from semclear.io.read import DTYPES
from semclear.tool.micrograph.description import check_picture, is_blank

SHOWN = 60
"""Letters of a wrong value that an error shows."""


def told(value: Any) -> str:
    """Return a value as an error shows it: in one line, and not all of a large one."""
    text = " ".join(repr(value).split())
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."


@dataclass(frozen=True, eq=False)
class Stack:
    """An array as pictures.

    Attributes
    ----------
    pictures : ndarray, (N, H, W), float32
        In [0, 1].
    shape : tuple of int
        Of the array.
    dtype : dtype
        Of the array.
    low, high : float
        What 0 and 1 are in its numbers.
    """

    pictures: np.ndarray
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    low: float
    high: float

    def back(self, pictures: np.ndarray) -> np.ndarray:
        """Return pictures (N, H, W) in [0, 1] in the array's form: shape, type and range; integers are rounded."""
        values = self.low + np.clip(pictures, 0.0, 1.0).astype(np.float64) * (self.high - self.low)
        if self.dtype.kind in "iu":
            values = np.floor(values + 0.5)
        return values.reshape(self.shape).astype(self.dtype)


def _checked(data_range: tuple[float, float], lowest: float, highest: float) -> tuple[float, float]:
    try:
        low, high = (float(end) for end in data_range)
    except (TypeError, ValueError):
        low = high = np.nan
    if not (np.isfinite([low, high]).all() and low < high):
        raise SemclearError(
            f"data_range: got {told(data_range)}, expected (black, white) with black below white"
        )
    if lowest < low or highest > high:
        raise SemclearError(
            f"data_range: got {told(data_range)} for values from {lowest:.6g} to {highest:.6g}, expected a range that "
            "holds them; widen it or clip them"
        )
    return low, high


def _pictures_of(array: np.ndarray) -> np.ndarray:
    """Return (N, H, W) of (H, W), (H, W, 1), (N, H, W) or (N, H, W, 1)."""
    if array.ndim in (3, 4) and array.shape[-1] in (3, 4):
        raise SemclearError(
            f"array: got shape {array.shape}, which looks like colour (a last axis of {array.shape[-1]} channels), "
            "expected grey: (H, W), (H, W, 1), (N, H, W) or (N, H, W, 1); convert it to grey, or give one channel"
        )
    if array.ndim in (3, 4) and array.shape[-1] == 1:
        array = array[..., 0]
    if array.ndim == 2:
        array = array[None]
    if array.ndim != 3 or 0 in array.shape:
        raise SemclearError(
            f"array: got shape {array.shape}, expected (H, W), (H, W, 1), (N, H, W) or (N, H, W, 1); give one channel"
        )
    return array


def array_of(value: Any, name: str) -> np.ndarray:
    """Return what NumPy makes of a value that a person calls `name`.

    Raises
    ------
    SemclearError
        Where that is nothing: lists whose rows differ in length, or what refuses to be an array.
    """
    try:
        return np.asarray(value)
    except MemoryError:
        raise
    except Exception as error:  # objects may raise anything where they are asked for an array
        raise SemclearError(
            f"{name}: got {told(value)}, of which NumPy makes no array ({one_line(error)}), expected numbers in rows "
            "of one length; correct it"
        ) from None


def stack_of(array: Any, data_range: tuple[float, float] | None = None) -> Stack:
    """Return an array as pictures.

    Parameters
    ----------
    array : array_like, (H, W), (H, W, 1), (N, H, W) or (N, H, W, 1)
        A type of `io.read.DTYPES`, of either byte order. A last axis of one is a channel.
    data_range : (float, float), optional
        What black and white are. By default as for files, see
        `io.intensity.range_of`; floats that all lie between 0 and 1 have that
        range.

    Raises
    ------
    SemclearError
        For another shape or type, rows of unequal length, masked, NaN or infinite values, one grey everywhere, a
        side under 16 pixels, or values beyond `data_range`.
    """
    if isinstance(array, np.ma.MaskedArray) and np.ma.is_masked(array):
        raise SemclearError("array: got masked values, expected numbers everywhere; fill them")
    array = array_of(array, "array")
    if array.dtype.newbyteorder("=").name not in DTYPES:
        raise SemclearError(f"array: got {array.dtype}, expected {', '.join(DTYPES)}; convert it")
    pictures = _pictures_of(array)
    if not np.isfinite(pictures).all():
        raise SemclearError("array: got NaN or infinite values, expected numbers everywhere; fill them")
    # One blank slice is no reason to refuse the others.
    check_picture(next((picture for picture in pictures if not is_blank(picture)), pictures[0]), "array")
    levels = intensity.levels_of(pictures)
    if data_range is not None:
        low, high = _checked(data_range, levels.lowest, levels.highest)
    else:
        low, high = intensity.range_of(levels, array.dtype, unit_floats=True)
    if not np.isfinite(high - low):
        raise SemclearError(
            f"array: got values from {low:.3g} to {high:.3g}, expected a range that 64-bit floats hold; divide them"
        )
    scaled = ((pictures.astype(np.float64) - low) / (high - low)).astype(np.float32)
    return Stack(np.clip(scaled, 0.0, 1.0), array.shape, array.dtype, low, high)
