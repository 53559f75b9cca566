"""From the signal to the recorded image: beam, contrast and brightness, noise."""

from __future__ import annotations

import cv2
import numpy as np


def beam(signal: np.ndarray, width: float, oversampling: int) -> np.ndarray:
    """Blur by the beam and bring down to the image's pixels.

    Parameters
    ----------
    signal : ndarray of float32, shape (n H, n W)
        The signal at n = `oversampling` samples a pixel.
    width : float
        Standard deviation of the beam in pixels of the image, above 0.
    oversampling : int
        n, at least 1.

    Returns
    -------
    ndarray of float32, shape (H, W)
    """
    blurred = cv2.GaussianBlur(signal, (0, 0), width * oversampling, borderType=cv2.BORDER_REFLECT)
    rows, columns = signal.shape[0] // oversampling, signal.shape[1] // oversampling
    return cv2.resize(blurred, (columns, rows), interpolation=cv2.INTER_AREA)


def uneven(signal: np.ndarray, share: float, direction: float) -> np.ndarray:
    """Multiply by a linear ramp from 1 - share/2 to 1 + share/2: a detector sees its own side better.

    Parameters
    ----------
    signal : ndarray of float32, shape (H, W)
        The signal.
    share : float
        In [0, 2).
    direction : float
        Where it is brighter: azimuth in radians, 0 right, pi/2 down.

    Returns
    -------
    ndarray of float32, shape (H, W)
    """
    rows, columns = (np.linspace(-0.5, 0.5, n, dtype=np.float32) for n in signal.shape)
    ramp = columns[None, :] * np.float32(np.cos(direction)) + rows[:, None] * np.float32(np.sin(direction))
    return signal * (1 + np.float32(share) * ramp)


def expose(signal: np.ndarray, low: float, high: float, gamma: float = 1.0) -> np.ndarray:
    """Set contrast and brightness as an operator does: the darkest and brightest per cent to low and high.

    Returns
    -------
    ndarray of float32, shape (H, W)
        In [0, 1].
    """
    dark, bright = np.quantile(signal[::2, ::2], [0.01, 0.99])
    relative = np.maximum((signal - dark) / max(bright - dark, 1e-6), 0) ** np.float32(gamma)
    return np.clip(low + (high - low) * relative, 0, 1).astype(np.float32)


def record(
    image: np.ndarray, dose: float, noise: float, lines: float, rng: np.random.Generator
) -> np.ndarray:
    """Add what the detector adds: shot noise, amplifier noise, and a jitter of the scan lines.

    Electrons are Poisson distributed with mean ``image * dose``, so that shot
    noise has the variance ``image / dose``.

    Parameters
    ----------
    image : ndarray of float32, shape (H, W)
        In [0, 1].
    dose : float
        Electrons a pixel at full brightness.
    noise : float
        Standard deviation of the amplifier noise.
    lines : float
        Standard deviation of the brightness from line to line.
    rng : numpy.random.Generator
        Source of the noise.

    Returns
    -------
    ndarray of float32, shape (H, W)
        In [0, 1].
    """
    counted = rng.poisson(image * dose).astype(np.float32) / np.float32(dose)
    counted += np.float32(noise) * rng.standard_normal(image.shape, dtype=np.float32)
    counted += np.float32(lines) * rng.standard_normal((image.shape[0], 1), dtype=np.float32)
    return np.clip(counted, 0, 1)
