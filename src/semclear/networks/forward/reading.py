"""What an encoder reads of one micrograph, at the micrograph's size, and the veil taken off by it."""

from __future__ import annotations

from typing import Any

import numpy as np
from keras import ops

from semclear.networks.forward import physics


def padded(image: np.ndarray) -> np.ndarray:
    """Return (H, W) as a batch of one whose sides are multiples of 32, extended by reflection."""
    margins = [(0, -side % physics.KNOT) for side in image.shape]
    return np.pad(np.asarray(image, np.float32), margins, mode="symmetric")[None, :, :, None]


def read(encoder: Any, image: np.ndarray) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Return what the encoder says of a micrograph.

    Parameters
    ----------
    encoder : keras.Model
        Of `physics.build_encoder`.
    image : ndarray, (H, W)
        In [0, 1].

    Returns
    -------
    said : dict of ndarray
        As `physics.degrade` takes it, of the `padded` micrograph.
    parameters : dict
        "sigma" (pixels), "airlight", and "transmission" (H, W) in [0.05, 1].
    """
    inputs = padded(image)
    said = {name: np.asarray(value) for name, value in encoder.predict_on_batch(inputs).items()}
    fine = ops.image.resize(said["transmission"], inputs.shape[1:3], interpolation="bicubic")
    fine = ops.convert_to_numpy(ops.clip(fine, physics.MIN_TRANSMISSION, 1.0))
    height, width = image.shape
    parameters = {
        "sigma": float(said["sigma"][0, 0]),
        "airlight": float(said["airlight"][0, 0]),
        "transmission": fine[0, :height, :width, 0],
    }
    return said, parameters
