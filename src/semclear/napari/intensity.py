"""Numbers of a layer as grey in [0, 1], and back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from semclear.errors import SemclearError
from semclear.io import compose, intensity
from semclear.io.databar import Box
from semclear.io.intensity import Levels
from semclear.tool.verdict import cautions


@dataclass(frozen=True)
class Greys:
    """What black and white are in a layer's numbers.

    Attributes
    ----------
    low, high : float
        What 0 and 1 stand for.
    dtype : dtype
        Of the layer.
    """

    low: float
    high: float
    dtype: np.dtype[Any]

    @property
    def width(self) -> float:
        """High minus low: what a grey of 1 is in the layer's numbers."""
        return self.high - self.low

    def unit(self, values: np.ndarray) -> np.ndarray:
        """Return numbers as float32 in [0, 1]."""
        return intensity.scaled(values, (self.low, self.high))

    def back(self, image: np.ndarray) -> np.ndarray:
        """Return grey as numbers of the layer's type, as they would be written into a file of it."""
        return compose.quantised(image, self)


def _planes(data: Any) -> Iterator[tuple[tuple[int, ...], np.ndarray]]:
    """Yield index and numbers of each picture; a lazy layer is loaded picture by picture."""
    for index in np.ndindex(*data.shape[:-2]):
        yield index, np.asarray(data[index])


def _levels(data: Any) -> Levels:
    dtype = np.dtype(data.dtype)
    if not (dtype.kind == "f" or (dtype.kind in "iu" and dtype.itemsize <= 2)):
        raise SemclearError(
            f"layer: got {dtype} values, expected 8-bit, 16-bit or float; convert it (Layer > Convert data type)"
        )
    levels = intensity.levels_of(values for _, values in _planes(data))
    if not np.isfinite([levels.lowest, levels.highest, levels.highest - levels.lowest]).all():
        raise SemclearError(
            "layer: got NaN, infinite or too far apart values, expected numbers everywhere; fill or divide them"
        )
    return levels


def whole_range(data: Any) -> Greys:
    """Return the range of all numbers of a layer, data bars included: in it, data bars are looked for.

    Raises
    ------
    SemclearError
        For numbers that are no grey: complex, boolean, of more than 16 bits, not finite, or one alone.
    """
    return _of_levels(_levels(data), np.dtype(data.dtype))


def _of_levels(levels: Levels, dtype: np.dtype[Any]) -> Greys:
    low, high = intensity.range_of(levels, dtype)
    if low == high:
        raise SemclearError("layer: got one grey value everywhere, expected a picture")
    return Greys(low, high, dtype)


def greys_of(
    data: Any, known: Mapping[str, Any] | None = None, boxes: Mapping[tuple[int, ...], Box] | None = None
) -> Greys:
    """Return what black and white are, as `semclear restore` takes them for a file of these numbers.

    Parameters
    ----------
    data : array_like, (..., H, W)
        The whole layer: pictures of a stack share one range.
    known : mapping, optional
        What `reader.layer_of` noted; its ``low`` and ``high`` are taken as
        long as the numbers of the pictures lie between them.
    boxes : mapping, optional
        By the index of a picture the part of it inside data bars and frame, which alone decides. As in files, pictures
        of one grey decide nothing.

    Raises
    ------
    SemclearError
        See `whole_range`.
    """
    dtype = np.dtype(data.dtype)
    levels = _levels(data)
    if boxes is not None and dtype != np.uint8:
        of_pictures = [intensity.levels_of([picture]) for picture in _pictures(data, boxes)]
        levels = intensity.common(of_pictures) if of_pictures else levels
    if (
        known
        and known.get("dtype") == dtype.name
        and known["low"] <= levels.lowest
        and levels.highest <= known["high"]
    ):
        return Greys(float(known["low"]), float(known["high"]), dtype)
    return _of_levels(levels, dtype)


def _pictures(data: Any, boxes: Mapping[tuple[int, ...], Box]) -> Iterator[np.ndarray]:
    """Yield the pictures that are not of one grey."""
    for index, values in _planes(data):
        picture = boxes[index].of(values)
        if picture.min() != picture.max():
            yield picture


def notes_of(
    data: Any, greys: Greys, known: Mapping[str, Any] | None, boxes: Mapping[tuple[int, ...], Box]
) -> tuple[str, ...]:
    """Return what a person should know of black and white that were taken, as `semclear restore` says it of a file.

    Nothing of what the reader of the file noted is said again.

    Parameters
    ----------
    data, known, boxes
        As of `greys_of`.
    greys : Greys
        What it returned.
    """
    bounds = greys.low, greys.high
    stretched = (cautions.STRETCHED,) if greys.dtype.kind == "f" else ()
    if known and (known.get("dtype"), known.get("low"), known.get("high")) == (greys.dtype.name, *bounds):
        return stretched
    seen, beyond, of_pictures = intensity.counted([]), 0, []
    for picture in _pictures(data, boxes):
        of_pictures.append(intensity.levels_of([picture]))
        seen += intensity.counted([picture])
        beyond += intensity.strays([picture], bounds)
    said = (
        intensity.remark(intensity.common(of_pictures), greys.dtype, bounds, beyond, what="layer"),
        intensity.doubt(seen, bounds, "restore the file by semclear restore --range 0 {white}"),
    )
    return (*(text for text in said if text), *stretched)
