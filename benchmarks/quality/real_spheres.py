"""Micrographs of spheres: how sharp their rims are, and how much structure stands inside of what is smooth.

No truth is needed: a sphere of silica is smooth, and its rim is as sharp as the instrument. Both are measured on
circles that are found in the input alone, so that every method is measured at the same places.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from scipy.ndimage import gaussian_filter, map_coordinates
from scipy.optimize import curve_fit
from scipy.special import ndtr

from benchmarks.quality.real_sets import SHARP, Picture, read
from benchmarks.trust.textures import TABLE
from semclear import params
from semclear.datasets import sources
from semclear.evaluation.tables import bootstrap
from semclear.evaluation.tables.writers import Block

#: Radii that are looked for, pixels, and angles at which a rim is measured.
RADII, ANGLES = (20, 130), 128
#: Half length of a rim's profile, pixels; its sampling.
REACH, STEP = 16.0, 0.25
#: Smoothing before circles are looked for; scales between which structure inside a sphere is counted, pixels.
SMOOTH, FINE, COARSE = 2.5, 1.0, 6.0
#: Share of the radius that is inside, beyond which shading falls off; share of the angles that must show a rim.
INSIDE, LEAST_RIM = 0.6, 0.6
#: Least drop of grey at a rim, as a share of the picture's grey range.
LEAST_DROP = 0.12
#: Largest standard deviation of the smoothed greys inside, as a share of the range: beyond, it is a heap of spheres.
MOST_UNEVEN = 0.1
#: Sectors of a rim, and the 10 to 90 % width of a step blurred by a Gaussian of standard deviation 1.
SECTORS, TEN_TO_NINETY = 8, 2.563
#: Least and most spheres of a picture, those that Hough finds clearest.
LEAST, MOST = 3, 8
SOFT = "soft"
MEASURES = ("rim_px", "inside")


@dataclass(frozen=True)
class Sphere:
    """Centre, radius in pixels, and the angles (radians) at which nothing touches the rim, with its place there."""

    row: float
    column: float
    radius: float
    angles: np.ndarray
    rims: np.ndarray


def _profiles(
    image: np.ndarray, sphere: tuple[float, float], angles: np.ndarray, around: np.ndarray
) -> np.ndarray:
    """Return greys along radii, (angles, samples); `around` holds the rim's distance from the centre at each angle."""
    distance = around[:, None] + np.arange(-REACH, REACH + STEP / 2, STEP)
    rows = sphere[0] + distance * np.sin(angles)[:, None]
    columns = sphere[1] + distance * np.cos(angles)[:, None]
    return map_coordinates(image, [rows, columns], order=1, mode="constant", cval=np.nan)


def grey_range(image: np.ndarray) -> float:
    """Return the grey range p1 to p99."""
    low, high = np.percentile(image, (1, 99))
    return float(high - low)


def spheres(image: np.ndarray) -> list[Sphere]:
    """Return the spheres of a micrograph that are whole and brighter than what is around them.

    Hough's circles of the smoothed picture; at each angle the steepest fall of grey near the circle is the rim where
    it falls by a share of the grey range and lies on a circle with the others, within 6 % of the radius.

    Parameters
    ----------
    image : ndarray, (H, W)
        In [0, 1].
    """
    smooth = gaussian_filter(np.float64(image), SMOOTH)
    levels = np.round(255 * np.clip(smooth, 0, 1)).astype(np.uint8)
    found = cv2.HoughCircles(
        levels,
        cv2.HOUGH_GRADIENT,
        dp=1.5,
        minDist=1.5 * RADII[0],
        param1=60,
        param2=50,
        minRadius=RADII[0],
        maxRadius=RADII[1],
    )
    kept: list[Sphere] = []
    span = grey_range(smooth)
    for column, row, radius in [] if found is None else found.reshape(-1, 3):
        made = _refined(smooth, float(row), float(column), float(radius))
        if made is None or any(
            np.hypot(made.row - other.row, made.column - other.column) < 0.8 * max(made.radius, other.radius)
            for other in kept
        ):
            continue
        if smooth[_within(made, smooth.shape)].std() < MOST_UNEVEN * span:
            kept.append(made)
        if len(kept) == MOST:
            break
    return kept


def _within(sphere: Sphere, shape: tuple[int, int]) -> np.ndarray:
    """Return which pixels lie inside a sphere, (H, W) bool."""
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    return np.hypot(rows - sphere.row, columns - sphere.column) < INSIDE * sphere.radius


def _refined(smooth: np.ndarray, row: float, column: float, radius: float) -> Sphere | None:
    """Return the sphere with its circle fitted to the rims twice, or None where too few angles show one."""
    angles = np.linspace(0, 2 * np.pi, ANGLES, endpoint=False)
    span = round(3 * SMOOTH / STEP)
    for _ in range(2):
        greys = _profiles(smooth, (row, column), angles, np.full(ANGLES, radius))
        drop = greys[:, :-span] - greys[:, span:]
        whole = np.isfinite(greys).all(axis=1)
        drop[~whole] = -1
        place = drop.argmax(axis=1)
        rims = radius - REACH + (place + span / 2) * STEP
        clear = whole & (drop.max(axis=1) > LEAST_DROP * grey_range(smooth))
        if clear.sum() < LEAST_RIM * ANGLES:
            return None
        clear &= np.abs(rims - np.median(rims[clear])) < max(0.06 * radius, 2.0)
        if clear.sum() < LEAST_RIM * ANGLES:
            return None
        x, y = column + rims[clear] * np.cos(angles[clear]), row + rims[clear] * np.sin(angles[clear])
        # x^2 + y^2 = 2 a x + 2 b y + c
        (a, b, c), *_ = np.linalg.lstsq(np.stack([2 * x, 2 * y, np.ones_like(x)], 1), x**2 + y**2, rcond=None)
        row, column, radius = float(b), float(a), float(np.sqrt(max(c + a**2 + b**2, 1.0)))
        if not RADII[0] * 0.8 < radius < RADII[1] * 1.2:
            return None
    return Sphere(
        row, column, radius, np.arctan2(y - row, x - column) % (2 * np.pi), np.hypot(x - column, y - row)
    )


