"""The whole degradation, ``y = t (k_sigma * x) + A (1 - t) + n``: drawing its parameters and applying them.

Blur comes first, then the veil, then the noise; which of blur and veil are
there makes the Gaussian, fog and hybrid data sets. Rounding to 8 bits follows
when the image is written.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from semclear.degradation.blur import blur
from semclear.degradation.fog import film, radial, veil
from semclear.degradation.noise import add_noise
from semclear.errors import SemclearError
from semclear.params import Degradation, Fog


def draw(settings: Degradation, rng: np.random.Generator) -> dict[str, Any]:
    """Draw the parameters of one micrograph's degradation, uniformly in their ranges.

    Parameters
    ----------
    settings : Degradation
        A line of ``degradations`` in params.yaml.
    rng : numpy.random.Generator
        Of this micrograph.

    Returns
    -------
    dict
        Plain numbers and text, as JSON holds them: ``blur`` (sigma in pixels)
        or None; ``fog`` (form, transmission, airlight, and for a film
        variation, correlation and seed, for the radial form the centre) or
        None; ``noise`` (sigma, dose, seed).
    """
    return {
        "blur": None if settings.blur is None else {"sigma": _uniform(rng, settings.blur.sigma)},
        "fog": None if settings.fog is None else _draw_fog(settings.fog, rng),
        "noise": {
            "sigma": _uniform(rng, settings.noise.sigma),
            "dose": _uniform(rng, settings.noise.dose),
            "seed": _seed(rng),
        },
    }


def _draw_fog(settings: Fog, rng: np.random.Generator) -> dict[str, Any]:
    common = {
        "form": settings.form,
        "transmission": _uniform(rng, settings.transmission),
        "airlight": _uniform(rng, settings.airlight),
    }
    if settings.form == "radial":
        return {**common, "centre": [_uniform(rng, (0.0, 1.0)), _uniform(rng, (0.0, 1.0))]}
    return {
        **common,
        "variation": settings.variation,
        "correlation": _uniform(rng, settings.correlation),
        "seed": _seed(rng),
    }


def _uniform(rng: np.random.Generator, ends: tuple[float, float] | list[float]) -> float:
    return float(rng.uniform(*ends))


def _seed(rng: np.random.Generator) -> int:
    # 32 bits: every JSON reader keeps them exactly.
    return int(rng.integers(2**32))


def transmission(parameters: Mapping[str, Any], shape: tuple[int, int]) -> np.ndarray:
    """Return the transmission field t that `parameters` describe.

    Parameters
    ----------
    parameters : mapping
        As `draw` returns them.
    shape : (int, int)
        H, W.

    Returns
    -------
    ndarray, (H, W), float64
        In (0, 1]; 1 everywhere without fog.

    Raises
    ------
    SemclearError
        When the form is neither film nor radial.
    """
    fog = parameters["fog"]
    if fog is None:
        return np.ones(shape)
    if fog["form"] == "film":
        return film(shape, fog["transmission"], fog["variation"], fog["correlation"], fog["seed"])
    if fog["form"] == "radial":
        return radial(shape, fog["transmission"], tuple(fog["centre"]))
    raise SemclearError(f"fog.form: got {fog['form']!r}, expected 'film' or 'radial'; correct the parameters")


def apply(image: np.ndarray, parameters: Mapping[str, Any]) -> np.ndarray:
    """Return the degraded image y; the same image and parameters always give the same y.

    Parameters
    ----------
    image : ndarray, (H, W), float
        The sharp micrograph x in [0, 1].
    parameters : mapping
        As `draw` returns them.

    Returns
    -------
    ndarray, (H, W), float32
        Clipped to [0, 1], not yet rounded to 8 bits.

    Raises
    ------
    SemclearError
        When the image is not two-dimensional or holds values outside [0, 1].
    """
    image = np.asarray(image)
    if image.ndim != 2 or not (image.size and np.min(image) >= 0.0 and np.max(image) <= 1.0):
        raise SemclearError(
            f"image: got shape {image.shape} with values outside [0, 1] or NaN, expected (H, W) in [0, 1]; rescale it first"
        )
    degraded = image.astype(np.float64)
    if parameters["blur"] is not None:
        degraded = blur(degraded, parameters["blur"]["sigma"])
    if parameters["fog"] is not None:
        degraded = veil(degraded, transmission(parameters, degraded.shape), parameters["fog"]["airlight"])
    noise = parameters["noise"]
    degraded = add_noise(degraded, noise["sigma"], noise["dose"], noise["seed"])
    return np.clip(degraded, 0.0, 1.0).astype(np.float32)
