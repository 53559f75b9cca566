"""Loss curves of one training: each term over the steps, and what validation says over the epochs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from semclear.errors import SemclearError
from semclear.evaluation.figures import style
from semclear.evaluation.figures.study import read_table

WINDOWS = 40  # a moving average spans this share of the training
NOT_A_TERM = ("step", "epoch")
UNDECIDED = 0.25  # least-squares loss of a discriminator that answers 1/2 to everything
BELOW: dict[str, Any] = {
    "loc": "upper left",
    "bbox_to_anchor": (-0.05, -0.2),
    "handlelength": 1.4,
    "columnspacing": 1.0,
}
PANEL, HEIGHT = 3.1, 3.0  # inches


def moving_average(values: np.ndarray, window: int) -> np.ndarray:
    """Return the running mean of `values`, (N,), over `window` of them, (N - window + 1,)."""
    total = np.concatenate([[0.0], np.cumsum(values, dtype=np.float64)])
    return (total[window:] - total[:-window]) / window


def terms_of(steps: pd.DataFrame) -> tuple[list[str], list[str]]:
    """Return the names of the generator's and of the discriminators' terms among the columns.

    The discriminators' are those that say so in their name; columns that
    count steps or hold a learning rate are no terms.
    """
    names = [
        name
        for name in steps.columns
        if name not in NOT_A_TERM
        and "learning_rate" not in name
        and pd.api.types.is_numeric_dtype(steps[name])
    ]
    judges = [name for name in names if name.startswith("discriminator")]
    return [name for name in names if name not in judges], judges


def _curves(axes: Axes, steps: pd.DataFrame, names: list[str], window: int, logarithmic: bool) -> None:
    at = moving_average(steps["step"].to_numpy(float), window)
    for index, name in enumerate(names):
        colour = style.CURVES[index % len(style.CURVES)]
        values = moving_average(steps[name].to_numpy(float), window)
        text = name.replace("_", " ").replace("ssim", "1 - SSIM")
        axes.plot(at, values, color=colour, ls="-" if index < len(style.CURVES) else "--", label=text)
    if logarithmic and (steps[names].to_numpy(float) > 0).all():
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.yaxis.set_minor_formatter(NullFormatter())
    else:
        axes.set_ylim(bottom=0)
    axes.set_xlabel("step")
    axes.set_ylabel(f"mean of {window} steps" if window > 1 else "value")
    axes.margins(x=0.01)
    axes.grid(axis="y", lw=0.3, color="#DDDDDD")
    axes.legend(**BELOW, ncols=2 if len(names) > 4 else 1)


def _validation(axes: Axes, history: pd.DataFrame) -> None:
    scores = history[["epoch", "validation_psnr"]].dropna()
    epochs, values = scores["epoch"].to_numpy(), scores["validation_psnr"].to_numpy(float)
    axes.plot(epochs, values, color=style.BLACK, marker="o", ms=2.5, lw=1.0)
    best = int(np.argmax(values))
    marks = [
        (epochs[-1], values[-1], style.BLUE, "o", f"kept: epoch {epochs[-1]:g}"),
        (epochs[best], values[best], style.ORANGE, "D", f"oracle: epoch {epochs[best]:g}"),
    ]
    for x, y, colour, marker, text in marks:
        axes.plot([x], [y], marker=marker, ms=8, mfc="none", mec=colour, mew=1.5, ls="none", label=text)
    axes.set_xlabel("epoch")
    axes.set_ylabel("validation PSNR (dB)")
    axes.locator_params(axis="x", integer=True)
    axes.grid(axis="y", lw=0.3, color="#DDDDDD")
    axes.legend(**BELOW, markerscale=0.7)


def draw_losses(steps_path: str | Path, history_path: str | Path, title: str, path: str | Path) -> None:
    """Draw the curves of one training.

    Parameters
    ----------
    steps_path : str or Path
        CSV with ``step`` and one column a loss term, unweighted.
    history_path : str or Path
        CSV with ``epoch`` and, where the validation set has truth,
        ``validation_psnr``. The last epoch's weights are the ones kept; the
        best validation PSNR is what an oracle would have chosen.
    title : str
        Of the training.
    path : str or Path
        PNG to appear. Panels: generator's terms, discriminators' terms (if
        any), validation PSNR (if any). Terms are averaged over a moving
        window of 1/40 of the steps.

    Raises
    ------
    SemclearError
        When a table is missing or holds no term.
    """
    steps, history = read_table(steps_path, ("step",)), read_table(history_path, ("epoch",))
    generator, judges = terms_of(steps)
    if not generator:
        raise SemclearError(
            f"{steps_path}: got the columns {list(steps.columns)}, expected loss terms beside `step`; train again"
        )
    window = max(1, len(steps) // WINDOWS)
    validated = "validation_psnr" in history and history["validation_psnr"].notna().any()
    count = 1 + bool(judges) + bool(validated)
    width = PANEL * count
    with style.figure(path, width, HEIGHT) as drawn:
        drawn.suptitle(title, x=0.1 / width, y=0.985, ha="left", va="top", fontsize=9)
        panels = drawn.subplots(1, count, squeeze=False)[0]
        drawn.subplots_adjust(left=0.55 / width, right=1 - 0.1 / width, top=0.83, bottom=0.33, wspace=0.32)
        _curves(panels[0], steps, generator, window, logarithmic=True)
        panels[0].set_title("generators" if judges else "generator")
        if judges:
            _curves(panels[1], steps, judges, window, logarithmic=False)
            panels[1].axhline(UNDECIDED, color=style.GREY, ls=":", lw=1.0, label="cannot tell (0.25)")
            panels[1].legend(**BELOW)
            panels[1].set_title("discriminators")
        if validated:
            _validation(panels[-1], history)
            panels[-1].set_title("validation (not used in training)")
        for index, axes in enumerate(panels):
            style.panel_letter(axes, index)
