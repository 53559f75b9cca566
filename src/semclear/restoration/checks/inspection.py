"""What a micrograph shows of its own degradation: noise, spectrum, directions, streaks.

None of it looks at a restoration: it tells how far a micrograph is from those
that a model was made for. All of it but the noise is a mean over tiles of one
side, see `semclear.restoration.checks.tiles`.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from semclear.restoration.checks import tiles

#: Ends of the bands of the spectrum, cycles a pixel: an octave each, from where a smooth veil has no power.
BANDS = (0.03, 0.0625, 0.125, 0.25, 0.5)
RING = 1 / 64
TINY = 1e-12


def _spectrum(image: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return power (H, W) under a Hann window, and vertical and horizontal frequencies; white noise v gives v."""
    image = np.asarray(image, np.float64)
    window = np.outer(*(np.hanning(side + 2)[1:-1] for side in image.shape))
    window /= np.sqrt(np.mean(window**2))
    power = np.abs(np.fft.fft2((image - image.mean()) * window)) ** 2 / image.size
    return power + TINY, np.fft.fftfreq(image.shape[0])[:, None], np.fft.fftfreq(image.shape[1])[None, :]


def _whitened(power: np.ndarray, radius: np.ndarray) -> np.ndarray:
    """Return the power over its mean at equal frequency, whatever the direction."""
    ring = np.floor(radius / RING).astype(int)
    count = np.bincount(ring.ravel())
    total = np.bincount(ring.ravel(), power.ravel())
    return power / (total / np.maximum(count, 1))[ring]


def measure(image: np.ndarray, noise: float, side: int = tiles.SIDE) -> dict[str, float]:
    """Return what the micrograph shows of its degradation.

    Parameters
    ----------
    image : ndarray, (H, W)
        In [0, 1], no side under 16; under 32 pixels the lowest band is empty and left out.
    noise : float
        Grey standard deviation of its noise.
    side : int
        Of the tiles, in pixels. Values compare with those of other
        micrographs at the same side alone.

    Returns
    -------
    dict
        "input_noise" and "input_contrast" (standard deviation within a tile),
        in grey; "input_band1" to "input_band4", decimal logarithm of the mean
        power in an octave of the spectrum; "input_axes" and
        "input_diagonals", how much the mean of cos 2a or sin 2a over
        directions a, weighted by the power, grows from the first to the
        second octave: objects prefer a direction at all frequencies, a blur
        the more the higher; "input_rows" and "input_columns", the power of
        structure that is constant along rows or columns over that of other
        directions: 1 without streaks.
    """
    values = {"input_noise": float(noise), "input_contrast": tiles.contrast(image, side)}
    return values | tiles.average(_shown, image, side)


def _shown(tile: np.ndarray) -> dict[str, float]:
    """Return what one tile's spectrum shows."""
    power, down, right = _spectrum(tile)
    radius = np.hypot(down, right)
    values = {}
    for number, (low, high) in enumerate(pairwise(BANDS), start=1):
        band = power[(radius >= low) & (radius < high)]
        if band.size:
            values[f"input_band{number}"] = float(np.log10(np.mean(band)))
    white = _whitened(power, radius)
    octaves = [(radius >= low) & (radius < high) for low, high in list(pairwise(BANDS))[:2]]
    if all(octave.any() for octave in octaves):
        double = 2 * np.arctan2(down, right)
        for name, part in (("input_axes", np.cos(double)), ("input_diagonals", np.sin(double))):
            coarse, fine = (float(np.average(part[octave], weights=white[octave])) for octave in octaves)
            values[name] = fine - coarse
    steady = (radius >= BANDS[0]) & (radius < BANDS[-1])
    values["input_rows"] = float(np.mean(white[steady & (right == 0)]))
    values["input_columns"] = float(np.mean(white[steady & (down == 0)]))
    return values
