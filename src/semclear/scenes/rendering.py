"""One scene from a kind, a size and a random stream."""

from __future__ import annotations

import numpy as np

from semclear.errors import SemclearError
from semclear.params import Scenes
from semclear.scenes import fibres, particles, polycrystal, porous, spheres
from semclear.scenes.detector import beam, expose, record, uneven
from semclear.scenes.scene import OVERSAMPLING, Canvas, Object, Scene
from semclear.scenes.shading import shade
from semclear.seeds import between

BUILDERS = {
    "spheres": spheres.build,
    "fibres": fibres.build,
    "porous": porous.build,
    "polycrystal": polycrystal.build,
    "particles": particles.build,
}
MINIMUM_SIZE = 32


def reduced_labels(labels: np.ndarray) -> np.ndarray:
    """Bring 2 x 2 samples down to a pixel: the label that most of them have."""
    a, b, c, d = labels[::2, ::2], labels[1::2, 1::2], labels[1::2, ::2], labels[::2, 1::2]
    return np.where((b == c) | (b == d), b, np.where(c == d, c, a))


def objects_of(labels: np.ndarray, canvas: Canvas) -> tuple[np.ndarray, list[Object]]:
    """Number the visible objects from 1 and give each its measures in pixels."""
    present = np.unique(labels)
    present = present[present > 0]
    numbers = np.zeros(max(int(labels.max()), 0) + 1, dtype=np.uint16)
    numbers[present] = np.arange(1, len(present) + 1)
    labels = numbers[labels]
    area = np.bincount(labels.ravel(), minlength=len(present) + 1)
    rows, columns = np.indices(labels.shape)
    total_x = np.bincount(labels.ravel(), weights=columns.ravel(), minlength=len(area))
    total_y = np.bincount(labels.ravel(), weights=rows.ravel(), minlength=len(area))
    objects = []
    for label, old in enumerate(present.tolist(), start=1):
        if old in canvas.places:
            x, y, diameter = canvas.places[old]
            # Sample 0 has its centre a quarter of a pixel left of that of pixel 0.
            shift = 0.5 - 0.5 / OVERSAMPLING
            x, y, diameter = x / OVERSAMPLING - shift, y / OVERSAMPLING - shift, diameter / OVERSAMPLING
        else:
            x, y = total_x[label] / area[label], total_y[label] / area[label]
            diameter = 2 * np.sqrt(area[label] / np.pi)
        objects.append(Object(label, float(x), float(y), float(diameter)))
    return labels, objects


def render(kind: str, size: int, rng: np.random.Generator, settings: Scenes) -> Scene:
    """Return one clear synthetic micrograph with its ground truth.

    Parameters
    ----------
    kind : str
        spheres, fibres, porous, polycrystal or particles.
    size : int
        Edge of the square image in pixels, at least 32. Below 256 the objects shrink with it.
    rng : numpy.random.Generator
        Source of every choice; the same state gives the same scene.
    settings : semclear.params.Scenes
        Ranges of pixel size, dose and beam width.

    Returns
    -------
    Scene

    Raises
    ------
    SemclearError
        When the kind is unknown or the size too small.
    """
    if kind not in BUILDERS:
        raise SemclearError(
            f"scenes.kinds: got {kind!r}, expected one of {sorted(BUILDERS)}; correct the name"
        )
    if size < MINIMUM_SIZE:
        raise SemclearError(f"data.size: got {size}, expected at least {MINIMUM_SIZE}; choose a larger size")
    pixel_size, dose, width = (
        between(rng, pair) for pair in (settings.pixel_size_nm, settings.dose, settings.edge_width)
    )
    canvas = BUILDERS[kind](size, rng)
    signal = shade(canvas.height, canvas.albedo.astype(np.float32), canvas.look)
    signal = uneven(beam(signal, width, OVERSAMPLING), rng.uniform(0, 0.2), rng.uniform(0, 2 * np.pi))
    low, high = rng.uniform(0.03, 0.22), rng.uniform(0.72, 0.98)
    image = expose(signal, low, high, gamma=rng.uniform(0.75, 1.2))
    image = record(image, dose, noise=rng.uniform(0.003, 0.01), lines=rng.uniform(0, 0.004), rng=rng)
    labels, objects = objects_of(reduced_labels(canvas.labels), canvas)
    return Scene(image, labels, objects, pixel_size, kind)
