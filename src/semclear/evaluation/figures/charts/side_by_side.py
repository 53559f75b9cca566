"""Restorations of a few micrographs beside one another, with zoomed insets and differences."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from semclear.evaluation.figures import choice, style

PAGE, NARROWEST, WIDEST = 8.6, 1.75, 2.6  # inches: all images of a row together, and one of them
GAP = 0.06
LEFT, TOP, SCORES, BOTTOM = 0.42, 0.32, 0.17, 0.62
INSET, ZOOMED = 0.44, 0.18  # shares of the image's side: size of the inset, and of the place that it shows
LONGEST = 36  # letters of a micrograph's name that fit beside it


@dataclass(frozen=True)
class Panel:
    """One image of a row: (H, W) float in [0, 1], and what to write above it."""

    image: np.ndarray
    scores: str = ""


@dataclass(frozen=True)
class Row:
    """One micrograph: its panels in the order of the columns, and what differences are taken to.

    Attributes
    ----------
    name : str
        Written at the left.
    panels : list of Panel
        Images of equal shape.
    reference : ndarray, (H, W)
        The truth, or the degraded image where there is none.
    pixel_size_nm : float or None
        For the scale bar; none without it.
    """

    name: str
    panels: list[Panel]
    reference: np.ndarray
    pixel_size_nm: float | None = None


def difference_limit(rows: list[Row]) -> float:
    """Return the end of the shared difference scale: the 99th percentile of all magnitudes, up to the next 0.05."""
    values = np.concatenate([np.abs(p.image - row.reference).ravel() for row in rows for p in row.panels])
    magnitude = float(np.percentile(values[values > 0], 99)) if (values > 0).any() else 0.0
    return max(0.05, np.ceil(magnitude * 20) / 20)


def inset_place(
    shape: tuple[int, int], corner: tuple[int, int], edge: int, side: float
) -> tuple[float, float]:
    """Return (x, y) of the first of three corners in which an inset does not hide the marked square.

    The lower left corner is left to the scale bar.
    """
    height, width = shape
    row, column = corner
    for x, y in ((width - side, height - side), (width - side, 0.0), (0.0, 0.0)):
        apart = column >= x + side or column + edge <= x or row >= y + side or row + edge <= y
        if apart:
            return x, y
    return width - side, height - side


def _inset(axes: Axes, image: np.ndarray, corner: tuple[int, int], edge: int) -> None:
    row, column = corner
    side = INSET * min(image.shape)
    x, y = inset_place(image.shape, corner, edge, side)
    small = axes.inset_axes((x - 0.5, y - 0.5, side, side), transform=axes.transData)
    crop = image[row : row + edge, column : column + edge]
    small.imshow(crop, cmap="gray", vmin=0, vmax=1, interpolation="nearest", aspect="auto")
    small.set_xticks([])
    small.set_yticks([])
    for spine in small.spines.values():
        spine.set(visible=True, color=style.YELLOW, linewidth=1.0)
    axes.add_patch(
        Rectangle((column - 0.5, row - 0.5), edge, edge, fill=False, edgecolor=style.YELLOW, linewidth=0.8)
    )


def _scale_bar(axes: Axes, shape: tuple[int, int], pixel_size_nm: float, low: bool) -> None:
    height, width = shape
    length_nm = choice.round_length(0.3 * width * pixel_size_nm)
    text = f"{length_nm:g} nm" if length_nm < 1000 else f"{length_nm / 1000:g} µm"
    length, x, top = length_nm / pixel_size_nm, 0.05 * width, (0.84 if low else 0.02) * height
    box = (0.02 * width, top), max(length + 0.06 * width, 0.36 * width), 0.14 * height
    axes.add_patch(Rectangle(*box, color="black", alpha=0.6, lw=0))
    y = top + 0.1 * height
    axes.plot([x, x + length], [y, y], color="white", lw=2.0, solid_capstyle="butt")
    axes.text(x, y - 0.02 * height, text, color="white", fontsize=6.5, ha="left", va="bottom")


def draw_side_by_side(rows: list[Row], headings: list[str], difference_name: str, path: str | Path) -> None:
    """Draw micrographs (two rows each: images, differences) by methods (columns).

    Parameters
    ----------
    rows : list of Row
        Micrographs to show.
    headings : list of str
        Over the columns.
    difference_name : str
        What the second rows show, for the colour bar.
    path : str or Path
        PNG to appear. Every image is shown from black 0 to white 1; the
        inset shows the place of highest gradient energy of the reference;
        all differences share one scale.
    """
    limit = difference_limit(rows)
    width = min(max(PAGE / len(headings), NARROWEST), WIDEST)
    heights = [width * row.reference.shape[0] / row.reference.shape[1] for row in rows]
    full_height = TOP + sum(SCORES + 2 * height + 3 * GAP for height in heights) + BOTTOM
    full_width = LEFT + len(headings) * (width + GAP)
    with style.figure(path, full_width, full_height) as drawn:
        y = TOP
        for row, height in zip(rows, heights, strict=True):
            _draw_row(drawn, row, y, (width, height), limit)
            y += SCORES + 2 * height + 3 * GAP
        for index, heading in enumerate(headings):
            x = (LEFT + index * (width + GAP) + width / 2) / full_width
            drawn.text(
                x, 1 - 0.5 * TOP / full_height, heading, ha="center", va="center", weight="bold", fontsize=8.5
            )
        bar = style.place(
            drawn,
            LEFT + (full_width - LEFT) * 0.25,
            full_height - BOTTOM + 0.1,
            (full_width - LEFT) * 0.5,
            0.11,
        )
        scale = ScalarMappable(Normalize(-limit, limit), style.DIFFERENCES)
        drawn.colorbar(scale, cax=bar, orientation="horizontal", label=difference_name)
        bar.tick_params(labelsize=6.5, length=2)


def _draw_row(drawn: Figure, row: Row, y: float, size: tuple[float, float], limit: float) -> None:
    width, height = size
    edge = max(4, round(ZOOMED * min(row.reference.shape)))
    corner = choice.textured_place(row.reference, edge)
    full_width, full_height = drawn.get_size_inches()
    name = row.name if len(row.name) <= LONGEST else row.name[: LONGEST - 1] + "…"
    for text, middle in ((name, SCORES + height / 2), ("difference", SCORES + 1.5 * height + GAP)):
        at = (0.5 * LEFT / full_width, 1 - (y + middle) / full_height)
        drawn.text(*at, text, rotation=90, ha="center", va="center", fontsize=7.5, linespacing=1.3)
    for index, panel in enumerate(row.panels):
        x = LEFT + index * (width + GAP)
        axes = style.place(drawn, x, y + SCORES, width, height)
        axes.imshow(panel.image, cmap="gray", vmin=0, vmax=1)
        axes.set_title(panel.scores, fontsize=7, pad=2)
        _inset(axes, panel.image, corner, edge)
        if index == 0 and row.pixel_size_nm is not None:
            free = corner[1] > 0.4 * panel.image.shape[1] or corner[0] + edge < 0.84 * panel.image.shape[0]
            _scale_bar(axes, panel.image.shape, row.pixel_size_nm, low=free)
        if panel.image is not row.reference:
            below = style.place(drawn, x, y + SCORES + height + GAP, width, height)
            below.imshow(panel.image - row.reference, cmap=style.DIFFERENCES, vmin=-limit, vmax=limit)
