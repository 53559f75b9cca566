"""A family of instruments: which pictures a laboratory's microscopes make, drawn from the ranges of `params.Family`."""

from __future__ import annotations

import numpy as np

from semclear.degradation.instrument import Charging, Instrument, ScanNoise, Tone, Veil
from semclear.degradation.transfer import Probe, widened
from semclear.params import Family
from semclear.seeds import between


def draw(family: Family, rng: np.random.Generator) -> Instrument:
    """Draw an instrument.

    Parameters
    ----------
    family : params.Family
        Ranges and shares.
    rng : numpy.random.Generator
        Source of every choice; the same state gives the same instrument.

    Returns
    -------
    Instrument
    """
    charging = _charging(family, rng) if rng.random() < family.charged else None
    tone, probe, noise = _tone(family, rng), _probe(family, rng), _noise(family, rng)
    if noise.smear > 0 and rng.random() < family.bandwidth:
        probe = widened(probe, noise.smear)
    return Instrument(
        tone=tone,
        probe=probe,
        veil=_veil(family, rng),
        noise=noise,
        charging=charging,
        levels=256 if family.rounded else None,
        jpeg=_jpeg(family, rng) if rng.random() < family.compressed else None,
    )


def _tone(family: Family, rng: np.random.Generator) -> Tone:
    gamma = _log_uniform(rng, family.gamma)
    chance = rng.random()
    if chance >= family.flat + family.harsh:
        return Tone(gamma=gamma)
    contrast = family.contrast if chance < family.flat else family.harsh_contrast
    return Tone(gamma=gamma, contrast=between(rng, contrast), pivot=between(rng, family.pivot))


def _probe(family: Family, rng: np.random.Generator) -> Probe:
    if rng.random() < family.sharp:
        return Probe()
    sigma = _log_uniform(rng, family.sigma)
    forms = dict(family.shapes)
    weights = np.array(list(forms.values()))
    form = rng.choice(list(forms), p=weights / weights.sum())
    if form == "disc":
        # No disc is without a probe of its own.
        return Probe(along=0.5, across=0.5, radius=2.0 * sigma)
    if form == "astigmatic":
        ratio = _log_uniform(rng, family.eccentricity)
        across = sigma * float(np.sqrt(2.0 / (1.0 + ratio**2)))
        return Probe(along=ratio * across, across=across, angle=between(rng, [0.0, np.pi]))
    if form == "skirt":
        length, sigma = sigma * between(rng, family.skirt_length), sigma / 2.0
        return Probe(along=sigma, across=sigma, skirt=between(rng, family.skirt), skirt_length=length)
    return Probe(along=sigma, across=sigma)


def _veil(family: Family, rng: np.random.Generator) -> Veil:
    if rng.random() >= family.veiled:
        return Veil()
    return Veil(
        transmission=between(rng, family.transmission),
        variation=between(rng, family.variation),
        correlation=_log_uniform(rng, family.correlation),
        airlight=between(rng, family.airlight),
    )


def _charging(family: Family, rng: np.random.Generator) -> Charging:
    drawn = {name: between(rng, ends) for name, ends in family.charges}
    drawn["baseline"] *= 1.0 if rng.random() < 0.5 else -1.0
    return Charging(**drawn)


def _jpeg(family: Family, rng: np.random.Generator) -> int:
    low, high = family.quality
    return int(rng.integers(low, high, endpoint=True))


def _noise(family: Family, rng: np.random.Generator) -> ScanNoise:
    strength = _log_uniform(rng, family.strength)
    growing = between(rng, family.shot_share) if rng.random() < family.counted else 0.0
    return ScanNoise(
        additive=strength * float(np.sqrt(1.0 - growing)),
        # The parts sum to the strength at mid-grey.
        shot=strength * float(np.sqrt(2.0 * growing)),
        smear=between(rng, family.smear) if rng.random() < family.smeared else 0.0,
        memory=between(rng, family.memory) if rng.random() < family.remembering else 0.0,
        smear_across=between(rng, family.smear_across) if rng.random() < family.both_ways else 0.0,
        row_offset=strength * between(rng, family.row_offset) if rng.random() < family.offset else 0.0,
    )


def _log_uniform(rng: np.random.Generator, ends: list[float]) -> float:
    return float(np.exp(rng.uniform(*np.log(ends))))
