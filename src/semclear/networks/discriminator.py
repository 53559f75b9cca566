"""The discriminator: a patch classifier of five convolutions."""

from __future__ import annotations

import keras
from keras import layers

from semclear.networks.blocks import SLOPE, instance_norm

STRIDES = (2, 2, 2, 1, 1)


def build_discriminator(width: int, *, normalise: bool = True, name: str = "discriminator") -> keras.Model:
    """Return a 70 x 70 PatchGAN discriminator (Isola et al., doi:10.1109/CVPR.2017.632).

    Parameters
    ----------
    width : int
        Channels of the first convolution, doubled by each of the next three
        (64, 128, 256, 512, 1 at the paper's scale).
    normalise : bool
        Instance normalisation after the three middle convolutions.
    name : str
        Name of the network, which starts the path of each variable.

    Returns
    -------
    keras.Model
        (B, H, W, 1) in [0, 1] to (B, H/8, W/8, 1) unbounded scores; 1 means
        real (least squares).
    """
    x = inputs = keras.Input((None, None, 1), name="micrograph")
    for index, stride in enumerate(STRIDES):
        last = index == len(STRIDES) - 1
        normalised = normalise and not last and index > 0
        x = layers.Conv2D(
            1 if last else width * 2**index,
            4,
            strides=stride,
            padding="same",
            use_bias=not normalised,
            kernel_initializer="he_normal",
            name=f"{name}_conv{index + 1}",
        )(x)
        if last:
            break
        if normalised:
            x = instance_norm(f"{name}_norm{index + 1}")(x)
        x = layers.LeakyReLU(negative_slope=SLOPE, name=f"{name}_relu{index + 1}")(x)
    return keras.Model(inputs, x, name=name)
