"""The steps that Snakemake runs.

Everything heavy is imported inside the step that needs it, so that help and
wrong arguments are answered at once.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from semclear.errors import SemclearError

step = typer.Typer(
    help="One step of the workflow. Snakemake calls these; a person calls `snakemake`.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@step.callback()
def _guard() -> None:
    from semclear.study import orphans

    orphans.guard()


Slice = Annotated[str, typer.Option("--params", help="The step's slice of params.yaml, as JSON.")]
DataSet = Annotated[str, typer.Option("--dataset", help="Name of the data set.")]
ModelName = Annotated[str, typer.Option("--model", help="Name of the experiment.")]
Data = Annotated[Path, typer.Option("--data", help="Manifest of the data set.")]
BundleFile = Annotated[Path, typer.Option("--bundle", help="The trained model.")]
Manifest = Annotated[Path, typer.Option("--manifest", help="Manifest to write; images appear beside it.")]

Missing = Annotated[
    list[str] | None,
    typer.Option("--missing", help="Experiment, or classical-DATASET, whose scores a failed job left out."),
]


def _slice(text: str, step_name: str, **wildcards: str) -> dict[str, Any]:
    """Return the slice as values, and refuse any key that the step has not declared."""
    from semclear.params.slices import STEP_KEYS

    try:
        values = json.loads(text)
    except json.JSONDecodeError as error:
        raise SemclearError(
            f"--params: got no JSON ({error}), expected the step's slice of params.yaml"
        ) from None
    if not isinstance(values, dict):
        raise SemclearError(
            f"--params: got {type(values).__name__}, expected a JSON object from key to value"
        )
    wanted = {key.format(scale="*", **wildcards) for key in STEP_KEYS[step_name]}
    got = {_starred(key) for key in values}
    if got != wanted or len(values) != len(wanted):
        raise SemclearError(
            f"--params: got the keys {sorted(values)}, expected {sorted(wanted)}; pass this step's slice"
        )
    return values


def _starred(key: str) -> str:
    words = key.split(".")
    return ".".join([words[0], "*", *words[2:]]) if words[0] == "scales" and len(words) > 2 else key


@step.command()
def synthesize(params: Slice, manifest: Manifest) -> None:
    """Draw the clear micrographs, with their ground truth."""
    values = _slice(params, "synthesize")
    from semclear.datasets import scenes
    from semclear.params import DataScale, Scenes, validate
    from semclear.params.slices import part

    data_scale = validate(DataScale, part(values, "scales.*.data"), "scales.*.data")
    scenes.synthesize(validate(Scenes, values["scenes"], "scenes"), data_scale, values["seed"], manifest)


@step.command()
def degrade(
    params: Slice,
    dataset: DataSet,
    scenes: Annotated[Path, typer.Option(help="Manifest of the clear micrographs.")],
    manifest: Manifest,
) -> None:
    """Blur, fog and add noise: a synthetic data set."""
    values = _slice(params, "degrade", dataset=dataset)
    from semclear.datasets import degraded
    from semclear.params import Degradation, validate

    key = f"degradations.{dataset}"
    degraded.degrade(validate(Degradation, values[key], key), values["seed"], dataset, scenes, manifest)


@step.command()
def observe(params: Slice, dataset: DataSet, manifest: Manifest) -> None:
    """Draw views and record them by instruments of a family: a synthetic data set."""
    values = _slice(params, "observe", dataset=dataset)
    from semclear.datasets import observed
    from semclear.params import DataScale, Family, Observed, validate
    from semclear.params.slices import part

    key = f"views.{dataset}"
    views = validate(Observed, values[key], key)
    family = validate(Family, values["families"][views.family], f"families.{views.family}")
    data_scale = validate(DataScale, part(values, "scales.*.data"), "scales.*.data")
    observed.observe(views, values["scenes.kinds"], family, data_scale, values["seed"], dataset, manifest)


@step.command()
def ingest(params: Slice, dataset: DataSet, manifest: Manifest) -> None:
    """Read, check and crop two folders of real micrographs."""
    values = _slice(params, "ingest", dataset=dataset)
    from semclear.datasets import real
    from semclear.params import DataScale, Real, validate
    from semclear.params.slices import part

    key = f"real.{dataset}"
    data_scale = validate(DataScale, part(values, "scales.*.data"), "scales.*.data")
    real.ingest(validate(Real, values[key], key), data_scale, values["seed"], dataset, manifest)


@step.command()
def settings(
    params: Slice,
    folder: Annotated[Path, typer.Option(help="Folder of the files to write, a training each.")],
) -> None:
    """Write what each training depends on, all that its line of `experiments` sets put in."""
    values = _slice(params, "settings")
    from semclear.params.slices import write_settings

    write_settings(values, folder)


@step.command()
def train(
    params: Slice,
    model: ModelName,
    data: Data,
    bundle: BundleFile,
    history: Annotated[Path, typer.Option(help="CSV to write, a row an epoch.")],
    steps: Annotated[Path, typer.Option(help="CSV to write, a row a step.")],
) -> None:
    """Train one model."""
    values = _slice(params, "train", model=model)
    _configure(values)
    from semclear.training import run

    run.train(values, model, data, bundle, history, steps)


@step.command()
def restore(params: Slice, model: ModelName, data: Data, bundle: BundleFile, manifest: Manifest) -> None:
    """Restore the test micrographs of a data set by a trained model."""
    values = _slice(params, "restore")
    _configure(values)
    from semclear.params import Restoration, validate
    from semclear.restoration import network_step

    settings = validate(Restoration, values["restoration"], "restoration")
    network_step.restore_test_set(model, data, bundle, manifest, settings)


@step.command()
def classical(params: Slice, data: Data, manifest: Manifest) -> None:
    """Tune the classical methods on the validation micrographs and apply them to the test micrographs."""
    values = _slice(params, "classical")
    from semclear.restoration import classical_step

    classical_step.run(values, data, manifest)


@step.command()
def score(
    data: Data,
    restored: Annotated[Path, typer.Option(help="Manifest of the restored micrographs.")],
    scores: Annotated[Path, typer.Option(help="CSV to write, a row a score.")],
    card: Annotated[Path, typer.Option(help="JSON to write: what was scored, and the means.")],
    bundle: Annotated[Path | None, typer.Option(help="The model that restored.")] = None,
    history: Annotated[Path | None, typer.Option(help="Its table of epochs.")] = None,
    steps: Annotated[Path | None, typer.Option(help="Its table of steps.")] = None,
) -> None:
    """Score every restored micrograph."""
    from semclear.evaluation import score_card, scoring

    scoring.score(data, restored, scores)
    roles = {"data": data, "restored": restored, "bundle": bundle, "history": history, "steps": steps}
    score_card.write(card, scores, {role: file for role, file in roles.items() if file is not None})


@step.command()
def tabulate(
    scores: Annotated[list[Path], typer.Argument(help="Tables of scores.")],
    params: Slice,
    tables: Annotated[Path, typer.Option(help="Folder of the tables to write.")],
    metrics: Annotated[Path, typer.Option(help="JSON to write, for `dvc metrics`.")],
    missing: Missing = None,
) -> None:
    """Sum up all scores in tables; those of trained models are added to their runs in MLflow."""
    values = _slice(params, "tabulate")
    from semclear.evaluation import score_card
    from semclear.evaluation.tables import tabulate
    from semclear.study import tracking

    tabulate.tabulate(values, scores, tables, metrics, missing or ())
    score_card.drop_others(scores)
    there = [table for table in scores if table.stem not in (missing or ())]
    tracking.add_scores([score_card.read(score_card.path_of(table)) for table in there])


@step.command()
def plot(
    params: Slice,
    root: Annotated[Path, typer.Option(help="The project's folder.")],
    figures: Annotated[Path, typer.Option(help="Folder of the figures to write.")],
    missing: Missing = None,
) -> None:
    """Draw the figures of the study."""
    values = _slice(params, "plot")
    from semclear.evaluation.figures import plot

    drawn = plot.plot(values, root, figures, missing or ())
    for old in set(figures.glob("*.png")) - set(drawn):
        old.unlink()  # of an experiment that is no more, or whose job failed


@step.command()
def release(
    params: Slice,
    root: Annotated[Path, typer.Option(help="The project's folder.")],
    folder: Annotated[Path, typer.Option(help="Folder of the releases to write.")],
    missing: Missing = None,
) -> None:
    """Put each unpaired model, its calibration and its card into one file."""
    values = _slice(params, "release")
    from semclear.evaluation.release import assemble
    from semclear.evaluation.release.names import ENDINGS

    made = assemble.release(values, root, folder, missing or ())
    for ending in ENDINGS:
        for old in set(folder.glob(f"*{ending}")) - set(made):
            old.unlink()  # of an experiment that is no more


def _configure(values: dict[str, Any]) -> None:
    """Set backend, threads and, of several, the GPU before Keras is imported."""
    from semclear import compute, lean_import
    from semclear.params import Compute, validate
    from semclear.study import gpus

    gpus.take(gpus.devices())
    settings = validate(Compute, values["compute"], "compute")
    with lean_import.without(lean_import.spared_on(settings.backend)):
        compute.configure(settings)
