"""Dead leaves: flat shapes of every size that hide one another, each with a texture of its own.

Their edges and contrasts follow the same laws over all scales that photographs
and micrographs follow, without being pictures of anything [1]_; a network
trained on them alone restores photographs nearly as well as one trained on
photographs [2]_. They stand for the specimens that nobody has drawn.

References
----------
.. [1] Lee, Mumford, Huang, "Occlusion models for natural images: a statistical study of a scale-invariant dead leaves
   model", IJCV 41 (2001), doi:10.1023/A:1011109015675
.. [2] Achddou, Gousseau, Ladjal, "Synthetic images as a regularity prior for image restoration neural networks",
   SSVM 2021, doi:10.1007/978-3-030-75549-2_27
"""

from __future__ import annotations

import cv2
import numpy as np

from semclear.scenes.scene import OVERSAMPLING, Canvas, unit
from semclear.scenes.shading import draw_look
from semclear.scenes.texture import power_noise

#: Radii, pixels of a scene of 256, and the exponent of their density: the one that is the same at every scale.
SMALLEST, LARGEST, EXPONENT = 1.2, 90.0, 3.0
#: Textures in a scene, and leaves at most.
TEXTURES, MOST = 5, 12_000


def radii_of(rng: np.random.Generator, count: int, ends: tuple[float, float]) -> np.ndarray:
    """Return radii (count,) of density r^-3 between both ends: 1/r^2 is uniform."""
    low, high = (end ** (1.0 - EXPONENT) for end in ends)
    return rng.uniform(high, low, count) ** (1.0 / (1.0 - EXPONENT))


def outline(rng: np.random.Generator, form: str, radius: float, eccentricity: float) -> np.ndarray:
    """Return the corners (n, 2) of a leaf about (0, 0): an ellipse, a polygon or a rounded blot of that size."""
    corners = int(rng.integers(3, 8)) if form == "polygon" else int(np.clip(4 * radius, 12, 72))
    around = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    distance = np.full(corners, radius)
    if form == "polygon":
        around = np.sort(rng.uniform(0, 2 * np.pi, corners))
    elif form == "blot":
        for wave in range(2, 5):
            distance = distance * (
                1 + rng.uniform(0, 0.2) * np.cos(wave * around + rng.uniform(0, 2 * np.pi))
            )
    stretch = np.sqrt(eccentricity)
    shape = np.stack([stretch * distance * np.cos(around), distance * np.sin(around) / stretch], axis=1)
    turn = rng.uniform(0, np.pi)
    cosine, sine = np.cos(turn), np.sin(turn)
    return shape @ np.array([[cosine, sine], [-sine, cosine]])


def build(size: int, rng: np.random.Generator) -> Canvas:
    """Return a scene of leaves.

    Parameters
    ----------
    size : int
        Edge of the image in pixels.
    rng : numpy.random.Generator
        Source of every choice.

    Returns
    -------
    Canvas
        Labels number the leaves.
    """
    side, pixel = size * OVERSAMPLING, unit(size)
    smallest = SMALLEST * np.exp(rng.uniform(0.0, np.log(8.0)))
    ends = (smallest * pixel, rng.uniform(0.3, 1.0) * LARGEST * pixel)
    # The mean area of r^-3 is that of 2 ln(b / a) a^2; every place is covered three times on average.
    area = 2 * np.pi * ends[0] ** 2 * np.log(ends[1] / ends[0])
    count = min(int(3 * side**2 / area) + 8, MOST)
    radii, spots = radii_of(rng, count, ends), rng.uniform(-0.1 * side, 1.1 * side, (count, 2))
    forms = rng.choice(["ellipse", "polygon", "blot"], count, p=[0.5, 0.25, 0.25])
    lengths = np.exp(rng.uniform(0, np.log(rng.choice([1.5, 3.0, 10.0])), count))
    labels = np.zeros((side, side), np.int32)
    for number, (spot, radius, form, length) in enumerate(zip(spots, radii, forms, lengths, strict=True), 1):
        corners = outline(rng, str(form), float(radius), float(length)) + spot
        cv2.fillPoly(labels, [np.rint(corners * 8).astype(np.int32)], number, cv2.LINE_8, 3)

    dark, bright = rng.choice([[1.0, 1.0], [2.0, 2.0], [1.0, 3.0], [0.5, 0.5]])
    greys = rng.beta(dark, bright, count + 1)
    albedo = (0.05 + 0.95 * greys).astype(np.float32)[labels]
    # A leaf is brighter towards one side, as a face is that leans.
    lean = (rng.normal(0, 0.25, (count + 1, 2)) / np.maximum(np.r_[side, radii], 4.0)[:, None]).astype(
        np.float32
    )
    centres = np.concatenate([[[side / 2, side / 2]], spots]).astype(np.float32)
    rows, columns = np.indices((side, side), dtype=np.float32)
    ramp = (columns - centres[labels, 0]) * lean[labels, 0] + (rows - centres[labels, 1]) * lean[labels, 1]
    albedo = albedo * (1 + np.clip(ramp, -0.5, 0.5))
    plain = rng.uniform(0.2, 0.8)
    strength = np.where(
        rng.random(count + 1) < plain, 0.0, np.exp(rng.uniform(np.log(0.02), np.log(0.5), count + 1))
    )
    chosen = rng.integers(0, TEXTURES, count + 1)
    for number in range(TEXTURES):
        field = power_noise(rng, (side, side), pixel)
        albedo = albedo * (1 + np.where(chosen == number, strength, 0.0).astype(np.float32)[labels] * field)
    albedo = cv2.GaussianBlur(np.maximum(albedo, 0.02), (0, 0), 0.5 + rng.uniform(0, 1.0) * OVERSAMPLING / 2)
    height = np.float32(rng.uniform(0, 0.6) * pixel) * power_noise(rng, (side, side), pixel)
    return Canvas(height, albedo.astype(np.float32), labels, draw_look(rng, 12 * pixel))
