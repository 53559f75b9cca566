"""Removing a veil by the dark-channel prior, for gray images."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from semclear.restoration.classical import wiener
from semclear.restoration.classical.method import Grid, Method, Number

BRIGHTEST = 0.001
THINNEST = 0.1
SMOOTHNESS = 1e-3


def guided_filter(guide: np.ndarray, image: np.ndarray, radius: int, smoothness: float) -> np.ndarray:
    """Return `image` smoothed where `guide` is smooth, its edges laid on the guide's.

    In each window the output is a * guide + b with a = cov(guide, image) /
    (var(guide) + smoothness) and b the rest; a and b are then averaged. He et
    al. 2013, doi:10.1109/TPAMI.2012.213.

    Parameters
    ----------
    guide, image : ndarray, (H, W)
    radius : int
        Windows are (2 radius + 1) pixels wide; borders are reflected.
    smoothness : float
        In squared grey units, above 0.

    Returns
    -------
    ndarray, (H, W), float64
    """

    def mean(values: np.ndarray) -> np.ndarray:
        return ndimage.uniform_filter(values, 2 * radius + 1, mode="reflect")

    guide, image = np.asarray(guide, np.float64), np.asarray(image, np.float64)
    mean_guide, mean_image = mean(guide), mean(image)
    covariance = mean(guide * image) - mean_guide * mean_image
    variance = mean(guide * guide) - mean_guide**2
    slope = covariance / (variance + smoothness)
    return mean(slope) * guide + mean(mean_image - slope * mean_guide)


def airlight(image: np.ndarray, darkest: np.ndarray) -> float:
    """Return the veil's own grey level: the brightest pixel where the local minimum is highest.

    Parameters
    ----------
    image, darkest : ndarray, (H, W)
        The image and its local minimum, of which the highest 0.1 % are looked at.
    """
    count = max(1, int(darkest.size * BRIGHTEST))
    candidates = np.argpartition(darkest, darkest.size - count, axis=None)[-count:]
    return float(image.ravel()[candidates].max())


def dehaze(image: np.ndarray, window: int, omega: float) -> np.ndarray:
    """Return the image x of y = t x + A (1 - t), with t from the dark-channel prior.

    The prior: without the veil every window holds something black. So t = 1 -
    omega min(y / A), the minimum over the window, refined by the guided
    filter, and x = A + (y - A) / max(t, 0.1). He et al. 2011,
    doi:10.1109/TPAMI.2010.168, with one colour channel.

    Parameters
    ----------
    image : ndarray, (H, W)
        In [0, 1].
    window : int
        Side of the window in pixels.
    omega : float
        Share of the veil to remove, in [0, 1].

    Returns
    -------
    ndarray, (H, W), float32
        In [0, 1].
    """
    image = np.asarray(image, np.float64)
    darkest = ndimage.minimum_filter(image, window, mode="reflect")
    veil = max(airlight(image, darkest), 1e-3)
    transmission = guided_filter(image, 1 - omega * darkest / veil, 2 * window, SMOOTHNESS)
    clear = veil + (image - veil) / np.maximum(transmission, THINNEST)
    return np.clip(clear, 0, 1).astype(np.float32)


def _ready_for_wiener(image: np.ndarray, window: int, omega: float) -> tuple[np.ndarray, float]:
    return wiener.with_sigma(dehaze(image, window, omega))


GRID = Grid("dark_channel", {"window": Number(3, 4095, whole=True), "omega": Number(0.0, 1.0)})

METHODS = (
    Method(
        "dark-channel",
        title="Dark channel",
        label="dark channel",
        place=70,
        figure_place=30,
        function=dehaze,
        grids=(GRID,),
        default={"window": 31, "omega": 0.95},
    ),
    Method(
        "dark-channel-wiener",
        title="Dark channel, then Wiener",
        label="dark channel + Wiener",
        place=80,
        figure_place=80,
        function=wiener.by_estimate,
        grids=(GRID, wiener.GRID),
        default={"window": 31, "omega": 1.0, "balance": 1.0},
        prepare=_ready_for_wiener,
        prepared_by=("window", "omega"),
    ),
)
