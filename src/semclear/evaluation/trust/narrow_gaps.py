"""Narrow dark gaps between neighbouring objects: seen or closed, as a function of their true width."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import ndimage

from semclear.errors import SemclearError

DIP = 0.25
"""Least share of the local contrast by which a gap must be darker than both shoulders; about Rayleigh's criterion."""

INSIDE = (1, 2, 3)
"""Pixels from its border where an object's grey is read: its shoulder."""

ACROSS = (-1, 0, 1)
"""Pixels beside the shortest line between two objects that are averaged with it, against noise."""

SAMPLES = 25
REACH = 24
"""Pixels around a gap's middle where the local contrast is read, between its 5th and 95th percentile: wide enough to
hold more than the gap, whose own dip blur lowers too, and near enough to follow a veil."""

WIDEST = 12.5
TIE = 1e-9
BINS = {"1": (0.5, 1.5), "2": (1.5, 2.5), "3_4": (2.5, 4.5), "5_7": (4.5, 7.5), "8_12": (7.5, WIDEST)}
"""Ranges of true width, pixels: from, up to but not with."""


@dataclass(frozen=True)
class Gaps:
    """Gaps between pairs of neighbouring objects.

    Attributes
    ----------
    width : ndarray, (n,)
        Of the background between the two objects, pixels: distance of their closest pixels' centres less 1.
    ends : ndarray, (n, 2, 2)
        Centres (row, column) of these two pixels.
    """

    width: np.ndarray
    ends: np.ndarray

    def __getitem__(self, chosen: np.ndarray) -> Gaps:
        return Gaps(self.width[chosen], self.ends[chosen])


