"""Polished sections: grains or phases of different grey, boundaries, pores, faint scratches."""

from __future__ import annotations

import cv2
import numpy as np

from semclear.scenes.scene import OVERSAMPLING, Canvas, unit
from semclear.scenes.shading import draw_look
from semclear.scenes.texture import rough_noise, smooth_noise


def _grains(rng: np.random.Generator, side: int, diameter: float, wave: float) -> np.ndarray:
    """Voronoi cells with wavy borders, numbered from 1, shape (side, side)."""
    margin = int(2 * wave) + 2
    span = side + 2 * margin
    pitch = max(4, int(diameter))
    rows, columns = np.meshgrid(np.arange(0, span, pitch), np.arange(0, span, pitch), indexing="ij")
    spots = np.stack([rows, columns], axis=-1).reshape(-1, 2) + rng.uniform(0, pitch, (rows.size, 2))
    spots = np.minimum(spots[rng.random(len(spots)) > 0.15], span - 1).astype(int)
    free = np.ones((span, span), dtype=np.uint8)
    free[spots[:, 0], spots[:, 1]] = 0
    _, cells = cv2.distanceTransformWithLabels(free, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    grid = np.arange(side, dtype=np.float32) + margin
    shift = np.clip(smooth_noise(rng, (side, side, 2), max(diameter / 5, 2.0)), -2, 2) * np.float32(wave)
    column = np.ascontiguousarray(grid[None, :] + shift[..., 0])
    row = np.ascontiguousarray(grid[:, None] + shift[..., 1])
    return cv2.remap(cells.astype(np.float32), column, row, cv2.INTER_NEAREST).astype(np.int32)


def _border_distance(labels: np.ndarray) -> np.ndarray:
    inner = np.ones(labels.shape, dtype=np.uint8)
    inner[:, 1:][labels[:, 1:] != labels[:, :-1]] = 0
    inner[1:, :][labels[1:, :] != labels[:-1, :]] = 0
    return cv2.distanceTransform(inner, cv2.DIST_L2, 5)


def _blobs(rng: np.random.Generator, side: int, length: float, share: float) -> np.ndarray:
    """Mask of rounded blobs that cover about `share` of the image."""
    field = smooth_noise(rng, (side, side), length)
    return field > np.quantile(field[::4, ::4], 1 - share)


def _scratches(rng: np.random.Generator, side: int, count: int, pixel: float) -> np.ndarray:
    lines = np.zeros((side, side), dtype=np.float32)
    main = rng.uniform(0, np.pi)
    for _ in range(count):
        x, y = rng.uniform(0, side, 2)
        angle, reach = main + rng.normal(0, 0.3), rng.uniform(0.2, 1.5) * side
        dx, dy = reach * np.cos(angle), reach * np.sin(angle)
        cv2.line(lines, (int(x - dx), int(y - dy)), (int(x + dx), int(y + dy)), float(rng.uniform(0.3, 1)), 1)
    return cv2.GaussianBlur(lines, (0, 0), 0.5 * pixel)


def build(size: int, rng: np.random.Generator, magnification: float = 1.0) -> Canvas:
    """Return a polished section: grains, channels between blocks, or two phases.

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
    diameter = pixel * np.exp(rng.uniform(np.log(18), np.log(75)))
    labels = _grains(rng, side, diameter, rng.uniform(0.02, 0.12) * diameter)
    distance = _border_distance(labels)
    style = rng.choice(["grains", "blocks", "phases"])
    number = int(labels.max()) + 1
    height = np.zeros((side, side), dtype=np.float32)
    if style == "grains":
        grey = rng.uniform(0.35, 1.0, number).astype(np.float32)
        albedo = grey[labels]
        groove = rng.uniform(0.6, 2.0) * pixel
        height -= np.float32(rng.uniform(0.3, 1.6) * pixel) * np.exp(-((distance / groove) ** 2))
        height += np.float32(0.4 * pixel) * rng.normal(0, 1, number).astype(np.float32)[labels]
    elif style == "blocks":
        channel = rng.uniform(0.04, 0.14) * diameter + pixel
        distance = cv2.GaussianBlur(distance, (0, 0), 0.35 * channel)
        block = distance > channel
        labels = np.where(block, labels, 0)
        first, second = rng.permutation([rng.uniform(0.3, 0.6), 1.0])
        inside = first * np.exp(rng.normal(0, 0.06, number))
        albedo = np.where(block, inside[labels], second).astype(np.float32)
        height += np.float32(rng.uniform(-1.5, 1.5) * pixel) * np.clip((distance - channel) / pixel, 0, 1)
    else:
        greys = np.sort(rng.uniform(0.3, 1.0, 3)).astype(np.float32)
        phase = rng.choice(3, number, p=rng.dirichlet([2, 2, 1]))
        albedo = greys[phase][labels] * np.exp(rng.normal(0, 0.03, number)).astype(np.float32)[labels]
        height += np.float32(0.8 * pixel) * (phase.astype(np.float32) - 1)[labels]
    albedo = cv2.GaussianBlur(albedo, (0, 0), 0.3 * pixel)

    following = number
    if rng.random() < 0.75:
        spot = _blobs(rng, side, rng.uniform(1.5, 6) * pixel, rng.uniform(0.005, 0.07))
        count, found = cv2.connectedComponents(spot.astype(np.uint8), connectivity=4)
        labels = np.where(found > 0, found + following, labels)
        following += count
        if rng.random() < 0.7:
            edge = cv2.distanceTransform(spot.astype(np.uint8), cv2.DIST_L2, 5)
            height -= np.minimum(edge * 1.5, rng.uniform(3, 8) * pixel).astype(np.float32)
            albedo = np.where(spot, np.float32(rng.uniform(0.1, 0.35)), albedo)
        else:
            albedo = np.where(spot, np.float32(rng.uniform(1.0, 1.4)), albedo)
    lines = _scratches(rng, side, int(rng.integers(0, 25)), pixel)
    height -= np.float32(rng.uniform(0.1, 0.5) * pixel) * lines
    height += np.float32(rng.uniform(0.02, 0.15) * pixel) * rough_noise(rng, (side, side), 2.5 * pixel, 2)
    albedo = albedo * (
        1 + np.float32(rng.uniform(0.01, 0.04)) * rough_noise(rng, (side, side), 10 * pixel, 4)
    )
    return Canvas(height.astype(np.float32), albedo.astype(np.float32), labels, draw_look(rng, 6 * pixel))
