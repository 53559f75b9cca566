"""params.yaml as typed, validated settings.

Every number that a result depends on stands in that file once. A step of the
workflow gets only its slice (`semclear.slices`), whose parts are validated
here by the same classes as the whole.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from semclear.errors import SemclearError

Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
Positive = Annotated[float, Field(gt=0)]
NonNegative = Annotated[float, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]
Percent = Annotated[float, Field(ge=0, le=100)]
Count = Annotated[int, Field(ge=1)]


class Settings(BaseModel):
    """Base: unknown keys are errors, nothing is coerced, nothing changes later."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def _ordered(pair: list[float]) -> list[float]:
    if pair[0] > pair[1]:
        raise ValueError(f"the low end {pair[0]} is above the high end {pair[1]}")
    return pair


class Ranges(Settings):
    """Settings whose two-number lists are [low, high]."""

    @field_validator("*")
    @classmethod
    def _low_before_high(cls, value: Any) -> Any:
        is_range = isinstance(value, list) and len(value) == 2 and all(isinstance(v, float) for v in value)
        return _ordered(value) if is_range else value


PositiveRange = Annotated[list[Positive], Field(min_length=2, max_length=2)]
NonNegativeRange = Annotated[list[NonNegative], Field(min_length=2, max_length=2)]
ShareRange = Annotated[list[Share], Field(min_length=2, max_length=2)]
TransmissionRange = Annotated[list[Annotated[float, Field(ge=0.05, le=1)]], Field(min_length=2, max_length=2)]


class Compute(Settings):
    backend: Literal["tensorflow", "jax", "torch"]
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


SceneKind = Literal["spheres", "fibres", "porous", "polycrystal", "particles"]


class Scenes(Ranges):
    kinds: Annotated[list[SceneKind], Field(min_length=1)]
    pixel_size_nm: PositiveRange
    dose: PositiveRange
    edge_width: PositiveRange


class Blur(Ranges):
    """Standard deviation of the Gaussian in pixels."""

    sigma: PositiveRange


class Fog(Ranges):
    """Mean transmission and airlight; for a film its relative variation and its correlation as a share of the edge."""

    form: Literal["film", "radial"]
    transmission: TransmissionRange
    variation: Share
    correlation: PositiveRange
    airlight: ShareRange


class Noise(Ranges):
    """Standard deviation of the Gaussian part on the grey scale 0 to 1, and electrons a pixel at brightness 1."""

    sigma: NonNegativeRange
    dose: PositiveRange


class Charging(Ranges):
    """Halo and streak as shares of the height of the edge they come from; widths, lengths and drift in pixels; share
    of the rows that jump; standard deviation of their offset and change of the background, grey scale 0 to 1.
    """

    halo: NonNegativeRange
    halo_width: PositiveRange
    streak: NonNegativeRange
    streak_length: PositiveRange
    rows: ShareRange
    row_offset: NonNegativeRange
    baseline: NonNegativeRange
    drift: NonNegativeRange


class Degradation(Settings):
    blur: Blur | None
    fog: Fog | None
    noise: Noise
    charging: Charging | None = None

    @model_validator(mode="after")
    def _does_something(self) -> Degradation:
        if self.blur is None and self.fog is None and self.charging is None:
            raise ValueError("give blur, fog, charging or several of them")
        return self


class Defocus(Ranges):
    """Radius of the disc, pixels."""

    radius: PositiveRange


class Astigmatism(Ranges):
    """Standard deviations of the Gaussian along and across a random direction, pixels."""

    along: PositiveRange
    across: PositiveRange


class Motion(Ranges):
    """Length of the line in a random direction, pixels."""

    length: PositiveRange


class Drift(Ranges):
    """Shift from first to last row and standard deviation of the scan noise, pixels; its correlation, rows."""

    drift: NonNegativeRange
    jitter: NonNegativeRange
    correlation: PositiveRange


class SharpVeil(Ranges):
    """Transmission and covered share of the area, airlight, and the field's correlation as a share of the edge."""

    transmission: TransmissionRange
    coverage: ShareRange
    correlation: PositiveRange
    airlight: ShareRange


class OutOfFamily(Settings):
    """What no data set of the study contains, for benchmarks: other point spread functions, drift, charging, a veil
    with sharp borders, and factors on noise and sigma.
    """

    defocus: Defocus
    astigmatism: Astigmatism
    motion: Motion
    drift: Drift
    charging: Charging
    sharp_veil: SharpVeil
    noise_factors: Annotated[list[Positive], Field(min_length=1)]
    sigma_factors: Annotated[list[Positive], Field(min_length=1)]


class Real(Settings):
    """Two folders of micrographs; `truth` holds clear images named like the degraded ones, where they exist.

    `sources` is a CSV table whose rows with the same text in `source_column` are one source micrograph; without it
    each file name is one. `test_share` of the degraded sources is kept out of training.
    """

    clear: str
    degraded: str
    truth: str | None = None
    sources: str | None = None
    source_column: str = "original_path"
    test_share: Annotated[float, Field(gt=0, le=0.5)] = 0.25


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


class Wiener(Settings):
    balance: Annotated[list[Positive], Field(min_length=1)]


class UnsupervisedWiener(Settings):
    sigma: Annotated[list[Positive], Field(min_length=1)]


