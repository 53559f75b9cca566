"""Settings of degradations that no data set contains."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from semclear.params.base import (
    NonNegativeRange,
    Positive,
    PositiveRange,
    Ranges,
    Settings,
    ShareRange,
    TransmissionRange,
)
from semclear.params.data import Charging


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
