"""What black and white are in stored numbers: the one rule of study, files, layers and arrays."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from semclear.io.formats.page import UnsuitableError

DETECTOR_BITS = (8, 10, 12, 14)
"""Bits of the detectors whose pictures are stored with 16 bits."""

STRAY_SHARE = 1e-4
"""Share of a picture's pixels that decide nothing, as dead pixels and drawn marks; one pixel never does."""

DOUBTFUL_SHARE = 0.02
"""Largest share of a picture that a scale bar drawn in it, or hot pixels, take up: a range that these alone widen is
to be named."""

FAR_OFF = 4
"""Times by which stray pixels must widen the range of floats to be left out of it."""

COUNTED = 2**20
"""Pixels that are counted at once."""

LEAST_SIGNED = 128
"""Least number that stands for black below zero, and for white above."""


@dataclass(frozen=True)
class Levels:
    """What the stored numbers of pictures say of black and white; see `levels_of`.

    Attributes
    ----------
    lowest, highest : float
        Ends of all numbers; NaN where any is.
    low, high : float
        Ends of what is left when each picture loses its `STRAY_SHARE` of highest pixels, and of lowest.
    """

    lowest: float
    highest: float
    low: float
    high: float


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
    Levels(lowest=4000.0, highest=65535.0, low=4000.0, high=4000.0)
    """
    lowest, highest, low, high = np.inf, -np.inf, np.inf, -np.inf
    for picture in pictures:
        # NaN must come through, which the built-in min and max would lose.
        lowest = float(np.minimum(lowest, np.min(picture)))
        highest = float(np.maximum(highest, np.max(picture)))
        if picture.dtype == np.uint8:  # their range is that of the type
            low, high = min(low, lowest), max(high, highest)
            continue
        least, most = _without_few(
            picture, min(math.ceil(STRAY_SHARE * picture.size), (picture.size - 1) // 2)
        )
        low, high = min(low, least), max(high, most)
    return Levels(lowest, highest, low, high)


def common(levels: Sequence[Levels]) -> Levels:
    """Return the levels of pictures that are to stay comparable, of those of each."""
    return Levels(
        min(one.lowest for one in levels),
        max(one.highest for one in levels),
        min(one.low for one in levels),
        max(one.high for one in levels),
    )


def _without_few(picture: np.ndarray, few: int) -> tuple[float, float]:
    """Return the ends of numbers without so many lowest and highest ones."""
    if picture.dtype.kind in "iu" and picture.dtype.itemsize == 2:
        # Counting 65536 numbers takes a fraction of the time and memory of ordering the pixels.
        least = int(np.iinfo(picture.dtype).min)
        counts = np.zeros(2**16, np.int64)
        for rows in np.array_split(picture, max(1, picture.size // COUNTED)):
            counts += np.bincount((rows.astype(np.int32) - least).ravel(), minlength=2**16)
        below = np.cumsum(counts)
        places = np.searchsorted(below, (few + 1, below[-1] - few))
        return float(places[0] + least), float(places[1] + least)
    last = picture.size - 1
    ordered = np.partition(picture, (few, last - few), axis=None)
    return float(ordered[few]), float(ordered[last - few])


def full_scale(levels: Levels, dtype: np.dtype[Any]) -> int:
    """Return the stored number that is white in integers without negative ones.

    Of 16-bit types that is the least full scale of `DETECTOR_BITS` that holds the pictures, of others the largest
    number of the type.

    Examples
    --------
    >>> import numpy as np
    >>> full_scale(Levels(3, 65535, 5, 4000), np.dtype("uint16")), full_scale(Levels(3, 9, 3, 9), np.dtype("uint8"))
    (4095, 255)
    """
    whites = (2**bits - 1 for bits in DETECTOR_BITS) if dtype.itemsize == 2 else ()
    return next((white for white in whites if levels.high <= white), int(np.iinfo(dtype).max))


def _power(value: float) -> int:
    return max(LEAST_SIGNED, 1 << max(0, math.ceil(value) - 1).bit_length())


def range_of(levels: Levels, dtype: np.dtype[Any], *, unit_floats: bool = False) -> tuple[float, float]:
    """Return the stored values that become 0 and 1; the few beyond are to be clipped, see `strays`.

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
        Of integers 0 and `full_scale`. With negative numbers, of 16 bits the next powers of two at or beyond both
        ends (-2048 and 2047, or -128 and 4095), of 8 bits the ends of the type. Of floats, which have no largest
        number, the lowest and highest themselves, of which stray pixels are left out where they would make the range
        more than `FAR_OFF` times as wide.

    Examples
    --------
    >>> import numpy as np
    >>> range_of(Levels(3, 200, 3, 200), np.dtype("uint8"))
    (0.0, 255.0)
    >>> range_of(Levels(-1900, 2000, -1900, 2000), np.dtype("int16"))
    (-2048.0, 2047.0)
    >>> range_of(Levels(0.2, 0.9, 0.2, 0.9), np.dtype("float32"))
    (0.2, 0.9)
    >>> range_of(Levels(0.2, 0.9, 0.2, 0.9), np.dtype("float32"), unit_floats=True)
    (0.0, 1.0)
    """
    if dtype.kind == "f":
        if unit_floats and levels.low >= 0 and levels.high <= 1:
            return 0.0, 1.0
        far = 0 < FAR_OFF * (levels.high - levels.low) < levels.highest - levels.lowest
        return (levels.low, levels.high) if far else (levels.lowest, levels.highest)
    if levels.low >= 0:
        return 0.0, float(full_scale(levels, dtype))
    if dtype.itemsize == 2:
        return -float(_power(-levels.low)), float(_power(levels.high + 1) - 1)
    return float(np.iinfo(dtype).min), float(np.iinfo(dtype).max)


def checked_range(given: tuple[float, float], dtype: np.dtype[Any]) -> tuple[float, float]:
    """Return black and white as a person gave them.

    Whether they hold the pictures is not asked: what lies beyond becomes black or white, as beyond a range that was
    found.

    Raises
    ------
    UnsuitableError
        When they are no numbers of the stored type, or black is not below white.
    """
    low, high = (float(end) for end in given)
    info = np.iinfo(dtype) if dtype.kind in "iu" else np.finfo(dtype)
    fits = low < high and info.min <= low and high <= info.max
    if not fits or (dtype.kind in "iu" and not (low.is_integer() and high.is_integer())):
        what = "whole numbers" if dtype.kind in "iu" else "numbers"
        raise UnsuitableError(
            f"got the range {low:.6g} to {high:.6g}, expected {what} of {dtype.name} ({info.min:.6g} to "
            f"{info.max:.6g}), black below white; correct the range"
        )
    return low, high


def scaled(values: np.ndarray, bounds: tuple[float, float]) -> np.ndarray:
    """Return stored numbers as float32 in [0, 1]; what lies beyond the range, as a data bar may, is clipped."""
    low, high = bounds
    if values.dtype.kind == "u" and low == 0:  # as `read_single.read`
        return np.minimum(values.astype(np.float32) / np.float32(high), np.float32(1))
    return np.clip((values.astype(np.float64) - low) / ((high - low) or 1.0), 0, 1).astype(np.float32)


def strays(pictures: Iterable[np.ndarray], bounds: tuple[float, float]) -> int:
    """Return the number of pixels that lie outside `range_of` and are clipped."""
    low, high = bounds
    return sum(
        int(np.count_nonzero(picture < low)) + int(np.count_nonzero(picture > high)) for picture in pictures
    )


def is_one_grey(lowest: float, highest: float, bounds: tuple[float, float]) -> bool:
    """Return whether a picture of numbers between these ends is of one grey in a range."""
    return max(lowest, bounds[0]) >= min(highest, bounds[1])


def remark_of_given(bounds: tuple[float, float], beyond: int) -> str:
    """Return what a person should know of a range that was given; `beyond` as of `strays`."""
    pixels = "1 pixel" if beyond == 1 else f"{beyond} pixels"
    clipped = f"; {pixels} beyond became black or white" if beyond else ""
    return f"{bounds[0]:.6g} to {bounds[1]:.6g} became 0 to 1, as given{clipped}"


def remark(
    levels: Levels,
    dtype: np.dtype[Any],
    bounds: tuple[float, float],
    beyond: int,
    where: str = "",
    what: str = "file",
) -> str | None:
    """Return what a person should know of the range that was taken; None of that of the whole type.

    Parameters
    ----------
    levels : Levels
        Of the pictures.
    dtype : dtype
        Of the stored numbers.
    bounds : tuple of float
        As `range_of` found them.
    beyond : int
        See `strays`.
    where : str
        Such as "beside its data bar", where that goes beyond the range.
    what : str
        What the pictures are of.
    """
    low, high = bounds
    whole = (np.iinfo(dtype).min, np.iinfo(dtype).max) if dtype.kind in "iu" else (math.nan, math.nan)
    if high == whole[1] and low in (0, whole[0]) and not beyond:
        return None
    pixels = "1 pixel" if beyond == 1 else f"{beyond} pixels"
    beside = f" {where}" if where else ""
    became = f"{low:.6g} to {high:.6g} became 0 to 1"
    if dtype.kind == "f":
        own = "the range of its picture without data bar and frame" if where else "its own range"
        left_out = f" without {pixels} far off" if beyond else ""
        return f"{8 * dtype.itemsize}-bit float {what}: {own}{left_out}, {became}"
    bits = next((bits for bits in DETECTOR_BITS if high == 2**bits - 1), 8 * dtype.itemsize)
    if low < 0:
        which = f"values from {levels.low:.0f} to {levels.high:.0f}"
    elif beyond:
        which = f"only {pixels} outside 0 to {high:.0f}, taken as black or white"
    else:
        which = f"values up to {levels.highest:.0f} only"
    detector = (
        "" if low < 0 or high == whole[1] else f" ({bits}-bit {'numbers' if bits == 8 else 'detector'})"
    )
    return f"{8 * dtype.itemsize}-bit {what} with {which}{beside}{detector}: {became}"


@dataclass(frozen=True)
class Counted:
    """How many pixels of pictures lie beyond the full scales of `DETECTOR_BITS`; see `counted`.

    Attributes
    ----------
    pixels : int
        All of them.
    beyond, far_beyond : tuple of int
        By the places of `DETECTOR_BITS`: above its full scale, and above that of one bit more.
    """

    pixels: int
    beyond: tuple[int, ...]
    far_beyond: tuple[int, ...]

    def __add__(self, other: Counted) -> Counted:
        """Return the count of both together."""

        def sums(one: tuple[int, ...], more: tuple[int, ...]) -> tuple[int, ...]:
            return tuple(first + second for first, second in zip(one, more, strict=True))

        return Counted(
            self.pixels + other.pixels,
            sums(self.beyond, other.beyond),
            sums(self.far_beyond, other.far_beyond),
        )


def counted(pictures: Iterable[np.ndarray]) -> Counted:
    """Return what `doubt` looks at, of pictures or of parts of them that are never held together.

    Parameters
    ----------
    pictures : iterable of ndarray
        Numbers as the file has them; what is no integer of 16 bits is not counted, as nothing is doubted of it.
    """
    pixels, sums = 0, np.zeros((2, len(DETECTOR_BITS)), np.int64)
    for picture in pictures:
        pixels += picture.size
        if picture.dtype.kind not in "iu" or picture.dtype.itemsize != 2:
            continue
        highest = int(picture.max())
        for place, bits in enumerate(DETECTOR_BITS):
            for row, white in enumerate((2**bits - 1, 2 ** (bits + 1) - 1)):
                if highest > white:
                    sums[row, place] += np.count_nonzero(picture > white)
    beyond, far_beyond = sums.tolist()
    return Counted(pixels, tuple(beyond), tuple(far_beyond))


def doubt(seen: Counted, bounds: tuple[float, float], option: str = "give --range 0 {white}") -> str | None:
    """Return what a person should know of a range that few pixels far off may have made too wide; else None.

    More than `STRAY_SHARE` of the pixels decide about the range, whatever they are. Bright particles in a dark picture
    look nearly the same, so that only a person can say which it is.

    Parameters
    ----------
    seen : Counted
        Of all pictures.
    bounds : tuple of float
        As `range_of` found them.
    option : str
        How a person says that a lower number is white.

    Examples
    --------
    >>> import numpy as np
    >>> picture = np.full((100, 100), 4000, np.uint16)
    >>> picture[5, :50] = 65535
    >>> print(doubt(counted([picture]), (0, 65535)))
    50 of 10000 pixels are far beyond 4095 (12 bits): 0 to 65535 became 0 to 1; if 4095 is white, give --range 0 4095
    """
    low, high = bounds
    if low != 0:
        return None
    for bits, beyond, far_beyond in zip(DETECTOR_BITS, seen.beyond, seen.far_beyond, strict=True):
        white = 2**bits - 1
        if white >= high:
            break
        # The highlights of one detector go on where most pixels end.
        if beyond <= DOUBTFUL_SHARE * seen.pixels and 2 * far_beyond > beyond:
            return (
                f"{beyond} of {seen.pixels} pixels are far beyond {white} ({bits} bits): {low:.6g} to {high:.6g} "
                f"became 0 to 1; if {white} is white, {option.format(white=white)}"
            )
    return None
