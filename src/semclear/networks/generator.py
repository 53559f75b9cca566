"""The generator: a U-Net of strided convolutions, deconvolutions and multi-blocks."""

from __future__ import annotations

import math
from typing import Any

import keras
from keras import layers, ops

from semclear import params
from semclear.networks.blocks import SLOPE, MultiBlock, instance_norm
from semclear.networks.residual import build_residual

OUTPUTS = ("grey", "correction", "affine")
#: Largest gain of the affine output, and the inverse of its smallest: a veil of transmission t is lifted by a gain of
#: 1/t, and none is read below t = 0.05. Without a bound one step can take the exponential out of all numbers.
MAX_GAIN = 20.0


def channels_of(level: int, width: int, max_width: int) -> int:
    """Return the channels of encoder level 1, 2, ...: doubled a level up to `max_width`."""
    return min(width * 2 ** (level - 1), max_width)


def local_extremes(inputs: Any, level: int, name: str) -> list[Any]:
    """Return the darkest and brightest grey over fields of ``2**level`` pixels, at that level's size.

    Pairs of pixels are averaged first, so that noise alone makes no extreme.
    """
    smooth = layers.AveragePooling2D(2, name=f"{name}_smooth{level}")(inputs)
    pool = layers.MaxPooling2D(2 ** (level - 1), name=f"{name}_brightest{level}")
    negative_pool = layers.MaxPooling2D(2 ** (level - 1), name=f"{name}_darkest{level}")
    return [pool(smooth), -negative_pool(-smooth)]


def build_generator(
    levels: int,
    width: int,
    max_width: int,
    *,
    normalise: bool = True,
    output: str = "affine",
    extremes: bool = False,
    kernels: str | None = None,
    name: str = "generator",
) -> keras.Model:
    """Return a U-Net generator for micrographs whose sides are multiples of ``2**levels``.

    `levels` 4 x 4 convolutions of stride 2 lead down and as many 4 x 4
    deconvolutions lead up (8 and 8 at the paper's scale, 256 pixels to 1),
    with skips between equal sizes and one multi-block at each inner level of
    either side: ``2 * (levels - 1)``, 14 at the paper's scale.

    Parameters
    ----------
    levels : int
        Number of convolutions and of deconvolutions, at least 2.
    width, max_width : int
        Channels of the first and of the widest level.
    normalise : bool
        Instance normalisation, except at the first convolution (it would
        hide grey level and contrast) and at the bottleneck (a 1 x 1 map
        normalises to zero).
    output : str
        What the last deconvolution says: "grey", the micrograph itself,
        through a sigmoid; "correction", what is added to the input; or
        "affine", the logarithm of a gain and an offset for each pixel,
        ``input * exp(gain) + offset``, the form in which a veil is lifted
        ((y - A (1 - t)) / t), the gain softly kept within 1/20 and 20. The
        last two start near the identity, so that training cannot begin with
        inverted contrast.
    extremes : bool
        Whether each inner level from the second on also sees the darkest and
        the brightest grey of its pixels' fields: the cue of the dark-channel
        prior (He et al., doi:10.1109/TPAMI.2010.168), which convolutions
        learn slowly.
    kernels : str, optional
        Initializer of all kernels instead of the random ones: "zeros" where
        trained weights will take their place. JAX compiles a program for
        each shape that it draws.
    name : str
        Name of the network, which starts the path of each variable.

    Returns
    -------
    keras.Model
        (B, H, W, 1) float32 to the same shape. Values near [0, 1]; the
        caller clips.

    Raises
    ------
    ValueError
        When `output` is none of the three.

    References
    ----------
    Gao et al., Sci. Rep. 14, 6439 (2024); Ronneberger et al., MICCAI 2015,
    doi:10.1007/978-3-319-24574-4_28.
    """
    if output not in OUTPUTS:
        raise ValueError(f"output: got {output!r}, expected one of {OUTPUTS}; correct model.output")
    inputs = keras.Input((None, None, 1), name="micrograph")
    x, skips = inputs, {}
    for level in range(1, levels + 1):
        channels = channels_of(level, width, max_width)
        normalised = normalise and 1 < level < levels
        x = layers.Conv2D(
            channels,
            4,
            strides=2,
            padding="same",
            use_bias=not normalised,
            kernel_initializer=kernels or "he_normal",
            name=f"{name}_down{level}",
        )(x)
        if normalised:
            x = instance_norm(f"{name}_down{level}_norm")(x)
        x = layers.LeakyReLU(negative_slope=SLOPE, name=f"{name}_down{level}_relu")(x)
        if level < levels:
            if extremes and level > 1:
                x = layers.Concatenate(name=f"{name}_down{level}_seen")(
                    [x, *local_extremes(inputs, level, name)]
                )
            x = MultiBlock(
                channels, normalise, kernels or "he_normal", name=f"{name}_down{level}_multiblock"
            )(x)
            skips[level] = x
    for level in range(levels - 1, 0, -1):
        channels = channels_of(level, width, max_width)
        x = layers.Conv2DTranspose(
            channels,
            4,
            strides=2,
            padding="same",
            use_bias=not normalise,
            kernel_initializer=kernels or "he_normal",
            name=f"{name}_up{level}",
        )(x)
        if normalise:
            x = instance_norm(f"{name}_up{level}_norm")(x)
        x = layers.LeakyReLU(negative_slope=SLOPE, name=f"{name}_up{level}_relu")(x)
        x = layers.Concatenate(name=f"{name}_up{level}_skip")([x, skips[level]])
        x = MultiBlock(channels, normalise, kernels or "he_normal", name=f"{name}_up{level}_multiblock")(x)
    drawn = output == "grey"
    x = layers.Conv2DTranspose(
        2 if output == "affine" else 1,
        4,
        strides=2,
        padding="same",
        # Made only where it is used: making it draws a seed.
        kernel_initializer=kernels
        or ("glorot_uniform" if drawn else keras.initializers.RandomNormal(stddev=1e-3)),
        name=f"{name}_up0",
    )(x)
    if drawn:
        outputs = layers.Activation("sigmoid", name=f"{name}_grey")(x)
    elif output == "correction":
        outputs = layers.Add(name=f"{name}_corrected")([inputs, x])
    else:
        bound = math.log(MAX_GAIN)
        gain, offset = ops.split(x, 2, axis=-1)
        outputs = inputs * ops.exp(bound * ops.tanh(gain / bound)) + offset
    return keras.Model(inputs, outputs, name=name)


def generator_of(
    size: params.ModelScale, model: params.Model, name: str, kernels: str | None = None
) -> keras.Model:
    """Return the generator called `name` as the settings say; for `kernels` see `build_generator`."""
    if model.architecture == "residual":
        return build_residual(size.levels, size.width, size.max_width, kernels=kernels, name=name)
    return build_generator(
        size.levels,
        size.width,
        size.max_width,
        normalise=model.normalisation == "instance",
        output=model.output,
        extremes=model.local_extremes,
        kernels=kernels,
        name=name,
    )
