"""Faceted particles and nanowires lying on each other."""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import Rotation

from semclear.scenes.relief import Relief
from semclear.scenes.scene import OVERSAMPLING, REFERENCE_SIZE, Canvas, unit
from semclear.scenes.shading import draw_look
from semclear.scenes.texture import rough_noise, smooth_noise

_AXES = np.concatenate([np.eye(3), -np.eye(3)])
_DIAGONALS = np.array([[a, b, c] for a in (-1, 1) for b in (-1, 1) for c in (-1, 1)]) / np.sqrt(3)


def _body(rng: np.random.Generator, shape: str, radius: float) -> tuple[np.ndarray, np.ndarray]:
    """Face normals (F, 3) and their distances (F,) from the centre, turned at random."""
    if shape == "box":
        normals, offsets = _AXES, np.tile(rng.uniform(0.55, 1.0, 3), 2)
    elif shape == "octahedron":
        normals, offsets = _DIAGONALS, rng.uniform(0.7, 0.85, 8)
    elif shape == "truncated":
        normals = np.concatenate([_AXES, _DIAGONALS])
        offsets = np.concatenate([rng.uniform(0.75, 0.95, 6), rng.uniform(0.75, 0.9, 8)])
    elif shape == "plate":
        turn = np.arange(6) * np.pi / 3
        ring = np.stack([np.cos(turn), np.sin(turn), np.zeros(6)], axis=1)
        thick = rng.uniform(0.15, 0.5)
        normals = np.concatenate([ring, [[0, 0, 1], [0, 0, -1]]])
        offsets = np.concatenate([rng.uniform(0.8, 1.0, 6), [thick, thick]])
    else:
        normals = rng.standard_normal((int(rng.integers(10, 18)), 3))
        normals = np.concatenate([normals / np.linalg.norm(normals, axis=1, keepdims=True), _AXES])
        offsets = np.concatenate([rng.uniform(0.6, 0.95, len(normals) - 6), np.ones(6)])
    turned = Rotation.random(rng=rng).apply(normals)
    return turned, offsets * radius


def _hexagonal(distance: np.ndarray) -> np.ndarray:
    """Cross-section of a hexagonal wire that lies on a face: flat top, two steep flanks."""
    return np.minimum(np.sqrt(3) * (1 - np.abs(distance)), np.sqrt(0.75))


def _round(distance: np.ndarray) -> np.ndarray:
    return np.sqrt(1 - distance**2)


def _wires(
    rng: np.random.Generator, relief: Relief, side: int, pixel: float, first: int
) -> dict[int, tuple[float, float, float]]:
    """Lay straight wires over everything; return their places."""
    radius = pixel * rng.uniform(1.3, 4.5)
    profile = _hexagonal if rng.random() < 0.6 else _round
    main, order = rng.uniform(0, np.pi), rng.choice([0.4, 3.0])
    top = float(np.quantile(relief.height, 0.9))
    places = {}
    for label in range(first, first + int(rng.integers(8, 70))):
        length = side * rng.uniform(0.25, 1.1)
        angle, half = main + rng.normal(0, order), radius * np.exp(rng.normal(0, 0.2))
        along = np.arange(-length / 2, length / 2, 0.7)
        centre = rng.uniform(-0.1 * side, 1.1 * side, 2)
        axis = centre + along[:, None] * np.array([np.cos(angle), np.sin(angle)])
        z = rng.uniform(0, 1) * (top + 6 * radius) + half + along * rng.normal(0, 0.1)
        relief.strip(axis, z, np.full(len(axis), half), profile, label)
        places[label] = (*centre, 2 * float(np.sqrt(2 * half * length / np.pi)))
    return places


def build(size: int, rng: np.random.Generator, magnification: float = 1.0) -> Canvas:
    """Return faceted particles, nanowires or both; `size` in pixels, every choice from `rng`, `magnification` as
    of `unit`.
    """
    side, pixel = size * OVERSAMPLING, unit(size, magnification)
    relief = Relief(rough_noise(rng, (side, side), 10 * pixel, 4) * np.float32(rng.uniform(0.1, 0.6) * pixel))
    style = rng.choice(["facets", "wires", "both"], p=[0.5, 0.3, 0.2])
    mean = pixel * np.exp(rng.uniform(np.log(8), np.log(32)))
    places: dict[int, tuple[float, float, float]] = {}
    if style != "wires":
        shape = rng.choice(["box", "octahedron", "truncated", "plate", "random"])
        spread, sink = rng.uniform(0.1, 0.4), rng.uniform(0.5, 0.95)
        count = int(
            np.clip(
                rng.uniform(0.4, 2.0) * side**2 / (3 * mean**2), 4, 250 * max(1.0, size / REFERENCE_SIZE) ** 2
            )
        )
        for label in range(1, count + 1):
            x, y = rng.uniform(-0.5 * mean, side + 0.5 * mean, 2)
            normals, offsets = _body(rng, shape, mean * np.exp(rng.normal(0, spread)))
            area = relief.polyhedron(x, y, normals, offsets, sink, label)
            places[label] = (x, y, 2 * float(np.sqrt(area / np.pi)))
    if style != "facets":
        mean = mean if places else 6 * pixel
        places |= _wires(rng, relief, side, pixel, len(places) + 1)

    brightness = np.exp(rng.normal(0, 0.08, len(places) + 1)).astype(np.float32)
    brightness[0] = rng.uniform(0.25, 0.8)
    bump = np.float32(rng.uniform(0.02, 0.2) * pixel) * rough_noise(rng, (side, side), 2 * pixel, 3, 0.6)
    height = relief.height + np.where(relief.labels > 0, bump, 0)
    top = float(np.quantile(relief.height, 0.995))
    deep = np.clip((top - relief.height) / max(top, 1e-6), 0, 1)
    albedo = brightness[relief.labels] * (1 - np.float32(rng.uniform(0.15, 0.6)) * deep)
    albedo = albedo * (1 + np.float32(0.04) * smooth_noise(rng, (side, side), 20 * pixel))
    return Canvas(height, albedo, relief.labels, draw_look(rng, mean), places)