def find(labels: np.ndarray) -> Gaps:
    """Return the gaps of 0.5 to 12.5 pixels between objects that face each other across background.

    Two objects are neighbours where their zones of nearest pixels meet. A
    pair counts once, at its narrowest. Left out are pairs that touch
    somewhere, that have a third object between them, or of which one is
    thinner than three pixels there.

    Parameters
    ----------
    labels : ndarray of int, (H, W)
        The object seen at each pixel, 0 for background.
    """
    labels = np.asarray(labels).astype(int)
    if len(np.unique(labels[labels > 0])) < 2:
        return Gaps(np.empty(0), np.empty((0, 2, 2)))
    nearest = ndimage.distance_transform_edt(labels == 0, return_distances=False, return_indices=True)
    owner = labels[tuple(nearest)]
    starts, stops = [], []
    for here, there in (
        ((slice(None), slice(None, -1)), (slice(None), slice(1, None))),
        ((slice(None, -1), slice(None)), (slice(1, None), slice(None))),
    ):
        border = owner[here] != owner[there]
        starts.append(nearest[(slice(None), *here)][:, border].T)
        stops.append(nearest[(slice(None), *there)][:, border].T)
    ends = np.stack([np.concatenate(starts), np.concatenate(stops)], axis=1)
    pair = np.sort(labels[ends[..., 0], ends[..., 1]], axis=1)
    width = np.linalg.norm(np.diff(ends, axis=1)[:, 0].astype(float), axis=1) - 1
    order = np.lexsort((width, pair[:, 1], pair[:, 0]))
    _, first, which = np.unique(pair[order], axis=0, return_index=True, return_inverse=True)
    which = which.ravel()
    # Parallel faces are equally near in many places: the middle one counts, away from corners.
    equal = np.bincount(which, width[order] <= width[order][first][which] + TIE).astype(int)
    narrowest = order[first + (equal - 1) // 2]
    gaps = Gaps(width[narrowest], ends[narrowest].astype(float))
    gaps = gaps[(gaps.width >= BINS["1"][0]) & (gaps.width < WIDEST)]
    return gaps[_free(labels, gaps)]


def _samples(gaps: Gaps) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return unit steps across (n, 2), and places of the shoulders (n, 2, depths, 2) and of the gap (n, samples, 2)."""
    along = gaps.ends[:, 1] - gaps.ends[:, 0]
    along = along / np.linalg.norm(along, axis=1, keepdims=True)
    outward = np.stack([-along, along], axis=1)
    shoulders = gaps.ends[:, :, None] + np.array(INSIDE)[:, None] * outward[:, :, None]
    # From the first to the last pixel of background.
    share = np.linspace(0, 1, SAMPLES)[:, None]
    between = (gaps.ends[:, 0] + along)[:, None] * (1 - share) + (gaps.ends[:, 1] - along)[:, None] * share
    return along[:, ::-1] * np.array([1, -1]), shoulders, between


def _free(labels: np.ndarray, gaps: Gaps) -> np.ndarray:
    """Return which gaps (n,) have nothing but background between their ends, and both objects behind them."""
    if not len(gaps.width):
        return np.zeros(0, bool)
    _, shoulders, between = _samples(gaps)
    size = np.array(labels.shape)
    deepest = np.rint(shoulders[:, :, -1]).astype(int)
    within = ((deepest >= 0) & (deepest < size)).all(axis=(1, 2))
    deepest = np.clip(deepest, 0, size - 1)
    ends = gaps.ends.astype(int)
    behind = labels[deepest[..., 0], deepest[..., 1]] == labels[ends[..., 0], ends[..., 1]]
    crossed = np.rint(between).astype(int)
    empty = (labels[crossed[..., 0], crossed[..., 1]] == 0).all(axis=1)
    return within & behind.all(axis=1) & empty


def dips(image: ArrayLike, gaps: Gaps) -> np.ndarray:
    """Return how much darker each gap is than the darker of its two shoulders, as a share of the local contrast.

    The profile runs over the shortest line between the two objects, the mean
    of three lines one pixel apart. The gap is its mean over the middle half
    (one place, for the narrowest), a shoulder its mean over 1 to 3 pixels
    inside the object. The local contrast is that between the 5th and the 95th
    percentile of the grey within 24 pixels: gain and offset, a veil too,
    change nothing.

    Parameters
    ----------
    image : array_like
        (H, W).
    gaps : Gaps
        From the scene's labels.

    Returns
    -------
    ndarray, (n,)
        Negative where the gap is brighter; 0 where the surroundings are constant.
    """
    image = np.asarray(image, np.float64)
    if not len(gaps.width):
        return np.zeros(0)
    if np.any(gaps.ends.max(axis=(0, 1)) > np.array(image.shape) - 1):
        raise SemclearError(
            f"gaps: got an image of shape {image.shape} that does not hold all gaps, expected their scene's own; "
            "measure the restored micrograph of this scene"
        )
    across, shoulders, between = _samples(gaps)
    middle = between[:, SAMPLES // 4 : SAMPLES - SAMPLES // 4]

    def grey(places: np.ndarray) -> np.ndarray:
        """Return the mean grey of places (n, ..., 2) over their last axis but one and the lines beside them."""
        step = across.reshape(len(across), *(1,) * (places.ndim - 2), 2)
        lines = np.stack([places + offset * step for offset in ACROSS])
        values = ndimage.map_coordinates(image, np.moveaxis(lines, -1, 0), order=1, mode="nearest")
        return values.mean(axis=(0, -1))

    depth = grey(shoulders).min(axis=1) - grey(middle)
    contrast = np.array([_contrast(image, centre) for centre in gaps.ends.mean(axis=1)])
    return np.divide(depth, contrast, out=np.zeros_like(depth), where=contrast > 0)


def _contrast(image: np.ndarray, centre: np.ndarray) -> float:
    row, column = np.rint(centre).astype(int)
    window = image[max(0, row - REACH) : row + REACH + 1, max(0, column - REACH) : column + REACH + 1].ravel()
    low, high = round(0.05 * (window.size - 1)), round(0.95 * (window.size - 1))
    ordered = np.partition(window, (low, high))
    return float(ordered[high] - ordered[low])


def dark(labels: np.ndarray, truth: ArrayLike) -> Gaps:
    """Return the gaps of a scene that are dark in its clear image: those that a restoration can be asked to show."""
    gaps = find(labels)
    return gaps[dips(truth, gaps) >= DIP]


def measure(image: ArrayLike, gaps: Gaps) -> dict[str, float]:
    """Return by range of true width (`BINS`) how many gaps there are and how many are seen.

    A gap is seen where it dips by at least a quarter of the local contrast, see `dips`.

    Returns
    -------
    dict
        ``gaps_1``, ``gaps_seen_1`` and so on, counts; ranges without a gap are left out.
    """
    seen, values = dips(image, gaps) >= DIP, {}
    for name, (low, high) in BINS.items():
        inside = (gaps.width >= low) & (gaps.width < high)
        if inside.any():
            values[f"gaps_{name}"] = float(inside.sum())
            values[f"gaps_seen_{name}"] = float(seen[inside].sum())
    return values
