"""The degradation as models read it from test micrographs, against the true one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from semclear.errors import SemclearError
from semclear.evaluation.figures import style

#: Quantity: the checks of what was read and of read minus true, the axis, and its end (None: by the values).
QUANTITIES = {
    "sigma": ("read_sigma", "sigma_bias", "blur σ (pixels)", None),
    "transmission": ("read_transmission", "transmission_bias", "mean transmission", 1.0),
    "airlight": ("read_airlight", "airlight_bias", "airlight", 1.0),
}
PANEL, SPACE, LEFT, RIGHT, TOP, BOTTOM = 1.75, 0.62, 0.95, 0.12, 0.55, 0.45  # inches


@dataclass(frozen=True)
class Readings:
    """What one model read.

    Attributes
    ----------
    heading : str
        Written at the left.
    method : str
        For its colour.
    values : dict of str to DataFrame
        By `QUANTITIES`: `read` and `true` by micrograph; true is NaN where nobody knows or there is none.
    """

    heading: str
    method: str
    values: dict[str, pd.DataFrame]


def readings_of(scores: pd.DataFrame, model: str, method: str, heading: str) -> Readings:
    """Return what a model read of its test micrographs, from the table of scores.

    Parameters
    ----------
    scores : DataFrame
        model, method, micrograph, metric, value.
    model, method : str
        Whose rows.
    heading : str
        For the figure.

    Raises
    ------
    SemclearError
        When the scores hold nothing that the model read.
    """
    rows = scores[(scores["model"] == model) & (scores["method"] == method)]
    table = rows.pivot(index="micrograph", columns="metric", values="value")
    values = {}
    for name, (read, bias, *_) in QUANTITIES.items():
        if read not in table:
            raise SemclearError(
                f"scores of {model}: got no {read}, expected it of a model that reads the degradation; "
                "run the steps restore and score again"
            )
        true = table[read] - table[bias] if bias in table else np.nan
        values[name] = pd.DataFrame({"read": table[read], "true": true}).dropna(subset="read")
    return Readings(heading, method, values)


def _panel(axes: Axes, values: pd.DataFrame, colour: str, end: float, told: bool) -> None:
    known = values.dropna()
    marks: dict[str, Any] = {"color": colour, "s": 11, "alpha": 0.7, "linewidths": 0, "clip_on": False}
    if len(known):
        axes.plot([0, end], [0, end], color="black", lw=0.6, zorder=1)
        axes.scatter(known["true"], known["read"], **marks, zorder=2)
        error = float((known["read"] - known["true"]).abs().mean())
        axes.set_title(f"mean absolute error {error:.3f}", fontsize=7, pad=3)
        axes.set(xlim=(0, end), ylim=(0, end))
        axes.locator_params(nbins=4)
        return
    # Where other true values are told, this one does not exist: an airlight without a veil.
    axes.set_title("no veil: no true value" if told else "no truth: read values in order", fontsize=7, pad=3)
    axes.scatter(np.linspace(0.05, 0.95, len(values)) * end, np.sort(values["read"]), **marks)
    axes.set(xlim=(0, end), ylim=(0, end))
    axes.set_xticks([])
    axes.locator_params(axis="y", nbins=4)


def ends(readings: Sequence[Readings]) -> Mapping[str, float]:
    """Return the end of each quantity's axes, shared by all models: 5 % over the largest value, or its own limit."""
    found = {}
    for name, (*_, end) in QUANTITIES.items():
        largest = max(float(one.values[name].max(axis=None)) for one in readings)
        found[name] = 1.05 * max(end or 0.0, largest, 0.1)
    return found


def draw_degradation(readings: Sequence[Readings], title: str, path: str | Path) -> None:
    """Draw models (rows) by blur, transmission and airlight (columns): read over true, a point a test micrograph.

    Parameters
    ----------
    readings : sequence of Readings
        At least one.
    title : str
        Of the figure.
    path : str or Path
        PNG to appear. On the line what was read is right. Without any true value the read ones stand in order of size.
    """
    width = LEFT + len(QUANTITIES) * (PANEL + SPACE) - SPACE + RIGHT
    height = TOP + len(readings) * (PANEL + SPACE) - SPACE + BOTTOM
    limits = ends(readings)
    with style.figure(path, width, height) as drawn:
        drawn.suptitle(title, x=0.06 / width, y=1 - 0.05 / height, ha="left", va="top", fontsize=9)
        for row, one in enumerate(readings):
            y = TOP + row * (PANEL + SPACE)
            at = (0.15 / width, 1 - (y + PANEL / 2) / height)
            drawn.text(*at, one.heading, rotation=90, ha="center", va="center", weight="bold", fontsize=8)
            told = any(values["true"].notna().any() for values in one.values.values())
            for place, (name, (*_, axis, _)) in enumerate(QUANTITIES.items()):
                x = LEFT + place * (PANEL + SPACE)
                axes = style.place(drawn, x, y, PANEL, PANEL, bare=False)
                _panel(
                    axes, one.values[name], style.COLOURS.get(one.method, style.PURPLE), limits[name], told
                )
                axes.set_xlabel(f"true {axis}" if one.values[name]["true"].notna().any() else "")
                axes.set_ylabel(f"read {axis}")
