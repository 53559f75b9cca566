"""Charging of a weakly conductive specimen: halos at edges, streaks along the scan, a drifting grey level.

Charge left by the beam changes how many secondary electrons leave and reach
the detector, and decays with time constants from the dwell time to the frame
time [1]_. This is a phenomenology of what is seen, not a simulation of
charge: halos where many electrons leave (edges), streaks that trail bright
edges for as long as the charge takes to leave, rows that jump as a whole, and
a background that settles over the frame.

References
----------
.. [1] Cazaux, "Charging in scanning electron microscopy 'from inside and outside'", Scanning 26 (2004),
   doi:10.1002/sca.4950260406
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy.ndimage import gaussian_filter, gaussian_gradient_magnitude
from scipy.signal import lfilter

from semclear.degradation.drift import row_shifts, shift_rows

#: Scale of the derivative in pixels: the smallest at which a sampled Gaussian is a good derivative filter.
EDGE_SCALE = 1.0
#: Time constant of the settling background as a share of the frame time.
SETTLING = 1.0 / 3.0


def halo(image: np.ndarray, width: float) -> np.ndarray:
    """Return the bright seam of every edge, ``h = sqrt(2 pi) s (k_width * |grad (k_1 * x)|)``, s^2 = width^2 + 1.

    Beside a long straight edge of height c it is ``c exp(-d^2 / (2 s^2))`` at
    the distance d: as bright as the edge is high.

    Parameters
    ----------
    image : ndarray, (H, W), float
        In [0, 1].
    width : float
        Standard deviation of the seam in pixels, > 0.

    Returns
    -------
    ndarray, (H, W), float64
        >= 0; 0 for a constant image.
    """
    slope = gaussian_gradient_magnitude(np.asarray(image, np.float64), EDGE_SCALE, mode="reflect")
    spread = np.hypot(width, EDGE_SCALE)
    return np.sqrt(2.0 * np.pi) * spread * gaussian_filter(slope, width, mode="reflect")


def trail(image: np.ndarray, length: float) -> np.ndarray:
    """Return what a beam that runs to the right drags behind bright edges.

    It is ``r[j] = sum_d e^(-d / length) max(0, x[j-d] - x[j-d-1])``.

    Parameters
    ----------
    image : ndarray, (H, W), float
        In [0, 1].
    length : float
        Decay length in pixels, > 0.

    Returns
    -------
    ndarray, (H, W), float64
        >= 0; right of a single step of height c it is ``c exp(-d / length)``.
    """
    image = np.asarray(image, np.float64)
    rise = np.maximum(np.diff(image, axis=1, prepend=image[:, :1]), 0.0)
    return lfilter([1.0], [1.0, -np.exp(-1.0 / length)], rise, axis=1)


def settling(rows: int) -> np.ndarray:
    """Return how far the background has settled at each row, ``1 - e^(-3 i / H)``, less its mean.

    Parameters
    ----------
    rows : int
        H.

    Returns
    -------
    ndarray, (H,), float64
        Mean 0.
    """
    settled = 1.0 - np.exp(-np.arange(rows) / (SETTLING * rows))
    return settled - settled.mean()


def charge(image: np.ndarray, parameters: Mapping[str, Any]) -> np.ndarray:
    """Return the image of a charging specimen, ``y = x + a h - b_i r + c_i + B w_i`` on rows i shifted by drift.

    h is the `halo`, r the `trail`, w the `settling`. Each row has its own
    ``b_i = b |N(0, 1)|``; c_i is N(0, c^2) on a random share of the rows, 0
    on the others.

    Parameters
    ----------
    image : ndarray, (H, W), float
        In [0, 1].
    parameters : mapping
        ``halo`` (a) and ``streak`` (b) as shares of the edge's height, >= 0;
        ``halo_width`` and ``streak_length`` in pixels, > 0; ``rows``, the
        share of rows that jump, in [0, 1], and ``row_offset`` (c) in grey
        0 to 1, >= 0; ``baseline`` (B) in grey; ``drift`` in pixels from the
        first row to the last; ``seed``.

    Returns
    -------
    ndarray, (H, W), float64
        Clipped to [0, 1].
    """
    rng = np.random.default_rng(parameters["seed"])
    rows = image.shape[0]
    strength = parameters["streak"] * np.abs(rng.standard_normal(rows))
    jumps = parameters["row_offset"] * rng.standard_normal(rows) * (rng.random(rows) < parameters["rows"])
    image = shift_rows(image, row_shifts(rows, parameters["drift"], 0.0, 1.0, 0))
    grey = image + parameters["halo"] * halo(image, parameters["halo_width"])
    grey -= strength[:, None] * trail(image, parameters["streak_length"])
    grey += (jumps + parameters["baseline"] * settling(rows))[:, None]
    return np.clip(grey, 0.0, 1.0)
