"""Put an actual run into the README: its picture, its table of results, its commit.

Usage: python tools/readme_figures.py [--root FOLDER]

Reads data/ and results/ of a finished run, writes docs/figures/before_after.png
and replaces what stands between the markers <!-- results --> and
<!-- /results --> of README.md. Refuses when params.yaml or the sources differ
from the commit that it would name.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from semclear.errors import SemclearError
from semclear.evaluation import study_files
from semclear.evaluation.figures import gallery, names, style
from semclear.evaluation.figures.study import read_table
from semclear.files import whole_file

START, END = "<!-- results -->", "<!-- /results -->"
PANEL, GAP, LEFT, TOP = 1.9, 0.05, 0.3, 0.28  # inches
LINE = 120  # characters
WATCHED = ("params.yaml", "src", "Snakefile", "workflow")


def commit_of(root: Path) -> str:
    """Return the short hash of the commit whose sources and params.yaml are those on disk.

    Raises
    ------
    SemclearError
        When they differ from it.
    """
    changed = _git(root, "status", "--porcelain", "--", *WATCHED)
    if changed:
        raise SemclearError(
            f"{root}: {changed.splitlines()[0].strip()} differs from the commit; commit it, run the study, and call "
            "this again"
        )
    return _git(root, "rev-parse", "--short=10", "HEAD")


def _git(root: Path, *arguments: str) -> str:
    return subprocess.run(
        ["git", "-C", str(root), *arguments], check=True, capture_output=True, text=True
    ).stdout.strip()


def unpaired_models(params: Mapping[str, Any]) -> dict[str, str]:
    """Return the first experiment other than paired, outside a study, of each synthetic data set."""
    found: dict[str, str] = {}
    for name, experiment in names.main_experiments(params).items():
        if experiment["method"] != "paired" and experiment["dataset"] in params["degradations"]:
            found.setdefault(experiment["dataset"], name)
    return found


def _cell(rows: pd.DataFrame) -> str:
    values = {row.metric: row for row in rows.itertuples()}
    psnr, ssim = values["psnr"], values["ssim"]
    return (
        f"{psnr.mean:.2f} [{psnr.low:.2f}, {psnr.high:.2f}] dB<br>"
        f"{ssim.mean:.3f} [{ssim.low:.3f}, {ssim.high:.3f}]"
    )


def results_table(params: Mapping[str, Any], summary: pd.DataFrame, closure: pd.DataFrame) -> str:
    """Return the table of results as Markdown.

    Parameters
    ----------
    params : mapping
        params.yaml as plain values.
    summary, closure : DataFrame
        Of the run: dataset, model, method, metric, mean, low, high.

    Returns
    -------
    str
        One line a data set: degraded, the classical method of highest mean
        PSNR on the test set (the strictest comparison), the unpaired model,
        paired, and the gap closure of the unpaired model.
    """
    lines = [
        "| Data set | degraded | best classical | CycleGAN | paired | gap closed |",
        "|---|---|---|---|---|---|",
    ]
    for dataset, model in unpaired_models(params).items():
        rows = summary[(summary["dataset"] == dataset) & summary["metric"].isin(["psnr", "ssim"])]
        classical = rows[(rows["model"] == gallery.CLASSICAL) & (rows["method"] != "degraded")]
        best = classical[classical["metric"] == "psnr"].sort_values("mean")["method"].iloc[-1]
        method = params["experiments"][model]["method"]
        closed = closure[(closure["model"] == model) & (closure["method"] == method)]
        shares = [
            f"{row.metric.upper()} {style.percent(100 * row.mean)}"
            if pd.notna(row.mean)
            else f"{row.metric.upper()} undefined"
            for row in closed[closed["dataset"] == dataset].sort_values("metric").itertuples()
        ]
        paired = rows[(rows["method"] == "paired") & rows["model"].isin(names.main_experiments(params))]
        cells = [
            dataset,
            _cell(rows[(rows["model"] == gallery.CLASSICAL) & (rows["method"] == "degraded")]),
            f"{style.label(best)}<br>{_cell(classical[classical['method'] == best])}",
            _cell(rows[(rows["model"] == model) & (rows["method"] == method)]),
            _cell(paired) if len(paired) else "not trained",
            "<br>".join(shares) or "not known",
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def inserted(readme: str, text: str) -> str:
    """Return the README with `text` between its markers.

    Raises
    ------
    SemclearError
        When the markers are not there exactly once, in order.
    """
    if readme.count(START) != 1 or readme.count(END) != 1 or readme.index(START) > readme.index(END):
        raise SemclearError(f"README.md: expected {START} and then {END}, once each; put them back")
    before, rest = readme.split(START)
    return f"{before}{START}\n{text}\n{END}{rest.split(END)[1]}"


def draw_before_after(params: Mapping[str, Any], root: Path, path: Path) -> None:
    """Draw degraded, restored and truth: a row a data set, each its micrograph of median PSNR of the middle kind."""
    scores = read_table(
        study_files.table(root, "scores"), ("dataset", "model", "method", "micrograph", "metric", "value")
    )
    models = unpaired_models(params)
    width, height = LEFT + 3 * (PANEL + GAP), TOP + len(models) * (PANEL + GAP)
    with style.figure(path, width, height) as drawn:
        for index, (dataset, model) in enumerate(models.items()):
            columns = gallery.columns_of(params, dataset, root)
            wanted = [c for c in columns if c.model == model] + [c for c in columns if c.method == "degraded"]
            rows, _ = gallery.rows_of(
                study_files.data_manifest(root, dataset), wanted, scores[scores["dataset"] == dataset]
            )
            row = rows[len(rows) // 2]
            restored, degraded, truth = row.panels
            y = TOP + index * (PANEL + GAP)
            for place, (title, panel) in enumerate(
                (("degraded", degraded), ("CycleGAN, trained without pairs", restored), ("truth", truth))
            ):
                box = (
                    (LEFT + place * (PANEL + GAP)) / width,
                    1 - (y + PANEL) / height,
                    PANEL / width,
                    PANEL / height,
                )
                axes = drawn.add_axes(box, xticks=[], yticks=[])
                axes.imshow(panel.image, cmap="gray", vmin=0, vmax=1)
                axes.set_axis_off()
                if index == 0:
                    axes.set_title(title, pad=4)
            drawn.text(
                0.5 * LEFT / width,
                1 - (y + PANEL / 2) / height,
                dataset,
                rotation=90,
                ha="center",
                va="center",
                fontsize=8,
            )


def main(arguments: list[str] | None = None) -> None:
    """Write the picture and the table of the run below --root."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--root", type=Path, default=Path(__file__).resolve().parents[1], help="the project's folder"
    )
    root = parser.parse_args(arguments).root
    params = yaml.safe_load((root / "params.yaml").read_text(encoding="utf-8"))
    commit = commit_of(root)
    needed = ("dataset", "model", "method", "metric", "mean", "low", "high")
    summary, closure = (read_table(study_files.table(root, name), needed) for name in ("summary", "closure"))
    draw_before_after(params, root, root / "docs" / "figures" / "before_after.png")
    note = (
        f"Run at `scale: {params['scale']}`, commit `{commit}`. PSNR and SSIM on {int(summary['n'].max())} test "
        f"micrographs a data set: mean [{100 * params['evaluation']['confidence']:g} % bootstrap interval]. *Best "
        "classical* is the one that did best on the test set itself, which favours it."
    )
    readme = root / "README.md"
    lines = textwrap.fill(note, LINE, break_long_words=False, break_on_hyphens=False)
    text = inserted(
        readme.read_text(encoding="utf-8"), f"{results_table(params, summary, closure)}\n\n{lines}"
    )
    with whole_file(readme) as scratch:
        scratch.write_text(text, encoding="utf-8")
    print(f"{readme}: results of {commit}")


if __name__ == "__main__":
    try:
        main()
    except SemclearError as error:
        sys.exit(f"error: {error}")
