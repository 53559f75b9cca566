"""The arithmetic and the tables of `benchmarks.trust.invention`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.stats import rankdata

from semclear.evaluation.tables.writers import Block
from semclear.restoration.checks.residual import pearson

#: What is held against the truth: the map; the restoration's local contrast, which knows nothing of support; the spread
#: of orientations; and the map as a share of that contrast, among what is seen, against "most of it is invented".
SCORES = ("map", "contrast", "spread", "share")
#: Ends of the classes of a histogram; the lowest and highest take what lies beyond.
ENDS = np.logspace(-4, 0.5, 91)
#: Pixels that each side needs for the area of a single picture.
LEAST = 100
#: Sets by what their truth is.
GROUPS = {
    "drawn": ("drawn", "objects"),
    "degraded real": ("blur", "disc", "fog", "hybrid", "rows"),
    "real pairs": ("pairs",),
}

Row = Mapping[str, str]


def histogram(values: np.ndarray) -> np.ndarray:
    """Return how many values lie in each class between `ENDS`, below and above."""
    return np.bincount(np.searchsorted(ENDS, np.ravel(values)), minlength=len(ENDS) + 1)


def text(counts: np.ndarray) -> str:
    """Return counts as a cell, without the zeros at the end."""
    return " ".join(str(int(count)) for count in np.trim_zeros(counts, "b"))


def counts_of(cell: str) -> np.ndarray:
    """Return the counts of a cell."""
    counts = np.zeros(len(ENDS) + 1, np.int64)
    numbers = [int(word) for word in cell.split()]
    counts[: len(numbers)] = numbers
    return counts


def area(positive: np.ndarray, negative: np.ndarray, least: int = 1) -> float | None:
    """Return the area under the ROC curve: the chance that a value of the one side is above one of the other.

    Hanley & McNeil 1982, doi:10.1148/radiology.143.1.7063747; values of one class count as ties, a half.

    Parameters
    ----------
    positive, negative : ndarray of int
        Of `histogram`.
    least : int
        None where a side has fewer values.
    """
    if min(positive.sum(), negative.sum()) < least:
        return None
    below = np.cumsum(negative) - negative / 2
    return float(positive @ below / (positive.sum() * negative.sum()))


def rank_correlation(first: Sequence[float], second: Sequence[float]) -> float | None:
    """Return Spearman's correlation; None for fewer than three pairs, or where one side is constant."""
    return pearson(rankdata(first), rankdata(second)) if len(first) > 2 else None


def latest(rows: Sequence[Row]) -> list[Row]:
    """Return the rows of the model that was measured last."""
    return [row for row in rows if row["model_sha256"] == rows[-1]["model_sha256"]]


def numbers(rows: Sequence[Row], name: str) -> np.ndarray:
    """Return a column, NaN where a cell is empty."""
    return np.array([float(row[name]) if row[name] else np.nan for row in rows])


def _written(value: float | None, digits: int) -> str:
    return "-" if value is None or not np.isfinite(value) else f"{value:.{digits}f}"


def _mean(rows: Sequence[Row], name: str) -> float | None:
    values = numbers(rows, name)
    return float(np.nanmean(values)) if np.isfinite(values).any() else None


def grouped(rows: Sequence[Row], sets: Sequence[str]) -> list[tuple[str, list[Row]]]:
    """Return the rows of each set, then of each of `GROUPS`, where there are some, and all of them."""
    found = [(name, [row for row in rows if row["set"] == name]) for name in sets]
    found += [(f"all {name}", [row for row in rows if row["set"] in own]) for name, own in GROUPS.items()]
    return [(name, own) for name, own in (*found, ("all", list(rows))) if own]


def gains(rows: Sequence[Row]) -> np.ndarray:
    """Return how much nearer to the truth, in SSIM, a restoration is than its micrograph."""
    return numbers(rows, "ssim_restored") - numbers(rows, "ssim_input")


def worse(rows: Sequence[Row]) -> np.ndarray:
    """Return whether a restoration is below its micrograph in SSIM or, where there is no veil, in raw PSNR."""
    lost = numbers(rows, "psnr_restored") < numbers(rows, "psnr_input")
    return (gains(rows) < 0) | (lost & (numbers(rows, "veiled") == 0))


def liked(rows: Sequence[Row]) -> np.ndarray:
    """Return whether the verdict recommends the restoration: not unlike the training data, and gain expected."""
    return (numbers(rows, "flag") == 0) & (numbers(rows, "recommended") == 1)


