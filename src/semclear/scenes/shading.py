"""From heights to the secondary electron signal."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

# A step (in samples) this much above three times its neighbour is a gap between two surfaces.
_CLIFF = 1.5


@dataclass(frozen=True)
class Look:
    """How one micrograph is shaded.

    Attributes
    ----------
    edge : float
        Exponent n of the yield 1 / cos(tilt)^n.
    cap : float
        Highest relative yield: at grazing tilt the escape depth ends the rise.
    pits : float
        Strength of the darkness in pits and between objects.
    reach : float
        How far a wall shadows, pixels.
    side : float
        Share of the signal that depends on which way a surface faces the detector.
    direction : float
        Azimuth of the detector in radians.
    """

    edge: float
    cap: float
    pits: float
    reach: float
    side: float
    direction: float


def draw_look(rng: np.random.Generator, reach: float) -> Look:
    """Return a random look; `reach` in pixels is that of the scene's objects."""
    return Look(
        edge=float(rng.uniform(0.25, 0.8)),
        cap=float(rng.uniform(1.8, 3.2)),
        pits=float(rng.uniform(0.8, 2.2)),
        reach=reach,
        side=float(rng.uniform(0.05, 0.4)),
        direction=float(rng.uniform(0, 2 * np.pi)),
    )


def slopes(height: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the slopes along x and y within the surface seen at each pixel.

    Central differences, but beside a cliff (one step far above the other) the
    smaller of both steps counts, so that its foot stays flat and only the rim
    itself is steep.

    Parameters
    ----------
    height : ndarray, shape (H, W)
        In pixels.

    Returns
    -------
    tuple of ndarray
        Dimensionless slopes, shape (H, W) each.
    """
    padded = np.pad(height, 1, mode="edge")
    result = []
    for before, after in (
        (padded[1:-1, 1:-1] - padded[1:-1, :-2], padded[1:-1, 2:] - padded[1:-1, 1:-1]),
        (padded[1:-1, 1:-1] - padded[:-2, 1:-1], padded[2:, 1:-1] - padded[1:-1, 1:-1]),
    ):
        small, large = np.minimum(np.abs(before), np.abs(after)), np.maximum(np.abs(before), np.abs(after))
        inner = np.where(np.abs(before) < np.abs(after), before, after)
        result.append(np.where(large > _CLIFF + 3 * small, inner, (before + after) / 2))
    return result[0], result[1]


def visibility(height: np.ndarray, reach: float, strength: float) -> np.ndarray:
    """Return the share of electrons that escape from pits: exp(-strength * depth / reach).

    Depth is how far a point lies below the blurred surface around it, summed
    over two ranges: ambient occlusion by unsharp masking of the depth buffer
    (Luft, Colditz, Deussen 2006, doi:10.1145/1141911.1142016).

    Returns
    -------
    ndarray of float32, shape (H, W)
        In (0, 1].
    """
    depth = np.zeros_like(height)
    for sigma, weight in ((reach * 0.35, 0.6), (reach, 1.0)):
        # A wide blur of a quarter-size image is the same to the eye and far cheaper.
        factor = max(1, int(sigma / 4))
        small = cv2.resize(height, None, fx=1 / factor, fy=1 / factor, interpolation=cv2.INTER_AREA)
        around = cv2.GaussianBlur(small, (0, 0), sigma / factor, borderType=cv2.BORDER_REFLECT)
        around = cv2.resize(around, height.shape[::-1], interpolation=cv2.INTER_LINEAR)
        depth += np.float32(weight) * np.maximum(around - height, 0) / np.float32(sigma)
    return np.exp(np.float32(-strength) * depth)


def shade(height: np.ndarray, albedo: np.ndarray, look: Look) -> np.ndarray:
    """Return the signal: albedo x edge brightening x facing the detector x visibility.

    Edge brightening is the tilt law of the secondary electron yield,
    delta(tilt) = delta(0) / cos(tilt)^n, n about 0.8 to 1.3 for bulk and less
    as seen by a lens detector (Reimer, Scanning Electron Microscopy, 2nd ed.,
    1998, doi:10.1007/978-3-540-38967-5, section 4.2).

    Parameters
    ----------
    height, albedo : ndarray of float32, shape (H, W)
        Heights in pixels, relative yield of the material.
    look : Look
        The shading's parameters.

    Returns
    -------
    ndarray of float32, shape (H, W)
        Above 0, no fixed scale.
    """
    along_x, along_y = slopes(height)
    steepness = 1 + along_x**2 + along_y**2
    brightening = np.minimum(steepness ** np.float32(look.edge / 2), np.float32(look.cap))
    towards = -(along_x * np.float32(np.cos(look.direction)) + along_y * np.float32(np.sin(look.direction)))
    facing = 1 + np.float32(look.side) * towards / np.sqrt(steepness)
    return albedo * brightening * facing * visibility(height, look.reach, look.pits)
