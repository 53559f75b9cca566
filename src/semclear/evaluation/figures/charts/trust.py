"""What is real of the restored detail: correlation with the truth by frequency, and narrow gaps by their width."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from semclear.datasets.record import Record
from semclear.errors import SemclearError
from semclear.evaluation.figures import style
from semclear.evaluation.figures.gallery import Column
from semclear.evaluation.trust.fourier_ring import NYQUIST, THRESHOLD, ring_correlation
from semclear.evaluation.trust.narrow_gaps import BINS

FREQUENCIES = np.linspace(0.01, NYQUIST, 99)  # cycles a pixel: micrographs of several sizes share them
WIDTH, HEIGHT = 6.6, 2.9  # inches


@dataclass(frozen=True)
class Curve:
    """One method: whose it is, and its mean Fourier ring correlation at `FREQUENCIES`."""

    heading: str
    model: str
    method: str
    correlation: np.ndarray

    @property
    def colour(self) -> str:
        """Its colour in every figure."""
        return style.colour(self.model, self.method)


def curve_of(column: Column, records: Sequence[Record]) -> Curve:
    """Return a method's correlation with the truth, the mean over the test micrographs that have one.

    Raises
    ------
    SemclearError
        When none has a truth, or an image cannot be read.
    """
    found = []
    for record in records:
        truth = record.truth()
        if truth is not None:
            rings = ring_correlation(truth, column.image(record))
            found.append(np.interp(FREQUENCIES, rings.frequency, rings.correlation))
    if not found:
        raise SemclearError(
            f"{column.found.dataset}: got no test micrograph with its truth, expected some where a paired "
            "model is trained; "
            "make the data set again"
        )
    return Curve(column.heading, column.model, column.method, np.mean(found, axis=0))


def _gaps(axes: Axes, curve: Curve, trust: pd.DataFrame) -> None:
    rows = trust[(trust["model"] == curve.model) & (trust["method"] == curve.method)].set_index("metric")
    places = [place for place, name in enumerate(BINS) if f"gaps_seen_{name}" in rows.index]
    if not places:
        return
    chosen = rows.loc[[f"gaps_seen_{list(BINS)[place]}" for place in places]]
    mean, low, high = (100 * chosen[name].to_numpy(float) for name in ("mean", "low", "high"))
    errors = np.nan_to_num(np.maximum([mean - low, high - mean], 0))
    axes.errorbar(places, mean, yerr=errors, color=curve.colour, marker="o", ms=3, lw=1.2, elinewidth=0.7)


def draw_trust(curves: Sequence[Curve], trust: pd.DataFrame, title: str, path: str | Path) -> None:
    """Draw the two panels of one data set.

    Parameters
    ----------
    curves : sequence of Curve
        A method each.
    trust : DataFrame
        The data set's rows of the table trust: model, method, metric, mean, low, high.
    title : str
        Of the figure.
    path : str or Path
        PNG to appear.
    """
    with style.figure(path, WIDTH, HEIGHT) as drawn:
        spectrum, gaps = drawn.subplots(1, 2)
        for curve in curves:
            spectrum.plot(FREQUENCIES, curve.correlation, color=curve.colour, label=curve.heading)
            _gaps(gaps, curve, trust)
        spectrum.axhline(THRESHOLD, color="black", lw=0.6, ls=":")
        spectrum.set(xlim=(0, NYQUIST), ylim=(-0.1, 1.03), xlabel="frequency (cycles a pixel)")
        spectrum.set_ylabel("correlation with the truth")
        gaps.set_xticks(range(len(BINS)), [name.replace("_", "–") for name in BINS])
        gaps.set(xlim=(-0.4, len(BINS) - 0.6), ylim=(-3, 103), xlabel="true width of the gap (pixels)")
        gaps.set_ylabel("gaps seen (%)")
        for index, axes in enumerate((spectrum, gaps)):
            style.panel_letter(axes, index)
        drawn.suptitle(title, x=0.015, y=0.99, ha="left", va="top", fontsize=9)
        drawn.legend(*spectrum.get_legend_handles_labels(), loc="lower center", ncols=min(5, len(curves)))
        rows = -(-len(curves) // 5)
        drawn.subplots_adjust(left=0.08, right=0.99, top=0.84, bottom=0.23 + 0.05 * rows, wspace=0.25)
