"""Are the synthetic micrographs as contrasted and as detailed as real sharp ones?

Compares grey spread and spectral slope of 256 x 256 crops. Real micrographs are
read from ``$SEMCLEAR_SEM_IMAGES/sharp``; nothing of them but statistics is kept.

    SEMCLEAR_SEM_IMAGES=/path python -m benchmarks.trust.realism

Writes benchmarks/results/realism.csv, docs/figures/realism.png, docs/figures/scenes.png.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import cv2
import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from benchmarks.common.grey_statistics import grey_spread, radial_spectrum, spectral_slope
from semclear import params, seeds
from semclear.errors import SemclearError
from semclear.files import whole_file
from semclear.scenes import render

ROOT = Path(__file__).resolve().parents[2]
SIZE = 256
EACH = 60
STATISTICS = ("grey standard deviation", "grey range p1 to p99", "spectral slope")


def real_crops() -> list[np.ndarray]:
    """Return all full 256 x 256 tiles of the sharp micrographs, in [0, 1]."""
    place = os.environ.get("SEMCLEAR_SEM_IMAGES")
    if not place:
        raise SemclearError("SEMCLEAR_SEM_IMAGES: got nothing, expected a folder that holds sharp/; set it")
    files = sorted(
        p for p in Path(place, "sharp").glob("*") if p.suffix.lower() in {".png", ".tif", ".bmp", ".jpg"}
    )
    if not files:
        raise SemclearError(
            f"{place}/sharp: got no image, expected PNG, TIFF, BMP or JPEG; correct the folder"
        )
    crops = []
    for path in files:
        image = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
        if image is None:
            raise SemclearError(f"{path}: cannot be read as an image; remove it")
        rows, columns = (range(0, n - SIZE + 1, SIZE) for n in image.shape)
        crops += [image[y : y + SIZE, x : x + SIZE] / 255.0 for y in rows for x in columns]
    return crops


def synthetic(settings: params.Params) -> dict[str, list[np.ndarray]]:
    """Return `EACH` scenes of every kind, rounded to 8 bit as on disk."""
    return {
        kind: [
            np.round(
                render(kind, SIZE, seeds.generator(settings.seed, "realism", kind, i), settings.scenes).image
                * 255
            )
            / 255
            for i in range(EACH)
        ]
        for kind in settings.scenes.kinds
    }


def measure(images: list[np.ndarray]) -> np.ndarray:
    """Return one row an image, one column a statistic."""
    return np.array([(*grey_spread(image), spectral_slope(image)) for image in images])


def table(measured: dict[str, np.ndarray]) -> pd.DataFrame:
    """Return quantiles a group and statistic, and the share within the range of "real"."""
    real = measured["real"]
    rows = []
    for group, values in measured.items():
        for column, statistic in enumerate(STATISTICS):
            sample, reference = values[:, column], real[:, column]
            low, high = reference.min(), reference.max()
            inner_low, inner_high = np.quantile(reference, [0.05, 0.95])
            quantiles = np.quantile(sample, [0, 0.05, 0.5, 0.95, 1])
            rows.append(
                {
                    "group": group,
                    "statistic": statistic,
                    "images": len(sample),
                    **dict(zip(("minimum", "p5", "median", "p95", "maximum"), quantiles, strict=True)),
                    "within_real_range": np.mean((sample >= low) & (sample <= high)),
                    "within_real_p5_p95": np.mean((sample >= inner_low) & (sample <= inner_high)),
                }
            )
    return pd.DataFrame(rows)


def draw(measured: dict[str, np.ndarray], images: dict[str, list[np.ndarray]], path: Path) -> None:
    """Draw spread against slope, and the spectra of real and synthetic micrographs."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.6), layout="constrained")
    left.scatter(measured["real"][:, 0], measured["real"][:, 2], s=9, c="0.7", label="real, sharp")
    for kind in images:
        if kind != "real":
            left.scatter(measured[kind][:, 0], measured[kind][:, 2], s=11, label=kind)
    left.set(xlabel="standard deviation of grey (0 to 1)", ylabel="spectral slope, 0.02 to 0.25 cycles/pixel")
    left.legend(frameon=False, fontsize=8)
    for group, crops in images.items():
        frequency = radial_spectrum(crops[0])[0]
        power = np.array([radial_spectrum(crop)[1] for crop in crops])
        power /= power.sum(axis=1, keepdims=True)
        if group == "real":
            low, high = np.quantile(power, [0.05, 0.95], axis=0)
            right.fill_between(frequency, low, high, color="0.85", label="real, sharp: 5 to 95 %")
            right.loglog(frequency, np.median(power, axis=0), c="0.4", lw=2, label="real, sharp: median")
        else:
            right.loglog(frequency, np.median(power, axis=0), lw=1.2, label=group)
    right.set(xlabel="frequency (cycles/pixel)", ylabel="share of power, radial mean")
    right.xaxis.set_major_formatter("{x:g}")
    right.set_xticks([0.02, 0.05, 0.1, 0.2])
    right.minorticks_off()
    right.legend(frameon=False, fontsize=8)
    with whole_file(path) as scratch:
        figure.savefig(scratch, dpi=110, metadata={"Software": None})
    plt.close(figure)


def sheet(images: dict[str, list[np.ndarray]], path: Path, columns: int = 6) -> None:
    """Write a grid of synthetic micrographs, one row a kind."""
    rows = [
        np.hstack([np.pad(image, 2, constant_values=1) for image in crops[:columns]])
        for kind, crops in images.items()
        if kind != "real"
    ]
    grid = np.round(np.vstack(rows) * 255).astype(np.uint8)
    small = cv2.resize(grid, None, fx=0.75, fy=0.75, interpolation=cv2.INTER_AREA)
    with whole_file(path) as scratch:
        cv2.imwrite(str(scratch), small)


def main() -> int:
    """Measure, print, and write table and figures."""
    try:
        settings = params.load(ROOT / "params.yaml")
        images = {"real": real_crops(), **synthetic(settings)}
        measured = {group: measure(crops) for group, crops in images.items()}
        result = table(measured)
        with whole_file(ROOT / "benchmarks/results/realism.csv") as scratch:
            result.to_csv(scratch, index=False, float_format="%.4g", lineterminator="\n")
        draw(measured, images, ROOT / "docs/figures/realism.png")
        sheet(images, ROOT / "docs/figures/scenes.png")
    except SemclearError as error:
        print(error, file=sys.stderr)
        return 1
    print(result.to_string(index=False, float_format=lambda v: f"{v:.3f}"))
    made = np.concatenate([values for group, values in measured.items() if group != "real"])
    low, high = measured["real"].min(axis=0), measured["real"].max(axis=0)
    share = np.mean(((made >= low) & (made <= high)).all(axis=1))
    print(f"within the real range in all three: {share:.1%} of {len(made)} synthetic micrographs")
    for name, ours, theirs in zip(
        STATISTICS, np.median(made, axis=0), np.median(measured["real"], axis=0), strict=True
    ):
        print(f"median {name}: synthetic {ours:.3f}, real {theirs:.3f}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
