"""Draw the trials of benchmarks/results/quality.csv: docs/figures/closing_the_gap.png.

python -m benchmarks.quality.quality_figure
"""

from __future__ import annotations

from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import pandas as pd

from semclear.files import whole_file

ROOT = Path(__file__).resolve().parents[2]
TRIALS = ROOT / "benchmarks" / "results" / "quality.csv"
FIGURE = ROOT / "docs" / "figures" / "closing_the_gap.png"

#: Trials of 500 steps on hybrid that the others of their series, named alike before the dash, are compared with.
BASES = ("h-base", "h2-now")
#: Paired trials of 600 steps that differ in the generator alone, by what a reader calls them.
GENERATORS = {
    "b": "grey, rate 0.001",
    "l2": "grey, rate 0.002",
    "sig8": "grey + 2 fine convolutions",
    "res": "correction",
    "aff0": "gain and offset",
    "aff8": "gain and offset + 2 fine convolutions",
}
COLOURS = {"fog": "#0072B2", "gaussian": "#009E73", "hybrid": "#D55E00"}


def generators(axis: plt.Axes, trials: pd.DataFrame) -> None:
    """Draw the PSNR of the paired trials, a row a generator."""
    paired = trials[trials["method"] == "paired"].assign(kind=lambda t: t["trial"].str.split("-").str[0])
    for place, kind in enumerate(GENERATORS):
        for row in paired[paired["kind"] == kind].itertuples():
            axis.plot(row.psnr, place, "o", color=COLOURS[row.dataset])
            axis.plot(row.psnr_ensemble, place, "o", color=COLOURS[row.dataset], markerfacecolor="white")
    axis.set_yticks(range(len(GENERATORS)), list(GENERATORS.values()))
    axis.invert_yaxis()
    axis.set_xlabel("PSNR on the test set (dB)")
    axis.set_title("(a) with pairs, 600 steps", loc="left")
    for name, colour in COLOURS.items():
        axis.plot([], [], "o", color=colour, label=name)
    axis.plot([], [], "o", color="grey", markerfacecolor="white", label="mean of eight orientations")
    axis.legend(loc="upper left", bbox_to_anchor=(0.0, -0.18), ncols=2, frameon=False)


def changes(psnr: plt.Axes, ssim: plt.Axes, trials: pd.DataFrame) -> None:
    """Draw what one change does to cyclegan-physics on hybrid, in PSNR and SSIM, against the same without."""
    half = trials[(trials["method"] == "cyclegan-physics") & (trials["steps"] == 500)]
    # Each series of trials is held against its own first one: the study's settings moved in between.
    bases = {name.split("-")[0]: half[half["trial"] == name].iloc[0] for name in BASES}
    changed = half[~half["trial"].isin(BASES)]
    names = []
    for place, row in enumerate(changed.itertuples()):
        base = bases[row.trial.split("-")[0]]
        rate = "" if row.learning_rate == base.learning_rate else f"learning_rate={row.learning_rate}"
        names.append("\n".join(filter(None, [rate, *row.changed.split("; ")])).replace("_", " "))
        psnr.plot(row.psnr - base.psnr, place, "o", color=COLOURS["hybrid"])
        ssim.plot(row.ssim - base.ssim, place, "o", color=COLOURS["hybrid"])
    for axis, label in ((psnr, "change of PSNR (dB)"), (ssim, "change of SSIM")):
        axis.axvline(0, color="lightgrey", zorder=0)
        axis.set_xlabel(label)
        axis.set_yticks(range(len(names)), names if axis is psnr else [""] * len(names), fontsize=8)
        axis.invert_yaxis()
    psnr.set_title("(b) hybrid, no pairs, 500 steps", loc="left")


def main() -> None:
    trials = pd.read_csv(TRIALS, keep_default_na=False)
    figure, (left, middle, right) = plt.subplots(
        1, 3, figsize=(12, 4.8), layout="constrained", width_ratios=(2, 1, 1)
    )
    generators(left, trials)
    changes(middle, right, trials)
    with whole_file(FIGURE) as scratch:
        figure.savefig(scratch, format="png", dpi=130, metadata={"Software": None})
    print(f"{FIGURE.relative_to(ROOT)} from {len(trials)} trials")


if __name__ == "__main__":
    main()
