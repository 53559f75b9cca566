"""What a micrograph looks like to a network, in eight numbers: its noise, how much of it is empty, how coarse it is."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from semclear.row_noise import SCALE, measure, structure

#: A block has structure where its smoothed grey varies by more than this share of the grey range, noise taken off.
FAINT = 0.02
PROPERTIES = (
    "noise, autocorrelation along the scan",
    "noise, autocorrelation across the scan",
    "noise, grey of 255",
    "noise over Immerkaer's estimate",
    "16 px blocks without structure",
    "correlation length, px",
    "texture in the flattest tenth, of the range",
    "grey range p1 to p99",
)


def immerkaer(image: np.ndarray) -> float:
    """Return Immerkaer's estimate of the noise of (H, W), which takes it for white: its grey standard deviation.

    sqrt(pi / 2) / 6 times the mean size of the difference of two Laplacians. Immerkaer 1996,
    doi:10.1006/cviu.1996.0060.
    """
    response = ndimage.convolve(
        np.asarray(image, np.float64), np.outer([1.0, -2.0, 1.0], [1.0, -2.0, 1.0]), mode="reflect"
    )
    return float(np.sqrt(np.pi / 2) / 6 * np.mean(np.abs(response)))


def correlation_length(image: np.ndarray) -> float:
    """Return the distance at which an image's autocorrelation falls to 1/e, geometric mean of rows and columns.

    Parameters
    ----------
    image : ndarray, (H, W)
        Grey values.

    Returns
    -------
    float
        Pixels, linear between them; half the side where it does not fall so far, 0 for a constant image. The
        correlation at one pixel counts as that at none, which is higher by the noise.
    """
    if np.ptp(image) == 0:
        return 0.0
    values = np.asarray(image, np.float64) - np.mean(image)
    lengths = []
    for side, axis in zip(image.shape, (0, 1), strict=True):
        lagged = np.moveaxis(values, axis, 0)
        power = np.abs(np.fft.fft(lagged, 2 * side, axis=0)) ** 2
        sums = np.fft.ifft(power.mean(axis=1)).real[: side // 2] / (side - np.arange(side // 2))
        if sums[1] <= 0:
            return 0.0
        relative = sums[1:] / sums[1]
        below = np.flatnonzero(relative < np.exp(-1))
        if not below.size:
            lengths.append(side / 2)
            continue
        at = below[0]
        lengths.append(at + (relative[at - 1] - np.exp(-1)) / (relative[at - 1] - relative[at]))
    return float(np.sqrt(np.prod(lengths)))


def properties(image: np.ndarray) -> np.ndarray:
    """Return the `PROPERTIES` of a micrograph.

    Parameters
    ----------
    image : ndarray, (H, W)
        In [0, 1], rows along the scan, no data bar.

    Returns
    -------
    ndarray, (8,)
    """
    noise = measure(image)
    low, high = np.percentile(image, [1, 99])
    span = max(high - low, 1 / 255)
    # Of white noise a Gaussian leaves the variance 1 / (4 pi s^2), of noise that is smeared along rows the more.
    left = noise.strength**2 * max(1.0 + 2.0 * sum(noise.correlation), 1.0) / (4.0 * np.pi * SCALE**2)
    varied = np.sqrt(np.maximum(structure(image) ** 2 - left, 0.0)) / span
    return np.array(
        [
            noise.correlation[0],
            noise.across,
            255.0 * noise.strength,
            noise.strength / max(immerkaer(image), 1e-6),
            np.mean(varied < FAINT),
            correlation_length(image),
            np.quantile(varied, 0.05),
            high - low,
        ]
    )
