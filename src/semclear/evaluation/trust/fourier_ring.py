"""Fourier ring correlation of a restored micrograph with its truth: what detail is real, and down to which size."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.signal.windows import hann

from semclear.errors import SemclearError

THRESHOLD = 1 / 7
"""As usual for half data sets; against a truth it is lenient: there, 1/7 is a signal of 1/48 of the noise power."""

NYQUIST = 0.5
LASTING = 3
"""Successive rings under the threshold that make a crossing: one alone may be chance, as rings hold few pixels."""

LEAST_SIDE = 8


@dataclass(frozen=True)
class Rings:
    """Correlation of two spectra, ring by ring, from the first ring after DC to the corners of the spectrum.

    Attributes
    ----------
    frequency : ndarray, (rings,)
        Cycles a pixel; rings above 0.5, in the spectrum's corners, are incomplete.
    correlation : ndarray, (rings,)
        In [-1, 1]; 0 where one of the images has nothing.
    energy : ndarray, (rings,)
        Spectral energy of the image (not of the truth) in the ring.
    """

    frequency: np.ndarray
    correlation: np.ndarray
    energy: np.ndarray


def _spectrum(image: np.ndarray) -> np.ndarray:
    window = hann(image.shape[0], sym=False)[:, None] * hann(image.shape[1], sym=False)
    # Less the mean as the window sees it: no DC leaks into the first rings.
    return np.fft.fft2((image - np.sum(image * window) / np.sum(window)) * window)


def ring_correlation(truth: ArrayLike, image: ArrayLike) -> Rings:
    """Return the Fourier ring correlation, Re sum(T I*) / sqrt(sum |T|^2 sum |I|^2) over each ring.

    Saxton and Baumeister 1982, doi:10.1111/j.1365-2818.1982.tb00405.x; van
    Heel and Schatz 2005, doi:10.1016/j.jsb.2005.05.009. T and I are the
    spectra under a Hann window, which keeps the image's borders from
    correlating. Rings are as wide as one pixel of the shorter side's
    frequencies; in images that are not square they are circles all the same.

    Parameters
    ----------
    truth, image : array_like
        (H, W), no side under 8. Any linear grey scale: the correlation does not depend on it.

    Raises
    ------
    SemclearError
        When the shapes differ or a side is too short.
    """
    truth, image = np.asarray(truth, np.float64), np.asarray(image, np.float64)
    if truth.shape != image.shape or truth.ndim != 2 or min(truth.shape) < LEAST_SIDE:
        raise SemclearError(
            f"Fourier ring correlation: got a truth of shape {truth.shape} and an image of shape "
            f"{image.shape}, expected two "
            f"equal (height, width) of at least {LEAST_SIDE}; compare a micrograph with its own truth"
        )
    side = min(truth.shape)
    radius = np.hypot(np.fft.fftfreq(truth.shape[0])[:, None], np.fft.fftfreq(truth.shape[1])) * side
    ring = np.rint(radius).astype(int).ravel()
    first, second = _spectrum(truth), _spectrum(image)
    cross, power, energy = (
        np.bincount(ring, values.ravel())[1:]
        for values in ((first * second.conj()).real, np.abs(first) ** 2, np.abs(second) ** 2)
    )
    product = np.sqrt(power * energy)
    correlation = np.divide(cross, product, out=np.zeros_like(cross), where=product > 0)
    return Rings(np.arange(1, len(cross) + 1) / side, np.clip(correlation, -1, 1), energy)


def resolution(rings: Rings, threshold: float = THRESHOLD) -> float:
    """Return the resolution in pixels: 1 / the frequency where the correlation falls under a threshold to stay there.

    The crossing is linear between rings, and counts when three successive
    rings (or all up to Nyquist's frequency) lie under the threshold.

    Parameters
    ----------
    rings : Rings
        Of the restored micrograph.
    threshold : float
        1/7 by default: Rosenthal and Henderson 2003, doi:10.1016/j.jmb.2003.07.013,
        found that two halves of a data set correlate by 0.143 where the whole
        correlates with the truth by 0.5.

    Returns
    -------
    float
        Period in pixels; 2 (Nyquist's limit) without a crossing, the image's shorter side where nothing correlates.
    """
    inside = rings.frequency <= NYQUIST
    frequency, correlation = rings.frequency[inside], rings.correlation[inside]
    under = correlation < threshold
    for index in np.flatnonzero(under):
        if under[index : index + LASTING].all():
            if index == 0:
                return float(1 / frequency[0])
            above, below = correlation[index - 1], correlation[index]
            share = (above - threshold) / (above - below)
            return float(1 / (frequency[index - 1] + share * (frequency[index] - frequency[index - 1])))
    return 1 / NYQUIST


def invented_energy(rings: Rings, threshold: float = THRESHOLD) -> float:
    """Return the share of the image's spectral energy in rings that correlate with the truth by under 1/7, without DC.

    Noise that was left in and detail that was made up count alike: neither is in the truth.

    Parameters
    ----------
    rings : Rings
        Of the restored micrograph.
    threshold : float
        Of the correlation.

    Returns
    -------
    float
        In [0, 1]; 0 for a constant image, which shows nothing.
    """
    total = rings.energy.sum()
    return float(rings.energy[rings.correlation < threshold].sum() / total) if total > 0 else 0.0
