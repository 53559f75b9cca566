"""How blurred a micrograph is, from its own power spectrum."""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize

SIGMAS = np.geomspace(0.5, 6.0, 40)
COARSE = 4
DECAY = 3.0
LOWEST, HIGHEST, BIN = 0.03, 0.5, 1 / 128


def radial_spectrum(image: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the power spectrum of a micrograph, averaged over directions.

    Parameters
    ----------
    image : ndarray, (H, W)
        A Hann window takes off the borders. White noise of variance v gives power v.

    Returns
    -------
    frequency : ndarray, (n,)
        Centres of the rings, cycles a pixel, between 0.03 and 0.5.
    power : ndarray, (n,)
        Mean of each ring.
    count : ndarray, (n,)
        How many Fourier coefficients it averages, at least 1.
    """
    image = np.asarray(image, np.float64)
    window = np.outer(*(np.hanning(side + 2)[1:-1] for side in image.shape))
    window /= np.sqrt(np.mean(window**2))
    power = np.abs(np.fft.rfft2((image - image.mean()) * window)) ** 2 / image.size
    radius = np.hypot(np.fft.fftfreq(image.shape[0])[:, None], np.fft.rfftfreq(image.shape[1]))
    edges = np.arange(LOWEST, HIGHEST + BIN / 2, BIN)
    ring = np.digitize(radius, edges).ravel()
    count = np.bincount(ring, minlength=edges.size + 1)[1:-1]
    total = np.bincount(ring, power.ravel(), minlength=edges.size + 1)[1:-1]
    filled = count > 0
    return (edges[:-1] + BIN / 2)[filled], total[filled] / count[filled], count[filled]


def _misfit(shape: np.ndarray, power: np.ndarray, weight: np.ndarray) -> float:
    """Return the least negative Whittle log-likelihood of ``c * shape + noise`` over both amplitudes."""

    def cost(logarithms: np.ndarray) -> tuple[float, np.ndarray]:
        signal, noise = np.exp(logarithms[0]) * shape, np.exp(logarithms[1])
        model = signal + noise
        ratio = power / model
        slope = weight * (1 - ratio) / model
        return float(np.sum(weight * (np.log(model) + ratio))), np.array(
            [np.sum(slope * signal), np.sum(slope) * noise]
        )

    start = np.log([power[0] / shape[0], np.median(power[-power.size // 5 :])])
    return float(minimize(cost, start, jac=True, method="L-BFGS-B").fun)


def sigma(image: np.ndarray) -> float:
    """Return the standard deviation in pixels of the Gaussian blur, estimated from the image alone.

    Scenes of sharp-edged objects have a spectrum that falls as f^-3 whatever
    the objects are (Porod's law in two dimensions); a Gaussian blur multiplies
    it by exp(-4 pi^2 sigma^2 f^2), and noise adds a constant. So S(f) = c f^-3
    exp(-4 pi^2 sigma^2 f^2) + n is fitted to the radially averaged spectrum
    between 0.03 and 0.5 cycles a pixel, by Whittle's likelihood: the least sum
    of log S + P / S (Whittle 1953, doi:10.1007/BF02590998). Sigma is tried at
    40 values, c and n are optimised for each. A smooth veil lies below the
    lowest frequency and does not count.

    Parameters
    ----------
    image : ndarray, (H, W)
        In [0, 1].

    Returns
    -------
    float
        Within [0.5, 6] pixels; 0.5 for a constant image. The width that edges
        had before the blur counts as blur.
    """
    frequency, power, count = radial_spectrum(image)
    if not np.all(power > 1e-20):
        return float(SIGMAS[0])
    weight = count / count.sum()
    shapes = [frequency**-DECAY * np.exp(-4 * np.pi**2 * s**2 * frequency**2) for s in SIGMAS]
    misfits = {i: _misfit(shapes[i], power, weight) for i in range(0, len(SIGMAS), COARSE)}
    nearest = min(misfits, key=misfits.__getitem__)
    for i in range(max(0, nearest - COARSE + 1), min(len(SIGMAS), nearest + COARSE)):
        misfits[i] = _misfit(shapes[i], power, weight)
    return float(SIGMAS[min(misfits, key=misfits.__getitem__)])
