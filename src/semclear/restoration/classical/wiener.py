"""Wiener deconvolution by scikit-image, with a given and with an estimated amount of regularisation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from semclear import row_noise
from semclear.degradation.blur import equivalent_sigma
from semclear.restoration.classical import blur_estimation
from semclear.restoration.classical.boundary import reflected
from semclear.restoration.classical.method import Grid, Method, Number
from semclear.restoration.classical.psf import gaussian

GIBBS_SEED = 0
NOISE_FLOOR = 1e-4


def noise_to_signal(image: np.ndarray) -> float:
    """Return the ratio of noise variance to signal variance of a micrograph, above 0 (see `row_noise.strength`)."""
    noise = max(row_noise.strength(image), NOISE_FLOOR) ** 2
    return noise / max(float(np.var(np.asarray(image, np.float64))) - noise, NOISE_FLOOR**2)


def deconvolve(image: np.ndarray, psf: np.ndarray, balance: float) -> np.ndarray:
    """Return the Wiener-Hunt deconvolution for a known blur.

    X = conj(H) Y / (|H|^2 + b |L|^2), with H the transfer function of the
    blur, L that of the Laplacian and b = `balance` times the micrograph's own
    noise-to-signal ratio, so that noisy micrographs are smoothed more. Hunt
    1973 (doi:10.1109/TC.1973.5009169), as in skimage.restoration.wiener.

    Parameters
    ----------
    image : ndarray, (H, W)
        In [0, 1].
    psf : ndarray, (2 r + 1, 2 r + 1)
        The blur: sum 1, its centre on the middle pixel.
    balance : float
        Above 0; more is smoother.

    Returns
    -------
    ndarray, (H, W), float32
        In [0, 1].
    """
    from skimage import restoration  # only here: asking for the methods' names is to be quick

    weight = balance * noise_to_signal(image)
    return reflected(lambda padded: restoration.wiener(padded, psf, weight, clip=False), image, len(psf) - 1)


def unsupervised(image: np.ndarray, psf: np.ndarray) -> np.ndarray:
    """Return the Wiener-Hunt deconvolution whose regularisation a Gibbs sampler finds in the image.

    Orieux et al. 2010 (doi:10.1364/JOSAA.27.001593), as in
    skimage.restoration.unsupervised_wiener. The sampler starts from a fixed
    state: the same image gives the same result.

    Parameters
    ----------
    image : ndarray, (H, W)
        In [0, 1].
    psf : ndarray, (2 r + 1, 2 r + 1)
        The blur: sum 1, its centre on the middle pixel.

    Returns
    -------
    ndarray, (H, W), float32
        In [0, 1].
    """
    from skimage import restoration

    rng = np.random.default_rng(GIBBS_SEED)
    return reflected(
        lambda padded: restoration.unsupervised_wiener(padded, psf, clip=False, rng=rng)[0],
        image,
        len(psf) - 1,
    )


def with_sigma(image: np.ndarray) -> tuple[np.ndarray, float]:
    """Return the image and the width of its blur as estimated from it, pixels."""
    return image, blur_estimation.sigma(image)


def by_estimate(prepared: tuple[np.ndarray, float], balance: float) -> np.ndarray:
    """Return `deconvolve` of what `with_sigma` gave."""
    image, sigma = prepared
    return deconvolve(image, gaussian(sigma), balance)


def _by_truth(image: np.ndarray, known: Mapping[str, Any], balance: float) -> np.ndarray:
    return deconvolve(image, gaussian(equivalent_sigma(known["blur"])), balance)


GRID = Grid("wiener", {"balance": Number(1e-6, 1e6)})
BALANCE = {"balance": 0.3}
"""What the study chose for `wiener-estimated`."""

METHODS = (
    Method(
        "wiener-true",
        title="Wiener, true sigma (oracle)",
        label="Wiener, true σ",
        place=10,
        figure_place=60,
        function=_by_truth,
        grids=(GRID,),
        needs_blur=True,
    ),
    Method(
        "wiener-estimated",
        title="Wiener, estimated sigma",
        label="Wiener, estimated σ",
        place=20,
        figure_place=50,
        function=by_estimate,
        grids=(GRID,),
        default=BALANCE,
        prepare=with_sigma,
    ),
    Method(
        "wiener",
        title="Wiener, measured blur",
        label="Wiener, measured blur",
        place=26,
        figure_place=52,
        function=deconvolve,
        grids=(GRID,),
        default=BALANCE,
        takes_psf=True,
    ),
    Method(
        "wiener-unsupervised",
        title="Wiener, unsupervised",
        label="Wiener, unsupervised",
        place=30,
        figure_place=40,
        function=unsupervised,
        grids=(Grid("unsupervised_wiener", {"sigma": Number(0.1, 20.0)}),),
        default={"sigma": 2.5},
        takes_psf=True,
    ),
)
