"""The step that draws all figures of the study."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from semclear.datasets import manifest
from semclear.evaluation import study_files
from semclear.evaluation.figures import gallery, names, study
from semclear.evaluation.figures.charts.ablation import draw_ablation
from semclear.evaluation.figures.charts.degradation import draw_degradation, readings_of
from semclear.evaluation.figures.charts.gap_closure import draw_gap_closure
from semclear.evaluation.figures.charts.losses import draw_losses
from semclear.evaluation.figures.charts.metric_bars import draw_metric_bars
from semclear.evaluation.figures.charts.reliability import chosen, draw_reliability, example_of
from semclear.evaluation.figures.charts.side_by_side import draw_side_by_side
from semclear.evaluation.figures.charts.trust import curve_of, draw_trust
from semclear.evaluation.figures.study import read_table
from semclear.evaluation.figures.style import label, noted
from semclear.study.missing import note_of, without

SCORES = ("dataset", "model", "method", "micrograph", "metric", "value")
SUMMARY = ("dataset", "model", "method", "metric", "n", "mean", "low", "high")
CLOSURE = ("dataset", "model", "method", "metric", "mean", "low", "high")


def plot(
    values: Mapping[str, Any], root: str | Path, figures: str | Path, missing: Sequence[str] = ()
) -> list[Path]:
    """Draw every figure that `figure_names` lists.

    Parameters
    ----------
    values : mapping
        The step's slice of params.yaml: ``experiments``.
    root : str or Path
        The project's folder; data sets, restorations, histories and tables
        are found below it by their usual places.
    figures : str or Path
        Folder for the PNG files.
    missing : sequence of str
        Experiments, or ``classical-DATASET``, that there are no scores of:
        figures of the rest are drawn and say so.

    Returns
    -------
    list of Path
        The files, in the order of `figure_names`.

    Raises
    ------
    SemclearError
        When a table, manifest or image is missing or does not fit, or the
        disk refuses a file.
    """
    with noted(note_of(missing)):
        return _plot(without(values, missing), Path(root), Path(figures))


def _plot(values: Mapping[str, Any], root: Path, figures: Path) -> list[Path]:
    shown = names.with_both_lines(values)
    # Everything is read before anything is drawn.
    scores = read_table(study_files.table(root, "scores"), SCORES)
    summary = read_table(study_files.table(root, "summary"), SUMMARY)
    closure = read_table(study_files.table(root, "closure"), CLOSURE) if shown else None
    trust = read_table(study_files.table(root, "trust"), SUMMARY) if shown else None
    swept = {name: study.sweep_of(values, name, summary) for name in names.studies(values)}
    for dataset in names.data_sets(values):
        _side_by_side(values, dataset, root, figures, scores[scores["dataset"] == dataset])
        rows = study.main_rows(values, dataset, summary)
        title = f"{dataset}: mean of {int(rows['n'].max())} test micrographs, with confidence intervals"
        draw_metric_bars(rows, title, figures / f"metrics_{dataset}.png")
    for name, experiment in names.main_experiments(values).items():
        title = f"{name}: {label(experiment['method'])} on {experiment['dataset']}"
        draw_losses(
            study_files.steps_table(root, name),
            study_files.history_table(root, name),
            title,
            figures / f"losses_{name}.png",
        )
    for name, sweep in swept.items():
        title = f"study {name}: " + ", ".join(f"{label(m)} on {d}" for m, d in study.subjects(values, name))
        draw_ablation(sweep, title, figures / f"ablation_{name}.png")
    if closure is not None:
        models = {gallery.CLASSICAL, *names.main_experiments(values)}
        closure = closure[closure["dataset"].isin(shown) & closure["model"].isin(models)]
        draw_gap_closure(closure, figures / "gap_closure.png")
    if trust is not None:
        for dataset in shown:
            _trust(values, dataset, root, figures, trust[trust["dataset"] == dataset])
    for dataset in names.with_unpaired(values):
        _reliability(values, dataset, root, figures, scores[scores["dataset"] == dataset])
    if readers := names.readers(values):
        _degradation(values, readers, figures, scores)
    return [figures / name for name in names.figure_names(values)]


def _trust(values: Mapping[str, Any], dataset: str, root: Path, figures: Path, trust: Any) -> None:
    records = manifest.load(study_files.data_manifest(root, dataset)).split("test")
    curves = [curve_of(column, records) for column in gallery.columns_of(values, dataset, root)]
    title = f"{dataset}: detail that is real, {len(records)} test micrographs"
    draw_trust(curves, trust, title, figures / f"trust_{dataset}.png")


def _side_by_side(values: Mapping[str, Any], dataset: str, root: Path, figures: Path, scores: Any) -> None:
    columns = gallery.columns_of(values, dataset, root)
    rows, known = gallery.rows_of(study_files.data_manifest(root, dataset), columns, scores)
    headings = [column.heading for column in columns] + (["truth"] if known else [])
    reference = "the truth" if known else "the degraded micrograph"
    name = f"difference to {reference}, in shares of the grey range"
    draw_side_by_side(rows, headings, name, figures / f"side_by_side_{dataset}.png")


def _reliability(values: Mapping[str, Any], dataset: str, root: Path, figures: Path, scores: Any) -> None:
    records = manifest.load(study_files.data_manifest(root, dataset)).split("test")
    columns = gallery.columns_of(values, dataset, root)
    unpaired = [c for c in columns if c.model != gallery.CLASSICAL and c.method != "paired"]
    record, rule = chosen(records, unpaired[0], scores)
    examples = [example_of(column, record, records, scores) for column in unpaired]
    draw_reliability(examples, f"{dataset}: {record.id}, {rule}", figures / f"reliability_{dataset}.png")


def _degradation(values: Mapping[str, Any], readers: list[str], figures: Path, scores: Any) -> None:
    rows = []
    for name in readers:
        experiment = values["experiments"][name]
        dataset = experiment["dataset"]
        heading = name if name == dataset else f"{name} ({dataset})"
        rows.append(readings_of(scores[scores["dataset"] == dataset], name, experiment["method"], heading))
    title = "the degradation as read from the test micrographs"
    draw_degradation(rows, title, figures / "degradation_read.png")
