"""What a scale sets, and what a training computes with."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from semclear.params.base import Count, Settings

#: Keras has one of these below it.
Backend = Literal["tensorflow", "jax", "torch"]


class Compute(Settings):
    backend: Backend
    threads: Count
    require_gpu: bool


class DataScale(Settings):
    """Edge of the square micrographs in pixels, and how many sources a domain or split has."""

    size: Annotated[int, Field(ge=32)]
    train: Count
    validation: Count
    test: Count


class ModelScale(Settings):
    """Levels of the U-Net, channels of its first and widest level, and of the discriminator's first."""

    levels: Annotated[int, Field(ge=2, le=10)]
    width: Count
    max_width: Count
    discriminator_width: Count


class TrainScale(Settings):
    """Edge of the training crops in pixels, and the length of a training."""

    crop: Annotated[int, Field(ge=16)]
    epochs: Count
    batch: Count
    steps_per_epoch: Count


class Scale(Settings):
    data: DataScale
    model: ModelScale
    train: TrainScale

    @model_validator(mode="after")
    def _sizes_fit(self) -> Scale:
        if self.train.crop > self.data.size:
            raise ValueError(f"train.crop {self.train.crop} is larger than data.size {self.data.size}")
        if self.train.crop % 2**self.model.levels:
            raise ValueError(
                f"train.crop {self.train.crop} is no multiple of 2^levels = {2**self.model.levels}"
            )
        return self
