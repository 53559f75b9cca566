"""Photographs as specimens: the grain of gravel, grass, fur and skin, which no formula here draws.

They come with scikit-image, a dependency anyhow, and are free to use: dedicated to the public domain or without known
restrictions, as the documentation of `skimage.data` says of each. None is an electron micrograph. A network trained on
photographs restores micrographs well enough to be a common peer [1]_; here they are a share of what is looked at.

References
----------
.. [1] Zhang, Zuo, Chen, Meng, Zhang, "Beyond a Gaussian denoiser", IEEE TIP 26 (2017), doi:10.1109/TIP.2017.2662206
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import cv2
import numpy as np
from skimage import data

from semclear.scenes.scene import OVERSAMPLING

#: Of `skimage.data`, inside its wheel.
NAMES = (
    *("astronaut", "brick", "camera", "cell", "chelsea", "coffee", "coins", "grass", "gravel"),
    *("hubble_deep_field", "immunohistochemistry", "moon", "retina", "rocket"),
)


@cache
def photograph(name: str) -> np.ndarray:
    """Return a photograph of `NAMES`, (H, W) float32 in [0, 1]: its luminance."""
    image = np.asarray(getattr(data, name)())
    if image.ndim == 3:
        image = cv2.cvtColor(image[..., :3], cv2.COLOR_RGB2GRAY)
    return image.astype(np.float32) / np.float32(255)


def build(size: int, reduction: Sequence[float], negative: float, rng: np.random.Generator) -> np.ndarray:
    """Return a part of a photograph, mirrored at its sides where it is too small.

    Parameters
    ----------
    size : int
        Edge of the image in pixels.
    reduction : sequence of float
        Least and most times that a photograph is made smaller: its noise and its loss by compression shrink with it.
    negative : float
        Share shown as negatives.
    rng : numpy.random.Generator
        Source of every choice.

    Returns
    -------
    ndarray of float32, (n size, n size)
        At n = `OVERSAMPLING` samples a pixel, at least 0.02: a signal, as `semclear.scenes.shading.shade` gives it.
    """
    whole = photograph(str(rng.choice(NAMES)))
    side = int(size * rng.uniform(reduction[0], reduction[1]))
    lacking = [max(side - length, 0) for length in whole.shape]
    whole = np.pad(whole, [(0, rows) for rows in lacking], mode="symmetric")
    row, column = (int(rng.integers(0, length - side + 1)) for length in whole.shape)
    part = np.rot90(whole[row : row + side, column : column + side], int(rng.integers(0, 4)))
    if rng.random() < 0.5:
        part = part[:, ::-1]
    if rng.random() < negative:
        part = 1 - part
    edge = size * OVERSAMPLING
    way = cv2.INTER_AREA if side > edge else cv2.INTER_CUBIC
    signal = cv2.resize(np.ascontiguousarray(part), (edge, edge), interpolation=way)
    return np.maximum(signal, 0.02).astype(np.float32)
