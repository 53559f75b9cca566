"""Deconvolution by a point spread function that a person measured, from a picture of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from semclear.errors import FileError
from semclear.files import sha256
from semclear.restoration.classical.method import Number


@dataclass(frozen=True, eq=False)
class MeasuredPsf:
    """A point spread function from a file.

    Attributes
    ----------
    values : ndarray, (2 r + 1, 2 r + 1), float64
        Sum 1, centre of mass on the middle pixel, not negative.
    record : dict
        File, its hash, and its size as it was given: what an account says.
    pixel_size_nm : float or None
        As the file says.
    background : float
        Share of it that the grey of its border would make up, if it went through.
    """

    values: np.ndarray
    record: dict[str, Any]
    pixel_size_nm: float | None
    background: float


def centred(values: np.ndarray) -> np.ndarray:
    """Return a point spread function of any size with its centre of mass on the middle pixel: it shifts nothing.

    Parameters
    ----------
    values : ndarray, (h, w)
        Not negative, not all 0; odd or even sides. A shift by parts of a pixel is by cubic splines.

    Returns
    -------
    ndarray, (2 r + 1, 2 r + 1), float64
        Sum 1.
    """
    from scipy import ndimage

    values = np.asarray(values, np.float64) / np.sum(values, dtype=np.float64)
    rows, columns = (np.flatnonzero(values.any(axis=axis)) for axis in (1, 0))
    values = values[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    middle = np.array(ndimage.center_of_mass(values))
    reach = math.ceil(max(*middle, *(np.array(values.shape) - 1 - middle)) - 1e-9)
    fraction = np.round(-middle % 1, 9) % 1
    if fraction.any():
        reach += 2  # splines swing a little beyond
    first = np.floor(reach - middle + 1e-9).astype(int)
    canvas = np.zeros((2 * reach + 1, 2 * reach + 1))
    canvas[first[0] : first[0] + values.shape[0], first[1] : first[1] + values.shape[1]] = values
    if fraction.any():
        canvas = np.maximum(ndimage.shift(canvas, fraction, order=3), 0.0)
    return canvas / canvas.sum()


def read(path: str | Path) -> MeasuredPsf:
    """Read a point spread function from an image file of any kind that is read as a micrograph, one page, gray.

    Parameters
    ----------
    path : str or Path
        The file; its grey is taken as stored, negative numbers as 0.

    Raises
    ------
    SemclearError
        When it cannot be read, has several pages, or nowhere a positive number.
    """
    from semclear.io import read as reading

    path = Path(path)
    original = reading.read(path, databar=0)
    if len(original.pages) != 1:
        raise FileError(
            path, f"got {len(original.pages)} pages, expected one point spread function; save it alone"
        )
    values = np.maximum(original.pages[0].values.astype(np.float64), 0.0)
    if not values.any():
        raise FileError(path, "got no number above 0, expected a bright point on 0; correct it")
    border = np.concatenate([values[0], values[-1], values[:, 0], values[:, -1]])
    height, width = values.shape
    return MeasuredPsf(
        centred(values),
        {"file": path.name, "sha256": sha256(path), "width": width, "height": height},
        original.pixel_size_nm,
        float(np.median(border) * values.size / values.sum()),
    )


def _filtered(method: Callable[[np.ndarray], np.ndarray], image: np.ndarray, psf: np.ndarray) -> np.ndarray:
    from semclear.restoration.classical.boundary import reflected

    return reflected(method, image, len(psf) - 1)


def wiener(image: np.ndarray, psf: np.ndarray, balance: float) -> np.ndarray:
    """Return the Wiener-Hunt deconvolution as `classical.wiener.deconvolve`, for any point spread function.

    Parameters
    ----------
    image : ndarray, (H, W)
        In [0, 1].
    psf : ndarray, (2 r + 1, 2 r + 1)
        See `centred`.
    balance : float
        Above 0; more is smoother.

    Returns
    -------
    ndarray, (H, W), float32
        In [0, 1].
    """
    from skimage import restoration

    from semclear.restoration.classical.wiener import noise_to_signal

    weight = balance * noise_to_signal(image)
    return _filtered(lambda padded: restoration.wiener(padded, psf, weight, clip=False), image, psf)


def unsupervised(image: np.ndarray, psf: np.ndarray) -> np.ndarray:
    """Return the Wiener-Hunt deconvolution as `classical.wiener.unsupervised`, for any point spread function."""
    from skimage import restoration

    from semclear.restoration.classical.wiener import GIBBS_SEED

    rng = np.random.default_rng(GIBBS_SEED)
    return _filtered(
        lambda padded: restoration.unsupervised_wiener(padded, psf, clip=False, rng=rng)[0], image, psf
    )


def richardson_lucy(image: np.ndarray, psf: np.ndarray, rounds: int) -> np.ndarray:
    """Return the Richardson-Lucy deconvolution.

    f <- f * (h correlated with (g / (f convolved with h))), from f = g, which stays positive. Richardson 1972
    (doi:10.1364/JOSA.62.000055), Lucy 1974 (doi:10.1086/111605).

    Parameters
    ----------
    image : ndarray, (H, W)
        g, in [0, 1].
    psf : ndarray, (2 r + 1, 2 r + 1)
        h, see `centred`.
    rounds : int
        At least 1. More sharpens more, and amplifies more noise.

    Returns
    -------
    ndarray, (H, W), float32
        In [0, 1].
    """
    from scipy import fft

    from semclear.restoration.classical.richardson_lucy import SMALLEST

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

    return _filtered(on_periodic, image, psf)


@dataclass(frozen=True)
class Deconvolution:
    """A method that takes a measured point spread function.

    Attributes
    ----------
    function : callable
        ``function(image, psf, **parameters)``: (H, W) in [0, 1] to float32 of the same.
    parameters : mapping of str to Number
        What each parameter may be.
    default : mapping
        Their values.
    """

    function: Callable[..., np.ndarray]
    parameters: Mapping[str, Number] = field(default_factory=dict)
    default: Mapping[str, Any] = field(default_factory=dict)


METHODS = {
    "wiener": Deconvolution(wiener, {"balance": Number(1e-6, 1e6)}, {"balance": 0.3}),
    "richardson-lucy": Deconvolution(
        richardson_lucy, {"rounds": Number(1, 1000, whole=True)}, {"rounds": 20}
    ),
    "wiener-unsupervised": Deconvolution(unsupervised),
}
"""By name. The balance is the one that the study chose for `wiener-estimated`; twenty rounds are customary, and were
not compared here."""
