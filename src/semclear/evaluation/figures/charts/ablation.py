"""A study's metrics against the one weight that it varies."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.transforms import ScaledTranslation

from semclear.errors import SemclearError
from semclear.evaluation.figures import style
from semclear.evaluation.figures.study import Sweep

METRICS = ("psnr", "ssim", "ag_error")
WITHOUT_TRUTH = ("ag", "con", "sf")
PANEL, SPACE, LEFT, RIGHT, HEIGHT, TOP, BOTTOM = 2.35, 0.65, 0.6, 0.15, 2.9, 0.5, 0.75  # inches


def _panel(axes: Axes, rows: pd.DataFrame, metric: str, sweep: Sweep) -> None:
    scale = 100.0 if metric.endswith("_error") else 1.0
    by_weight = scale * rows.groupby("value")["mean"].agg(["mean", "min", "max", "count"])
    weights = by_weight.index.to_numpy(float)
    if sweep.numeric:
        axes.plot(weights, by_weight["mean"], color=style.BLUE, lw=1.2, zorder=1)
    repeated = by_weight[rows.groupby("value").size() > 1]
    axes.vlines(
        repeated.index, repeated["min"], repeated["max"], color=style.BLUE, lw=5, alpha=0.25, zorder=1
    )
    for weight, group in rows.groupby("value"):
        # In points, so that the whiskers of several seeds stand apart.
        shift = np.linspace(-3.0, 3.0, len(group)) if len(group) > 1 else [0.0]
        for offset, row in zip(shift, group.sort_values("model").itertuples(), strict=True):
            _whisker(axes, float(weight), offset, scale * row.mean, scale * row.low, scale * row.high)
    low, high = scale * rows[["low", "mean"]].min().min(), scale * rows[["high", "mean"]].max().max()
    high = max(high, low + 1e-6)  # one training of one micrograph has no extent
    axes.set_ylim(low - 0.05 * (high - low), high + 0.05 * (high - low))
    if metric.endswith("_error") and low < 0 < high:
        axes.axhline(0, color="black", lw=0.6)
    positive = weights[weights > 0]
    if sweep.numeric and len(positive) > 1 and positive.max() > 5 * positive.min():
        axes.set_xscale("symlog", linthresh=positive.min(), linscale=0.6)
        axes.set_xlim(weights.min() - 0.3 * positive.min(), weights.max() * 1.35)
    axes.set_xticks(list(sweep.ticks), list(sweep.ticks.values()))
    axes.minorticks_off()
    axes.set_ylabel(style.metric_label(metric) + (" (%)" if scale == 100.0 else ""))
    axes.grid(axis="y", lw=0.3, color="#DDDDDD")


def _whisker(axes: Axes, weight: float, offset: float, mean: float, low: float, high: float) -> None:
    """Draw one training's mean and interval, moved sideways by `offset` points."""
    moved = axes.transData + ScaledTranslation(offset / 72, 0, axes.figure.dpi_scale_trans)
    axes.plot([weight, weight], [low, high], color=style.GREY, lw=0.8, transform=moved, zorder=2)
    axes.plot(
        [weight], [mean], marker="o", ms=4, mfc="white", mec=style.BLUE, mew=1.2, transform=moved, zorder=3
    )


def draw_ablation(sweep: Sweep, title: str, path: str | Path) -> None:
    """Draw PSNR, SSIM and the error of AG against what a study varies.

    Parameters
    ----------
    sweep : Sweep
        What is varied and the trainings' rows of the summary.
    title : str
        Of the figure.
    path : str or Path
        PNG to appear. Circles are trainings with their intervals, the line
        joins the means over seeds, wide bars span the seeds where there are
        several. Without truth: AG, CON and SF.

    Raises
    ------
    SemclearError
        When no metric has a row.
    """
    table = sweep.rows
    known = (table["metric"] == "psnr").any()
    metrics = [name for name in (METRICS if known else WITHOUT_TRUTH) if (table["metric"] == name).any()]
    if not metrics:
        raise SemclearError(
            f"{title}: the ablation table has none of {list(METRICS)}; run the step tabulate again"
        )
    width = LEFT + len(metrics) * PANEL + (len(metrics) - 1) * SPACE + RIGHT
    with style.figure(path, width, HEIGHT) as drawn:
        panels = drawn.subplots(1, len(metrics), squeeze=False)[0]
        drawn.subplots_adjust(
            left=LEFT / width,
            right=1 - RIGHT / width,
            top=1 - TOP / HEIGHT,
            bottom=BOTTOM / HEIGHT,
            wspace=SPACE / PANEL,
        )
        for index, (axes, metric) in enumerate(zip(panels, metrics, strict=True)):
            _panel(axes, table[table["metric"] == metric], metric, sweep)
            axes.set_xlabel(sweep.name.replace("_", " "))
            style.panel_letter(axes, index)
        drawn.suptitle(title, x=0.1 / width, y=1 - 0.08 / HEIGHT, ha="left", va="top", fontsize=9)
        circle = panels[0].plot(
            [], [], marker="o", ms=4, mfc="white", mec=style.BLUE, mew=1.2, color=style.GREY, lw=0.8
        )[0]
        line = panels[0].plot([], [], color=style.BLUE, lw=1.2)[0]
        spread = panels[0].plot([], [], color=style.BLUE, lw=5, alpha=0.25)[0]
        labels = ["one training, confidence interval over micrographs", "mean over seeds", "range over seeds"]
        drawn.legend([circle, line, spread], labels, loc="lower left", ncols=3, borderaxespad=0.4)
