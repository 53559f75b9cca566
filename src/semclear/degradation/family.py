"""A family of instruments: which pictures a laboratory's microscopes make, as ranges to draw from.

The ranges span what real micrographs were measured to have
(``benchmarks.quality.properties``), from nearly nothing to far too much.
Shares are of the drawn instruments.
"""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import Field

from semclear.degradation.instrument import Charging, Instrument, ScanNoise, Tone, Veil
from semclear.degradation.transfer import Probe, widened
from semclear.params.base import NonNegative, NonNegativeRange, PositiveRange, Ranges, Share, ShareRange

Quality = Annotated[list[Annotated[int, Field(ge=1, le=100)]], Field(min_length=2, max_length=2)]


class Shapes(Ranges):
    """How often a blurred picture has a probe of each form: weights that need not sum to 1."""

    gaussian: NonNegative = 0.5
    disc: NonNegative = 0.15
    astigmatic: NonNegative = 0.2
    skirt: NonNegative = 0.15


class Charges(Ranges):
    """Ranges of `instrument.Charging`; the baseline has a random sign, nothing drifts: picture and truth must fit."""

    halo: NonNegativeRange = Field([0.0, 0.4])
    halo_width: PositiveRange = Field([2.0, 8.0])
    streak: NonNegativeRange = Field([0.0, 0.5])
    streak_length: PositiveRange = Field([8.0, 60.0])
    rows: ShareRange = Field([0.0, 0.08])
    row_offset: NonNegativeRange = Field([0.0, 0.1])
    baseline: NonNegativeRange = Field([0.0, 0.15])


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

    gamma: PositiveRange = Field([0.7, 1.4])
    flat: Share = 0.22
    contrast: PositiveRange = Field([0.15, 0.8])
    harsh: Share = 0.3
    harsh_contrast: PositiveRange = Field([1.4, 2.8])
    pivot: ShareRange = Field([0.3, 0.7])
    sharp: Share = 0.15
    shapes: Shapes = Shapes()
    sigma: PositiveRange = Field([0.4, 7.0])
    eccentricity: PositiveRange = Field([1.3, 3.0])
    skirt: ShareRange = Field([0.1, 0.5])
    skirt_length: PositiveRange = Field([1.0, 2.5])
    veiled: Share = 0.65
    transmission: ShareRange = Field([0.45, 1.0])
    variation: ShareRange = Field([0.0, 0.3])
    correlation: PositiveRange = Field([40.0, 200.0])
    airlight: ShareRange = Field([0.3, 0.9])
    charged: Share = 0.15
    charges: Charges = Charges()
    strength: PositiveRange = Field([0.002, 0.14])
    counted: Share = 0.8
    shot_share: ShareRange = Field([0.5, 1.0])
    smeared: Share = 0.6
    smear: NonNegativeRange = Field([0.2, 1.3])
    bandwidth: Share = 0.5
    remembering: Share = 0.1
    memory: ShareRange = Field([0.2, 0.6])
    both_ways: Share = 0.15
    smear_across: NonNegativeRange = Field([0.2, 0.8])
    offset: Share = 0.25
    row_offset: PositiveRange = Field([0.05, 0.5])
    rounded: bool = True
    compressed: Share = 0.05
    quality: Quality = Field([75, 95])

    def draw(self, rng: np.random.Generator) -> Instrument:
        """Draw an instrument.

        Parameters
        ----------
        rng : numpy.random.Generator
            Source of every choice; the same state gives the same instrument.

        Returns
        -------
        Instrument
        """
        charging = self._charging(rng) if rng.random() < self.charged else None
        tone, probe, noise = self._tone(rng), self._probe(rng), self._noise(rng)
        if noise.smear > 0 and rng.random() < self.bandwidth:
            probe = widened(probe, noise.smear)
        return Instrument(
            tone=tone,
            probe=probe,
            veil=self._veil(rng),
            noise=noise,
            charging=charging,
            levels=256 if self.rounded else None,
            jpeg=int(rng.integers(*self.quality, endpoint=True)) if rng.random() < self.compressed else None,
        )

    def _tone(self, rng: np.random.Generator) -> Tone:
        gamma = _log_uniform(rng, self.gamma)
        chance = rng.random()
        if chance >= self.flat + self.harsh:
            return Tone(gamma=gamma)
        contrast = self.contrast if chance < self.flat else self.harsh_contrast
        return Tone(gamma=gamma, contrast=_uniform(rng, contrast), pivot=_uniform(rng, self.pivot))

    def _probe(self, rng: np.random.Generator) -> Probe:
        if rng.random() < self.sharp:
            return Probe()
        sigma = _log_uniform(rng, self.sigma)
        forms = dict(self.shapes)
        weights = np.array(list(forms.values()))
        form = rng.choice(list(forms), p=weights / weights.sum())
        if form == "disc":
            # No disc is without a probe of its own.
            return Probe(along=0.5, across=0.5, radius=2.0 * sigma)
        if form == "astigmatic":
            ratio = _log_uniform(rng, self.eccentricity)
            across = sigma * float(np.sqrt(2.0 / (1.0 + ratio**2)))
            return Probe(along=ratio * across, across=across, angle=_uniform(rng, [0.0, np.pi]))
        if form == "skirt":
            length, sigma = sigma * _uniform(rng, self.skirt_length), sigma / 2.0
            return Probe(along=sigma, across=sigma, skirt=_uniform(rng, self.skirt), skirt_length=length)
        return Probe(along=sigma, across=sigma)

    def _veil(self, rng: np.random.Generator) -> Veil:
        if rng.random() >= self.veiled:
            return Veil()
        return Veil(
            transmission=_uniform(rng, self.transmission),
            variation=_uniform(rng, self.variation),
            correlation=_log_uniform(rng, self.correlation),
            airlight=_uniform(rng, self.airlight),
        )

    def _charging(self, rng: np.random.Generator) -> Charging:
        drawn = {name: _uniform(rng, ends) for name, ends in self.charges}
        drawn["baseline"] *= 1.0 if rng.random() < 0.5 else -1.0
        return Charging(**drawn)

    def _noise(self, rng: np.random.Generator) -> ScanNoise:
        strength = _log_uniform(rng, self.strength)
        growing = _uniform(rng, self.shot_share) if rng.random() < self.counted else 0.0
        return ScanNoise(
            additive=strength * float(np.sqrt(1.0 - growing)),
            # The parts sum to the strength at mid-grey.
            shot=strength * float(np.sqrt(2.0 * growing)),
            smear=_uniform(rng, self.smear) if rng.random() < self.smeared else 0.0,
            memory=_uniform(rng, self.memory) if rng.random() < self.remembering else 0.0,
            smear_across=_uniform(rng, self.smear_across) if rng.random() < self.both_ways else 0.0,
            row_offset=strength * _uniform(rng, self.row_offset) if rng.random() < self.offset else 0.0,
        )


def _uniform(rng: np.random.Generator, ends: list[float]) -> float:
    return float(rng.uniform(*ends))


def _log_uniform(rng: np.random.Generator, ends: list[float]) -> float:
    return float(np.exp(rng.uniform(*np.log(ends))))
