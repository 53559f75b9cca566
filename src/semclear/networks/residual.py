"""The residual generator: a U-Net of plain residual blocks at half the micrograph's size, added to its input."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers

from semclear.networks.blocks import SLOPE

#: Residual blocks on each side of a level.
BLOCKS = 2
#: Standard deviation of the kernels that end a block, and of those that end the network: both begin as the identity.
BLOCK_START, HEAD_START = 1e-2, 1e-3


def _block(x: Any, channels: int, kernels: str | None, name: str) -> Any:
    end = kernels or keras.initializers.RandomNormal(stddev=BLOCK_START)
    inner = layers.Conv2D(
        channels, 3, padding="same", kernel_initializer=kernels or "he_normal", name=f"{name}_first"
    )(x)
    inner = layers.LeakyReLU(negative_slope=SLOPE, name=f"{name}_relu")(inner)
    inner = layers.Conv2D(channels, 3, padding="same", kernel_initializer=end, name=f"{name}_second")(inner)
    return layers.Add(name=name)([x, inner])


def build_residual(
    levels: int, width: int, max_width: int, *, kernels: str | None = None, name: str = "generator"
) -> keras.Model:
    """Return a residual U-Net for micrographs whose sides are multiples of ``2**levels``.

    A 4 x 4 convolution of stride 2 leads to half the size, where all of a
    restoration's cost lies: 2 x 2 convolutions of stride 2 lead further down
    and 2 x 2 deconvolutions up, with sums instead of concatenated skips. No
    normalisation, so that a restoration by tiles is that of the whole, and
    contrast is not forgotten.

    Parameters
    ----------
    levels : int
        Halvings, at least 1.
    width, max_width : int
        Channels of the first and of the widest level, doubled a level.
    kernels : str, optional
        As of `semclear.networks.generator.build_generator`.
    name : str
        Name of the network, which starts the path of each variable.

    Returns
    -------
    keras.Model
        (B, H, W, 1) float32 to the same shape. Values near [0, 1]; the
        caller clips.

    References
    ----------
    Zhang et al., "Plug-and-play image restoration with deep denoiser prior" (DRUNet), IEEE TPAMI 44 (2022),
    doi:10.1109/TPAMI.2021.3088914: a U-Net of residual blocks without normalisation, with strided 2 x 2 convolutions
    and added skips.
    """
    given = {"kernel_initializer": kernels or "he_normal"}
    inputs = keras.Input((None, None, 1), name="micrograph")
    widths = [min(width * 2**level, max_width) for level in range(levels)]
    x = layers.Conv2D(width, 4, strides=2, padding="same", name=f"{name}_stem", **given)(inputs)
    skips = []
    for level, channels in enumerate(widths, 1):
        if level > 1:
            x = layers.Conv2D(channels, 2, strides=2, padding="same", name=f"{name}_down{level}", **given)(x)
        for number in range(BLOCKS):
            x = _block(x, channels, kernels, f"{name}_down{level}_block{number + 1}")
        skips.append(x)
    for level, channels in zip(range(levels - 1, 0, -1), widths[-2::-1], strict=True):
        x = layers.Conv2DTranspose(channels, 2, strides=2, padding="same", name=f"{name}_up{level}", **given)(
            x
        )
        x = layers.Add(name=f"{name}_up{level}_skip")([x, skips[level - 1]])
        for number in range(BLOCKS):
            x = _block(x, channels, kernels, f"{name}_up{level}_block{number + 1}")
    x = layers.Conv2DTranspose(
        1,
        4,
        strides=2,
        padding="same",
        # Made only where it is used: making it draws a seed.
        kernel_initializer=kernels or keras.initializers.RandomNormal(stddev=HEAD_START),
        name=f"{name}_up0",
    )(x)
    return keras.Model(inputs, layers.Add(name=f"{name}_corrected")([inputs, x]), name=name)
