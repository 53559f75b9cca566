"""Drift along the scan: every row is recorded while specimen or beam has moved a little further.

References
----------
.. [1] Jones, Nellist, "Identifying and correcting scan noise and drift in the scanning transmission electron
   microscope", Microscopy and Microanalysis 19 (2013), doi:10.1017/S1431927613001402
.. [2] Cizmar, Vladar, Postek, "Real-time scanning charged-particle microscope image composition with correction
   of drift", Microscopy and Microanalysis 17 (2011), doi:10.1017/S1431927610094250
"""

from __future__ import annotations

import numpy as np
from scipy.signal import lfilter


def row_shifts(rows: int, drift: float, jitter: float, correlation: float, seed: int) -> np.ndarray:
    """Return each row's shift, ``s_i = D (i / (H - 1) - 1/2) + J a_i``, with a a first-order autoregression.

    ``a_i = r a_{i-1} + sqrt(1 - r^2) N(0, 1)``, ``r = exp(-1 / correlation)``:
    steady drift [2]_ and scan noise [1]_.

    Parameters
    ----------
    rows : int
        H.
    drift : float
        D, pixels from the first row to the last; the middle stays in place.
    jitter : float
        J, standard deviation of the scan noise in pixels, >= 0.
    correlation : float
        Rows after which the noise's correlation has fallen to 1/e, > 0.
    seed : int
        Names the draw.

    Returns
    -------
    ndarray, (H,), float64
        In pixels.
    """
    steady = drift * (np.arange(rows) / max(rows - 1, 1) - 0.5)
    kept = np.exp(-1.0 / correlation)
    steps = np.random.default_rng(seed).standard_normal(rows)
    # The first value has the variance of all others, or the scan would start calm.
    steps[1:] *= np.sqrt(1.0 - kept**2)
    return steady + jitter * lfilter([1.0], [1.0, -kept], steps)


def shift_rows(image: np.ndarray, shifts: np.ndarray) -> np.ndarray:
    """Return ``y[i, j] = x(i, j + s_i)``, linear between pixels, mirrored outside the image.

    Parameters
    ----------
    image : ndarray, (H, W), float
        Any range.
    shifts : ndarray, (H,), float
        s in pixels.

    Returns
    -------
    ndarray, (H, W), float64
        Within the range of `image`.
    """
    image = np.asarray(image, dtype=np.float64)
    width = image.shape[1]
    place = np.arange(width)[None, :] + np.asarray(shifts, dtype=np.float64)[:, None]
    left = np.floor(place)
    share = place - left
    # Mirrored about the outer edge of the border pixel, with period 2 W.
    first, second = (_mirrored(left + step, width) for step in (0, 1))
    return (1.0 - share) * np.take_along_axis(image, first, 1) + share * np.take_along_axis(image, second, 1)


def _mirrored(columns: np.ndarray, width: int) -> np.ndarray:
    folded = np.mod(columns, 2 * width).astype(int)
    return np.where(folded < width, folded, 2 * width - 1 - folded)
