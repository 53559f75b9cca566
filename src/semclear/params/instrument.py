"""Settings of instruments and of what they look at: families to draw from, and data sets of views.

The ranges in params.yaml span what real micrographs were measured to have (``benchmarks.quality.properties``), from
nearly nothing to far too much.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from semclear.params.base import Name, NonNegative, NonNegativeRange, PositiveRange, Ranges, Share, ShareRange

Quality = Annotated[list[Annotated[int, Field(ge=1, le=100)]], Field(min_length=2, max_length=2)]


class Shapes(Ranges):
    """How often a blurred picture has a probe of each form: weights that need not sum to 1."""

    gaussian: NonNegative
    disc: NonNegative
    astigmatic: NonNegative
    skirt: NonNegative


class Charges(Ranges):
    """Ranges of `degradation.instrument.Charging`; nothing drifts, so that truth and picture fit."""

    halo: NonNegativeRange
    halo_width: PositiveRange
    streak: NonNegativeRange
    streak_length: PositiveRange
    rows: ShareRange
    row_offset: NonNegativeRange
    baseline: NonNegativeRange


class Family(Ranges):
    """Ranges of an instrument's parameters, drawn uniformly, sigma, noise and lengths uniformly in the logarithm.

    Attributes
    ----------
    gamma, flat, contrast, harsh, harsh_contrast : tone
        Gamma; share at reduced contrast, and that contrast about a grey of `pivot`; share at raised contrast, which
        saturates, and that.
    sharp, shapes, sigma : probe
        Share without any blur; forms; width in pixels: standard deviation of the Gaussian, half the radius of the disc.
    eccentricity : list of float
        Of an astigmatic probe, how many times longer than wide, its mean variance kept.
    skirt, skirt_length : list of float
        Share of the beam in a skirt, and its decay length in units of sigma; the core then has half of that.
    veiled, transmission, variation, correlation, airlight : veil
        Share with a veil, and its ranges; the correlation in pixels.
    charged, charges : charging
        Share that charges, and its ranges.
    strength, counted, shot_share : noise
        Standard deviation at mid-grey; share of the pictures in which it grows with the grey, and the part of its
        variance that does.
    smeared, smear, bandwidth, remembering, memory : along the scan
        Share smeared by a Gaussian, its width in pixels; share of these in which the specimen is smeared as its noise
        is; share with a memory, and that.
    both_ways, smear_across : across the scan
        Share smeared from row to row, too, and the width.
    offset, row_offset : rows
        Share whose rows are offset, and by how many times the noise.
    rounded, compressed, quality : file
        Whether it has 8 bit; share saved as JPEG, and its quality.
    """

    gamma: PositiveRange
    flat: Share
    contrast: PositiveRange
    harsh: Share
    harsh_contrast: PositiveRange
    pivot: ShareRange
    sharp: Share
    shapes: Shapes
    sigma: PositiveRange
    eccentricity: PositiveRange
    skirt: ShareRange
    skirt_length: PositiveRange
    veiled: Share
    transmission: ShareRange
    variation: ShareRange
    correlation: PositiveRange
    airlight: ShareRange
    charged: Share
    charges: Charges
    strength: PositiveRange
    counted: Share
    shot_share: ShareRange
    smeared: Share
    smear: NonNegativeRange
    bandwidth: Share
    remembering: Share
    memory: ShareRange
    both_ways: Share
    smear_across: NonNegativeRange
    offset: Share
    row_offset: PositiveRange
    rounded: bool
    compressed: Share
    quality: Quality


class Views(Ranges):
    """How scenes are seen.

    Attributes
    ----------
    smooth, layers, leaves, photographs : float
        Share of scenes of large smooth objects, of sections in layers, of dead leaves and of photographs; all others
        are of the usual kinds.
    photograph_reduction, negative : list of float, float
        Times that photographs are made smaller, and the share of them shown as negatives.
    textured, texture : float, list of float
        Share of the usual scenes and sections with a fine texture on all, on the objects or between them, and its
        standard deviation relative to the yield, drawn uniformly in the logarithm.
    magnified, magnification : float, list of float
        Share of the usual scenes that are magnified, and how many times.
    reduced, reduction : float, list of float
        The same for those that are made smaller, so that their texture becomes fine.
    edge_width : list of float
        Standard deviation of the beam in pixels.
    low, high : list of float
        Greys of the darkest and of the brightest per cent.
    pixel_size_nm : list of float
        At magnification 1.
    """

    smooth: Share
    layers: Share
    leaves: Share
    photographs: Share
    photograph_reduction: PositiveRange
    negative: Share
    textured: Share
    texture: PositiveRange
    magnified: Share
    magnification: PositiveRange
    reduced: Share
    reduction: PositiveRange
    edge_width: PositiveRange
    low: ShareRange
    high: ShareRange
    pixel_size_nm: PositiveRange

    @model_validator(mode="after")
    def _shares_fit(self) -> Views:
        shares = (self.smooth, self.layers, self.leaves, self.photographs)
        if sum(shares) > 1 + 1e-9:
            raise ValueError(
                f"smooth, layers, leaves and photographs: got shares of {sum(shares):g} together, expected at most 1; "
                "lower one of them"
            )
        return self


class Observed(Views):
    """A data set of views: the family whose instruments record them, and the key of `scales` that says how many."""

    family: Name
    scale: Name
