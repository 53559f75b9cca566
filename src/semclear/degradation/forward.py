"""The whole degradation, ``y = t (k_sigma * x) + A (1 - t) + n``: drawing its parameters and applying them.

Blur comes first, then the veil, then the noise; which of blur and veil are
there makes the Gaussian, fog and hybrid data sets. A specimen that charges
does so between veil and noise. Rounding to 8 bits follows when the image is
written.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from semclear.degradation.blur import astigmatic, blur, convolve, disc, line, unknown_form
from semclear.degradation.charging import charge
from semclear.degradation.drift import row_shifts, shift_rows
from semclear.degradation.fog import film, patches, radial, veil
from semclear.degradation.noise import add_noise
from semclear.errors import SemclearError
from semclear.params import Charging, Degradation, Fog
from semclear.seeds import between


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
        None; ``noise`` (sigma, dose, seed); and ``charging`` (see
        `charging.charge`) where the settings have it.
    """
    drawn = {
        "blur": None if settings.blur is None else {"sigma": between(rng, settings.blur.sigma)},
        "fog": None if settings.fog is None else _draw_fog(settings.fog, rng),
        "noise": {
            "sigma": between(rng, settings.noise.sigma),
            "dose": between(rng, settings.noise.dose),
            "seed": _seed(rng),
        },
    }
    # Drawn last, and absent without settings: data sets without charging keep their draws and their manifests.
    return (
        drawn if settings.charging is None else {**drawn, "charging": draw_charging(settings.charging, rng)}
    )


def draw_charging(settings: Charging, rng: np.random.Generator) -> dict[str, Any]:
    """Draw the parameters of `charging.charge`, uniformly in their ranges, baseline and drift with a random sign.

    Parameters
    ----------
    settings : Charging
        Ranges.
    rng : numpy.random.Generator
        Of this micrograph.

    Returns
    -------
    dict
        Plain numbers, as JSON holds them.
    """
    drawn = {name: between(rng, ends) for name, ends in settings}
    for name in ("baseline", "drift"):
        drawn[name] *= 1.0 if rng.random() < 0.5 else -1.0
    return {**drawn, "seed": _seed(rng)}


def _draw_fog(settings: Fog, rng: np.random.Generator) -> dict[str, Any]:
    common = {
        "form": settings.form,
        "transmission": between(rng, settings.transmission),
        "airlight": between(rng, settings.airlight),
    }
    if settings.form == "radial":
        return {**common, "centre": [between(rng, (0.0, 1.0)), between(rng, (0.0, 1.0))]}
    return {
        **common,
        "variation": settings.variation,
        "correlation": between(rng, settings.correlation),
        "seed": _seed(rng),
    }


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
        When the form is none of film, radial and patches.
    """
    fog = parameters["fog"]
    if fog is None:
        return np.ones(shape)
    if fog["form"] == "film":
        return film(shape, fog["transmission"], fog["variation"], fog["correlation"], fog["seed"])
    if fog["form"] == "radial":
        return radial(shape, fog["transmission"], tuple(fog["centre"]))
    if fog["form"] == "patches":
        return patches(shape, fog["transmission"], fog["coverage"], fog["correlation"], fog["seed"])
    raise SemclearError(
        f"fog.form: got {fog['form']!r}, expected 'film', 'radial' or 'patches'; correct the parameters"
    )


def spread(image: np.ndarray, parameters: Mapping[str, Any]) -> np.ndarray:
    """Return ``k * x`` with the point spread function that ``parameters["blur"]`` describes.

    Parameters
    ----------
    image : ndarray, (H, W), float
        In [0, 1].
    parameters : mapping
        ``form`` is "gaussian" (sigma), which may be left out, "disc"
        (radius), "astigmatic" (along, across, angle) or "line" (length,
        angle); lengths in pixels, angles in radians.

    Returns
    -------
    ndarray, (H, W), float64
        In [0, 1].

    Raises
    ------
    SemclearError
        When the form is none of these.
    """
    form = parameters.get("form", "gaussian")
    if form == "gaussian":
        return blur(image, parameters["sigma"])
    if form == "disc":
        return convolve(image, disc(parameters["radius"]))
    if form == "astigmatic":
        kernel = astigmatic(parameters["along"], parameters["across"], parameters["angle"])
        return convolve(image, kernel)
    if form == "line":
        return convolve(image, line(parameters["length"], parameters["angle"]))
    raise unknown_form(form)


def checked(image: np.ndarray, name: str) -> np.ndarray:
    """Return what is to be degraded, (H, W) in [0, 1].

    Raises
    ------
    SemclearError
        When `name` is not two-dimensional or holds values outside [0, 1].
    """
    image = np.asarray(image)
    if image.ndim != 2 or not (image.size and np.min(image) >= 0.0 and np.max(image) <= 1.0):
        raise SemclearError(
            f"{name}: got shape {image.shape} with values outside [0, 1] or NaN, expected (H, W) in [0, 1]; "
            "rescale it first"
        )
    return image


def apply(image: np.ndarray, parameters: Mapping[str, Any]) -> np.ndarray:
    """Return the degraded image y; the same image and parameters always give the same y.

    Parameters
    ----------
    image : ndarray, (H, W), float
        The sharp micrograph x in [0, 1].
    parameters : mapping
        As `draw` or `out_of_family.variants` returns them; ``drift`` and ``charging`` may be left out.

    Returns
    -------
    ndarray, (H, W), float32
        Clipped to [0, 1], not yet rounded to 8 bits.

    Raises
    ------
    SemclearError
        When the image is not two-dimensional or holds values outside [0, 1].
    """
    degraded = checked(image, "image").astype(np.float64)
    if (drift := parameters.get("drift")) is not None:
        degraded = shift_rows(degraded, row_shifts(degraded.shape[0], **drift))
    if parameters["blur"] is not None:
        degraded = spread(degraded, parameters["blur"])
    if parameters["fog"] is not None:
        degraded = veil(degraded, transmission(parameters, degraded.shape), parameters["fog"]["airlight"])
    if (charging := parameters.get("charging")) is not None:
        degraded = charge(np.clip(degraded, 0.0, 1.0), charging)
    noise = parameters["noise"]
    degraded = add_noise(degraded, noise["sigma"], noise["dose"], noise["seed"])
    return np.clip(degraded, 0.0, 1.0).astype(np.float32)
