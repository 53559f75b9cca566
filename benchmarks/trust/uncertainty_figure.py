"""The figure of uncertainty.py: sparsification in family, and coverage out of the family."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes

from benchmarks.trust.uncertainty_maps import ROUNDING
from benchmarks.trust.uncertainty_tables import name_of
from semclear.degradation.out_of_family import IN_FAMILY
from semclear.evaluation.figures import style
from semclear.restoration.checks.uncertainty import SHARES

PANEL, LEFT, GAP, TOP, CURVES, LINE, BOTTOM = 2.5, 1.05, 0.25, 0.3, 1.9, 0.21, 0.75  # inches
BETWEEN = 0.85  # the lower panels' share of heading and the upper ones' axis, inches
AIM = 0.02  # either side of the nominal coverage

Row = Mapping[str, str]


def _curve(row: Row, name: str) -> np.ndarray:
    return np.array([float(value) for value in row[name].split()])


def _sparsification(axes: Axes, rows: Sequence[Row], first: bool) -> None:
    """Draw the curves of one data set's maps; of the single models the first one's."""
    single = [row for row in rows if len(row["seeds"].split()) == 1][:1]
    several = [row for row in rows if len(row["seeds"].split()) > 1]
    axes.axhline(1, color="black", lw=0.6, ls=":", label="at random")
    for row, colour in zip([*single, *several], (style.BLUE, style.VERMILION, style.GREEN), strict=False):
        axes.plot(100 * SHARES, _curve(row, "curve"), color=colour, label=f"by {name_of(row)}")
    last = [*single, *several][-1]
    axes.plot(100 * SHARES, _curve(last, "best"), color=style.GREY, ls="--", label="best possible")
    axes.set(xlim=(0, 95), ylim=(0, 1.08), xlabel="most uncertain left out (%)")
    if first:
        axes.set_ylabel("error of the rest")
        axes.legend(loc="lower left", fontsize=6, borderaxespad=0.2, handlelength=1.4)
    else:
        axes.tick_params(labelleft=False)


def _dot(axes: Axes, row: Row, prefix: str, place: float, colour: str, filled: bool) -> None:
    mean, low, high = (float(row[f"{prefix}{end}"] or "nan") for end in ("", "_low", "_high"))
    if np.isfinite(low):
        axes.plot([100 * low, 100 * high], [place, place], color=colour, lw=0.8)
    face = colour if filled else "white"
    axes.plot(100 * mean, place, "o", ms=3.5, color=colour, markerfacecolor=face, markeredgewidth=0.8)


def _coverage(axes: Axes, rows: Sequence[Row], names: Sequence[str], first: bool) -> None:
    """Draw the coverage of one data set by degradation, all micrographs and those that the flag passes."""
    nominal = 100 * float(rows[0]["nominal"])
    axes.axvspan(nominal - 100 * AIM, nominal + 100 * AIM, color=style.GREY, alpha=0.25, lw=0)
    kinds = list(dict.fromkeys(name_of(row) for row in rows if row["degradation"] != IN_FAMILY))
    for row in rows:
        if name_of(row) not in kinds:
            continue
        which = kinds.index(name_of(row))
        place = names.index(row["degradation"]) + (0.34 * which - 0.17 if len(kinds) > 1 else 0)
        colour = (style.BLUE, style.GREEN)[which]
        _dot(axes, row, "coverage", place - 0.08, colour, True)
        _dot(axes, row, "coverage_passed", place + 0.08, colour, False)
    for kind, colour in zip(kinds, (style.BLUE, style.GREEN), strict=False):
        axes.plot([], [], "o", ms=3.5, color=colour, label=kind)
    axes.plot([], [], "o", ms=3.5, color="grey", markerfacecolor="white", label="those not flagged")
    axes.set_yticks(range(len(names)), list(names))
    axes.set(ylim=(len(names) - 0.5, -0.5), xlabel="coverage (%)")
    axes.tick_params(labelleft=first)
    if first:
        # Under the axis, where no coverage can lie.
        below = (0.0, -0.5 / (LINE * len(names)))
        axes.legend(loc="upper left", bbox_to_anchor=below, ncols=3, handlelength=1.0, borderaxespad=0.0)


def draw(rows: Sequence[Row], path: str | Path) -> None:
    """Draw the rows of uncertainty.csv, a column a data set, by the table's last calibration and the floor of rounding.

    Parameters
    ----------
    rows : sequence of mapping
        Of one version of models, settings and code.
    path : str or Path
        PNG to appear.
    """
    last = rows[-1]["calibration"], ROUNDING
    chosen = [row for row in rows if (row["calibration"], row["floored"]) == last]
    datasets = list(dict.fromkeys(row["dataset"] for row in chosen))
    names = list(dict.fromkeys(row["degradation"] for row in chosen))
    lowest = min(float(row["coverage_low"] or row["coverage"]) for row in chosen)
    height = LINE * len(names)
    y = TOP + CURVES + BETWEEN
    with style.figure(path, LEFT + len(datasets) * (PANEL + GAP), y + height + BOTTOM) as drawn:
        for index, dataset in enumerate(datasets):
            own = [row for row in chosen if row["dataset"] == dataset]
            x = LEFT + index * (PANEL + GAP)
            axes = style.place(drawn, x, TOP, PANEL, CURVES, bare=False)
            axes.set_title(f"{dataset}, in family")
            _sparsification(axes, [row for row in own if row["degradation"] == IN_FAMILY], index == 0)
            style.panel_letter(axes, index)
            axes = style.place(drawn, x, y, PANEL, height, bare=False)
            axes.set_title(f"{dataset}, nominal {100 * float(own[0]['nominal']):g} ± {100 * AIM:g} %")
            _coverage(axes, own, names, index == 0)
            axes.set_xlim(100 * lowest - 3, 101)
            style.panel_letter(axes, len(datasets) + index)
