"""What is left of a micrograph that its re-degraded restoration does not explain: size, and structure.

A residual of noise alone is white. Streaks, drift, a blur of another shape or
a veil with sharp borders leave correlated residuals.
"""

from __future__ import annotations

import numpy as np

from semclear.restoration.checks import tiles

#: Grey standard deviation of 8-bit rounding: no micrograph has less noise than that.
ROUNDING = 1 / (255 * np.sqrt(12))


def pearson(first: np.ndarray, second: np.ndarray) -> float | None:
    """Return Pearson's correlation of two images of equal shape, or None where one of them is constant."""
    first, second = np.asarray(first, np.float64).ravel(), np.asarray(second, np.float64).ravel()
    first, second = first - first.mean(), second - second.mean()
    power = np.sqrt(np.sum(first**2) * np.sum(second**2))
    return float(np.sum(first * second) / power) if power > 1e-12 * first.size else None


def autocorrelation(residual: np.ndarray, lag: int, axis: int) -> float:
    """Return the residual's correlation with itself, `lag` pixels further along `axis`; 0 for a constant one."""
    values = np.moveaxis(np.asarray(residual, np.float64), axis, 0)
    return pearson(values[lag:], values[:-lag]) or 0.0


def line_power(residual: np.ndarray, axis: int) -> float:
    """Return how much more the means of lines vary than white noise's would.

    var(mean of each line) * (pixels of a line) / var(all pixels): about 1 for
    white noise, large for streaks along the lines.

    Parameters
    ----------
    residual : ndarray, (H, W)
        Any unit.
    axis : int
        That a line runs along: 1 for rows, 0 for columns.
    """
    residual = np.asarray(residual, np.float64)
    total = residual.var()
    return float(residual.mean(axis=axis).var() * residual.shape[axis] / total) if total > 0 else 1.0


def measure(
    degraded: np.ndarray, again: np.ndarray, noise: float, side: int = tiles.SIDE
) -> dict[str, float]:
    """Return how well a re-degraded restoration explains the micrograph.

    Parameters
    ----------
    degraded : ndarray, (H, W)
        The micrograph y, in [0, 1].
    again : ndarray, (H, W)
        D(restored), without noise.
    noise : float
        Grey standard deviation of the noise measured in y.
    side : int
        Of the tiles, in pixels, see below.

    Returns
    -------
    dict
        "redegradation_pearson" and "redegradation_rms" (grey) of D(restored)
        against y; "redegradation_ratio", the RMS over the noise: 1 where only
        noise is left; of the residual y - D(restored), as means over tiles
        of one side, since they grow with the size of what is looked at:
        "residual_correlation", the mean autocorrelation one and two pixels
        away along both axes, and "residual_rows" and "residual_columns" (see
        `line_power`). What is undefined is left out.
    """
    residual = np.asarray(degraded, np.float64) - again
    rms = float(np.sqrt(np.mean(residual**2)))
    values = {
        "redegradation_pearson": pearson(degraded, again),
        "redegradation_rms": rms,
        "redegradation_ratio": rms / max(noise, ROUNDING),
        **tiles.average(_structure, residual, side),
    }
    return {name: value for name, value in values.items() if value is not None}


def _structure(tile: np.ndarray) -> dict[str, float]:
    """Return what of one tile of a residual is not white."""
    near = [autocorrelation(tile, lag, axis) for lag in (1, 2) for axis in (0, 1)]
    return {
        "residual_correlation": float(np.mean(near)),
        "residual_rows": line_power(tile, 1),
        "residual_columns": line_power(tile, 0),
    }
