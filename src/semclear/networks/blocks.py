"""The multi-scale block of the generator ("multi-block" in the paper)."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers

SLOPE = 0.2


def instance_norm(name: str) -> layers.Layer:
    """Return instance normalisation: each channel of each micrograph to mean 0, variance 1.

    Without scale and offset, as in CycleGAN (Ulyanov et al.,
    arXiv:1607.08022); layer normalisation over height and width is the same
    thing in a third of the operations of `GroupNormalization`. The default
    epsilon of Keras, 1e-3, is of the order of the variance of a fogged
    micrograph and would hide its contrast; 1e-5 is the usual value.
    """
    return layers.LayerNormalization(axis=(1, 2), center=False, scale=False, epsilon=1e-5, name=name)


@keras.saving.register_keras_serializable("semclear")
class MultiBlock(layers.Layer):
    """Parallel convolutions of three fields of view, fused and added to the input.

    The paper names the block and its purpose (edges) but not its inside; this
    is our choice: 1 x 1, 3 x 3 and 5 x 5 branches (the last as two 3 x 3, as
    in Szegedy et al., doi:10.1109/CVPR.2016.308), concatenated, normalised,
    and fused by a 1 x 1 convolution whose result corrects a 1 x 1 projection
    of the input (or the input itself, when the channels agree).

    Parameters
    ----------
    channels : int
        Channels of the output, at least 4.
    normalise : bool
        Whether the concatenated branches pass instance normalisation.
    kernels : str
        Initializer of the kernels.
    """

    def __init__(
        self, channels: int, normalise: bool = True, kernels: str = "he_normal", **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.channels = channels
        self.normalise = normalise
        self.kernels = kernels
        self.quarter = max(channels // 4, 1)
        # What sees the same fields is one convolution: thin ones leave most of a vector unit idle. A normalisation
        # that follows takes a bias out again.
        self.point: Any = None  # until the width of the input is known
        self.near = self._convolution(3 * self.quarter, 3, "near")
        self.wide = self._convolution(self.quarter, 3, "wide", use_bias=not normalise)
        self.fuse = self._convolution(channels, 1, "fuse")
        self.norm = instance_norm("norm") if normalise else None
        self.projects = False

    def _convolution(self, width: int, size: int, name: str, use_bias: bool = True) -> layers.Conv2D:
        return layers.Conv2D(
            width, size, padding="same", use_bias=use_bias, kernel_initializer=self.kernels, name=name
        )

    def build(self, shape: tuple[int | None, ...]) -> None:
        self.projects = shape[-1] != self.channels
        width = self.quarter + (self.channels if self.projects else 0)
        self.point = self._convolution(width, 1, "point", use_bias=not self.normalise)
        self.point.build(shape)
        self.near.build(shape)
        self.wide.build((*shape[:-1], self.quarter))
        joined = (*shape[:-1], 4 * self.quarter)
        if self.norm is not None:
            self.norm.build(joined)
        self.fuse.build(joined)

    def call(self, inputs: Any) -> Any:
        point, kept = self.point(inputs), inputs
        if self.projects:
            point, kept = keras.ops.split(point, [self.quarter], axis=-1)
        near, wide = keras.ops.split(self.near(inputs), [2 * self.quarter], axis=-1)
        wide = self.wide(keras.ops.leaky_relu(wide, SLOPE))
        joined = keras.ops.concatenate([point, near, wide], axis=-1)
        if self.norm is not None:
            joined = self.norm(joined)
        return kept + self.fuse(keras.ops.leaky_relu(joined, SLOPE))

    def compute_output_shape(self, shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return (*shape[:-1], self.channels)

    def get_config(self) -> dict[str, Any]:
        own = {"channels": self.channels, "normalise": self.normalise, "kernels": self.kernels}
        return {**super().get_config(), **own}
