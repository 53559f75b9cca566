"""Applying a network to a micrograph of any size."""

from __future__ import annotations

from collections.abc import Mapping
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


def lifted(image: np.ndarray, parameters: Mapping[str, Any]) -> np.ndarray:
    """Return a micrograph without the veil that was read, ``(y - A (1 - t)) / t``.

    Parameters
    ----------
    image : ndarray, (H, W)
        In [0, 1].
    parameters : mapping
        "transmission" t, (H, W) in [0.05, 1], and "airlight" A, as `semclear.networks.forward.reading.read` returns
        them.

    Returns
    -------
    ndarray, (H, W), float32
        Clipped to [0, 1].
    """
    field = np.asarray(parameters["transmission"], np.float32)
    clear = (image - np.float32(parameters["airlight"]) * (1 - field)) / field
    return np.clip(clear, 0.0, 1.0).astype(np.float32)
