"""Correlated random fields: roughness of surfaces, films, distortions."""

from __future__ import annotations

import cv2
import numpy as np


def smooth_noise(rng: np.random.Generator, shape: tuple[int, ...], correlation: float) -> np.ndarray:
    """Return a Gaussian random field of mean 0 and standard deviation 1.

    White noise blurred by a Gaussian; long correlations are made on a coarser
    grid and interpolated, which costs less and looks the same.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of the white noise.
    shape : tuple of int
        (H, W), or (H, W, C) for C independent fields.
    correlation : float
        Standard deviation of the blur in pixels.

    Returns
    -------
    ndarray of float32
        Of that shape; its own mean and standard deviation are 0 and 1.
    """
    step = max(1, int(correlation / 3.0))
    height, width = (-(-n // step) + 2 for n in shape[:2])
    field = rng.standard_normal((height, width, *shape[2:]), dtype=np.float32)
    sigma = correlation / step
    if sigma > 0.2:
        field = cv2.GaussianBlur(field, (0, 0), sigma, borderType=cv2.BORDER_REFLECT)
    if step > 1:
        field = cv2.resize(field, (width * step, height * step), interpolation=cv2.INTER_CUBIC)
    field = field.reshape(*field.shape[:2], *shape[2:])[: shape[0], : shape[1]]
    field = field - field.mean(axis=(0, 1), keepdims=True)
    return field / (field.std(axis=(0, 1), keepdims=True) + 1e-6)


def rough_noise(
    rng: np.random.Generator,
    shape: tuple[int, int],
    coarse: float,
    octaves: int = 3,
    persistence: float = 0.5,
) -> np.ndarray:
    """Return a sum of `smooth_noise` fields, each half as long and `persistence` as strong as the last.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of the noise.
    shape : tuple of int
        (H, W).
    coarse : float
        Correlation of the first field in pixels.
    octaves : int
        How many fields.
    persistence : float
        Strength of a field relative to the one before, above 0.

    Returns
    -------
    ndarray of float32, shape (H, W)
        Standard deviation 1.
    """
    weights = persistence ** np.arange(octaves)
    total = sum(
        np.float32(w) * smooth_noise(rng, shape, max(coarse / 2**i, 0.6)) for i, w in enumerate(weights)
    )
    return total / np.float32(np.sqrt((weights**2).sum()))


def cells(rng: np.random.Generator, shape: tuple[int, int], correlation: float) -> np.ndarray:
    """Return a network of narrow grooves around rounded cells, as on atomised powder.

    The grooves are where a smooth random field crosses zero: log of its absolute value.

    Returns
    -------
    ndarray of float32, shape (H, W)
        About -1 in a groove, 0 to 0.5 inside a cell.
    """
    first = np.abs(smooth_noise(rng, shape, correlation))
    second = np.abs(smooth_noise(rng, shape, correlation))
    return np.minimum(np.sqrt(np.minimum(first, second)), 1.0) - np.float32(0.5)
