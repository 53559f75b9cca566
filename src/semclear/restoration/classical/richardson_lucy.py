"""Richardson-Lucy deconvolution: by a known blur, and blind, the micrograph and its blur found in turns."""

from __future__ import annotations

import numpy as np
from scipy import fft

from semclear.restoration.classical.boundary import reflected
from semclear.restoration.classical.method import Grid, Method, Number
from semclear.restoration.classical.psf import gaussian, radius_of

TURNS = 5
SMALLEST = 1e-6


class _Estimate:
    """The current image and blur, as float32 arrays of the padded image's shape."""

    def __init__(self, observed: np.ndarray, sigma: float) -> None:
        self.observed = observed.astype(np.float32)
        self.image: np.ndarray = np.maximum(self.observed, SMALLEST)
        kernel = gaussian(sigma).astype(np.float32)
        reach = radius_of(sigma)
        self.psf: np.ndarray = np.zeros_like(self.observed)
        self.psf[: kernel.shape[0], : kernel.shape[1]] = kernel
        self.psf = np.roll(self.psf, (-reach, -reach), axis=(0, 1))
        self.support = self.psf > 0

    def _corrected(self, other: np.ndarray, mine: np.ndarray) -> np.ndarray:
        """Return mine * correlation(other, observed / (mine convolved with other)) / sum(other)."""
        transfer = fft.rfft2(other)
        predicted = fft.irfft2(fft.rfft2(mine) * transfer, self.observed.shape)
        ratio = self.observed / np.maximum(predicted, SMALLEST)
        correction = fft.irfft2(fft.rfft2(ratio) * np.conj(transfer), self.observed.shape)
        return mine * np.maximum(correction, 0) / max(float(other.sum()), SMALLEST)

    def improve_psf(self) -> None:
        updated = self._corrected(self.image, self.psf) * self.support
        self.psf = updated / max(float(updated.sum()), SMALLEST)

    def improve_image(self) -> None:
        self.image = np.maximum(self._corrected(self.psf, self.image), SMALLEST)


def blind_estimate(observed: np.ndarray, rounds: int, sigma: float) -> tuple[np.ndarray, np.ndarray]:
    """Return image and blur after alternating Richardson-Lucy iterations on a periodic image.

    Each round makes five iterations for the blur, the image held, then five
    for the image, the blur held; both are the multiplicative update
    f <- f * (h correlated with (g / (f convolved with h))), which keeps them
    positive. The blur keeps the support of its start and sum 1. Fish et al.
    1995, doi:10.1364/JOSAA.12.000058.

    Parameters
    ----------
    observed : ndarray, (H, W)
        In [0, 1].
    rounds : int
        At least 1. More sharpens more, and amplifies more noise.
    sigma : float
        Standard deviation in pixels of the Gaussian that the blur starts as.

    Returns
    -------
    image : ndarray, (H, W), float32
    psf : ndarray, (2 r + 1, 2 r + 1), float32
        Sum 1, ``r = radius_of(sigma)``.
    """
    estimate = _Estimate(observed, sigma)
    for _ in range(rounds):
        for _ in range(TURNS):
            estimate.improve_psf()
        for _ in range(TURNS):
            estimate.improve_image()
    reach = radius_of(sigma)
    centred = np.roll(estimate.psf, (reach, reach), axis=(0, 1))
    return estimate.image, centred[: 2 * reach + 1, : 2 * reach + 1]


def blind(image: np.ndarray, rounds: int, sigma: float) -> np.ndarray:
    """Return the blind Richardson-Lucy deconvolution of a micrograph (see `blind_estimate`).

    Parameters
    ----------
    image : ndarray, (H, W)
        In [0, 1].
    rounds, sigma
        As in `blind_estimate`.

    Returns
    -------
    ndarray, (H, W), float32
        In [0, 1].
    """
    return reflected(lambda padded: blind_estimate(padded, rounds, sigma)[0], image, 2 * radius_of(sigma))


def deconvolve(image: np.ndarray, psf: np.ndarray, rounds: int) -> np.ndarray:
    """Return the Richardson-Lucy deconvolution.

    f <- f * (h correlated with (g / (f convolved with h))), from f = g, which stays positive. Richardson 1972
    (doi:10.1364/JOSA.62.000055), Lucy 1974 (doi:10.1086/111605).

    Parameters
    ----------
    image : ndarray, (H, W)
        g, in [0, 1].
    psf : ndarray, (2 r + 1, 2 r + 1)
        h: sum 1, its centre on the middle pixel.
    rounds : int
        At least 1. More sharpens more, and amplifies more noise.

    Returns
    -------
    ndarray, (H, W), float32
        In [0, 1].
    """

    def on_periodic(observed: np.ndarray) -> np.ndarray:
        spread = np.zeros(observed.shape)
        spread[: len(psf), : len(psf)] = psf
        transfer = fft.rfft2(np.roll(spread, (-(len(psf) // 2),) * 2, axis=(0, 1)))

        def filtered(values: np.ndarray, by: np.ndarray) -> np.ndarray:
            return fft.irfft2(fft.rfft2(values) * by, observed.shape)

        estimate = np.maximum(observed, SMALLEST)
        for _ in range(rounds):
            ratio = observed / np.maximum(filtered(estimate, transfer), SMALLEST)
            estimate *= np.maximum(filtered(ratio, np.conj(transfer)), 0.0)
        return estimate

    return reflected(on_periodic, image, len(psf) - 1)


METHODS = (
    Method(
        "richardson-lucy",
        title="Richardson-Lucy, measured blur",
        label="Richardson–Lucy, measured blur",
        place=28,
        figure_place=72,
        function=deconvolve,
        grids=(Grid("richardson_lucy", {"rounds": Number(1, 1000, whole=True)}),),
        default={"rounds": 20},  # which are customary, and were not compared here
        takes_psf=True,
    ),
    Method(
        "richardson-lucy-blind",
        title="Richardson-Lucy, blind",
        label="blind Richardson–Lucy",
        place=40,
        figure_place=70,
        function=blind,
        grids=(
            Grid(
                "blind_richardson_lucy", {"rounds": Number(1, 1000, whole=True), "sigma": Number(0.1, 20.0)}
            ),
        ),
        default={"rounds": 8, "sigma": 3.5},
    ),
)
