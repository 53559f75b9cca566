"""Data sets in memory for measuring: textures drawn with NumPy alone, without any file or further library."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from semclear import seeds

BLUR = 2.0  # standard deviation, pixels
NOISE = 0.02  # standard deviation, grey


def texture(side: int, rng: np.random.Generator, blur: float = 0.0) -> np.ndarray:
    """Return a square picture in [0, 1], float32, whose amplitudes fall with the frequency as a micrograph's do.

    Parameters
    ----------
    side : int
        Pixels.
    rng : Generator
        Where it comes from.
    blur : float
        Standard deviation of a Gaussian blur, pixels; a blurred picture also gets noise.
    """
    frequency = np.hypot(np.fft.fftfreq(side)[:, None], np.fft.rfftfreq(side)[None])
    spectrum = np.fft.rfft2(rng.standard_normal((side, side))) / (frequency + 1.0 / side)
    picture = np.fft.irfft2(spectrum * np.exp(-2.0 * (np.pi * blur * frequency) ** 2), s=(side, side))
    low, high = np.percentile(picture, (1, 99))
    picture = (picture - low) / (high - low)
    noise = NOISE * rng.standard_normal(picture.shape) if blur else 0.0
    return np.clip(picture + noise, 0.0, 1.0).astype(np.float32)


@dataclass(frozen=True)
class DrawnRecord:
    """One picture, as a data set's record gives it."""

    id: str
    picture: np.ndarray
    clear: np.ndarray | None = None

    def image(self) -> np.ndarray:
        """Return the picture."""
        return self.picture

    def truth(self) -> np.ndarray | None:
        """Return the picture before it was degraded, where there is one."""
        return self.clear


class Drawn:
    """A data set of drawn pictures: two training domains, no validation and no test.

    Parameters
    ----------
    side, count : int
        Edge of a picture in pixels, and pictures a domain.
    seed : int
        The study's.
    """

    name, digest, path = "drawn", "0" * 64, Path("drawn")

    def __init__(self, side: int, count: int, seed: int) -> None:
        self._records: dict[str, list[DrawnRecord]] = {"clear": [], "degraded": []}
        for place in range(count):
            for domain, blur in (("clear", 0.0), ("degraded", BLUR)):
                picture = texture(side, seeds.generator(seed, "drawn", domain, place), blur)
                truth = texture(side, seeds.generator(seed, "drawn", domain, place)) if blur else None
                self._records[domain].append(DrawnRecord(f"{domain}-{place}", picture, truth))

    def split(self, name: str) -> list[DrawnRecord]:
        """Return the records of a domain, none of any other split."""
        return self._records.get(name, [])
