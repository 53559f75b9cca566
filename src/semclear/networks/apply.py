"""Applying a network to a micrograph of any size."""

from __future__ import annotations

from typing import Any

import numpy as np


def apply(network: Any, image: np.ndarray, multiple: int) -> np.ndarray:
    """Return the network's image of a micrograph.

    Parameters
    ----------
    network : keras.Model
        Maps (B, H, W, 1) to the same shape, H and W multiples of `multiple`.
    image : ndarray
        (H, W) float32 in [0, 1], any size.
    multiple : int
        The sides are extended by reflection to multiples of this, and cut
        back after.

    Returns
    -------
    ndarray
        (H, W) float32, clipped to [0, 1].
    """
    height, width = image.shape
    below, right = -height % multiple, -width % multiple
    # "symmetric" repeats the border pixel and, unlike "reflect", may pad by more than the image's side.
    padded = np.pad(image, ((0, below), (0, right)), mode="symmetric")
    output = network.predict_on_batch(padded[None, :, :, None].astype(np.float32))
    return np.clip(np.asarray(output, dtype=np.float32)[0, :height, :width, 0], 0.0, 1.0)
