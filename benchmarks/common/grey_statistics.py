"""Two numbers that tell whether a picture has the greys and the detail of a micrograph."""

from __future__ import annotations

import numpy as np

LOWEST_FREQUENCY = 0.02
HIGHEST_FREQUENCY = 0.25
_BANDS = 12


def grey_spread(image: np.ndarray) -> tuple[float, float]:
    """Return the spread of the grey histogram.

    Parameters
    ----------
    image : ndarray, shape (H, W)
        Grey values in [0, 1].

    Returns
    -------
    tuple of float
        Standard deviation, and the distance from the 1st to the 99th percentile.
    """
    low, high = np.percentile(image, [1, 99])
    return float(np.std(image)), float(high - low)


def radial_spectrum(image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the radially averaged power spectrum of a square image under a Hann window.

    Parameters
    ----------
    image : ndarray, shape (N, N)
        Grey values; N of 64 or more, so that every band holds a frequency.

    Returns
    -------
    tuple of ndarray, shape (12,)
        Frequencies in cycles a pixel, 0.02 to 0.25, evenly spaced in the logarithm, and the mean power there.

    Raises
    ------
    ValueError
        When the image is not square or smaller than 64.
    """
    size = image.shape[0]
    if image.shape != (size, size) or size < 64:
        raise ValueError(f"image: got shape {image.shape}, expected a square of at least 64; crop it")
    window = np.outer(np.hanning(size), np.hanning(size))
    power = np.abs(np.fft.fft2((image - image.mean()) * window)) ** 2
    frequency = np.fft.fftfreq(size)
    radius = np.hypot(frequency[:, None], frequency[None, :])
    edges = np.geomspace(LOWEST_FREQUENCY, HIGHEST_FREQUENCY, _BANDS + 1)
    band = np.digitize(radius, edges).ravel()
    count = np.bincount(band, minlength=_BANDS + 2)[1:-1]
    total = np.bincount(band, weights=power.ravel(), minlength=_BANDS + 2)[1:-1]
    return np.sqrt(edges[:-1] * edges[1:]), total / np.maximum(count, 1)


def spectral_slope(image: np.ndarray) -> float:
    """Return the exponent b of the spectrum's power law, power ~ frequency^b, fitted in `radial_spectrum`'s bands.

    Natural images have b near -2 (Field 1987, doi:10.1364/JOSAA.4.002379); white noise has 0, blur lowers it.

    Raises
    ------
    ValueError
        As `radial_spectrum`, and when the image is constant.
    """
    frequency, power = radial_spectrum(image)
    filled = power > 0
    if filled.sum() < 2:
        raise ValueError("image: got a constant one, expected structure; choose another")
    return float(np.polyfit(np.log(frequency[filled]), np.log(power[filled]), 1)[0])
