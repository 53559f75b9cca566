"""The scale bar: a round length that takes up a good part of what is seen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

#: Most of the field's width that a bar takes.
SHARE = 0.25
#: Names of lengths in nm, largest first; a label then needs no more than three digits.
UNITS = ((1e6, "mm"), (1e3, "µm"), (1.0, "nm"), (1e-3, "pm"))


@dataclass(frozen=True)
class ScaleBar:
    """A bar: its length in nm, its share of the field's width, and its label."""

    length_nm: float
    share: float
    label: str


def decade(value: float) -> list[float]:
    """Return 1, 2, 5 and 10 times the power of ten that a positive value has: round numbers around it."""
    power = 10.0 ** np.floor(np.log10(value))
    return [float(step * power) for step in (1, 2, 5, 10)]


def label(length_nm: float) -> str:
    """Return a length in nm in words, such as ``200 nm`` or ``5 µm``."""
    size, unit = next((pair for pair in UNITS if length_nm >= pair[0] * (1 - 1e-9)), UNITS[-1])
    return f"{length_nm / size:g} {unit}"


def scale_bar(width: float, pixel_size_nm: float) -> ScaleBar:
    """Return the longest bar of 1, 2 or 5 times a power of ten nm within `SHARE` of a field.

    Parameters
    ----------
    width : float
        Of the field, in pixels.
    pixel_size_nm : float
        Width of a pixel.
    """
    field = width * pixel_size_nm
    length = max(step for step in decade(SHARE * field) if step <= SHARE * field * (1 + 1e-9))
    return ScaleBar(length, float(length / field), label(length))
