"""Fog: a veil of transmission t and airlight A, as contamination and charging lay it over a micrograph.

The law ``y = t x + A (1 - t)`` is Koschmieder's, with which haze is modelled
in photography [1]_ [2]_; here t comes from a film of uneven thickness, or
from a path that grows with the distance from a point.

References
----------
.. [1] Narasimhan, Nayar, "Vision and the atmosphere", IJCV 48 (2002),
   doi:10.1023/A:1016328200723
.. [2] He, Sun, Tang, "Single image haze removal using dark channel prior",
   IEEE TPAMI 33 (2011), doi:10.1109/TPAMI.2010.168
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import brentq

#: Least transmission of a film: below it nothing of the specimen survives 8 bits and shot noise.
LEAST_TRANSMISSION = 0.05


def gaussian_field(shape: tuple[int, int], correlation: float, seed: int) -> np.ndarray:
    """Return a smooth random field of mean 0 and standard deviation 1.

    White noise on a grid twice as large, multiplied in Fourier space by
    ``exp(-2 pi^2 s^2 f^2)`` (a Gaussian of standard deviation s = correlation
    times the longer edge), cropped, and standardised. The larger grid keeps
    opposite borders from being copies of each other.

    Parameters
    ----------
    shape : (int, int)
        H, W.
    correlation : float
        Correlation length as a share of the longer edge, > 0.
    seed : int
        Names the draw.

    Returns
    -------
    ndarray, (H, W), float64
        Mean 0, standard deviation 1.
    """
    grid = (2 * shape[0], 2 * shape[1])
    white = np.random.default_rng(seed).standard_normal(grid)
    frequency = np.hypot(np.fft.fftfreq(grid[0])[:, None], np.fft.rfftfreq(grid[1])[None, :])
    exponent = -2.0 * (np.pi * correlation * max(shape) * frequency) ** 2
    # No zero frequency: it would be an offset that swamps the variation of a wide filter. The next one is made 1,
    # or a very wide filter would underflow to zero altogether.
    exponent[0, 0] = -np.inf
    response = np.exp(exponent - exponent.max())
    field = np.fft.irfft2(np.fft.rfft2(white) * response, s=grid)[: shape[0], : shape[1]]
    field -= field.mean()
    return field / field.std()


def film(shape: tuple[int, int], mean: float, variation: float, correlation: float, seed: int) -> np.ndarray:
    """Return the transmission of a contamination film, ``t = clip(mean (1 + variation g), 0.05, 1)``.

    Parameters
    ----------
    shape : (int, int)
        H, W.
    mean : float
        Mean transmission before clipping, in (0, 1].
    variation : float
        Standard deviation of t relative to its mean, in [0, 1].
    correlation, seed
        Of the field g, see `gaussian_field`.

    Returns
    -------
    ndarray, (H, W), float64
        In [0.05, 1].
    """
    if variation == 0:
        return np.full(shape, np.clip(mean, LEAST_TRANSMISSION, 1.0))
    field = gaussian_field(shape, correlation, seed)
    return np.clip(mean * (1.0 + variation * field), LEAST_TRANSMISSION, 1.0)


def distance(shape: tuple[int, int], centre: tuple[float, float]) -> np.ndarray:
    """Return every pixel's distance from a centre, in units of the longer edge.

    Parameters
    ----------
    shape : (int, int)
        H, W.
    centre : (float, float)
        Row and column as shares of H - 1 and W - 1: (0, 0) is the first pixel's centre, (1, 1) the last's.

    Returns
    -------
    ndarray, (H, W), float64
        d >= 0.
    """
    rows = np.arange(shape[0])[:, None] - centre[0] * (shape[0] - 1)
    columns = np.arange(shape[1])[None, :] - centre[1] * (shape[1] - 1)
    return np.hypot(rows, columns) / max(shape)


def radial(shape: tuple[int, int], mean: float, centre: tuple[float, float]) -> np.ndarray:
    """Return ``t = exp(-beta d)``, with the beta that makes the mean transmission as given.

    Parameters
    ----------
    shape : (int, int)
        H, W.
    mean : float
        Mean transmission over the image, in (0, 1].
    centre : (float, float)
        Where t is 1, see `distance`.

    Returns
    -------
    ndarray, (H, W), float64
        In (0, 1].
    """
    if mean >= 1.0:
        return np.ones(shape)
    d = distance(shape, centre)
    # Mean t falls from 1 without bound to the share of pixels at d = 0; exponents are held where exp() is positive.
    beta = brentq(lambda b: np.exp(-np.minimum(b * d, 700.0)).mean() - mean, 0.0, 1e4, xtol=1e-12)
    return np.exp(-np.minimum(beta * d, 700.0))


def veil(image: np.ndarray, transmission: np.ndarray, airlight: float) -> np.ndarray:
    """Return ``t x + A (1 - t)``.

    Parameters
    ----------
    image : ndarray, (H, W), float
        In [0, 1].
    transmission : ndarray, (H, W), float
        t in (0, 1].
    airlight : float
        A in [0, 1].

    Returns
    -------
    ndarray, (H, W), float64
        In [0, 1].
    """
    return transmission * np.asarray(image, dtype=np.float64) + airlight * (1.0 - transmission)


def patches(
    shape: tuple[int, int], mean: float, coverage: float, correlation: float, seed: int
) -> np.ndarray:
    """Return ``t = mean where g is above its (1 - coverage) quantile, 1 elsewhere``.

    g is the smooth random field of the film, so that the patches are as large
    as its hills; their borders are one pixel sharp. The level set of a
    Gaussian field is a common model of two-phase morphology (Berk,
    doi:10.1103/PhysRevA.44.5069).

    Parameters
    ----------
    shape : (int, int)
        H, W.
    mean : float
        Transmission inside the patches, in (0, 1]; at 1 there is no veil.
    coverage : float
        Share of the area that is covered, in [0, 1].
    correlation, seed
        Of g, see `fog.gaussian_field`.

    Returns
    -------
    ndarray, (H, W), float64
        `mean` or 1.
    """
    field = gaussian_field(shape, correlation, seed)
    covered = round(coverage * field.size)
    highest = np.argsort(field, axis=None)[field.size - covered :]
    t = np.ones(field.size)
    t[highest] = mean
    return t.reshape(shape)
