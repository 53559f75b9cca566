"""NumPy arrays in any of the usual forms as pictures in [0, 1], and back to the very same form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from semclear.errors import SemclearError, one_line
from semclear.io import compose, intensity
from semclear.io.formats.page import UnsuitableError
from semclear.io.intensity import Levels
from semclear.io.read import DTYPES
from semclear.tool.micrograph.description import check_picture, is_blank
from semclear.tool.verdict import cautions

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
    stored : ndarray, (N, H, W)
        The same in the array's numbers.
    blank : tuple of bool
        Which of them are of one grey and stay as they are; not all.
    shape : tuple of int
        Of the array.
    dtype : dtype
        Of the array.
    low, high : float
        What 0 and 1 are in its numbers.
    notes : tuple of str
        What a person should know of them, as of a file.
    """

    pictures: np.ndarray
    stored: np.ndarray
    blank: tuple[bool, ...]
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    low: float
    high: float
    notes: tuple[str, ...] = ()

    def back(self, pictures: np.ndarray) -> np.ndarray:
        """Return pictures (N, H, W) in [0, 1] in the array's form: shape, type and range, as they would be written into
        a file of it; blank ones as they were."""
        values = compose.quantised(pictures, self)
        blank = np.array(self.blank)
        values[blank] = self.stored[blank]
        return values.reshape(self.shape)


def _checked(data_range: tuple[float, float], dtype: np.dtype[Any]) -> tuple[float, float]:
    """Return black and white as given: of whole numbers of the type, as `--range` takes them."""
    try:
        low, high = (float(end) for end in data_range)
    except (TypeError, ValueError):
        low = high = np.nan
    if not (np.isfinite([low, high]).all() and low < high):
        raise SemclearError(
            f"data_range: got {told(data_range)}, expected (black, white) with black below white"
        )
    try:
        return intensity.checked_range((low, high), dtype)
    except UnsuitableError as error:
        raise SemclearError(f"data_range: {error}") from None


def _notes(
    pictures: Sequence[np.ndarray], levels: Levels, bounds: tuple[float, float], is_given: bool
) -> tuple[str, ...]:
    """Return what a person should know of a range, in the words of a file's."""
    dtype, beyond = pictures[0].dtype, intensity.strays(pictures, bounds)
    if is_given:
        return (intensity.remark_of_given(bounds, beyond),)
    if dtype.kind == "f" and bounds == (0, 1) and not beyond:
        return ()
    said = (
        intensity.remark(levels, dtype, bounds, beyond, what="array"),
        intensity.doubt(intensity.counted(pictures), bounds, "give data_range=(0, {white})"),
        cautions.STRETCHED if dtype.kind == "f" and bounds != (0, 1) else None,
    )
    return tuple(text for text in said if text)


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
        What black and white are, as `semclear restore --range`: of integers
        whole numbers of their type; what lies beyond becomes black or white.
        By default as for files, see `io.intensity.range_of`; floats that all
        lie between 0 and 1 have that range.

    Raises
    ------
    SemclearError
        For another shape or type, rows of unequal length, masked, NaN or infinite values, one grey everywhere, a
        side under 16 pixels, or a `data_range` that is none of the type or leaves one grey.
    """
    if isinstance(array, np.ma.MaskedArray) and np.ma.is_masked(array):
        raise SemclearError("array: got masked values, expected numbers everywhere; fill them")
    array = array_of(array, "array")
    if array.dtype.newbyteorder("=").name not in DTYPES:
        raise SemclearError(f"array: got {array.dtype}, expected {', '.join(DTYPES)}; convert it")
    pictures = _pictures_of(array)
    if not np.isfinite(pictures).all():
        raise SemclearError("array: got NaN or infinite values, expected numbers everywhere; fill them")
    shown = [picture for picture in pictures if not is_blank(picture)]
    check_picture((shown or pictures)[0], "array")
    levels = intensity.levels_of(shown)
    if data_range is not None:
        low, high = _checked(data_range, array.dtype)
    else:
        low, high = intensity.range_of(levels, array.dtype, unit_floats=True)
    if not np.isfinite(high - low):
        raise SemclearError(
            f"array: got values from {low:.3g} to {high:.3g}, expected a range that 64-bit floats hold; divide them"
        )
    scaled = intensity.scaled(pictures, (low, high))
    blank = tuple(is_blank(one) or is_blank(picture) for one, picture in zip(pictures, scaled, strict=True))
    if all(blank):
        raise SemclearError(
            f"array: got one grey value everywhere in the range {low:.6g} to {high:.6g}, expected a picture; correct "
            "data_range"
        )
    notes = _notes(shown, levels, (low, high), data_range is not None)
    return Stack(scaled, pictures, blank, array.shape, array.dtype, low, high, notes)
