"""What a trained model knows of its own errors: maps of one restored micrograph, and what they are worth on all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize

from semclear.datasets.record import Record
from semclear.evaluation.figures import choice, style
from semclear.evaluation.figures.gallery import Column, values_of
from semclear.restoration.checks import uncertainty

PAGE, NARROWEST, WIDEST = 8.4, 1.3, 2.2  # inches: all images of a row together, and one of them
GAP, LEFT, TOP, NOTES, BOTTOM, AXIS = 0.06, 0.3, 0.5, 0.17, 0.55, 0.5
MAGNITUDE = "magma"
HEADINGS = {
    "degraded": "degraded",
    "restored": "restored",
    "uncertainty": "uncertainty",
    "error": "error",
    "residual": "residual",
}
BARS = {
    "uncertainty": "standard deviation (grey)",
    "error": "|restored − truth| (grey)",
    "residual": "degraded − D(restored) (grey)",
}


@dataclass(frozen=True)
class Example:
    """One model: its restoration of the chosen micrograph, and its maps' worth on all test micrographs.

    Attributes
    ----------
    heading : str
        Written at the left.
    images : dict of str to ndarray
        By `HEADINGS`, (H, W): degraded and restored in [0, 1], maps in grey units; those that the model has.
    notes : dict of str to str
        To write above an image.
    curves : tuple of ndarray, (20,), or None
        Mean sparsification over the test micrographs by the map, and the best possible; None without map or truth.
    """

    heading: str
    images: dict[str, np.ndarray]
    notes: dict[str, str]
    curves: tuple[np.ndarray, np.ndarray] | None


def chosen(records: Sequence[Record], column: Column, scores: pd.DataFrame) -> tuple[Record, str]:
    """Return the test micrograph to show and how it was chosen: of median PSNR, or the middle one by name."""
    by_id = {record.id: record for record in records}
    psnr = {name: value for name, value in values_of(scores, column, "psnr").items() if name in by_id}
    if psnr:
        return by_id[choice.middle(psnr)], "test micrograph of median PSNR"
    return by_id[choice.middle(dict.fromkeys(by_id, 0.0))], "middle test micrograph by name"


def sparsified(column: Column, records: Sequence[Record]) -> tuple[np.ndarray, np.ndarray] | None:
    """Return the mean sparsification curves over the micrographs that have truth and map, see `Example.curves`."""
    found = []
    for record in records:
        truth, spread = record.truth(), column.map(record, "uncertainty")
        if truth is not None and spread is not None:
            found.append(uncertainty.sparsification(spread, column.image(record) - truth))
    if not found:
        return None
    by_map, best = np.mean(found, axis=0)
    return by_map, best


def example_of(column: Column, record: Record, records: Sequence[Record], scores: pd.DataFrame) -> Example:
    """Return what is drawn of one model.

    Parameters
    ----------
    column : Column
        An unpaired model.
    record : Record
        The chosen micrograph.
    records : sequence of Record
        All test micrographs.
    scores : DataFrame
        The data set's rows of the table of scores.
    """
    restored, truth = column.image(record), record.truth()

    def score(metric: str, text: str) -> str:
        value = values_of(scores, column, metric).get(record.id)
        return "" if value is None else text.format(value)

    images = {
        "degraded": record.image(),
        "restored": restored,
        "uncertainty": column.map(record, "uncertainty"),
        "error": None if truth is None else np.abs(restored - truth),
        "residual": column.map(record, "residual"),
    }
    notes = {
        "restored": score("psnr", "{:.2f} dB") + score("ssim", "    {:.3f}"),
        "uncertainty": score("uncertainty_correlation", "rank correlation {:.2f}"),
        "error": "" if truth is None else f"mean {np.mean(np.abs(restored - truth)):.3f}",
        "residual": score("redegradation_ratio", "{:.2f} × noise"),
    }
    found = {name: image for name, image in images.items() if image is not None}
    return Example(column.heading, found, notes, sparsified(column, records))


def _limit(examples: Sequence[Example], name: str) -> float:
    """Return the end of a map's scale: the 99th percentile of all magnitudes, rounded up to one digit."""
    values = [np.abs(e.images[name]).ravel() for e in examples if name in e.images]
    end = max(float(np.percentile(np.concatenate(values), 99)) if values else 0.0, 0.001)
    power = 10.0 ** np.floor(np.log10(end))
    return float(np.ceil(end / power - 1e-9) * power)


