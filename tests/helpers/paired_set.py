"""A small paired data set of soft discs, and the grids to tune on it."""

from pathlib import Path

import numpy as np
from scipy.ndimage import gaussian_filter

from semclear import params
from semclear.datasets.draft import draft
from semclear.datasets.record import Record

SMALL = {
    "wiener": {"balance": [0.1, 1.0, 10.0]},
    "unsupervised_wiener": {"sigma": [1.0, 2.0]},
    "blind_richardson_lucy": {"rounds": [1, 2], "sigma": [1.5]},
    "percentile_stretch": {"low": [1.0], "high": [99.0], "darkest": [0.0, 0.2], "brightest": [0.8]},
    "clahe": {"clip_limit": [1.0], "tiles": [1, 2]},
    "dark_channel": {"window": [9], "omega": [0.5, 0.9]},
}
#: Of a method that is not in `SMALL`, the first value of each parameter in params.yaml.
GRIDS = {
    name: SMALL.get(name, {key: values[:1] for key, values in grid.items()})
    for name, grid in params.load(Path(__file__).parents[2] / "params.yaml").classical.items()
}


def discs(rng: np.random.Generator, size: int = 64, count: int = 14) -> np.ndarray:
    """Return bright discs on a dark ground, (size, size) in [0, 1]."""
    y, x = np.mgrid[:size, :size]
    image = np.full((size, size), 0.08)
    for _ in range(count):
        (row, column), radius = rng.uniform(0, size, 2), rng.uniform(3, size / 8)
        image[(y - row) ** 2 + (x - column) ** 2 < radius**2] = rng.uniform(0.3, 0.9)
    return image


def blurred(image: np.ndarray, sigma: float, noise: float, rng: np.random.Generator) -> np.ndarray:
    return np.clip(
        gaussian_filter(image, sigma, mode="reflect") + rng.normal(0, noise, image.shape), 0, 1
    ).astype(np.float32)


def write(path: Path, blur: bool = True, truth: bool = True, size: int = 64) -> Path:
    """Write a data set of two validation and two test micrographs and return its manifest's path."""
    rng = np.random.default_rng(5)
    with draft(path, "discs", "synthetic" if truth else "real") as made:
        for index, split in enumerate(["validation", "validation", "test", "test"]):
            clear = discs(rng, size)
            image = blurred(clear, 1.5, 0.01, rng) if blur else (0.5 * clear + 0.4)
            fields = made.add_image(f"disc-{index}.png", image)
            if truth:
                fields |= made.add_truth(f"truth-{index}.png", clear)
                fields["parameters"] = {"blur": {"sigma": 1.5} if blur else None, "fog": None}
            made.records.append(
                Record(id=f"disc-{index}", split=split, source=f"s{index}", kind="discs", **fields)
            )
    return path
