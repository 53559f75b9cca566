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

from semclear import params
from semclear.networks.blocks import SLOPE, instance_norm

#: Pixels a knot of the transmission grid stands for: the encoder has five strides of 2.
KNOT = 32
#: Largest blur (pixels) and smallest transmission that the encoder can say.
MAX_SIGMA, MIN_TRANSMISSION = 5.0, 0.05
#: Half width of the blur's kernel, pixels: 2.4 of the largest sigma, 4 of the usual ones.
RADIUS = 12

Parameters = dict[str, Any]


def build_encoder(width: int, name: str = "encoder", kernels: str | None = None) -> keras.Model:
    """Return the network that reads the degradation's parameters from a micrograph.

    It sees the grey levels, which tell the veil, and the micrograph at unit
    contrast, which tells its structure whatever the veil. The blur shows in
    the second and fourth moments of the responses of a bank of small filters,
    whose logarithms are about linear in sigma^2, and in the noise beside
    which they stand. Its first guess is a mild degradation (sigma 1.5 px,
    t 0.7, A 0.75).

    Parameters
    ----------
    width : int
        Channels of the first level; twice that from the second on, four
        times from the fourth.
    name : str
        Name of the network, which starts the path of each variable.
    kernels : str, optional
        As of `semclear.networks.generator.build_generator`.

    Returns
    -------
    keras.Model
        (B, H, W, 1), sides multiples of 32, to a dict: "transmission"
        (B, H/32, W/32, 1) in (0.05, 1), and "airlight" in (0, 1) and "sigma"
        in (0, 5) pixels, each (B, 1).
    """
    inputs = keras.Input((None, None, 1), name="micrograph")
    structure = instance_norm(f"{name}_structure")(inputs)
    bank = layers.Conv2D(
        2 * width,
        7,
        # Means over a quarter of the places are hardly less sure, and the bank is the dearest layer.
        strides=2,
        use_bias=False,
        kernel_initializer=kernels or "he_normal",
        name=f"{name}_bank",
    )(structure)
    energy = ops.square(bank)
    contrast = ops.std(inputs, axis=(1, 2)) + 1e-3
    pooled = [
        ops.log(ops.mean(energy, axis=(1, 2)) + 1e-4),
        # Edges fill the fourth moment, grain the second: the two together tell soft texture from blur.
        0.5 * ops.log(ops.mean(ops.square(energy), axis=(1, 2)) + 1e-6),
        # Noise adds to the energies of all filters.
        ops.log(noise_of(inputs) / contrast + 1e-2),
        ops.log(contrast),
    ]
    x = layers.Concatenate(name=f"{name}_input")([4.0 * (inputs - 0.5), structure])
    for level, factor in enumerate((1, 2, 2, 4, 4), start=1):
        x = layers.Conv2D(
            width * factor,
            4,
            strides=2,
            padding="same",
            kernel_initializer=kernels or "he_normal",
            name=f"{name}_down{level}",
        )(x)
        x = layers.LeakyReLU(negative_slope=SLOPE, name=f"{name}_relu{level}")(x)
        if level in (1, 2, 5):
            # Blur shows in the fine levels, the veil in the coarse one.
            pooled.append(layers.GlobalAveragePooling2D(name=f"{name}_pool{level}")(x))
    joined = layers.Concatenate(name=f"{name}_joined")(pooled)
    joined = layers.Dense(4 * width, kernel_initializer=kernels or "he_normal", name=f"{name}_dense")(joined)
    joined = layers.LeakyReLU(negative_slope=SLOPE, name=f"{name}_dense_relu")(joined)

    def start(share: float) -> keras.initializers.Initializer:
        return keras.initializers.Constant(float(np.log(share / (1 - share))))

    field = layers.Conv2D(
        1,
        3,
        padding="same",
        kernel_initializer=kernels or "glorot_uniform",
        bias_initializer=start((0.7 - MIN_TRANSMISSION) / (1 - MIN_TRANSMISSION)),
        name=f"{name}_transmission",
    )(x)
    said = {"kernel_initializer": kernels or "glorot_uniform"}
    airlight = layers.Dense(1, bias_initializer=start(0.75), name=f"{name}_airlight", **said)(joined)
    sigma = layers.Dense(1, bias_initializer=start(1.5 / MAX_SIGMA), name=f"{name}_sigma", **said)(joined)
    outputs = {
        "transmission": MIN_TRANSMISSION + (1 - MIN_TRANSMISSION) * ops.sigmoid(field),
        "airlight": ops.sigmoid(airlight),
        "sigma": MAX_SIGMA * ops.sigmoid(sigma),
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
    """Return the standard deviation of the noise in images (B, H, W, 1), as (B, 1) grey, roughly.

    Of second differences from row to row, as neighbours along a row may
    share noise (`semclear.row_noise`), the median size, which keeps edges
    out. It is taken at every second place of every second row: sorting is
    dear. `semclear.networks.forward.row_noise` leaves textures out, too, but
    needs to know the size.
    """
    down = images[:, :-2] - 2.0 * images[:, 1:-1] + images[:, 2:]
    left = ops.abs(down[:, ::2, ::2])
    # Three independent rows: 1 + 4 + 1. 0.6745 is the median size of a standard normal number.
    return ops.median(left, axis=(1, 2)) / (np.sqrt(6.0) * 0.6745)


def draw(shape: Any, settings: params.Drawn, seed: Any) -> Parameters:
    """Return random parameters, of every strength that the encoder is to know.

    Parameters
    ----------
    shape : tensor or tuple
        (B, h, w, 1) of the transmission grid.
    settings : params.Drawn
        Ranges of sigma (pixels), of the field's mean and of the airlight;
        greatest spread of the field about its mean; share of the draws
        without veil (transmission 1), and of those without blur (sigma 0).
    seed : keras.random.SeedGenerator
        Where they come from.

    Returns
    -------
    dict
        "transmission" of `shape`, cut to [0.05, 1]; "airlight" and "sigma",
        each (B, 1).
    """
    count = shape[0]

    def uniform(low: float, high: float) -> Any:
        return keras.random.uniform((count, 1), low, high, seed=seed)

    def present() -> Any:
        return ops.cast(uniform(0.0, 1.0) >= settings.absent, "float32")

    spread = expanded(uniform(0.0, settings.variation)) * keras.random.normal(shape, seed=seed)
    field = ops.clip(expanded(uniform(*settings.transmission)) + spread, MIN_TRANSMISSION, 1.0)
    veiled = expanded(present())
    return {
        "transmission": veiled * field + (1.0 - veiled),
        "airlight": uniform(*settings.airlight),
        "sigma": present() * uniform(*settings.sigma),
    }


def disagreement(known: Parameters, read: Parameters) -> Any:
    """Return the mean absolute difference of two sets of parameters, each on the scale of its range."""
    veil = ops.mean(1.0 - known["transmission"], axis=(1, 2))
    return (
        ops.mean(ops.abs(known["transmission"] - read["transmission"]))
        # Without a veil its colour cannot be read, nor does it matter.
        + ops.mean(veil * ops.abs(known["airlight"] - read["airlight"]))
        + ops.mean(ops.abs(known["sigma"] - read["sigma"])) / MAX_SIGMA
    )
