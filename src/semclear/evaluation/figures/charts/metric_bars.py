"""Means of a data set's test micrographs by method, with confidence intervals."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from semclear.errors import SemclearError
from semclear.evaluation.figures import style
from semclear.evaluation.metrics import ENTRIES

LINES = ("degraded", "paired")
WITH_TRUTH = ("psnr", "ssim", "ag_error", "con_error", "sf_error")
WITHOUT_TRUTH = ("ag", "con", "sf")
LEFT, PANEL, SPACE, RIGHT, ROW, TOP, BOTTOM = 1.45, 1.35, 0.62, 0.6, 0.24, 0.42, 0.72  # inches


def bars_of(summary: pd.DataFrame) -> pd.DataFrame:
    """Return the rows (model, method, label) that become bars, from top to bottom.

    Parameters
    ----------
    summary : DataFrame
        One data set's rows: model, method, metric, mean, low, high. Degraded
        and paired are lines, not bars. A method that several models have is
        told apart by the model's name.
    """
    methods = summary[["model", "method"]].drop_duplicates()
    methods = methods[~methods["method"].isin(LINES)].copy()
    shared = methods["method"].duplicated(keep=False)
    names = methods["method"].map(style.label)
    methods["label"] = names.where(~shared, names + " (" + methods["model"] + ")")
    methods["order"] = [style.position(method) for method in methods["method"]]
    return methods.sort_values(["order", "model"]).reset_index(drop=True)


def _line(axes: Axes, rows: pd.DataFrame, method: str, scale: float) -> None:
    found = rows[rows["method"] == method]
    for row in found.itertuples():
        axes.axvline(
            scale * row.mean, color=style.COLOURS[method], ls="--" if method == "degraded" else "-", lw=1.1
        )
        axes.axvspan(scale * row.low, scale * row.high, color=style.COLOURS[method], alpha=0.15, lw=0)


def _panel(axes: Axes, rows: pd.DataFrame, bars: pd.DataFrame, metric: str) -> None:
    error = metric.endswith("_error")
    scale = 100.0 if error else 1.0
    for method in LINES:
        _line(axes, rows, method, scale)
    degraded = rows.loc[rows["method"] == "degraded", "mean"]
    start = 0.0 if error or degraded.empty else float(degraded.iloc[0])
    for height, bar in enumerate(bars.itertuples()):
        found = rows[(rows["model"] == bar.model) & (rows["method"] == bar.method)]
        if found.empty:
            continue
        mean, low, high = (scale * float(found[name].iloc[0]) for name in ("mean", "low", "high"))
        text = style.percent(mean) if error else ENTRIES[metric].text(mean)
        style.bar(
            axes, height, (bar.model, bar.method), (scale * start, mean), (low, high), text, height=0.68
        )
    if error:
        axes.axvline(0, color="black", lw=0.6)
    axes.set_xlabel(style.metric_label(metric) + (" (%)" if error else ""))
    axes.margins(x=0.04)
    axes.set_ylim(len(bars) - 0.4, -0.6)
    axes.locator_params(axis="x", nbins=4)


def draw_metric_bars(summary: pd.DataFrame, title: str, path: str | Path) -> None:
    """Draw one data set's metrics, a panel each.

    Parameters
    ----------
    summary : DataFrame
        One data set's rows: model, method, metric, n, mean, low, high. The
        model of classical methods is ``classical``.
    title : str
        Of the figure.
    path : str or Path
        PNG to appear. PSNR, SSIM and the relative errors of AG, CON and SF to
        the truth, or AG, CON and SF where there is no truth. Bars start at
        the degraded micrographs' mean (errors: at zero, the truth), whiskers
        are confidence intervals, lines with bands the degraded and the
        paired mean.

    Raises
    ------
    SemclearError
        When there is nothing to draw.
    """
    metrics = [name for name in WITH_TRUTH if (summary["metric"] == name).any()]
    metrics = (
        metrics
        if "psnr" in metrics
        else [name for name in WITHOUT_TRUTH if (summary["metric"] == name).any()]
    )
    bars = bars_of(summary)
    if not metrics or bars.empty:
        raise SemclearError(
            f"{title}: the summary table has no method or metric to draw; run the step tabulate again"
        )
    width = LEFT + len(metrics) * PANEL + (len(metrics) - 1) * SPACE + RIGHT
    height = TOP + ROW * max(len(bars), 3) + BOTTOM
    with style.figure(path, width, height) as drawn:
        panels = drawn.subplots(1, len(metrics), sharey=True, squeeze=False)[0]
        drawn.subplots_adjust(
            left=LEFT / width,
            right=1 - RIGHT / width,
            top=1 - TOP / height,
            bottom=BOTTOM / height,
            wspace=SPACE / PANEL,
        )
        for axes, metric in zip(panels, metrics, strict=True):
            _panel(axes, summary[summary["metric"] == metric], bars, metric)
            axes.tick_params(axis="y", length=0)
        panels[0].set_yticks(np.arange(len(bars)), bars["label"])
        drawn.suptitle(title, x=0.1 / width, y=1 - 0.08 / height, ha="left", va="top", fontsize=9)
        handles = [
            panels[0].plot(
                [], [], color=style.COLOURS[m], ls="--" if m == "degraded" else "-", label=style.label(m)
            )[0]
            for m in LINES
            if (summary["method"] == m).any()
        ]
        drawn.legend(handles=handles, loc="lower left", ncols=2, bbox_to_anchor=(0.0, 0.0), borderaxespad=0.4)
