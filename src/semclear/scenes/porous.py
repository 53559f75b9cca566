"""Porous networks: the solid where a random field in space is above a level, seen from above."""

from __future__ import annotations

import cv2
import numpy as np

from semclear.scenes.scene import OVERSAMPLING, Canvas, unit
from semclear.scenes.shading import draw_look
from semclear.scenes.texture import rough_noise, smooth_noise

_SLICES = 14


def _volume(
    rng: np.random.Generator, side: int, correlation: float, band: float, stretch: float
) -> np.ndarray:
    """A Gaussian random field, shape (side, side, slices), slices 0.5 correlation lengths apart."""
    step = max(1, int(correlation / 3))
    rows, columns = int(side / step) + 2, int(side / step / stretch) + 2
    field = smooth_noise(rng, (rows, columns, _SLICES), correlation / step)
    if band:
        wide = cv2.GaussianBlur(field, (0, 0), 1.6 * correlation / step).reshape(field.shape)
        field = field - np.float32(band) * wide
    gap = np.arange(_SLICES)
    mix = np.exp(-0.5 * ((gap[:, None] - gap[None, :]) * 0.5) ** 2).astype(np.float32)
    field = field @ (mix / np.sqrt((mix**2).sum(axis=0)))
    field = cv2.resize(field, (int(columns * step * stretch) + 1, rows * step), interpolation=cv2.INTER_CUBIC)
    field = field[:side, :side]
    return (field - field.mean()) / field.std()


def _surface(field: np.ndarray, level: float, spacing: float) -> np.ndarray:
    """Depth (at most 0) of the first solid met from above, linear between slices."""
    depth = np.full(field.shape[:2], -spacing * (_SLICES - 1), dtype=np.float32)
    open_above = field[..., 0] <= level
    depth[~open_above] = 0
    for k in range(1, _SLICES):
        met = open_above & (field[..., k] > level)
        above, below = field[..., k - 1][met], field[..., k][met]
        depth[met] = -spacing * (k - 1 + (level - above) / (below - above))
        open_above &= ~met
    return depth


def build(size: int, rng: np.random.Generator, magnification: float = 1.0) -> Canvas:
    """Return a cut or broken face of a porous solid; `size` in pixels, every choice from `rng`, `magnification` as
    of `unit`.
    """
    side, pixel = size * OVERSAMPLING, unit(size, magnification)
    correlation = pixel * np.exp(rng.uniform(np.log(3.0), np.log(11)))
    field = _volume(rng, side, correlation, float(rng.choice([0.0, 0.7])), float(rng.uniform(1.0, 1.6)))
    if rng.random() < 0.5:
        field = field.transpose(1, 0, 2)
    level = float(np.quantile(field[..., 0], rng.uniform(0.25, 0.6)))
    spacing = 0.5 * correlation * rng.uniform(0.8, 1.6)
    depth = _surface(field, level, spacing)
    open_area = (field[..., 0] <= level).astype(np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(open_area, connectivity=4)
    small = stats[:, cv2.CC_STAT_AREA] < 12 * OVERSAMPLING**2
    labels[small[labels]] = 0

    # Rounded walls: the solid bulges where the field is well above the level.
    bulge = np.sqrt(np.clip((field[..., 0] - level) / 0.6, 0, 1)) * np.float32(
        rng.uniform(0, 0.8) * correlation
    )
    tilt = rough_noise(rng, (side, side), 30 * pixel, 2) * np.float32(rng.uniform(0, 0.35) * correlation)
    bump = rough_noise(rng, (side, side), rng.uniform(1.5, 4) * pixel, 3, 0.6)
    height = depth + bulge + tilt + bump * np.float32(rng.uniform(0.05, 0.4) * pixel)
    deep = np.clip(-depth / (spacing * (_SLICES - 1)), 0, 1)
    albedo = (1 - np.float32(rng.uniform(0.5, 0.9)) * np.sqrt(deep)) * (
        1 + np.float32(0.05) * smooth_noise(rng, (side, side), 25 * pixel)
    )
    return Canvas(height.astype(np.float32), albedo, labels, draw_look(rng, 1.5 * correlation))
