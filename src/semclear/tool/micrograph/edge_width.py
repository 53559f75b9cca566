"""How wide the edges of a micrograph are, from 10 % to 90 % of their height."""

from __future__ import annotations

import cv2
import numpy as np
from scipy import ndimage

LOOKED_AT = 1024  # pixels: side of the centre that is looked at
FOUND_AT = 1.5  # standard deviation in pixels of the smoothing under which edges are found
REACH, STEP = 15.0, 0.25  # of a profile across an edge, pixels
ALONG = (-3, -2, -1, 0, 1, 2, 3)  # pixels along the edge that a profile is averaged over, against noise
SMOOTHING = 0.7  # standard deviation in pixels of the smoothing of profiles, against false turning points
POINTS = (200, 1500)  # least and most edges that are looked at,
A_POINT = 175  # and pixels of the image an edge: places nearer to each other show the same edge
LEAST = 20  # edges, for a median to mean anything
STRONG = 0.5  # share of the strong edges' height that an edge must have to count
ABOVE_NOISE = 6.0  # least height of an edge, in standard deviations of the noise
TEN_TO_NINETY = 2.5631  # width of the integral of a Gaussian of standard deviation 1


def _points(image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return places (N, 2) of the steepest edges and their unit normals, towards the brighter side."""
    down, right = (ndimage.gaussian_filter(image, FOUND_AT, order=order) for order in ((1, 0), (0, 1)))
    slope = np.hypot(down, right)
    margin = int(REACH)
    inner = np.zeros(image.shape, bool)
    inner[margin:-margin, margin:-margin] = True
    places = np.argwhere(inner & (slope > np.quantile(slope[inner], 0.85)))
    slopes = slope[places[:, 0], places[:, 1]]
    normals = np.stack([down, right])[:, places[:, 0], places[:, 1]].T / np.maximum(slopes, 1e-12)[:, None]
    ahead, behind = (ndimage.map_coordinates(slope, (places + sign * normals).T, order=1) for sign in (1, -1))
    crest = (slopes >= ahead) & (slopes >= behind) & (slopes > 1e-6)
    places, normals, slopes = places[crest], normals[crest], slopes[crest]
    points = int(np.clip(image.size // A_POINT, *POINTS))
    first = np.argsort(-slopes, kind="stable")[: 4 * points]
    chosen = first[:: max(1, len(first) // points)]
    return places[chosen].astype(np.float64), normals[chosen]


def _profiles(image: np.ndarray, places: np.ndarray, normals: np.ndarray) -> np.ndarray:
    """Return grey across each edge, (N, M), dark to bright, averaged along the edge."""
    across = np.arange(-REACH, REACH + STEP / 2, STEP)
    tangents = np.stack([-normals[:, 1], normals[:, 0]], axis=1)
    along = np.array(ALONG)[:, None, None]
    where = (places + along * tangents)[..., None] + normals[:, :, None] * across  # (A, N, 2, M)
    rows, columns = (np.ascontiguousarray(where[:, :, axis], np.float32) for axis in (0, 1))
    # One shift at a time: OpenCV takes pictures of less than 2^15 rows. It rounds places to 1/32 of a pixel.
    read = [
        cv2.remap(image, x, y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
        for x, y in zip(columns, rows, strict=True)
    ]
    profiles = np.mean(read, axis=0, dtype=np.float64)
    return ndimage.gaussian_filter1d(profiles, SMOOTHING / STEP, axis=1)


def _widths(profiles: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return 10 % to 90 % width in pixels and height of the rise through the middle of each profile."""
    count, length = profiles.shape
    places, middle = np.arange(length), length // 2
    falls = np.diff(profiles, axis=1) <= 0
    # The rise begins behind the last fall before the middle, and ends where the next one begins.
    start = np.where(falls & (places[:-1] < middle), places[1:], 0).max(axis=1)
    end = np.where(falls & (places[:-1] >= middle), places[:-1], length - 1).min(axis=1)
    lines = np.arange(count)
    lowest, heights = profiles[lines, start], profiles[lines, end] - profiles[lines, start]
    within = (places >= start[:, None]) & (places <= end[:, None])
    crossings = []
    for share in (0.1, 0.9):
        level = lowest + share * heights
        after = np.clip(start + (within & (profiles < level[:, None])).sum(axis=1), 1, length - 1)
        before, behind = profiles[lines, after - 1], profiles[lines, after]
        crossings.append(after - 1 + (level - before) / np.where(behind > before, behind - before, 1.0))
    rises = end - start >= 2
    widths = np.where(rises, (crossings[1] - crossings[0]) * STEP, np.nan)
    return widths, np.where(rises, heights, 0.0)


def measure(image: np.ndarray, noise: float) -> float | None:
    """Return the width of a micrograph's strong edges.

    At crests of the gradient grey is read across the edge (by cubics,
    averaged over 7 pixels along it); the rise through the middle is taken
    from turning point to turning point, and its width from 10 % to 90 % of
    the height (as the width of an edge is commonly given for SEM resolution).
    The smoothing of profiles is taken off in quadrature.

    Parameters
    ----------
    image : ndarray, (H, W)
        In [0, 1]; of a large one the central 1024 x 1024 pixels are looked at.
    noise : float
        Its grey standard deviation; edges below six of it do not count.

    Returns
    -------
    float or None
        Median over the edges in pixels: 2.563 sigma for a step blurred by a
        Gaussian, not below about 1 (a step between two pixels). None where
        there are fewer than 20 edges, or no side of 48 pixels.
    """
    if min(image.shape) < 48:
        return None
    top, left = (max(0, (side - LOOKED_AT) // 2) for side in image.shape)
    image = np.asarray(image[top : top + LOOKED_AT, left : left + LOOKED_AT], np.float32)
    places, normals = _points(image)
    if len(places) < LEAST:
        return None
    widths, heights = _widths(_profiles(image, places, normals))
    noise_left = noise / np.sqrt(len(ALONG))
    strong = np.isfinite(widths) & (heights > ABOVE_NOISE * noise_left)
    if strong.sum() < LEAST:
        return None
    strong &= heights >= STRONG * np.quantile(heights[strong], 0.9)
    if strong.sum() < LEAST:
        return None
    smoothing = TEN_TO_NINETY * SMOOTHING
    return float(np.sqrt(max(np.median(widths[strong]) ** 2 - smoothing**2, 1.0)))
