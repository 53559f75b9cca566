"""Settings of networks and trainings, and the lines of `experiments`."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, ValidationError

from semclear.params.base import (
    Name,
    NonNegative,
    Positive,
    Ranges,
    Settings,
    Share,
    ShareRange,
    TransmissionRange,
    sentences,
)


class Drawn(Ranges):
    """Degradations that the encoder of cyclegan-physics learns to read: blur in pixels, veil, share without either."""

    sigma: Annotated[list[Annotated[float, Field(ge=0, le=5)]], Field(min_length=2, max_length=2)]
    transmission: TransmissionRange
    variation: Share
    airlight: ShareRange
    absent: Share


Output = Literal["grey", "correction", "affine"]


class Model(Settings):
    normalisation: Literal["instance", "none"]
    discriminator_normalisation: Literal["instance", "none"]
    output: Output
    local_extremes: bool
    drawn: Drawn


class Train(Settings):
    seed: Annotated[int, Field(ge=0)]
    budget: Annotated[float, Field(gt=0, le=1)]
    learning_rate: Positive
    discriminator_learning_rate: Positive
    encoder_learning_rate: Positive
    decay_from: Share
    average: Annotated[float, Field(ge=0, lt=1)]
    adversarial_weight: NonNegative
    degrader_adversarial_weight: NonNegative
    cycle_weight: NonNegative
    ssim_weight: NonNegative
    identity_weight: NonNegative
    edge_weight: NonNegative
    parameter_weight: NonNegative
    degraded_cycle: Share
    cycle_noise: NonNegative


Method = Literal["cyclegan", "cyclegan-physics", "paired"]


class Experiment(Settings):
    """One trained model: a data set, a method, and the keys of `train`, or `model.output`, that it overrides."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True)

    dataset: Name
    method: Method
    study: Name | None = None
    output: Output | None = None

    @property
    def overrides(self) -> dict[str, Any]:
        """The keys of `train` that this experiment sets differently."""
        return dict(self.__pydantic_extra__ or {})


def train_of(train: Train, experiment: Experiment, name: str = "?") -> Train:
    """Return the training settings of one experiment: `train` with its overrides.

    Raises
    ------
    ValueError
        When an override is no key of `train` or has a wrong value.
    """
    unknown = set(experiment.overrides) - set(Train.model_fields)
    if unknown:
        raise ValueError(
            f"experiments.{name}: unknown key {sorted(unknown)}, expected dataset, method, study, output or one of "
            f"{sorted(Train.model_fields)}"
        )
    try:
        return Train.model_validate({**train.model_dump(), **experiment.overrides})
    except ValidationError as error:
        raise ValueError(f"experiments.{name}.{sentences(error)}") from None