def _edge(
    distance: np.ndarray, low: float, height: float, place: float, width: float, shade: float, glow: float
):
    """Return a blurred step with a line on either side of it: a sphere's shading, and the glow around it."""
    offset = distance - place
    step = height * ndtr(-offset / width)
    return low + step + shade * np.minimum(offset, 0.0) + glow * np.maximum(offset, 0.0)


def rim_width(image: np.ndarray, sphere: Sphere) -> float:
    """Return the distance over which a rim falls from 90 to 10 % of its height, pixels.

    Radial profiles are laid on each other at the rim and averaged in eight sectors; a step blurred by a Gaussian, with
    a line on either side, is fitted to each average. The width is 2.56 of its standard deviations.

    Parameters
    ----------
    image : ndarray, (H, W)
        In [0, 1].
    sphere : Sphere
        Where it lies.

    Returns
    -------
    float
        Median over sectors; NaN where none can be fitted.
    """
    greys = _profiles(np.float64(image), (sphere.row, sphere.column), sphere.angles, sphere.rims)
    distance = np.arange(-REACH, REACH + STEP / 2, STEP)
    whole = np.isfinite(greys).all(axis=1)
    sector = np.where(whole, np.floor(sphere.angles / (2 * np.pi / SECTORS)), -1)
    widths = []
    for one in range(SECTORS):
        if (sector == one).sum() < ANGLES // SECTORS // 2:
            continue
        profile = greys[sector == one].mean(axis=0)
        start = (profile[-1], np.ptp(profile), 0.0, 2.0, 0.0, 0.0)
        bounds = ([-1, 0, -5, 0.2, -0.1, -0.1], [2, 2, 5, 10, 0.1, 0.1])
        try:
            fit, _ = curve_fit(_edge, distance, profile, np.clip(start, *bounds), bounds=bounds)
        except RuntimeError:
            continue
        if fit[1] > LEAST_DROP / 2 * grey_range(image):
            widths.append(TEN_TO_NINETY * fit[3])
    return float(np.median(widths)) if widths else float("nan")


def inside_structure(image: np.ndarray, sphere: Sphere) -> float:
    """Return the standard deviation of what stands inside a sphere between two scales, as a share of the grey range.

    Parameters
    ----------
    image : ndarray, (H, W)
        In [0, 1].
    sphere : Sphere
        Six tenths of its radius are looked at.
    """
    band = gaussian_filter(np.float64(image), FINE) - gaussian_filter(np.float64(image), COARSE)
    return float(band[_within(sphere, image.shape)].std() / grey_range(image))


def measures(image: np.ndarray, found: list[Sphere]) -> dict[str, float]:
    """Return the medians over spheres of `MEASURES`: rim in pixels, inside as a share of the grey range."""
    if not found:
        return dict.fromkeys(MEASURES, float("nan"))
    return {
        "rim_px": float(np.nanmedian([rim_width(image, one) for one in found])),
        "inside": float(np.median([inside_structure(image, one) for one in found])),
    }


def pictures(folder: Path) -> Iterator[tuple[str, Picture]]:
    """Yield the whole micrographs of silica spheres with their set: ``soft`` of blurry/, ``sharp`` of sharp/.

    Parameters
    ----------
    folder : Path
        Holds blurry/, sharp/ and SOURCES.csv.
    """
    source_of = sources.by_table(folder / TABLE, "original_path")
    for name, place in ((SOFT, "blurry"), (SHARP, "sharp")):
        seen = set()
        for path in sorted((folder / place).glob("silica*.png")):
            (image,) = read(path)
            if source_of(path) not in seen:
                seen.add(source_of(path))
                yield name, Picture(path.stem, "silica", source_of(path), image, image)


def block(rows: Sequence[Mapping[str, str]], settings: params.Params) -> Block:
    """Return the table of rims and insides, a line a set and method."""
    lines = []
    for name, method in dict.fromkeys((row["set"], row["method"]) for row in rows):
        own = [row for row in rows if (row["set"], row["method"]) == (name, method)]
        cells = [name, method, str(len(own))]
        for measure, factor, digits in (("rim_px", 1.0, 2), ("inside", 100.0, 2)):
            values = np.array([factor * float(row[measure] or "nan") for row in own])
            indices = bootstrap.resamples(
                values.size, settings.evaluation.bootstrap, settings.seed, "real-spheres"
            )
            low, high = bootstrap.interval(values, indices, settings.evaluation.confidence)
            known = f" [{low:.{digits}f}, {high:.{digits}f}]" if np.isfinite(low) else ""
            cells.append(f"{np.nanmean(values):.{digits}f}{known}")
        lines.append(cells)
    title = "Silica spheres: soft ones restored, and really sharp ones of the same instrument"
    return Block(
        title, ["set", "method", "n", "rim, 10 to 90 % (px)", "structure inside (% of range)"], lines, 3
    )
