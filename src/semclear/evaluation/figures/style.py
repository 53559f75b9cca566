"""How every figure looks: type, colours safe for colour-blind readers, order and names of methods."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from semclear.evaluation.method_names import CLASSICAL, IN_FIGURES
from semclear.evaluation.metrics import ENTRIES
from semclear.files import whole_file

DPI = 150

# Okabe and Ito's palette; Wong, Nature Methods 8 (2011) 441, doi:10.1038/nmeth.1618.
BLACK, ORANGE, SKY, GREEN, YELLOW, BLUE, VERMILION, PURPLE = (
    "#000000",
    "#E69F00",
    "#56B4E9",
    "#009E73",
    "#F0E442",
    "#0072B2",
    "#D55E00",
    "#CC79A7",
)
CURVES = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY, BLACK)
GREY = "#9A9A9A"
DIFFERENCES = "PuOr_r"

COLOURS = {
    "degraded": VERMILION,
    "cyclegan": SKY,
    "cyclegan-oracle": SKY,
    "cyclegan-physics": BLUE,
    "cyclegan-physics-oracle": BLUE,
    "instrument": PURPLE,
    "instrument-oracle": PURPLE,
    "paired": GREEN,
}

SETTINGS: dict[str, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 8.0,
    "axes.titlesize": 8.0,
    "axes.labelsize": 8.0,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.labelsize": 7.0,
    "ytick.labelsize": 7.0,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "legend.fontsize": 7.0,
    "legend.frameon": False,
    "lines.linewidth": 1.2,
    "savefig.facecolor": "white",
}


def position(method: str) -> tuple[int, str]:
    """Return the sorting key of a method: the fixed order, and names unknown to it before the paired line."""
    order = list(IN_FIGURES)
    rank = order.index(method) if method in order else order.index("paired") - 0.5
    return (int(2 * rank), method)


def label(method: str) -> str:
    """Return a method's name for readers."""
    return IN_FIGURES.get(method, method)


def colour(model: str, method: str) -> str:
    """Return a method's colour in every figure."""
    return COLOURS.get(method, GREY if model == CLASSICAL else PURPLE)


def bar(
    axes: Axes,
    y: float,
    whose: tuple[str, str],
    span: tuple[float, float],
    ends: tuple[float, float],
    text: str,
    height: float = 0.7,
) -> None:
    """Draw a horizontal bar with its interval, and its value at the right of the panel.

    Parameters
    ----------
    axes : Axes
        Where.
    y : float
        Its middle.
    whose : (str, str)
        Model and method.
    span, ends : (float, float)
        Where the bar begins and ends, and its interval.
    text : str
        The value as it is printed.
    height : float
        Of the bar.
    """
    (start, value), (low, high), (model, method) = span, ends, whose
    hatch = "////" if method.endswith("-oracle") else None
    looks: dict[str, Any] = {"color": colour(model, method), "hatch": hatch, "edgecolor": "white", "lw": 0}
    axes.barh(y, value - start, left=start, height=height, **looks)
    errors = [[max(value - low, 0)], [max(high - value, 0)]]
    axes.errorbar(value, y, xerr=errors, color="black", lw=0.8, capsize=1.8)
    beside(axes, y, text)


def beside(axes: Axes, y: float, text: str, colour: str = BLACK) -> None:
    """Write at the right of a panel."""
    transform = axes.get_yaxis_transform()
    axes.text(1.03, y, text, transform=transform, fontsize=6.5, va="center", color=colour)


def metric_label(metric: str) -> str:
    """Return a metric's name and unit for readers; of per cents the name alone."""
    return ENTRIES[metric].heading.removesuffix(" (%)") if metric in ENTRIES else metric


def percent(value: float) -> str:
    """Return a percentage with its sign, the minus as long as the plus."""
    return f"{value:+.0f} %".replace("-", "\N{MINUS SIGN}")


_note: ContextVar[str] = ContextVar("note", default="")


@contextmanager
def noted(text: str) -> Iterator[None]:
    """Write `text` under every figure of the block; nothing where it is empty."""
    before = _note.set(text)
    try:
        yield
    finally:
        _note.reset(before)


@contextmanager
def figure(path: str | Path, width: float, height: float) -> Iterator[Figure]:
    """Yield a figure that is written to `path` when the block succeeds.

    Parameters
    ----------
    path : str or Path
        PNG file to appear, without date or software name.
    width, height : float
        Inches.

    Yields
    ------
    matplotlib.figure.Figure
        With the project's settings; no global state of matplotlib is touched.

    Raises
    ------
    SemclearError
        When the disk refuses the file.
    """
    looks: dict[Any, Any] = {**matplotlib.rcParamsDefault, **SETTINGS}
    with matplotlib.rc_context(looks):
        drawn = Figure(figsize=(width, height), dpi=DPI)
        FigureCanvasAgg(drawn)
        yield drawn
        more: dict[str, Any] = {}
        if _note.get():
            drawn.text(0.01, -0.01, _note.get(), ha="left", va="top", color=VERMILION)
            # It stands below the figure, where nothing else does.
            more = {"bbox_inches": "tight", "pad_inches": 0.05}
        with whole_file(path) as scratch:
            drawn.savefig(scratch, format="png", metadata={"Software": None}, **more)


def panel_letter(axes: Axes, index: int) -> None:
    """Write (a), (b), ... above the top left corner of a panel."""
    axes.text(
        0.0,
        1.02,
        f"({chr(ord('a') + index)})",
        transform=axes.transAxes,
        ha="left",
        va="bottom",
        weight="bold",
    )


def place(drawn: Figure, x: float, y: float, width: float, height: float, bare: bool = True) -> Axes:
    """Return axes at inches from the top left corner; `bare` ones, for images, have neither frame nor ticks."""
    full_width, full_height = drawn.get_size_inches()
    axes = drawn.add_axes(
        (x / full_width, 1 - (y + height) / full_height, width / full_width, height / full_height)
    )
    if bare:
        axes.set_xticks([])
        axes.set_yticks([])
        for spine in axes.spines.values():
            spine.set_visible(False)
    return axes
