"""Segmented objects against those that a scene truly holds: found, missed, invented, and how their sizes agree."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.stats import wasserstein_distance

from semclear.errors import SemclearError
from semclear.evaluation.trust.segmentation import LEAST_AREA

LEAST_OVERLAP = 0.5
"""Intersection over union from which a segment is the object; from there on it can be only one object's."""


@dataclass(frozen=True)
class Matches:
    """What a segmentation found of a scene.

    Attributes
    ----------
    true : ndarray, (n,)
        Diameter in pixels of every true object that shows at least `LEAST_AREA` pixels.
    segmented : ndarray, (m,)
        Diameter of every segment, without those that are a smaller true object.
    pairs : ndarray, (k, 2)
        Diameters (true, segmented) of the matched.
    """

    true: np.ndarray
    segmented: np.ndarray
    pairs: np.ndarray

    @property
    def found(self) -> int:
        """Number of true objects that a segment matches."""
        return len(self.pairs)

    @property
    def missed(self) -> int:
        """Number of true objects that no segment matches."""
        return len(self.true) - len(self.pairs)

    @property
    def invented(self) -> int:
        """Number of segments that match no true object: made up, split or merged."""
        return len(self.segmented) - len(self.pairs)


def diameters(areas: np.ndarray) -> np.ndarray:
    """Return the diameters of circles of these areas, 2 sqrt(A / pi)."""
    return 2 * np.sqrt(np.asarray(areas, np.float64) / np.pi)


def match(truth: np.ndarray, segments: np.ndarray) -> Matches:
    """Match segments with true objects, one to one, by the greatest total intersection over union.

    Kuhn's Hungarian method (doi:10.1002/nav.3800020109) over the pairs whose
    intersection over union is at least 0.5.

    Parameters
    ----------
    truth : ndarray of int, (H, W)
        The object seen at each pixel, 0 for background.
    segments : ndarray of int, (H, W)
        The same, of a segmentation.

    Returns
    -------
    Matches
        Diameters are those of circles of the visible area, of truth and
        segments alike, so that hidden parts and the image's border bias
        neither.

    Raises
    ------
    SemclearError
        When the shapes differ.
    """
    if truth.shape != segments.shape:
        raise SemclearError(
            f"objects: got labels of shape {truth.shape} and segments of shape {segments.shape}, expected "
            "equal shapes; "
            "segment the scene that the labels belong to"
        )
    _, own, true_area = np.unique(truth, return_inverse=True, return_counts=True)
    _, other, area = np.unique(segments, return_inverse=True, return_counts=True)
    common = np.bincount((own * len(area) + other).ravel(), minlength=len(true_area) * len(area))
    common = common.reshape(len(true_area), len(area))
    rows, columns = (slice(int((labels == 0).any()), None) for labels in (truth, segments))
    common, true_area, area = common[rows, columns], true_area[rows], area[columns]
    overlap = common / (true_area[:, None] + area - common)
    overlap[overlap < LEAST_OVERLAP] = 0
    first, second = linear_sum_assignment(overlap, maximize=True)
    matched = overlap[first, second] > 0
    first, second = first[matched], second[matched]
    large = true_area >= LEAST_AREA
    is_small = np.zeros(len(area), bool)
    is_small[second[~large[first]]] = True
    kept = large[first]
    pairs = np.stack([diameters(true_area[first[kept]]), diameters(area[second[kept]])], axis=1)
    return Matches(diameters(true_area[large]), diameters(area[~is_small]), pairs)


def size_distance(matches: Matches) -> float | None:
    """Return Wasserstein's distance between the distributions of true and of segmented diameters, pixels.

    Vallender 1974, doi:10.1137/1118101: the area between the two cumulative
    distributions. None where a side has no object.
    """
    if not len(matches.true) or not len(matches.segmented):
        return None
    return float(wasserstein_distance(matches.true, matches.segmented))


def measure(matches: Matches) -> dict[str, float]:
    """Return the measures of a scene's objects.

    Returns
    -------
    dict
        objects_true and objects_segmented (counts); objects_found and
        objects_missed, shares of the true ones; objects_invented, share of
        the segments (0 without any); diameter_bias and diameter_deviation,
        mean and population standard deviation of segmented - true diameter
        of the matched, pixels; size_distance, pixels. What is not defined,
        for want of objects, is left out.
    """
    values = {
        "objects_true": float(len(matches.true)),
        "objects_segmented": float(len(matches.segmented)),
        "objects_invented": matches.invented / max(1, len(matches.segmented)),
    }
    if len(matches.true):
        values["objects_found"] = matches.found / len(matches.true)
        values["objects_missed"] = matches.missed / len(matches.true)
    if matches.found:
        differences = matches.pairs[:, 1] - matches.pairs[:, 0]
        values["diameter_bias"] = float(differences.mean())
        values["diameter_deviation"] = float(differences.std())
    if (distance := size_distance(matches)) is not None:
        values["size_distance"] = distance
    return values
