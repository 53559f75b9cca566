"""Contrast enhancement, whole-image and local."""

from __future__ import annotations

import numpy as np

from semclear.restoration.classical.method import Grid, Method, Number


def percentile_stretch(
    image: np.ndarray, low: float, high: float, darkest: float, brightest: float
) -> np.ndarray:
    """Return the image stretched so that two percentiles take two given grey levels.

    Parameters
    ----------
    image : ndarray, (H, W)
        In [0, 1].
    low, high : float
        Percentiles, 0 <= low < high <= 100.
    darkest, brightest : float
        Grey levels in [0, 1] that they take; beyond, the line goes on and is clipped at 0 and 1.

    Returns
    -------
    ndarray, (H, W), float32
        The image unchanged where both percentiles are equal.
    """
    bottom, top = np.percentile(np.asarray(image, np.float64), (low, high))
    return stretched(image, bottom, top, darkest, brightest)


def stretched(image: np.ndarray, bottom: float, top: float, darkest: float, brightest: float) -> np.ndarray:
    """Return the image, or a part of one, stretched so that the greys `bottom` and `top` become these two.

    Parameters
    ----------
    image : ndarray, (H, W)
        In [0, 1].
    bottom, top, darkest, brightest : float
        Greys in [0, 1]; beyond them see `percentile_stretch`.

    Returns
    -------
    ndarray, (H, W), float32
        The image unchanged where `top` is not above `bottom`.
    """
    if top <= bottom:
        return np.asarray(image, np.float32)
    made = darkest + (np.asarray(image, np.float64) - bottom) * (brightest - darkest) / (top - bottom)
    return np.clip(made, 0, 1).astype(np.float32)


def clahe(image: np.ndarray, clip_limit: float, tiles: int) -> np.ndarray:
    """Return contrast-limited adaptive histogram equalisation, by OpenCV on 256 grey levels.

    Zuiderveld 1994, "Contrast limited adaptive histogram equalization",
    Graphics Gems IV, pp. 474-485. Borders are continued by reflection.

    Parameters
    ----------
    image : ndarray, (H, W)
        In [0, 1].
    clip_limit : float
        Highest slope of the grey curve; 1 changes least.
    tiles : int
        Tiles along each side.

    Returns
    -------
    ndarray, (H, W), float32
        In [0, 1].
    """
    import cv2  # only here: asking for the methods' names is to be quick

    from semclear.io.png import to_uint8

    levels = to_uint8(np.asarray(image))
    equalised = cv2.createCLAHE(clipLimit=clip_limit, tileGridSize=(tiles, tiles)).apply(levels)
    return equalised.astype(np.float32) / np.float32(255)


METHODS = (
    Method(
        "percentile-stretch",
        title="Percentile stretch",
        label="percentile stretch",
        place=50,
        figure_place=10,
        function=percentile_stretch,
        grids=(
            Grid(
                "percentile_stretch",
                {
                    "low": Number(0.0, 100.0),
                    "high": Number(0.0, 100.0),
                    "darkest": Number(0.0, 1.0),
                    "brightest": Number(0.0, 1.0),
                },
                rising=(("low", "high"), ("darkest", "brightest")),
            ),
        ),
        default={"low": 0.0, "high": 98.0, "darkest": 0.0, "brightest": 0.7},
    ),
    Method(
        "clahe",
        title="CLAHE",
        label="CLAHE",
        place=60,
        figure_place=20,
        function=clahe,
        grids=(Grid("clahe", {"clip_limit": Number(0.01, 1000.0), "tiles": Number(1, 256, whole=True)}),),
        default={"clip_limit": 3.0, "tiles": 4},
    ),
)
