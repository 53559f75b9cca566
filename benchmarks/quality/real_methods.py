"""What is compared on real micrographs: models, the tool's control, and filters that are told the noise.

Filters have the strengths that their documentation names, for the noise of `semclear.row_noise`; none was tuned here.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.ndimage import gaussian_filter
from skimage import restoration

import semclear
from benchmarks.quality.real_peers import BM3D, TK_R_EM, Peers
from benchmarks.quality.real_sets import Picture
from semclear import row_noise
from semclear.degradation.transfer import transfer
from semclear.errors import SemclearError
from semclear.files import sha256
from semclear.restoration.classical import blur_estimation
from semclear.restoration.classical.boundary import reflected
from semclear.restoration.classical.nlm import non_local_means

INPUT, DEFAULT, CONSERVATIVE = "input", "default", "conservative"
WIENER, WIENER_TOLD, GAUSSIAN, NLM, TV = "wiener-estimated", "wiener-told", "gaussian", "nlm-rows", "tv-rows"
NAMES = (INPUT, DEFAULT, CONSERVATIVE, WIENER, WIENER_TOLD, GAUSSIAN, NLM, TV, BM3D, TK_R_EM)
#: Standard deviation of the Gaussian filter, pixels.
SIGMA = 1.0
#: scikit-image's example: h as a multiple of the noise.
NLM_STRENGTH = 0.8
#: Rows and columns by which the Wiener filter continues a picture.
MARGIN = 32
#: Least squared transfer function at which the specimen's power is read off.
LEAST_RESPONSE = 0.01

Restore = Callable[[Picture], np.ndarray]


@dataclass(frozen=True)
class Method:
    """A method by its label.

    Attributes
    ----------
    label : str
        In the tables.
    restore : callable
        From a picture to (H, W) in [0, 1].
    version : str
        What tells two models of one label apart: eight digits of the file's SHA-256.
    needs_known : bool
        Whether it is told how the image was made.
    """

    label: str
    restore: Restore
    version: str = ""
    needs_known: bool = False


def wiener_told(one: Picture) -> np.ndarray:
    """Return the Wiener filter told blur and noise: transfer function, strength, and spectrum along rows.

    ``X = conj(H) Y / (|H|^2 + N / S)`` with the true transfer function H and spectrum N of the noise. The specimen's
    spectrum is taken to be ``S = c f^-3``, the model of `blur_estimation.sigma`; c is its median over the rings where
    the picture's power is at least twice the noise's. A veil is left as it is.

    Parameters
    ----------
    one : Picture
        With `known`.

    Returns
    -------
    ndarray, (H, W), float32
        In [0, 1].
    """
    assert one.known is not None
    told, probe = one.known.noise, one.known.probe
    variance = told.additive**2 + told.shot**2 * float(one.image.mean())
    frequency, power, _ = blur_estimation.radial_spectrum(one.image)
    response = transfer(probe, np.zeros_like(frequency), frequency) ** 2
    seen = (power > 2.0 * variance) & (response > LEAST_RESPONSE)
    if not seen.any():
        seen = frequency == frequency[0]
    amplitude = np.median(
        (power - variance)[seen] / response[seen] * frequency[seen] ** blur_estimation.DECAY
    )
    noise_share = variance / max(float(amplitude), 1e-12)

    def deconvolve(padded: np.ndarray) -> np.ndarray:
        down, right = np.fft.fftfreq(padded.shape[0])[:, None], np.fft.rfftfreq(padded.shape[1])[None, :]
        smear = np.abs(np.fft.rfft(row_noise.row_weights(told.smear, told.memory), padded.shape[1]))
        falls = np.hypot(down, right) ** (blur_estimation.DECAY / 2)
        blur = transfer(probe, down, right) + 0j
        return restoration.wiener(padded, blur, noise_share, reg=falls * smear + 0j, clip=False)

    return reflected(deconvolve, one.image, MARGIN)


def noise_spectrum(measured: row_noise.RowNoise, shape: tuple[int, int]) -> np.ndarray:
    """Return the variance of the Fourier coefficients of a picture's noise, white across rows and smeared along them.

    Parameters
    ----------
    measured : RowNoise
        Its strength and smear are used.
    shape : (int, int)
        H, W.

    Returns
    -------
    ndarray, (H, W), float64
        Of the unnormalised transform: the mean is H W times the variance.
    """
    along = (
        np.abs(np.fft.fft(row_noise.row_weights(measured.smear), max(shape[1], 2 * row_noise.REACH + 1))) ** 2
    )
    along = np.interp(np.arange(shape[1]) / shape[1], np.arange(along.size) / along.size, along)
    return np.broadcast_to(measured.strength**2 * shape[0] * shape[1] * along, shape).copy()


def _nlm(one: Picture) -> np.ndarray:
    return non_local_means(one.image, NLM_STRENGTH)


def _tv(one: Picture) -> np.ndarray:
    return restoration.denoise_tv_chambolle(
        np.float64(one.image), weight=max(row_noise.measure(one.image).strength, 1e-6)
    )


def _array(function: Callable[[np.ndarray], np.ndarray]) -> Restore:
    return lambda one: function(one.image)


def of_function(text: str) -> Method:
    """Return the method that ``MODULE:FUNCTION`` names, a function from (H, W) in [0, 1] to the same.

    Raises
    ------
    SemclearError
        When there is no such module or function.
    """
    module, _, name = text.partition(":")
    try:
        function = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise SemclearError(
            f"--restorer: got {text!r}, expected MODULE:FUNCTION that can be imported ({error})"
        ) from None
    return Method(text, _array(function))


def of_model(label: str, path: str | None, conservative: bool = False) -> Method:
    """Return a trained model as `semclear.load` gives it, one thread; None: the one that comes with the package."""
    from semclear.models import catalogue

    model = semclear.load(path, threads=1, conservative=conservative)
    return Method(label, _array(model.restore), sha256(catalogue.find(path).path)[:8])


def methods(
    names: Sequence[str], models: Sequence[Path], restorers: Sequence[str], peers: Peers
) -> tuple[list[Method], dict[str, str]]:
    """Return the methods asked for, and why others are not to be had.

    Parameters
    ----------
    names : sequence of str
        Of `NAMES`.
    models : sequence of Path
        Further bundles; their label is their file's name.
    restorers : sequence of str
        ``MODULE:FUNCTION``.
    peers : Peers
        Process of other packages.

    Returns
    -------
    list of Method
        In the order of `NAMES`, further ones last.
    dict
        From names left out to the reason.
    """

    def rows_bm3d(one: Picture) -> np.ndarray:
        return peers.restore(BM3D, one.image, noise_spectrum(row_noise.measure(one.image), one.image.shape))

    built: dict[str, Callable[[], Method]] = {
        INPUT: lambda: Method(INPUT, _array(np.asarray)),
        DEFAULT: lambda: of_model(DEFAULT, None),
        CONSERVATIVE: lambda: of_model(CONSERVATIVE, None, conservative=True),
        WIENER: lambda: Method(WIENER, _array(semclear.load(method=WIENER).restore)),
        WIENER_TOLD: lambda: Method(WIENER_TOLD, wiener_told, needs_known=True),
        GAUSSIAN: lambda: Method(GAUSSIAN, _array(lambda image: gaussian_filter(np.float64(image), SIGMA))),
        NLM: lambda: Method(NLM, _nlm),
        TV: lambda: Method(TV, _tv),
        BM3D: lambda: Method(BM3D, rows_bm3d),
        TK_R_EM: lambda: Method(TK_R_EM, _array(lambda image: peers.restore(TK_R_EM, image))),
    }
    found = [built[name]() for name in NAMES if name in names and name not in peers.missing]
    found += [of_model(path.stem, str(path)) for path in models]
    found += [of_function(text) for text in restorers]
    return found, {name: reason for name, reason in peers.missing.items() if name in names}