def _curves(axes: Axes, curves: tuple[np.ndarray, np.ndarray], first: bool, last: bool) -> None:
    shares = 100 * uncertainty.SHARES
    axes.axhline(1, color="black", lw=0.6, ls=":", label="at random")
    axes.plot(shares, curves[0], color=style.BLUE, label="by the map")
    axes.plot(shares, curves[1], color=style.GREY, ls="--", label="best possible")
    axes.set(xlim=(0, 95), ylim=(0, 1.08))
    axes.set_ylabel("error of the rest", fontsize=7, labelpad=2)
    axes.set_xticks([0, 50])
    if first:
        axes.legend(loc="lower left", fontsize=6, borderaxespad=0.2, handlelength=1.4)
    if last:
        axes.set_xlabel("most uncertain left out (%)", fontsize=7)
    else:
        axes.tick_params(labelbottom=False)


def draw_reliability(examples: Sequence[Example], title: str, path: str | Path) -> None:
    """Draw models (rows) by degraded and restored micrograph, uncertainty, error, residual and sparsification.

    Parameters
    ----------
    examples : sequence of Example
        At least one; without truth none has an error or curves, and these two columns are left out.
    title : str
        Of the figure.
    path : str or Path
        PNG to appear. Micrographs are shown from black 0 to white 1; each map has one scale for all models.
    """
    known = any("error" in example.images for example in examples)
    curved = any(example.curves is not None for example in examples)
    columns = [name for name in HEADINGS if known or name != "error"]
    shape = examples[0].images["restored"].shape
    width = min(max(PAGE / (len(columns) + curved), NARROWEST), WIDEST)
    height = width * shape[0] / shape[1]
    full_width = LEFT + len(columns) * (width + GAP) + curved * (AXIS + width + GAP)
    full_height = TOP + len(examples) * (NOTES + height + GAP) + BOTTOM
    limits = {name: _limit(examples, name) for name in BARS if name in columns}
    with style.figure(path, full_width, full_height) as drawn:
        drawn.suptitle(title, x=0.06 / full_width, y=1 - 0.05 / full_height, ha="left", va="top", fontsize=9)
        for row, example in enumerate(examples):
            y = TOP + row * (NOTES + height + GAP) + NOTES
            at = (0.5 * LEFT / full_width, 1 - (y + height / 2) / full_height)
            drawn.text(*at, example.heading, rotation=90, ha="center", va="center", fontsize=7.5)
            for place, name in enumerate(columns):
                axes = style.place(drawn, LEFT + place * (width + GAP), y, width, height)
                _image(axes, name, example.images.get(name), limits)
                axes.set_title(example.notes.get(name, ""), fontsize=7, pad=2)
            if example.curves is not None:
                x = LEFT + len(columns) * (width + GAP) + AXIS
                axes = style.place(drawn, x, y, width - 0.1, height, bare=False)
                _curves(axes, example.curves, row == 0, row == len(examples) - 1)
        for place, name in enumerate([*columns, "sparsification"][: len(columns) + curved]):
            x = LEFT + place * (width + GAP) + width / 2 + (AXIS if name == "sparsification" else 0)
            heading = HEADINGS.get(name, name)
            at = (x / full_width, 1 - (TOP - 0.02) / full_height)
            drawn.text(*at, heading, ha="center", va="bottom", weight="bold", fontsize=8.5)
            if name in limits:
                bar = style.place(
                    drawn, x - 0.42 * width, full_height - BOTTOM + 0.06, 0.84 * width, 0.09, bare=False
                )
                scale = ScalarMappable(_norm(name, limits[name]), _colours(name))
                drawn.colorbar(scale, cax=bar, orientation="horizontal")
                bar.set_xlabel(BARS[name], fontsize=6.5, labelpad=1)
                bar.set_xticks([-limits[name], 0, limits[name]] if name == "residual" else [0, limits[name]])
                bar.tick_params(labelsize=6.5, length=2, pad=1)


def _colours(name: str) -> str:
    return style.DIFFERENCES if name == "residual" else MAGNITUDE


def _norm(name: str, limit: float) -> Normalize:
    return Normalize(-limit if name == "residual" else 0.0, limit)


def _image(axes: Axes, name: str, image: np.ndarray | None, limits: dict[str, float]) -> None:
    if image is None:
        axes.text(0.5, 0.5, "none", transform=axes.transAxes, ha="center", va="center", color=style.GREY)
    elif name in limits:
        axes.imshow(image, cmap=_colours(name), norm=_norm(name, limits[name]))
    else:
        axes.imshow(image, cmap="gray", vmin=0, vmax=1)
