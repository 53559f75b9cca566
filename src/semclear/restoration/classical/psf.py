"""The point spread function that all deconvolutions start from."""

from __future__ import annotations

import math

import numpy as np


def radius_of(sigma: float) -> int:
    """Return the radius in pixels beyond which a Gaussian of standard deviation `sigma` is cut: 4 sigma."""
    return max(1, math.ceil(4 * sigma))


def gaussian(sigma: float) -> np.ndarray:
    """Return a Gaussian point spread function exp(-r^2 / (2 sigma^2)), normalised to sum 1.

    Parameters
    ----------
    sigma : float
        Standard deviation in pixels, above 0.

    Returns
    -------
    ndarray, (2 r + 1, 2 r + 1), float64
        With ``r = radius_of(sigma)``.
    """
    offsets = np.arange(-radius_of(sigma), radius_of(sigma) + 1)
    line = np.exp(-(offsets**2) / (2 * sigma**2))
    line /= line.sum()
    return np.outer(line, line)