class BlindRichardsonLucy(Settings):
    rounds: Annotated[list[Count], Field(min_length=1)]
    sigma: Annotated[list[Positive], Field(min_length=1)]


class PercentileStretch(Settings):
    low: Annotated[list[Percent], Field(min_length=1)]
    high: Annotated[list[Percent], Field(min_length=1)]
    darkest: Annotated[list[Share], Field(min_length=1)]
    brightest: Annotated[list[Share], Field(min_length=1)]

    @model_validator(mode="after")
    def _dark_below_bright(self) -> PercentileStretch:
        for under, over in (("low", "high"), ("darkest", "brightest")):
            if max(getattr(self, under)) >= min(getattr(self, over)):
                raise ValueError(f"every value of {under} must be below every value of {over}")
        return self


class Clahe(Settings):
    clip_limit: Annotated[list[Positive], Field(min_length=1)]
    tiles: Annotated[list[Count], Field(min_length=1)]


class DarkChannel(Settings):
    window: Annotated[list[Count], Field(min_length=1)]
    omega: Annotated[list[Share], Field(min_length=1)]


class Classical(Settings):
    """Grids of the classical methods' parameters."""

    wiener: Wiener
    unsupervised_wiener: UnsupervisedWiener
    blind_richardson_lucy: BlindRichardsonLucy
    percentile_stretch: PercentileStretch
    clahe: Clahe
    dark_channel: DarkChannel


class Restoration(Settings):
    """Self-ensembling, the family that a model's checks are calibrated on, and what the calibration promises.

    `family` is how many micrographs of the model's own kind set the limits of the trust flag; `flag_level` the share
    of such that may be flagged; `coverage` that of the pixels whose interval is to hold the truth.
    """

    ensemble: bool
    family: Count
    flag_level: Annotated[float, Field(gt=0, lt=1)]
    coverage: Annotated[float, Field(gt=0, lt=1)]


class Evaluation(Settings):
    bootstrap: Count
    confidence: Annotated[float, Field(gt=0, lt=1)]


class Params(Settings):
    """The whole of params.yaml."""

    scale: Name
    seed: Annotated[int, Field(ge=0)]
    compute: Compute
    scales: dict[Name, Scale]
    scenes: Scenes
    degradations: Annotated[dict[Name, Degradation], Field(min_length=1)]
    out_of_family: OutOfFamily
    real: dict[Name, Real]
    model: Model
    train: Train
    experiments: Annotated[dict[Name, Experiment], Field(min_length=1)]
    classical: Classical
    restoration: Restoration
    evaluation: Evaluation

    @model_validator(mode="after")
    def _names_exist(self) -> Params:
        if self.scale not in self.scales:
            raise ValueError(f"scale is {self.scale!r}, expected one of {sorted(self.scales)}")
        both = set(self.degradations) & set(self.real)
        if both or "scenes" in {*self.degradations, *self.real}:
            raise ValueError(
                f"data set names must be unique and not 'scenes', got {sorted(both) or 'scenes'} twice"
            )
        known = {*self.degradations, *self.real}
        for name, experiment in self.experiments.items():
            if experiment.dataset not in known:
                raise ValueError(
                    f"experiments.{name}.dataset is {experiment.dataset!r}, expected one of {sorted(known)} "
                    "(add it to degradations or real)"
                )
            if experiment.method == "paired" and experiment.dataset in self.real:
                raise ValueError(
                    f"experiments.{name}: paired training needs truth, which real data lack; use cyclegan"
                )
            train_of(self.train, experiment, name)
        return self


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
        raise ValueError(f"experiments.{name}.{_sentences(error)}") from None


def _sentences(error: ValidationError) -> str:
    lines = []
    for item in error.errors(include_url=False):
        where = ".".join(str(part) for part in item["loc"])
        if item["type"] == "extra_forbidden":
            lines.append(f"{where}: unknown key; remove it or correct its spelling")
        elif item["type"] == "missing":
            lines.append(f"{where}: this key is missing; add it")
        elif item["type"] == "value_error":
            lines.append(f"{where}: {item['ctx']['error']}" if where else str(item["ctx"]["error"]))
        else:
            wanted = (
                item["msg"].replace("Input should be", "expected").replace("String should", "name should")
            )
            lines.append(f"{where}: got {item['input']!r}, {wanted}; change this value")
    return "; ".join(lines)


def validate(model: type[BaseModel], values: Any, name: str) -> Any:
    """Return `values` as an instance of `model`.

    Parameters
    ----------
    model : type of Settings
        The class to fill.
    values : mapping
        Plain values, as YAML or JSON gives them.
    name : str
        What to call their origin in an error.

    Raises
    ------
    SemclearError
        One line with every wrong key: where, what was got, what is expected.
    """
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise SemclearError(f"{name}: {_sentences(error)}") from None


def load(path: str | Path = "params.yaml") -> Params:
    """Read and validate params.yaml.

    Raises
    ------
    SemclearError
        When the file is missing, is not YAML, or a key or value is wrong.
    """
    path = Path(path)
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SemclearError(
            f"{path}: cannot be read ({error.strerror}); run in the project's folder"
        ) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SemclearError(
            f"{path}: is not valid YAML ({' '.join(str(error).split())}); correct that line"
        ) from None
    return validate(Params, values, str(path))
