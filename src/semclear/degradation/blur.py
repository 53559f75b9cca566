"""Blur: a Gaussian, and the point spread functions of defocus, astigmatism and motion.

A Gaussian stands for a broad probe and contamination that scatters the beam.
The others are squares of odd side that sum to 1 and have their centre in the
middle; `convolve` applies any of them.

References
----------
.. [1] Banham, Katsaggelos, "Digital image restoration", IEEE Signal Processing Magazine 14 (1997),
   doi:10.1109/79.581363 (uniform disc and line)
.. [2] Erasmus, Smith, "An automatic focusing and astigmatism correction system for the SEM and CTEM",
   Journal of Microscopy 127 (1982), doi:10.1111/j.1365-2818.1982.tb00412.x (elongated probe)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy.ndimage import convolve as _convolve
from scipy.ndimage import correlate1d

from semclear.errors import SemclearError


def kernel(sigma: float) -> np.ndarray:
    """Return the one-dimensional Gaussian point spread function, sampled and normalised.

    ``k[i] = exp(-i^2 / (2 sigma^2)) / sum``, for ``|i| <= ceil(4 sigma)``.

    Parameters
    ----------
    sigma : float
        Standard deviation in pixels, > 0.

    Returns
    -------
    ndarray, (2 * ceil(4 sigma) + 1,), float64
        Sums to 1.
    """
    reach = int(np.ceil(4.0 * sigma))
    offsets = np.arange(-reach, reach + 1)
    weights = np.exp(-0.5 * (offsets / sigma) ** 2)
    return weights / weights.sum()


def blur(image: np.ndarray, sigma: float) -> np.ndarray:
    """Return ``k_sigma * x``, the image convolved with a Gaussian in both directions.

    Outside the image its mirror image is taken (edge pixel repeated), so that
    a constant stays constant up to the border.

    Parameters
    ----------
    image : ndarray, (H, W), float
        Any range.
    sigma : float
        Standard deviation in pixels; 0 leaves the image as it is.

    Returns
    -------
    ndarray, (H, W), float64
        Within the range of `image`.
    """
    image = np.asarray(image, dtype=np.float64)
    if sigma == 0:
        return image.copy()
    weights = kernel(sigma)
    for axis in (0, 1):
        image = correlate1d(image, weights, axis=axis, mode="reflect")
    return image


#: Lines along which a pixel's share of the disc is integrated; the error of a share is below 1e-4.
LINES = 64


def disc(radius: float) -> np.ndarray:
    """Return the disc of geometrical defocus, ``k[i, j] = |pixel (i, j) inside the disc| / (pi R^2)`` [1]_.

    Each pixel has the share of its area that lies inside, so that the disc
    grows smoothly with its radius. Its variance along each axis is
    R^2 / 4: as that of a Gaussian of standard deviation R / 2.

    Parameters
    ----------
    radius : float
        R in pixels, >= 0; up to 0.5 the disc lies within one pixel.

    Returns
    -------
    ndarray, (2 r + 1, 2 r + 1), float64
        With r = ceil(R - 0.5).
    """
    reach = max(0, int(np.ceil(radius - 0.5)))
    if reach == 0:
        return np.ones((1, 1))
    offsets = np.arange(-reach, reach + 1)
    columns = (offsets[:, None] + (np.arange(LINES) + 0.5) / LINES - 0.5).ravel()
    half = np.sqrt(np.maximum(radius**2 - columns**2, 0.0))
    upper = np.minimum(offsets[:, None] + 0.5, half)
    lower = np.maximum(offsets[:, None] - 0.5, -half)
    share = np.maximum(upper - lower, 0.0).reshape(len(offsets), len(offsets), LINES).mean(axis=2)
    # Columns were integrated numerically, rows exactly: the mean with the transpose is symmetric.
    share = (share + share.T) / 2
    return share / share.sum()


def astigmatic(along: float, across: float, angle: float) -> np.ndarray:
    """Return the Gaussian of an astigmatic probe, ``k ~ exp(-u^2 / (2 along^2) - v^2 / (2 across^2))`` [2]_.

    u runs in the direction `angle`, v at a right angle to it. With both
    standard deviations the same it is the Gaussian of `blur`.

    Parameters
    ----------
    along, across : float
        Standard deviations in pixels, > 0.
    angle : float
        Of u in radians, from the columns' direction (right) towards the rows' (down).

    Returns
    -------
    ndarray, (2 r + 1, 2 r + 1), float64
        With r = ceil(4 max(along, across)).
    """
    reach = int(np.ceil(4.0 * max(along, across)))
    offsets = np.arange(-reach, reach + 1)
    u = np.cos(angle) * offsets[None, :] + np.sin(angle) * offsets[:, None]
    v = -np.sin(angle) * offsets[None, :] + np.cos(angle) * offsets[:, None]
    weights = np.exp(-0.5 * ((u / along) ** 2 + (v / across) ** 2))
    return weights / weights.sum()


def line(length: float, angle: float) -> np.ndarray:
    """Return the line of uniform motion, ``k[i, j] = |segment inside pixel (i, j)| / L`` [1]_.

    Parameters
    ----------
    length : float
        L in pixels, >= 0.
    angle : float
        In radians, from the columns' direction (right) towards the rows' (down).

    Returns
    -------
    ndarray, (2 r + 1, 2 r + 1), float64
        With r = ceil(L / 2 - 0.5).
    """
    reach = max(0, int(np.ceil(length / 2 - 0.5)))
    kernel = np.zeros((2 * reach + 1, 2 * reach + 1))
    if reach == 0:
        return np.ones((1, 1))
    direction = np.array([np.sin(angle), np.cos(angle)])
    borders = np.arange(-reach, reach) + 0.5
    crossings = [borders / part for part in direction if abs(part) > 1e-12]
    ends = np.unique(
        np.clip(np.concatenate([*crossings, [-length / 2, length / 2]]), -length / 2, length / 2)
    )
    middles = (ends[1:] + ends[:-1]) / 2
    rows, columns = np.rint(middles * direction[:, None]).astype(int) + reach
    np.add.at(kernel, (rows, columns), np.diff(ends))
    return kernel / kernel.sum()


def equivalent_sigma(parameters: Mapping[str, Any]) -> float:
    """Return the standard deviation of the Gaussian whose variance, mean of both axes, a point spread function has.

    That of a disc of radius R is R^2 / 4 along each axis, of an ellipse the
    mean of both squares, of a line of length L it is L^2 / 12 along it and
    none across.

    Parameters
    ----------
    parameters : mapping
        A blur as `degradation.forward.spread` takes it.

    Returns
    -------
    float
        Pixels, >= 0.

    Raises
    ------
    SemclearError
        When the form is not known.
    """
    form = parameters.get("form", "gaussian")
    if form == "gaussian":
        return parameters["sigma"]
    if form == "disc":
        return parameters["radius"] / 2
    if form == "astigmatic":
        return float(np.sqrt((parameters["along"] ** 2 + parameters["across"] ** 2) / 2))
    if form == "line":
        return float(parameters["length"] / np.sqrt(24))
    raise unknown_form(form)


def unknown_form(form: str) -> SemclearError:
    """Return the error for a point spread function that nobody has defined."""
    return SemclearError(
        f"blur.form: got {form!r}, expected 'gaussian', 'disc', 'astigmatic' or 'line'; correct the parameters"
    )


def convolve(image: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Return ``k * x``; outside the image its mirror image is taken (edge pixel repeated).

    Parameters
    ----------
    image : ndarray, (H, W), float
        Any range.
    kernel : ndarray, (2 r + 1, 2 r + 1), float
        Not negative, sums to 1.

    Returns
    -------
    ndarray, (H, W), float64
        Within the range of `image`, up to rounding.
    """
    return _convolve(np.asarray(image, dtype=np.float64), kernel, mode="reflect")
