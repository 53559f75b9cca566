"""Overlapping spheres, as silica colloids or atomised powder."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from semclear.scenes.relief import Relief
from semclear.scenes.scene import OVERSAMPLING, Canvas, unit
from semclear.scenes.shading import draw_look
from semclear.scenes.texture import cells, rough_noise, smooth_noise


def _lattice(rng: np.random.Generator, side: int, radius: float) -> np.ndarray:
    """Centres of a hexagonal layer with vacancies, shape (N, 2)."""
    pitch = 2 * radius * rng.uniform(1.0, 1.15)
    count = int(side / pitch) + 4
    column, row = np.meshgrid(np.arange(-count, count), np.arange(-count, count))
    points = np.stack([column + 0.5 * (row % 2), row * np.sqrt(0.75)], axis=-1).reshape(-1, 2) * pitch
    angle = rng.uniform(0, np.pi / 3)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    points = points @ turn.T + side / 2 + rng.normal(0, 0.06 * radius, points.shape)
    inside = ((points > -radius) & (points < side + radius)).all(axis=1)
    return points[inside & (rng.random(len(points)) > rng.uniform(0, 0.15))]


def drop(
    rng: np.random.Generator,
    side: int,
    radii: np.ndarray,
    ceiling: float,
    tries: int,
    below: Sequence[tuple[float, float, float, float]] = (),
) -> list[tuple[float, float, float, float]]:
    """Drop spheres one by one onto the lowest of some random places, onto those that lie there.

    A sphere is (x, y, z, radius); one that would come to rest more than `ceiling` above the ground is left out.
    """
    count = len(below)
    placed = np.empty((count + len(radii), 4))
    placed[:count] = np.reshape(below, (-1, 4))
    for radius in radii:
        spots = rng.uniform(-0.8 * radius, side + 0.8 * radius, (tries, 2))
        gap = ((spots[:, None, :] - placed[None, :count, :2]) ** 2).sum(-1)
        touch = (placed[:count, 3] + radius) ** 2 - gap
        rest = np.where(touch > 0, placed[:count, 2] + np.sqrt(np.maximum(touch, 0)), radius)
        level = np.maximum(rest.max(axis=1, initial=radius), radius)
        best = int(np.argmin(level))
        if level[best] <= radius + ceiling:
            placed[count] = (*spots[best], level[best], radius)
            count += 1
    return [tuple(row) for row in placed[:count]]


def laid(
    relief: Relief, spheres: Sequence[Sequence[float]], ground: float, spread: float, rng: np.random.Generator
) -> tuple[dict[int, tuple[float, float, float]], np.ndarray]:
    """Set spheres into a relief, labelled from 1.

    Parameters
    ----------
    relief : Relief
        Where; changed in place.
    spheres : sequence of (x, y, z, radius)
        In samples.
    ground : float
        Yield of the ground, that of a usual sphere being 1.
    spread : float
        Standard deviation of the logarithm of a sphere's yield.
    rng : numpy.random.Generator
        Source of the yields.

    Returns
    -------
    places : dict
        Label to (x, y, diameter), as `Canvas` takes it.
    brightness : ndarray of float32, (n + 1,)
        Yield by label.
    """
    places = {}
    brightness = np.ones(len(spheres) + 1, dtype=np.float32)
    brightness[0] = ground
    for label, (x, y, z, radius) in enumerate(spheres, start=1):
        relief.sphere(x, y, z, radius, label)
        places[label] = (x, y, 2 * radius)
        brightness[label] = np.exp(rng.normal(0, spread))
    return places, brightness


def build(size: int, rng: np.random.Generator, magnification: float = 1.0) -> Canvas:
    """Return a scene of spheres: a layer in order, a sparse deposit, or a heap.

    Parameters
    ----------
    size : int
        Edge of the image in pixels.
    rng : numpy.random.Generator
        Source of every choice.
    magnification : float
        See `unit`.

    Returns
    -------
    Canvas
    """
    side, pixel = size * OVERSAMPLING, unit(size, magnification)
    mean = pixel * np.exp(rng.uniform(np.log(9), np.log(38)))
    spread = rng.choice([0.03, 0.12, 0.35])
    fill = (side + 2 * mean) ** 2 / (np.pi * mean**2)
    style = rng.choice(["layer", "deposit", "heap"])
    if style == "layer":
        centres = _lattice(rng, side, mean)
        radii = mean * np.exp(rng.normal(0, min(spread, 0.04), len(centres)))
        spheres = [(x, y, r, r) for (x, y), r in zip(centres, radii, strict=True)]
        extra = mean * np.exp(rng.normal(0, 0.05, int(rng.uniform(0, 0.1) * fill)))
        spheres = drop(rng, side, extra, 1.9 * mean, 3, spheres)
    else:
        share, ceiling, tries = (rng.uniform(0.3, 0.8), 1.2, 6) if style == "deposit" else (2.2, 4.0, 12)
        radii = mean * np.exp(rng.normal(0, spread, max(4, int(share * fill))))
        radii = np.clip(radii, 2.5 * pixel, 70 * pixel)
        spheres = drop(rng, side, radii, ceiling * mean, tries)

    ground = rough_noise(rng, (side, side), 12 * pixel, 4) * np.float32(rng.uniform(0.1, 0.5) * pixel)
    relief = Relief(ground)
    places, brightness = laid(relief, spheres, rng.uniform(0.25, 0.8), 0.06, rng)

    bump: np.ndarray = np.float32(rng.uniform(0.02, 0.3) * pixel) * rough_noise(
        rng, (side, side), 2.5 * pixel, 3, 0.6
    )
    if style != "layer" and mean > 16 * pixel and rng.random() < 0.6:
        grain = cells(rng, (side, side), rng.uniform(1.8, 4.0) * pixel)
        bump = bump + np.float32(rng.uniform(1.5, 5.0) * pixel) * grain
    height = relief.height + np.where(relief.labels > 0, bump, 0)
    deep = np.clip((relief.height.max() - relief.height) / (relief.height.max() + 1e-6), 0, 1)
    stain = 1 + np.float32(0.05) * smooth_noise(rng, (side, side), 20 * pixel)
    albedo = brightness[relief.labels] * stain * (1 - np.float32(rng.uniform(0.1, 0.45)) * deep)
    return Canvas(height, albedo, relief.labels, draw_look(rng, mean), places)
