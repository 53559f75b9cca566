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
    field: np.ndarray = rng.standard_normal((height, width, *shape[2:]), dtype=np.float32)
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
    fields = (
        np.float32(w) * smooth_noise(rng, shape, max(coarse / 2**i, 0.6)) for i, w in enumerate(weights)
    )
    total = sum(fields, start=np.zeros(shape, np.float32))
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


def power_noise(rng: np.random.Generator, shape: tuple[int, int], pixel: float) -> np.ndarray:
    """Return a fine texture: a random field whose power falls as a power of the frequency, of any grain and direction.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of white noise, exponent (0 to 3), longest wave (3 to 60 pixels), direction, elongation (1 to 5) and
        whether the field is cut to two levels, made of ridges, or left as it is.
    shape : tuple of int
        (H, W).
    pixel : float
        Samples a pixel.

    Returns
    -------
    ndarray of float32, shape (H, W)
        Mean 0, standard deviation 1, within 3 of it.
    """
    exponent, longest = rng.uniform(0.0, 3.0), np.exp(rng.uniform(np.log(3.0), np.log(60.0))) * pixel
    stretch, turn = np.exp(rng.uniform(0.0, np.log(5.0)) * (rng.random() < 0.4)), rng.uniform(0, np.pi)
    down, right = np.fft.fftfreq(shape[0])[:, None], np.fft.rfftfreq(shape[1])[None, :]
    along = (np.cos(turn) * right + np.sin(turn) * down) * stretch
    across = np.cos(turn) * down - np.sin(turn) * right
    squared = along**2 + across**2 + longest**-2.0
    response = squared ** (-exponent / 4.0) * np.exp(-((0.7 * pixel) ** 2) * (down**2 + right**2) * np.pi**2)
    # Waves longer than the longest are left to other fields.
    response = response * (1.0 - np.exp(-(squared - longest**-2.0) * longest**2))
    white = rng.standard_normal(shape, dtype=np.float32)
    field = np.fft.irfft2(np.fft.rfft2(white) * response, s=shape)
    field = field / (field.std() + 1e-9)
    form = rng.choice(["plain", "levels", "ridges"], p=[0.6, 0.25, 0.15])
    if form == "levels":
        field = np.tanh(rng.uniform(1.5, 6.0) * (field - rng.uniform(-1.0, 1.0)))
    elif form == "ridges":
        field = -np.abs(field)
    field = field - field.mean()
    return np.clip(field / (field.std() + 1e-9), -3.0, 3.0).astype(np.float32)
