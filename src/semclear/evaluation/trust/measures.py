"""Every trust measure that a restored micrograph and its truth allow, in one order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from semclear.evaluation.trust import fourier_ring, objects
from semclear.evaluation.trust import narrow_gaps as gaps
from semclear.evaluation.trust.narrow_gaps import BINS, Gaps
from semclear.evaluation.trust.segmentation import segment

OF_SPECTRUM = ("frc_resolution", "invented_energy")
OF_OBJECTS = ("objects_true", "objects_segmented", "objects_found", "objects_missed", "objects_invented")
OF_SIZES = ("diameter_bias", "diameter_deviation", "size_distance")
OF_GAPS = tuple(f"{what}_{name}" for name in BINS for what in ("gaps", "gaps_seen"))
METRICS = OF_SPECTRUM + OF_OBJECTS + OF_SIZES + OF_GAPS

KINDS = ("spheres", "particles")
"""Scenes of separate bright objects, which the segmentation is made for."""


@dataclass(frozen=True)
class Scene:
    """The known content of a synthetic micrograph.

    Attributes
    ----------
    labels : ndarray of int, (H, W)
        The object seen at each pixel, 0 for background.
    gaps : Gaps
        Those between its objects that are dark in the clear image.
    """

    labels: np.ndarray
    gaps: Gaps


def scene_of(labels: np.ndarray, truth: ArrayLike) -> Scene:
    """Return a scene's known content from its labels and its clear image, both (H, W)."""
    labels = np.asarray(labels).astype(int)
    return Scene(labels, gaps.dark(labels, truth))


def spectrum(image: ArrayLike, truth: ArrayLike) -> dict[str, float]:
    """Return frc_resolution, pixels, and invented_energy, a share; see `fourier_ring`."""
    rings = fourier_ring.ring_correlation(truth, image)
    return {
        "frc_resolution": fourier_ring.resolution(rings),
        "invented_energy": fourier_ring.invented_energy(rings),
    }


def content(image: ArrayLike, scene: Scene) -> dict[str, float]:
    """Return the measures of objects and gaps, see `objects.measure` and `narrow_gaps.measure`.

    Of the clear image itself they say what the segmentation alone misses and invents.
    """
    return objects.measure(objects.match(scene.labels, segment(image))) | gaps.measure(image, scene.gaps)


def measure(image: ArrayLike, truth: ArrayLike, scene: Scene | None = None) -> dict[str, float]:
    """Return the trust measures of one restored micrograph.

    Parameters
    ----------
    image, truth : array_like
        (H, W) in [0, 1].
    scene : Scene, optional
        What is truly there; without it only the measures of the spectrum are given.

    Returns
    -------
    dict
        By name, a subset of `METRICS`.
    """
    return spectrum(image, truth) | (content(image, scene) if scene is not None else {})
