"""Filtering without dark rims: the micrograph is continued by reflection and cropped back."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.fft import next_fast_len


def reflected(filter_image: Callable[[np.ndarray], np.ndarray], image: np.ndarray, margin: int) -> np.ndarray:
    """Return a filtered image whose filter saw a reflection beyond each border.

    Parameters
    ----------
    filter_image : callable
        From a padded (h, w) float64 image to one of equal shape. It may be periodic.
    image : ndarray, (H, W)
        Any size, [0, 1].
    margin : int
        Rows and columns added on each side, at least; some more on the lower
        and right side so that Fourier transforms are fast. Pixels are
        reflected about the border (the edge pixel is repeated), as often as
        a small image needs.

    Returns
    -------
    ndarray, (H, W), float32
        Clipped to [0, 1].
    """
    image = np.asarray(image, np.float64)
    ends = [next_fast_len(side + 2 * margin, real=True) - side - margin for side in image.shape]
    padded = np.pad(image, [(margin, end) for end in ends], mode="symmetric")
    inner = tuple(slice(margin, margin + side) for side in image.shape)
    return np.clip(filter_image(padded)[inner], 0, 1).astype(np.float32)
