"""Sections through layers: coatings and substrates of even grey, with pores, cracks and faint grain."""

from __future__ import annotations

import cv2
import numpy as np

from semclear.scenes.scene import OVERSAMPLING, Canvas, unit
from semclear.scenes.shading import draw_look
from semclear.scenes.texture import rough_noise, smooth_noise


def _cracks(rng: np.random.Generator, side: int, pixel: float) -> np.ndarray:
    """Mask of thin wandering cracks."""
    mask = np.zeros((side, side), dtype=np.uint8)
    main = rng.uniform(0, np.pi)
    for _ in range(int(rng.integers(1, 5))):
        steps = int(rng.uniform(0.3, 1.4) * side / (4 * pixel))
        heading = main + rng.normal(0, 0.4) + np.cumsum(rng.normal(0, 0.18, steps))
        path = rng.uniform(0, side, 2) + 4 * pixel * np.cumsum(
            np.stack([np.cos(heading), np.sin(heading)], 1), axis=0
        )
        width = max(1, round(rng.uniform(0.6, 3.0) * pixel))
        cv2.polylines(mask, [np.rint(path).astype(np.int32)], False, 1, width, cv2.LINE_8)
    return mask > 0


def build(size: int, rng: np.random.Generator) -> Canvas:
    """Return a polished section of one to four layers, their phases even but for pores, cracks and second phases.

    Parameters
    ----------
    size : int
        Edge of the image in pixels.
    rng : numpy.random.Generator
        Source of every choice.

    Returns
    -------
    Canvas
        Labels number the layers and what lies in them.
    """
    side, pixel = size * OVERSAMPLING, unit(size)
    angle = rng.uniform(0, 2 * np.pi)
    grid = np.arange(side, dtype=np.float32)
    depth = grid[None, :] * np.float32(np.cos(angle)) + grid[:, None] * np.float32(np.sin(angle))
    wave = rng.uniform(1, 14) * pixel * smooth_noise(rng, (side, side), rng.uniform(8, 50) * pixel)
    wave = wave + rng.uniform(0, 1.5) * pixel * rough_noise(rng, (side, side), 6 * pixel, 3)
    count = int(rng.integers(1, 5))
    borders = np.sort(rng.uniform(depth.min(), depth.max(), count - 1))
    labels = np.digitize(depth + wave, borders).astype(np.int32) + 1
    greys = rng.uniform(0.1, 1.0, count + 1).astype(np.float32)
    albedo = greys[labels]
    for number in range(int(rng.integers(0, 3))):
        # A second phase or pores: where a smooth field is high.
        field = smooth_noise(rng, (side, side), np.exp(rng.uniform(np.log(2), np.log(20))) * pixel)
        spots = field > np.quantile(field[::4, ::4], 1 - rng.uniform(0.004, 0.15))
        labels[spots] = count + 1 + number
        albedo[spots] = rng.choice([0.03, rng.uniform(0.1, 1.0)])
    if rng.random() < 0.5:
        cracks = _cracks(rng, side, pixel)
        labels[cracks], albedo[cracks] = count + 4, 0.03
    grain = rng.choice([0.0, rng.uniform(0.0, 0.04)])
    albedo = albedo * (1 + np.float32(grain) * rough_noise(rng, (side, side), 3 * pixel, 2))
    relief = smooth_noise(rng, (side, side), 8 * pixel) * np.float32(rng.uniform(0, 0.3) * pixel)
    return Canvas(relief, albedo.astype(np.float32), labels, draw_look(rng, 12 * pixel))
