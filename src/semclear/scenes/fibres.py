"""Curved crossing cylinders, as an electrospun mat."""

from __future__ import annotations

import numpy as np

from semclear.scenes.relief import Relief
from semclear.scenes.scene import OVERSAMPLING, REFERENCE_SIZE, Canvas, unit
from semclear.scenes.shading import draw_look
from semclear.scenes.texture import rough_noise


def _path(rng: np.random.Generator, side: int, heading: float, bend: float) -> np.ndarray:
    """A curve through a random point of the image, one sample a step, shape (N, 2)."""
    steps = int(2.4 * side)
    wander = np.cumsum(rng.normal(0, 1, steps))
    wander = np.interp(np.arange(steps), np.arange(0, steps, side // 8), wander[:: side // 8])
    kernel = np.hanning(side // 4)
    wander = np.convolve(np.pad(wander, len(kernel) // 2, mode="edge"), kernel / kernel.sum(), "same")
    wander = wander[len(kernel) // 2 : len(kernel) // 2 + steps]
    angle = heading + bend * (wander - wander[steps // 2]) / np.sqrt(side)
    points = np.cumsum(np.stack([np.cos(angle), np.sin(angle)], axis=1), axis=0)
    return points - points[steps // 2] + rng.uniform(0, side, 2)


def _cylinder(distance: np.ndarray) -> np.ndarray:
    return np.sqrt(1 - distance**2)


def build(size: int, rng: np.random.Generator, magnification: float = 1.0) -> Canvas:
    """Return a mat of fibres in several layers; `size` in pixels, every choice from `rng`, `magnification` as
    of `unit`.
    """
    side, pixel = size * OVERSAMPLING, unit(size, magnification)
    mean = pixel * np.exp(rng.uniform(np.log(2.2), np.log(11)))
    spread = rng.uniform(0.05, 0.4)
    cover = rng.uniform(0.8, 2.6)
    count = int(np.clip(cover * side / (2 * mean), 5, 110 * max(1.0, size / REFERENCE_SIZE)))
    bend = rng.uniform(0.1, 1.3)
    main, order = rng.uniform(0, np.pi), rng.choice([0.25, 0.7, 3.0])
    beads = rng.random() < 0.25

    relief = Relief(rough_noise(rng, (side, side), 14 * pixel, 3) * np.float32(0.3 * pixel))
    places = {}
    brightness = np.ones(count + 1, dtype=np.float32)
    brightness[0] = rng.uniform(0.15, 0.6)
    depth = rng.uniform(1.0, 3.0) * 2 * mean
    for label, level in enumerate(np.sort(rng.random(count)), start=1):
        axis = _path(rng, side, main + rng.normal(0, order), bend)
        radius = mean * np.exp(rng.normal(0, spread)) * np.ones(len(axis))
        along = np.arange(len(axis))
        radius *= 1 + 0.06 * np.sin(along / (side * rng.uniform(0.05, 0.2)) + rng.uniform(0, 6))
        diameter = float(2 * np.median(radius))
        if beads and rng.random() < 0.5:
            at, length = rng.uniform(0, len(axis)), rng.uniform(2.5, 5) * mean
            radius = radius * (1 + rng.uniform(0.8, 2) * np.exp(-(((along - at) / length) ** 2)))
        z = radius + level * depth + 0.3 * mean * np.sin(along / (side * 0.15) + rng.uniform(0, 6))
        relief.strip(axis, z, radius, _cylinder, label)
        brightness[label] = np.exp(rng.normal(0, 0.08))
        beyond = np.abs(axis - (side - 1) / 2).max(axis=1) - side / 2
        # A fibre of which only a flank is seen has no axis inside: its nearest point stands for it.
        x, y = axis[beyond <= max(0.0, beyond.min())].mean(axis=0)
        places[label] = (float(x), float(y), diameter)

    bump = np.float32(rng.uniform(0.03, 0.25) * pixel) * rough_noise(rng, (side, side), 2 * pixel, 2)
    height = relief.height + np.where(relief.labels > 0, bump, 0)
    top = float(np.quantile(relief.height, 0.99))
    deep = np.clip((top - relief.height) / max(top, 1e-6), 0, 1)
    albedo = brightness[relief.labels] * (1 - np.float32(rng.uniform(0.35, 0.75)) * deep)
    return Canvas(height, albedo, relief.labels, draw_look(rng, 2.5 * mean + 2 * pixel), places)
