"""Degradations that the study's data sets do not contain, as changes of one that they do.

Each variant keeps everything else that a test micrograph's own degradation
has (its veil, its noise, their seeds), so that one cause at a time differs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from semclear.degradation.forward import draw_charging
from semclear.params import OutOfFamily
from semclear.seeds import between, generator

IN_FAMILY = "in family"

Parameters = dict[str, Any]


def stronger_noise(noise: Mapping[str, Any], factor: float) -> Parameters:
    """Return the noise with its standard deviation multiplied at every brightness: sigma by f, dose by 1 / f^2."""
    return {**noise, "sigma": noise["sigma"] * factor, "dose": noise["dose"] / factor**2}


def variants(
    parameters: Mapping[str, Any], settings: OutOfFamily, seed: int, identity: str
) -> dict[str, Parameters]:
    """Return the in-family degradation of a micrograph and all its variants.

    Defocus, astigmatism and motion take the place of the Gaussian blur, or
    are added where there is none; the sharp veil takes the place of the
    smooth one likewise; drift and charging are added; noise and sigma are
    multiplied. A factor on sigma is left out where nothing is blurred.

    Parameters
    ----------
    parameters : mapping
        As `forward.draw` returned them for this micrograph.
    settings : OutOfFamily
        Ranges and factors.
    seed : int
        The study's seed.
    identity : str
        Of the micrograph. Each variant draws from a stream of its own, the
        same for all data sets.

    Returns
    -------
    dict of str to dict
        By name, as `forward.apply` takes them; `IN_FAMILY` first.
    """

    def stream(name: str) -> np.random.Generator:
        return generator(seed, "out-of-family", name, identity)

    own = dict(parameters)
    made = {IN_FAMILY: own}
    for name, draw in (("defocus", _disc), ("astigmatism", _astigmatic), ("motion", _line)):
        made[name] = {**own, "blur": draw(settings, stream(name))}
    rng = stream("drift")
    shifts = {key: between(rng, ends) for key, ends in settings.drift}
    made["drift"] = {**own, "drift": {**shifts, "seed": int(rng.integers(2**32))}}
    made["charging"] = {**own, "charging": draw_charging(settings.charging, stream("charging"))}
    rng = stream("sharp veil")
    veil = {key: between(rng, ends) for key, ends in settings.sharp_veil}
    made["sharp veil"] = {**own, "fog": {"form": "patches", **veil, "seed": int(rng.integers(2**32))}}
    for factor in settings.noise_factors:
        made[f"noise x {factor:g}"] = {**own, "noise": stronger_noise(own["noise"], factor)}
    if own["blur"] is not None:
        for factor in settings.sigma_factors:
            made[f"sigma x {factor:g}"] = {**own, "blur": {"sigma": own["blur"]["sigma"] * factor}}
    return made


def _disc(settings: OutOfFamily, rng: np.random.Generator) -> Parameters:
    return {"form": "disc", "radius": between(rng, settings.defocus.radius)}


def _astigmatic(settings: OutOfFamily, rng: np.random.Generator) -> Parameters:
    drawn = {key: between(rng, ends) for key, ends in settings.astigmatism}
    return {"form": "astigmatic", **drawn, "angle": float(rng.uniform(0.0, np.pi))}


def _line(settings: OutOfFamily, rng: np.random.Generator) -> Parameters:
    return {
        "form": "line",
        "length": between(rng, settings.motion.length),
        "angle": float(rng.uniform(0.0, np.pi)),
    }
