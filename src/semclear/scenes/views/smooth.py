"""Large smooth objects on a smooth ground, as at high magnification, down to nearly empty fields."""

from __future__ import annotations

import numpy as np

from semclear.scenes.relief import Relief
from semclear.scenes.scene import OVERSAMPLING, Canvas, unit
from semclear.scenes.shading import draw_look
from semclear.scenes.spheres import drop, laid
from semclear.scenes.texture import rough_noise, smooth_noise

Place = tuple[float, float, float, float]


def _caps(rng: np.random.Generator, side: int, radii: np.ndarray) -> list[Place]:
    """Spheres sunk into the ground by a random part of themselves, as drops and grown particles."""
    depths = radii * rng.uniform(-0.8, 0.9, len(radii))
    spots = rng.uniform(-0.5 * radii[:, None], side + 0.5 * radii[:, None], (len(radii), 2))
    return [(x, y, z, r) for (x, y), z, r in zip(spots, depths, radii, strict=True)]


def build(size: int, rng: np.random.Generator) -> Canvas:
    """Return a scene of few large smooth objects: spheres that lie on each other, drops, or a field with hardly any.

    Parameters
    ----------
    size : int
        Edge of the image in pixels.
    rng : numpy.random.Generator
        Source of every choice.

    Returns
    -------
    Canvas
        Radii of 14 to 130 pixels, of fewer in small scenes.
    """
    side, pixel = size * OVERSAMPLING, unit(size)
    style = rng.choice(["spheres", "drops", "empty"], p=[0.6, 0.25, 0.15])
    mean = pixel * np.exp(rng.uniform(np.log(14.0 if style == "empty" else 25.0), np.log(110.0)))
    fill = (side + 2 * mean) ** 2 / (np.pi * mean**2)
    share = {"spheres": rng.uniform(0.4, 2.0), "drops": rng.uniform(0.2, 0.8), "empty": 0.08}[style]
    radii = mean * np.exp(rng.normal(0, rng.choice([0.02, 0.1, 0.3]), max(2, int(share * fill))))
    radii = np.clip(radii, 14 * pixel, 130 * pixel)
    if style == "spheres":
        spheres = drop(rng, side, radii, rng.uniform(1.2, 3.0) * mean, 10)
    else:
        spheres = _caps(rng, side, radii)

    ground = smooth_noise(rng, (side, side), rng.uniform(30, 90) * pixel) * np.float32(
        rng.uniform(0, 3) * pixel
    )
    relief = Relief(ground)
    places, brightness = laid(relief, spheres, rng.uniform(0.15, 0.9), 0.05, rng)

    height: np.ndarray = relief.height
    if rng.random() < 0.4:
        # A trace of roughness, or a few grains lying about: not every smooth thing is a perfect one.
        height = height + np.float32(rng.uniform(0.01, 0.12) * pixel) * rough_noise(
            rng, (side, side), 5 * pixel, 3
        )
    top = float(height.max())
    deep = np.clip((top - relief.height) / max(top, 1e-6), 0, 1)
    stain = 1 + np.float32(rng.uniform(0, 0.05)) * smooth_noise(rng, (side, side), 40 * pixel)
    albedo = brightness[relief.labels] * stain * (1 - np.float32(rng.uniform(0.0, 0.4)) * deep)
    return Canvas(height, albedo, relief.labels, draw_look(rng, mean), places)
