"""How much of the way from degraded to paired each method goes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from semclear.evaluation.figures import style

# Inches, but GROUP, the space between data sets, in rows.
LEFT, PANEL, SPACE, RIGHT, ROW, TOP, BOTTOM, GROUP = 1.5, 2.5, 0.65, 0.65, 0.22, 0.3, 0.5, 0.7
FLOOR = -100.0  # per cent; a bar that is worse is cut there, its value still printed


def _panel(axes: Axes, rows: pd.DataFrame, places: dict[tuple[str, str, str], float]) -> None:
    for key, y in places.items():
        dataset, model, method = key
        found = rows[(rows["dataset"] == dataset) & (rows["model"] == model) & (rows["method"] == method)]
        value = float(found["mean"].iloc[0]) if len(found) else np.nan
        if not np.isfinite(value):
            style.beside(axes, y, "undefined", style.GREY)
            continue
        low, high = (100 * float(found[name].iloc[0]) for name in ("low", "high"))
        text = style.percent(100 * value)
        style.bar(axes, y, (model, method), (0.0, 100 * value), (low, high), text)
    axes.axvline(0, color=style.COLOURS["degraded"], ls="--", lw=1.1)
    axes.axvline(100, color=style.COLOURS["paired"], lw=1.1)
    for x, method in ((0, "degraded"), (100, "paired")):
        axes.annotate(
            method,
            (x, 1.0),
            xycoords=("data", "axes fraction"),
            xytext=(0, 2),
            textcoords="offset points",
            ha="center",
            fontsize=6.5,
            color=style.COLOURS[method],
        )


def draw_gap_closure(closure: pd.DataFrame, path: str | Path) -> None:
    """Draw gap closure by data set and method, for each metric.

    Parameters
    ----------
    closure : DataFrame
        dataset, model, method, metric, mean, low, high; 1 means as good as
        paired, 0 as the degraded micrographs. NaN is drawn as undefined.
    path : str or Path
        PNG to appear, one panel a metric.
    """
    metrics = [name for name in ("psnr", "ssim") if (closure["metric"] == name).any()]
    keys = closure[["dataset", "model", "method"]].drop_duplicates()
    keys = keys[~keys["method"].isin(("degraded", "paired"))].copy()
    keys["order"] = [style.position(method) for method in keys["method"]]
    keys = keys.sort_values(["dataset", "order", "model"])
    places, heads, y, before = {}, {}, 0.0, None
    for row in keys.itertuples():
        if row.dataset != before:
            y += GROUP if before is not None else 0.0
            heads[row.dataset], before = y, row.dataset
            y += 1.0
        places[(row.dataset, row.model, row.method)] = y
        y += 1.0
    width = LEFT + len(metrics) * PANEL + (len(metrics) - 1) * SPACE + RIGHT
    height = TOP + ROW * y + BOTTOM
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
            _panel(axes, closure[closure["metric"] == metric], places)
            axes.set_xlabel(f"gap closure in {style.metric_label(metric).split(' ')[0]} (%)")
            axes.set_ylim(y - 0.4, -0.6)
            axes.set_xlim(left=max(min(axes.get_xlim()[0], -4.0), FLOOR))
            axes.tick_params(axis="y", length=0)
        panels[0].set_yticks(list(places.values()), [style.label(method) for _, _, method in places])
        for dataset, at in heads.items():
            panels[0].text(
                -0.03,
                at,
                dataset,
                transform=panels[0].get_yaxis_transform(),
                ha="right",
                va="center",
                weight="bold",
            )
