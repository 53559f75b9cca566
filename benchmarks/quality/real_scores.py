"""How near a restored micrograph is to its truth, as it stands and with its greys fitted to the truth's."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter

from semclear.evaluation.metrics import psnr, ssim

#: Left out on each side, pixels: registration brings in what is no truth.
BORDER = 12
#: Standard deviation in pixels above which a difference is one of greys and none of detail or noise.
SHIFT_SCALE = 8.0
SCORES = ("psnr", "ssim", "psnr_fit", "ssim_fit", "grey_shift")


def fitted(truth: np.ndarray, image: np.ndarray) -> np.ndarray:
    """Return ``a x + b`` with the least-squares a >= 0 and b, as `metrics.psnr_affine` scores it.

    Parameters
    ----------
    truth, image : ndarray, (H, W)
        Any range.

    Returns
    -------
    ndarray, (H, W), float64
        The truth's mean throughout where the image is constant or inverted.
    """
    truth, image = np.asarray(truth, np.float64), np.asarray(image, np.float64)
    centred = image - image.mean()
    power = np.mean(centred**2)
    gain = max(0.0, np.mean((truth - truth.mean()) * centred) / power) if power > 0 else 0.0
    return truth.mean() + gain * centred


def inner(image: np.ndarray) -> np.ndarray:
    """Return the image without its border (a view)."""
    return image[BORDER:-BORDER, BORDER:-BORDER]


def scores(truth: np.ndarray, image: np.ndarray) -> dict[str, float]:
    """Return all of `SCORES` within the border.

    Parameters
    ----------
    truth, image : ndarray, (H, W)
        In [0, 1], H and W of 35 or more.

    Returns
    -------
    dict
        PSNR in dB and SSIM, raw and fitted; `grey_shift`, the mean absolute difference once both are smoothed by a
        Gaussian of 8 pixels, as a share of the full grey scale.
    """
    truth, image = np.asarray(truth, np.float64), np.asarray(image, np.float64)
    shifted = np.abs(inner(gaussian_filter(image - truth, SHIFT_SCALE))).mean()
    truth, image = inner(truth), inner(image)
    return {
        "psnr": psnr(truth, image),
        "ssim": ssim(truth, image),
        **fitted_scores(truth, image),
        "grey_shift": float(shifted),
    }


def fitted_scores(truth: np.ndarray, image: np.ndarray) -> dict[str, float]:
    """Return PSNR and SSIM after the fit, of images whose border is off."""
    brought = fitted(truth, image)
    return {"psnr_fit": psnr(truth, brought), "ssim_fit": ssim(truth, brought)}


def blurred_scores(truth: np.ndarray, image: np.ndarray, sigma: float) -> dict[str, float]:
    """Return `fitted_scores` within the border, of the image blurred by a Gaussian of `sigma` pixels."""
    return fitted_scores(
        inner(np.asarray(truth, np.float64)), inner(gaussian_filter(np.float64(image), sigma))
    )
