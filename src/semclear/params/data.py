"""Settings of the data: scenes, degradations, real micrographs."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from semclear.params.base import (
    NonNegativeRange,
    Positive,
    PositiveRange,
    Ranges,
    Settings,
    Share,
    ShareRange,
    TransmissionRange,
)

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
