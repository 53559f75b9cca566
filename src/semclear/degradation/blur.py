"""Gaussian blur: defocus, a broad probe, contamination that scatters the beam."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import correlate1d


def kernel(sigma: float) -> np.ndarray:
    """Return the one-dimensional Gaussian point spread function, sampled and normalised.

    ``k[i] = exp(-i^2 / (2 sigma^2)) / sum``, for ``|i| <= ceil(4 sigma)``.

    Parameters
    ----------
    sigma : float
        Standard deviation in pixels, > 0.

    Returns
    -------
    ndarray, (2 * ceil(4 sigma) + 1,), float64
        Sums to 1.
    """
    reach = int(np.ceil(4.0 * sigma))
    offsets = np.arange(-reach, reach + 1)
    weights = np.exp(-0.5 * (offsets / sigma) ** 2)
    return weights / weights.sum()


def blur(image: np.ndarray, sigma: float) -> np.ndarray:
    """Return ``k_sigma * x``, the image convolved with a Gaussian in both directions.

    Outside the image its mirror image is taken (edge pixel repeated), so that
    a constant stays constant up to the border.

    Parameters
    ----------
    image : ndarray, (H, W), float
        Any range.
    sigma : float
        Standard deviation in pixels; 0 leaves the image as it is.

    Returns
    -------
    ndarray, (H, W), float64
        Within the range of `image`.
    """
    image = np.asarray(image, dtype=np.float64)
    if sigma == 0:
        return image.copy()
    weights = kernel(sigma)
    for axis in (0, 1):
        image = correlate1d(image, weights, axis=axis, mode="reflect")
    return image
