"""Noise of a micrograph: counted electrons (Poisson) and the detector chain (Gaussian)."""

from __future__ import annotations

import numpy as np


def add_noise(image: np.ndarray, sigma: float, dose: float, seed: int) -> np.ndarray:
    """Return the image as counted and amplified, ``Poisson(dose x) / dose + sigma N(0, 1)``.

    Its variance at a pixel of brightness x is ``x / dose + sigma^2``, the
    signal-dependent model of [1]_ for raw image sensors, which is that of a
    detector counting secondary electrons too.

    Parameters
    ----------
    image : ndarray, (H, W), float
        In [0, 1].
    sigma : float
        Standard deviation of the Gaussian part, grey scale 0 to 1.
    dose : float
        Electrons a pixel at brightness 1, > 0.
    seed : int
        Names the draw.

    Returns
    -------
    ndarray, (H, W), float64
        Not clipped: the mean at every pixel is `image`.

    References
    ----------
    .. [1] Foi, Trimeche, Katkovnik, Egiazarian, "Practical Poissonian-Gaussian noise modeling and fitting for
       single-image raw-data", IEEE TIP 17 (2008), doi:10.1109/TIP.2008.2001399
    """
    rng = np.random.default_rng(seed)
    counted = rng.poisson(dose * np.clip(image, 0.0, 1.0)) / dose
    return counted + sigma * rng.standard_normal(image.shape)
