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
        quarter = max(channels // 4, 1)

        def convolution(width: int, size: int, name: str, use_bias: bool = True) -> layers.Conv2D:
            return layers.Conv2D(
                width, size, padding="same", use_bias=use_bias, kernel_initializer=kernels, name=name
            )

        # A normalisation that follows takes a bias out again.
        self.point = convolution(quarter, 1, "point", use_bias=not normalise)
        self.near = convolution(2 * quarter, 3, "near", use_bias=not normalise)
        self.wide_first = convolution(quarter, 3, "wide_first")
        self.wide_second = convolution(quarter, 3, "wide_second", use_bias=not normalise)
        self.fuse = convolution(channels, 1, "fuse")
        self.project = convolution(channels, 1, "project", use_bias=False)
        self.norm = instance_norm("norm") if normalise else None

    def build(self, shape: tuple[int | None, ...]) -> None:
        for branch in (self.point, self.near, self.wide_first):
            branch.build(shape)
        self.wide_second.build((*shape[:-1], self.wide_first.filters))
        joined = (*shape[:-1], self.point.filters + self.near.filters + self.wide_second.filters)
        if self.norm is not None:
            self.norm.build(joined)
        self.fuse.build(joined)
        if shape[-1] != self.channels:
            self.project.build(shape)
        else:
            self.project = None

    def call(self, inputs: Any) -> Any:
        wide = self.wide_second(keras.ops.leaky_relu(self.wide_first(inputs), SLOPE))
        joined = keras.ops.concatenate([self.point(inputs), self.near(inputs), wide], axis=-1)
        if self.norm is not None:
            joined = self.norm(joined)
        kept = inputs if self.project is None else self.project(inputs)
        return kept + self.fuse(keras.ops.leaky_relu(joined, SLOPE))

    def compute_output_shape(self, shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return (*shape[:-1], self.channels)

    def get_config(self) -> dict[str, Any]:
        own = {"channels": self.channels, "normalise": self.normalise, "kernels": self.kernels}
        return {**super().get_config(), **own}
