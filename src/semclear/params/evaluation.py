"""Settings of classical methods, restoration and evaluation."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, FiniteFloat

from semclear.params.base import Count, Settings

Block = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]


Classical = dict[Block, dict[Block, Annotated[list[int | float], Field(min_length=1)]]]
"""Grids of the classical methods' parameters; the methods know which these are, and their ranges."""


class Choosing(Settings):
    """What a model that keeps structure and veil apart does by what its encoder reads.

    Attributes
    ----------
    veil_found : float
        Mean transmission below which a veil is found, and taken off unless it is to be kept.
    sharp_sigma, sharp_noise : float
        Blur in pixels, and noise as a share of the grey range (1st to 99th percentile), below which a micrograph is
        sharp already and left alone.
    """

    veil_found: Annotated[float, Field(ge=0, le=1)]
    sharp_sigma: Annotated[FiniteFloat, Field(ge=0)]
    sharp_noise: Annotated[float, Field(ge=0, le=1)]


class Recommending(Settings):
    """When a restoration is recommended, see `semclear.restoration.checks.gain`.

    Attributes
    ----------
    full_sigma, least_sigma : float
        Blur in pixels from which a change counts whole, and below which nothing is recommended.
    least_change : float
        The change (1 less similarity) has to be so many times the disagreement of orientations.
    most_amplified : float
        The octave of 2 to 6 pixels may be raised so many times, or softness of the specimen is taken for blur.
    """

    full_sigma: Annotated[FiniteFloat, Field(gt=0)]
    least_sigma: Annotated[FiniteFloat, Field(ge=0)]
    least_change: Annotated[FiniteFloat, Field(ge=0)]
    most_amplified: Annotated[FiniteFloat, Field(gt=0)]


class Restoration(Settings):
    """Self-ensembling, the family that a model's checks are calibrated on, and what the calibration promises.

    `family` is how many micrographs of the model's own kind set the limits of the trust flag; `flag_level` the share
    of such that may be flagged; `coverage` that of the pixels whose interval is to hold the
    truth; `choosing` and `recommending` are what the model does by them.
    """

    ensemble: bool
    family: Count
    flag_level: Annotated[float, Field(gt=0, lt=1)]
    coverage: Annotated[float, Field(gt=0, lt=1)]
    choosing: Choosing
    recommending: Recommending


class Evaluation(Settings):
    bootstrap: Count
    confidence: Annotated[float, Field(gt=0, lt=1)]
