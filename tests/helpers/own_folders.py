"""A laboratory's folders with a few drawn micrographs, clear and degraded ones of other fields."""

from pathlib import Path

import cv2
import numpy as np
import tifffile
from micrograph_files import picture
from scipy.ndimage import gaussian_filter

#: Smoke scale made smaller still: two epochs of two steps, and one orientation.
CHANGES = (
    "scales.smoke.model.levels=2",
    "scales.smoke.train.steps_per_epoch=2",
    "restoration.ensemble=false",
)
SIZE = (96, 128)


def veiled(image, seed):
    """Return blur, veil and noise by the formula of DESIGN: t (k * x) + A (1 - t) + n."""
    soft = 0.6 * gaussian_filter(image, 1.5) + 0.4 * 0.8
    return np.clip(soft + np.random.default_rng(seed).normal(0, 0.01, image.shape), 0, 1)


def save(path: Path, image) -> Path:
    """Write [0, 1] as 8-bit PNG, or as 16-bit TIFF with a pixel size of 5 nm."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".tif":
        levels = np.round(image * 65535).astype(np.uint16)
        tifffile.imwrite(path, levels, resolution=(2e6, 2e6), resolutionunit=3)
    else:
        done, data = cv2.imencode(path.suffix, np.round(image * 255).astype(np.uint8))
        assert done
        path.write_bytes(data.tobytes())
    return path


def write(root: Path, truth: bool = False, size=SIZE, suffix: str = ".png") -> Path:
    """Write three clear and five degraded micrographs, with `truth` also what the degraded ones were."""
    for number in range(3):
        save(root / "clear" / f"clear {number}{suffix}", picture(size, number))
    for number in range(5):
        scene = picture(size, 100 + number)
        save(root / "degraded" / f"möglich{number}{suffix}", veiled(scene, number))
        if truth:
            save(root / "truth" / f"möglich{number}{suffix}", scene)
    return root
