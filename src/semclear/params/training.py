"""Settings of networks and trainings, and the lines of `experiments`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, ValidationError

from semclear.params.base import (
    Count,
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
    architecture: Literal["multi-block", "residual"] = "multi-block"
    veil: Literal["lifted", "kept"] = "lifted"
    orientations: Literal[1, 2, 4, 8] = 8
    stored: Literal["single", "half"] = "single"
    local_extremes: bool
    drawn: Drawn


class Train(Settings):
    seed: Annotated[int, Field(ge=0)]
    budget: Annotated[float, Field(gt=0, le=1)]
    learning_rate: Positive
    discriminator_learning_rate: Positive
    encoder_learning_rate: Positive
    decay_from: Share
    warm_up: Share
    average: Annotated[float, Field(ge=0, lt=1)]
    adversarial_weight: NonNegative
    degrader_adversarial_weight: NonNegative
    cycle_weight: NonNegative
    ssim_weight: NonNegative
    identity_weight: NonNegative
    edge_weight: NonNegative
    inversion_weight: NonNegative
    parameter_weight: NonNegative
    read_share: Share
    degraded_cycle: Share
    judged_share: Annotated[float, Field(gt=0, le=1)]
    identity_share: Annotated[float, Field(gt=0, le=1)]
    gradient_norm: Positive
    step_size: Positive
    cycle_noise: NonNegative
    recovery_attempts: Annotated[int, Field(ge=0)]
    recovery_rate: Annotated[float, Field(gt=0, lt=1)]
    explosion_factor: Annotated[float, Field(gt=1)]
    explosion_least: NonNegative
    explosion_steps: Count
    explosion_after: Count


Method = Literal["cyclegan", "cyclegan-physics", "instrument", "paired"]


class Experiment(Settings):
    """One trained model: a data set, a method, the keys of `train` that it overrides, and under `model` those of
    `model`; `output` alone is `model.output`.
    """

    model_config = ConfigDict(extra="allow", strict=True, frozen=True)

    dataset: Name
    method: Method
    study: Name | None = None
    family: Name | None = None
    output: Output | None = None
    model: dict[str, Any] = Field(default_factory=dict)

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
            f"experiments.{name}: unknown key {sorted(unknown)}, expected dataset, method, study, family, output, "
            "model or one of "
            f"{sorted(Train.model_fields)}"
        )
    try:
        return Train.model_validate({**train.model_dump(), **experiment.overrides})
    except ValidationError as error:
        raise ValueError(f"experiments.{name}.{sentences(error)}") from None


def merged(values: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return nested values with `changes` put in; a mapping among these changes only the keys it has."""
    result = dict(values)
    for key, value in changes.items():
        inner = result.get(key)
        if isinstance(value, Mapping) and isinstance(inner, Mapping):
            value = merged(inner, value)
        result[key] = value
    return result


def model_of(model: Model, experiment: Experiment, name: str = "?") -> Model:
    """Return the networks' settings of one experiment: `model` with what its line has under `model`.

    Raises
    ------
    ValueError
        When a key there is none of `model`, has a wrong value, or says `output` a second time.
    """
    if experiment.output is not None and "output" in experiment.model:
        raise ValueError(f"experiments.{name}: got output twice, expected it once; remove model.output")
    try:
        return Model.model_validate(merged(model.model_dump(), experiment.model))
    except ValidationError as error:
        raise ValueError(f"experiments.{name}.model.{sentences(error)}") from None
