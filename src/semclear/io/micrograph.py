"""A micrograph in memory."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np


@dataclass(frozen=True)
class Micrograph:
    """One gray image and what its file says of it.

    Attributes
    ----------
    image : ndarray, (H, W), float32
        Black 0, white 1. Integers are divided by the largest number of their type.
    pixel_size_nm : float or None
        Edge of a pixel in nanometres, where the file's tags give it.
    dtype : str
        Type of the stored numbers: ``uint8``, ``uint16`` or ``float32``.
    path : Path
        Where it was read.
    notes : tuple of str
        What a person should know of the conversion (floats scaled by their own range, ...).
    """

    image: np.ndarray
    pixel_size_nm: float | None
    dtype: str
    path: Path
    notes: tuple[str, ...] = ()
