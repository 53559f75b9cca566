"""What a rendered micrograph consists of."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from semclear.scenes.shading import Look


@dataclass(frozen=True)
class Object:
    """One object of a scene.

    Attributes
    ----------
    label : int
        Its value in the scene's label image, from 1.
    x, y : float
        Centre in pixels; x runs right, y down, the centre of the first pixel is (0, 0). May lie
        outside the image for an object cut by its border (spheres, particles).
    diameter : float
        In pixels. Spheres: of the whole sphere, hidden and outside parts included. Particles and
        wires: of the circle that has the area of the whole silhouette, hidden and outside parts
        included. Fibres: the fibre's thickness (centre: mean of its axis inside the image). Pores
        and grains: of the circle that has the area visible in the image.
    """

    label: int
    x: float
    y: float
    diameter: float


@dataclass(frozen=True)
class Scene:
    """A synthetic micrograph with its ground truth.

    Attributes
    ----------
    image : ndarray of float32, shape (H, W)
        Grey values in [0, 1].
    labels : ndarray of uint16, shape (H, W)
        0 for the background, otherwise the label of the object seen at that pixel.
    objects : list of Object
        Every object that at least one pixel shows, labels 1 to n in order.
    pixel_size_nm : float
        Edge of a pixel in nanometres.
    kind : str
        spheres, fibres, porous, polycrystal or particles.
    """

    image: np.ndarray
    labels: np.ndarray
    objects: list[Object]
    pixel_size_nm: float
    kind: str


OVERSAMPLING = 2
REFERENCE_SIZE = 256


@dataclass
class Canvas:
    """A scene before it is recorded, at `OVERSAMPLING` samples a pixel.

    Attributes
    ----------
    height, albedo : ndarray of float32, shape (2 H, 2 W)
        Heights in samples, relative yields.
    labels : ndarray of int32, shape (2 H, 2 W)
        Any distinct positive numbers, 0 for the background.
    look : Look
        How to shade it.
    places : dict
        Label to (x, y, diameter) in samples for the objects whose true measures are known; the
        others are measured in the label image.
    """

    height: np.ndarray
    albedo: np.ndarray
    labels: np.ndarray
    look: Look
    places: dict[int, tuple[float, float, float]] = field(default_factory=dict)


def unit(size: int, magnification: float = 1.0) -> float:
    """Return the samples that one pixel of a 256-pixel scene is worth in a scene of `size` pixels.

    Smaller scenes get smaller objects, so that a few are still seen; larger ones show more of them.
    A `magnification` enlarges objects and their texture alike.
    """
    return OVERSAMPLING * min(1.0, (size / REFERENCE_SIZE) ** 0.75) * magnification
