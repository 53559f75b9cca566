"""What every kind of scene hands over to the common shading and detector."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from semclear.scenes.shading import Look

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


def unit(size: int) -> float:
    """Return the samples that one pixel of a 256-pixel scene is worth in a scene of `size` pixels.

    Smaller scenes get smaller objects, so that a few are still seen; larger ones show more of them.
    """
    return OVERSAMPLING * min(1.0, (size / REFERENCE_SIZE) ** 0.75)
