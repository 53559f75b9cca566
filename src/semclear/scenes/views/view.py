"""One view: a specimen at a magnification, without any noise of a detector.

A view is what an instrument looks at: `semclear.degradation.instrument` adds
what a microscope does. Truth that holds noise would teach a model to keep or
to draw it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from semclear.errors import SemclearError
from semclear.params import Views
from semclear.scenes.detector import beam, expose, uneven
from semclear.scenes.rendering import BUILDERS, MINIMUM_SIZE, objects_of, reduced_labels
from semclear.scenes.scene import OVERSAMPLING, Canvas, Scene
from semclear.scenes.shading import shade
from semclear.scenes.texture import power_noise
from semclear.scenes.views import layers, leaves, photographs, smooth
from semclear.seeds import between

#: Kinds that are magnified no further than this: the bends and beads of a fibre are drawn for thin ones.
LIMITS = {"fibres": 1.6}


def render_view(size: int, kinds: Sequence[str], views: Views, rng: np.random.Generator) -> Scene:
    """Return one clear view with its ground truth.

    Parameters
    ----------
    size : int
        Edge of the square image in pixels, at least 32.
    kinds : sequence of str
        Usual kinds of scenes to choose from, see `semclear.scenes.render`.
    views : Views
        Shares and ranges.
    rng : numpy.random.Generator
        Source of every choice; the same state gives the same view.

    Returns
    -------
    Scene
        Free of noise; its kind is that of the scene, "smooth", "layers", "leaves" or "photograph".

    Raises
    ------
    SemclearError
        When a kind is unknown or the size too small.
    """
    if unknown := sorted({*kinds} - {*BUILDERS}):
        raise SemclearError(f"kinds: got {unknown}, expected some of {sorted(BUILDERS)}; correct the names")
    if size < MINIMUM_SIZE:
        raise SemclearError(f"size: got {size}, expected at least {MINIMUM_SIZE}; choose a larger size")
    sort = rng.random()
    if sort >= 1.0 - views.photographs:
        image = _exposed(photographs.build(size, views.photograph_reduction, views.negative, rng), views, rng)
        nothing = np.zeros(image.shape, np.uint16)
        return Scene(image, nothing, [], between(rng, views.pixel_size_nm), "photograph")
    if sort < views.smooth:
        kind, magnification, canvas = "smooth", 1.0, smooth.build(size, rng)
    elif sort < views.smooth + views.layers:
        kind, magnification, canvas = "layers", 1.0, layers.build(size, rng)
    elif sort < views.smooth + views.layers + views.leaves:
        kind, magnification, canvas = "leaves", 1.0, leaves.build(size, rng)
    else:
        kind = str(rng.choice(list(kinds)))
        magnification = min(_magnification(views, rng), LIMITS.get(kind, np.inf))
        canvas = BUILDERS[kind](size, rng, magnification)
    if kind not in ("smooth", "leaves") and rng.random() < views.textured:
        canvas.albedo = _textured(canvas, views, rng)
    signal = shade(canvas.height.astype(np.float32), canvas.albedo.astype(np.float32), canvas.look)
    image = _exposed(signal, views, rng)
    labels, objects = objects_of(reduced_labels(canvas.labels), canvas)
    return Scene(image, labels, objects, between(rng, views.pixel_size_nm) / magnification, kind)


def _exposed(signal: np.ndarray, views: Views, rng: np.random.Generator) -> np.ndarray:
    """Return the image of a signal at `OVERSAMPLING` samples a pixel."""
    signal = beam(signal, between(rng, views.edge_width), OVERSAMPLING)
    signal = uneven(signal, rng.uniform(0, 0.2), rng.uniform(0, 2 * np.pi))
    return expose(signal, between(rng, views.low), between(rng, views.high), gamma=rng.uniform(0.75, 1.2))


def _textured(canvas: Canvas, views: Views, rng: np.random.Generator) -> np.ndarray:
    """Return the yields of a scene with a fine texture on all of it, on its objects or between them."""
    strength = np.exp(rng.uniform(*np.log(views.texture)))
    field = np.float32(strength) * power_noise(rng, canvas.albedo.shape, OVERSAMPLING)
    where = rng.choice(["all", "objects", "ground"], p=[0.6, 0.2, 0.2])
    if where != "all":
        field = field * ((canvas.labels > 0) == (where == "objects"))
    return np.maximum(canvas.albedo * (1 + field), 0.02).astype(np.float32)


def _magnification(views: Views, rng: np.random.Generator) -> float:
    chance = rng.random()
    if chance < views.magnified:
        return between(rng, views.magnification)
    return 1.0 / between(rng, views.reduction) if chance < views.magnified + views.reduced else 1.0
