"""Settings of classical methods, restoration and evaluation."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from semclear.params.base import Count, Percent, Positive, Settings, Share


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
