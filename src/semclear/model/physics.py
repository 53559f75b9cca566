"""The degradation y = t (k_sigma * x) + A (1 - t) + n, differentiable in all its parameters.

The transmission t is a smooth field, given on a coarse grid; sigma, the
airlight A and the noise are one number a micrograph (Narasimhan & Nayar,
doi:10.1023/A:1016328200723). A small encoder reads t, A and sigma from a
degraded micrograph; the noise is measured.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import layers, ops

from semclear.model.multiblock import SLOPE

#: Pixels a knot of the transmission grid stands for: the encoder has five strides of 2.
KNOT = 32
#: Largest blur (pixels) and smallest transmission that the encoder can say.
MAX_SIGMA, MIN_TRANSMISSION = 5.0, 0.05
#: Half width of the blur's kernel, pixels: 2.4 of the largest sigma, 4 of the usual ones.
RADIUS = 12

Parameters = dict[str, Any]


def _logit(share: float) -> float:
    return float(np.log(share / (1 - share)))


def build_encoder(width: int, name: str = "encoder") -> keras.Model:
    """Return the network that reads the degradation's parameters from a micrograph.

    Without normalisation, as grey level and contrast are what it reads. It
    starts at a mild degradation (sigma 1.25 px, t 0.7, A 0.75) for every micrograph.

    Parameters
    ----------
    width : int
        Channels of the first level; twice that from the second on, four
        times from the fourth.
    name : str
        Name of the network, which starts the path of each variable.

    Returns
    -------
    keras.Model
        (B, H, W, 1), sides multiples of 32, to a dict: "transmission"
        (B, H/32, W/32, 1) in (0.05, 1), and "airlight" in (0, 1) and "sigma"
        in (0, 5) pixels, each (B, 1).
    """
    inputs = keras.Input((None, None, 1), name="micrograph")
    x, pooled = inputs, []
    for level, factor in enumerate((1, 2, 2, 4, 4), start=1):
        x = layers.Conv2D(
            width * factor,
            4,
            strides=2,
            padding="same",
            kernel_initializer="he_normal",
            name=f"{name}_down{level}",
        )(x)
        x = layers.LeakyReLU(negative_slope=SLOPE, name=f"{name}_relu{level}")(x)
        if level in (1, 2, 5):
            # Blur shows in the fine levels, the veil in the coarse one.
            pooled.append(layers.GlobalAveragePooling2D(name=f"{name}_pool{level}")(x))
    small = keras.initializers.RandomNormal(stddev=1e-2)

    def head(name_of: str, start: float, scale: float, offset: float = 0.0) -> Any:
        bias = keras.initializers.Constant(_logit((start - offset) / scale))
        if name_of == "transmission":
            raw = layers.Conv2D(
                1,
                3,
                padding="same",
                kernel_initializer=small,
                bias_initializer=bias,
                name=f"{name}_{name_of}",
            )(x)
        else:
            raw = layers.Dense(1, kernel_initializer=small, bias_initializer=bias, name=f"{name}_{name_of}")(
                joined
            )
        return offset + scale * ops.sigmoid(raw)

    joined = layers.Concatenate(name=f"{name}_joined")(pooled)
    joined = layers.Dense(4 * width, kernel_initializer="he_normal", name=f"{name}_dense")(joined)
    joined = layers.LeakyReLU(negative_slope=SLOPE, name=f"{name}_dense_relu")(joined)
    outputs = {
        "transmission": head("transmission", 0.7, 1 - MIN_TRANSMISSION, MIN_TRANSMISSION),
        "airlight": head("airlight", 0.75, 1.0),
        "sigma": head("sigma", 1.25, MAX_SIGMA),
    }
    return keras.Model(inputs, outputs, name=name)


def expanded(value: Any) -> Any:
    """Return a number a micrograph, (B, 1), in the shape of images, (B, 1, 1, 1)."""
    return ops.reshape(value, (-1, 1, 1, 1))


def blur(images: Any, sigma: Any) -> Any:
    """Return images (B, H, W, 1) blurred by Gaussians of standard deviation `sigma` (B, 1) pixels.

    The kernel is cut at 12 pixels and normalised; boundaries are reflected.
    """
    offsets = np.arange(-RADIUS, RADIUS + 1, dtype=np.float32)
    # (K, B): far below a pixel the kernel is a delta, and its gradient stays finite.
    kernel = ops.exp(-np.square(offsets)[:, None] / (2.0 * ops.square(ops.reshape(sigma, (1, -1))) + 1e-2))
    kernel = kernel / ops.sum(kernel, axis=0, keepdims=True)
    # The batch takes the place of channels, so that each micrograph meets its own kernel.
    x = ops.transpose(images, (3, 1, 2, 0))
    x = ops.pad(x, ((0, 0), (RADIUS, RADIUS), (RADIUS, RADIUS), (0, 0)), mode="symmetric")
    x = ops.depthwise_conv(x, kernel[:, None, :, None], padding="valid")
    x = ops.depthwise_conv(x, kernel[None, :, :, None], padding="valid")
    return ops.transpose(x, (3, 1, 2, 0))


def degrade(images: Any, parameters: Parameters) -> Any:
    """Return t (k_sigma * x) + A (1 - t), without noise, of images (B, H, W, 1)."""
    shape = ops.shape(images)
    field = ops.image.resize(parameters["transmission"], (shape[1], shape[2]), interpolation="bicubic")
    field = ops.clip(field, MIN_TRANSMISSION, 1.0)
    return field * blur(images, parameters["sigma"]) + (1.0 - field) * expanded(parameters["airlight"])


def noise_of(images: Any) -> Any:
    """Return the standard deviation of the white noise in images (B, H, W, 1), as (B, 1) grey.

    The difference of two Laplacians leaves noise and little else (Immerkaer,
    CVIU 64 (1996) 300, doi:10.1006/cviu.1996.0060); the median of its size
    instead of the mean keeps edges out.
    """
    mask = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)[:, :, None, None]
    left = ops.abs(ops.conv(images, mask, padding="valid"))
    flat = ops.reshape(left, (ops.shape(left)[0], -1))
    # 6 is the mask's norm, 0.6745 the median size of a standard normal number.
    return ops.median(flat, axis=1, keepdims=True) / (6.0 * 0.6745)


def disagreement(known: Parameters, read: Parameters) -> Any:
    """Return the mean absolute difference of two sets of parameters, each on the scale of its range."""
    veil = ops.mean(1.0 - known["transmission"], axis=(1, 2))
    return (
        ops.mean(ops.abs(known["transmission"] - read["transmission"]))
        # Without a veil its colour cannot be read, nor does it matter.
        + ops.mean(veil * ops.abs(known["airlight"] - read["airlight"]))
        + ops.mean(ops.abs(known["sigma"] - read["sigma"])) / MAX_SIGMA
    )
