"""Image quality of one micrograph, with its truth and without.

Images are (H, W) arrays in [0, 1]. The truth always comes first.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from skimage.metrics import structural_similarity

from semclear.errors import SemclearError
from semclear.evaluation.metric import Metric, names_of

GREY_LEVELS = 255.0


def _pair(truth: ArrayLike, image: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    truth, image = np.asarray(truth, np.float64), np.asarray(image, np.float64)
    if truth.shape != image.shape or truth.ndim != 2:
        raise SemclearError(
            f"metric: got a truth of shape {truth.shape} and an image of shape {image.shape}, "
            "expected two equal (height, width); compare a micrograph with its own truth"
        )
    return truth, image


def _decibel(mean_square: float) -> float:
    return float("inf") if mean_square == 0 else float(-10 * np.log10(mean_square))


def psnr(truth: ArrayLike, image: ArrayLike) -> float:
    """Return the peak signal-to-noise ratio, 10 log10(1 / mean((truth - image)^2)), in dB.

    Parameters
    ----------
    truth, image : array_like
        (H, W) in [0, 1]; the peak is 1.

    Returns
    -------
    float
        Infinite for equal images.
    """
    truth, image = _pair(truth, image)
    return _decibel(float(np.mean((truth - image) ** 2)))


def ssim(truth: ArrayLike, image: ArrayLike) -> float:
    """Return the mean structural similarity, in [-1, 1].

    Gaussian weights of sigma 1.5 in an 11 x 11 window, population covariance,
    data range 1, as in Wang et al. 2004 (doi:10.1109/TIP.2003.819861).

    Parameters
    ----------
    truth, image : array_like
        (H, W) in [0, 1], no side under 11.
    """
    truth, image = _pair(truth, image)
    return float(
        structural_similarity(
            truth, image, data_range=1.0, gaussian_weights=True, sigma=1.5, use_sample_covariance=False
        )
    )


def psnr_affine(truth: ArrayLike, image: ArrayLike) -> float:
    """Return the PSNR in dB of a * image + b, with the least-squares a >= 0 and b.

    It tells structure from contrast: a micrograph that is only too dark or
    too flat loses nothing. A negative a is not allowed, so that an inverted
    image scores no better than a constant one.

    Parameters
    ----------
    truth, image : array_like
        (H, W) in [0, 1].
    """
    wanted, got = (each - each.mean() for each in _pair(truth, image))
    power = np.mean(got**2)
    gain = max(0.0, float(np.mean(wanted * got) / power)) if power > 0 else 0.0
    return _decibel(float(np.mean((wanted - gain * got) ** 2)))


def _differences(image: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    image = np.asarray(image, np.float64) * GREY_LEVELS
    return np.diff(image, axis=1), np.diff(image, axis=0)


def average_gradient(image: ArrayLike) -> float:
    """Return AG, the mean of sqrt((dx^2 + dy^2) / 2) with forward differences.

    Parameters
    ----------
    image : array_like
        (H, W) in [0, 1]; measured on the 0 to 255 grey scale.

    Notes
    -----
    AG, CON and SF all rise with noise and invented texture: compare them with
    the truth's, never call a higher value better by itself.
    """
    along_rows, along_columns = _differences(image)
    return float(np.mean(np.sqrt((along_rows[:-1] ** 2 + along_columns[:, :-1] ** 2) / 2)))


def contrast(image: ArrayLike) -> float:
    """Return CON, the root-mean-square contrast: the standard deviation of the grey level, 0 to 255 scale."""
    return float(np.std(np.asarray(image, np.float64)) * GREY_LEVELS)


def spatial_frequency(image: ArrayLike) -> float:
    """Return SF = sqrt(RF^2 + CF^2), root mean squared row and column differences, 0 to 255 scale.

    Eskicioglu and Fisher 1995, doi:10.1109/26.477498. The mean squared
    difference of 4-neighbours, which some papers call "contrast", is SF^2 / 2
    on a square image and nearly so on others: it adds nothing and is left out.
    """
    along_rows, along_columns = _differences(image)
    return float(np.sqrt(np.mean(along_rows**2) + np.mean(along_columns**2)))


WITH_TRUTH = (
    Metric("psnr", "PSNR (dB)", 2, better="higher", function=psnr),
    Metric("ssim", "SSIM", better="higher", function=ssim),
    Metric("psnr_affine", "affine PSNR (dB)", 2, better="higher", function=psnr_affine),
)
WITHOUT_TRUTH = (
    Metric("ag", "AG", 2, function=average_gradient),
    Metric("con", "CON", 2, function=contrast),
    Metric("sf", "SF", 2, function=spatial_frequency),
)
ERRORS = tuple(
    Metric(f"{plain.name}_error", f"{plain.heading} error (%)", 1, percent=True, signed=True)
    for plain in WITHOUT_TRUTH
)
ENTRIES = {entry.name: entry for entry in (*WITH_TRUTH, *WITHOUT_TRUTH, *ERRORS)}
METRICS = names_of(ENTRIES.values())


def measure(image: ArrayLike, truth: ArrayLike | None = None) -> dict[str, float]:
    """Return every metric that can be had of one micrograph, in the order of `METRICS`.

    Parameters
    ----------
    image : array_like
        (H, W) in [0, 1].
    truth : array_like, optional
        The same scene, undegraded. Without it only AG, CON and SF are given.

    Returns
    -------
    dict
        psnr and psnr_affine in dB, ssim, and ag, con, sf on the 0 to 255 grey
        scale; ag_error, con_error and sf_error are (Q - Q_truth) / Q_truth,
        left out where the truth's Q is 0.
    """
    without = {entry.name: entry.function(image) for entry in WITHOUT_TRUTH if entry.function}
    if truth is None:
        return without
    values = {entry.name: entry.function(truth, image) for entry in WITH_TRUTH if entry.function} | without
    for entry in WITHOUT_TRUTH:
        wanted = entry.function(truth) if entry.function else 0.0
        if wanted > 0:
            values[f"{entry.name}_error"] = (without[entry.name] - wanted) / wanted
    return values