def blocks(rows: Sequence[Row], sets: Sequence[str]) -> list[Block]:
    """Return the tables: the map, the conservative mode, objects, and the verdict."""
    parts = grouped(rows, sets)
    areas, modes, verdicts = [], [], []
    for name, own in parts:
        line = [name, str(len(own)), _written(100 * (_mean(own, "invented_share") or 0.0), 1)]
        for score in SCORES:
            sides = [sum(counts_of(row[f"{side}_{score}"]) for row in own) for side in ("with", "without")]
            line += [_written(area(*sides, least=LEAST), 3), _written(_mean(own, f"auc_{score}"), 3)]
        areas.append(line)
        modes.append(
            [
                name,
                str(len(own)),
                *(_written(_mean(own, f"invented_{mode}"), 4) for mode in ("restored", "conservative")),
                *(
                    _written(_mean(own, f"{measure}_{variant}"), digits)
                    for measure, digits in (("psnr", 2), ("ssim", 3))
                    for variant in ("input", "restored", "conservative")
                ),
            ]
        )
        like, bad = liked(own), worse(own)
        told = rank_correlation(numbers(own, "expected_gain"), gains(own))
        verdicts.append(
            [
                name,
                str(len(own)),
                _written(told, 2),
                str(int(bad.sum())),
                str(int(like.sum())),
                str(int((like & bad).sum())),
                str(int((numbers(own, "flag") == 1).sum())),
            ]
        )
    heads = [head for score in SCORES for head in (f"{score}, pooled", "a picture")]
    return [
        Block(
            "The map: area under the ROC curve, pixel by pixel", ["set", "n", "invented (%)", *heads], areas
        ),
        Block(
            "The conservative mode",
            [
                *("set", "n", "invented (grey)", "conservative"),
                *("PSNR input", "restored", "conservative", "SSIM input", "restored", "conservative"),
            ],
            modes,
        ),
        Block(
            "Objects of drawn spheres and particles, by the study's segmentation",
            ["of", "n", "segments", "invented (%)", "mean of pictures (%)", "found (%)", "mean diameter (%)"],
            objects(rows),
        ),
        Block(
            "The verdict",
            ["set", "n", "rank correlation", "below input", "recommended", "of these below", "unlike"],
            verdicts,
        ),
    ]


def objects(rows: Sequence[Row]) -> list[list[str]]:
    """Return a line a variant: segments, share invented (pooled, and mean of pictures), found, bias of diameters."""
    own = [row for row in rows if row["clear_true"]]
    lines = []
    for variant in ("input", "restored", "conservative", "clear") if own else ():
        true, segments, invented, found, difference, diameter = (
            numbers(own, f"{variant}_{name}")
            for name in ("true", "segments", "invented", "found", "difference", "diameter")
        )
        lines.append(
            [
                variant,
                str(len(own)),
                f"{segments.sum():.0f}",
                _written(100 * invented.sum() / max(segments.sum(), 1.0), 1),
                _written(100 * float(np.mean(invented / np.maximum(segments, 1.0))), 1),
                _written(100 * found.sum() / max(true.sum(), 1.0), 1),
                f"{100 * difference.sum() / max(diameter.sum(), 1e-9):+.1f}",
            ]
        )
    return lines


def note(rows: Sequence[Row]) -> str:
    """Return what stands under the tables."""
    told = sorted({row["commit"] for row in rows}), sorted({row["machine"] for row in rows})
    return (
        "A pixel is invented where structure of the restoration that its truth does not have is above 0.02 of the grey "
        "range, and above the truth's own noise (`invention.against_truth`). map: expected by the calibration of the "
        "model, on drawn micrographs alone; contrast: local contrast of the restoration, which knows nothing of "
        "support; spread: of the orientations; share: map over contrast, among pixels whose contrast is seen, against "
        "those of which more than half is invented. Pooled: over all pixels of the set; a picture: mean over pictures "
        f"with at least {LEAST} pixels of both kinds. Invented, in grey: root mean square in the restoration before a "
        "veil is taken off, mean over pictures. PSNR and SSIM, raw: of what a person gets (a veil taken off where one "
        "is found, sharp ones left alone). Mean diameter: of matched segments over that of their true objects, less 1. "
        "Rank correlation: Spearman's, of expected and true gain in SSIM. Below input: in SSIM or, where there is no "
        f"veil, in raw PSNR. Seed {rows[-1]['seed']}; commit {', '.join(told[0])}; {', '.join(told[1])}."
    )
