"""The training step: a slice of params.yaml and a data set in; bundle, history and an MLflow run out."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from semclear import compute, params
from semclear.datasets import manifest
from semclear.errors import Diverged
from semclear.files import whole_file
from semclear.networks import bundle as bundles
from semclear.networks.apply import apply
from semclear.params.slices import part
from semclear.study import tracking
from semclear.training import checkpoint, failure
from semclear.training.callbacks import Row
from semclear.training.fitting import Fitted, Settings, fit
from semclear.training.recovery import rate_of

#: Validation (or, without truth, test) micrographs whose restorations are logged as images.
SAMPLES = 4


def settings_of(values: Mapping[str, Any], name: str) -> Settings:
    """Return the settings of the training `name` from its slice of params.yaml.

    Raises
    ------
    SemclearError
        When a key is missing or a value is wrong.
    """
    experiment = params.validate(
        params.Experiment, part(values, f"experiments.{name}"), f"experiments.{name}"
    )
    train = params.validate(
        params.Train, {**part(values, "train"), **experiment.overrides}, f"experiments.{name}"
    )
    model = params.validate(params.Model, values["model"], "model")
    if experiment.output is not None:
        model = model.model_copy(update={"output": experiment.output})
    families = [params.validate(params.Family, each, "families") for each in values["families"].values()]
    return Settings(
        seed=values["seed"],
        method=experiment.method,
        size=params.validate(params.ModelScale, part(values, "scales.*.model"), "scales.*.model"),
        model=model,
        scale=params.validate(params.TrainScale, part(values, "scales.*.train"), "scales.*.train"),
        train=train,
        family=families[0] if families else None,
    )


def write_rows(rows: Sequence[Row], path: Path) -> None:
    """Write rows as CSV, columns in the order of the first row."""
    with whole_file(path) as scratch, scratch.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(
            {k: v if isinstance(v, int) else f"{v:.10g}" for k, v in row.items()} for row in rows
        )


def samples_of(fitted: Fitted, dataset: manifest.Dataset, multiple: int) -> dict[str, np.ndarray]:
    """Return pictures of input, restoration and (where known) truth side by side, by micrograph."""
    records = dataset.split("validation") or dataset.split("test")
    pictures = {}
    for record in records[:SAMPLES]:
        image, truth = record.image(), record.truth()
        row = [image, apply(fitted.model.averaged, image, multiple)]
        pictures[record.id] = np.hstack(row if truth is None else [*row, truth])
    return pictures


def train(
    values: Mapping[str, Any],
    name: str,
    data_path: Path,
    bundle_path: Path,
    history_path: Path,
    steps_path: Path,
) -> None:
    """Train one model and leave its bundle, its history and a run in MLflow.

    A training that fails for good leaves ``NAME.failed.json`` beside the
    bundle's place (see `failure.write`), until it is begun anew, and a run
    that failed.

    Parameters
    ----------
    values : mapping
        The step's slice of params.yaml.
    name : str
        Of the experiment.
    data_path : Path
        Manifest of the data set.
    bundle_path, history_path, steps_path : Path
        What to write: the model, a CSV row an epoch, a CSV row a step.

    Raises
    ------
    Diverged
        When a loss is not a number or explodes, however often it went back.
    SemclearError
        On wrong settings or data, or a required GPU that is absent.
    """
    failed = failure.path_of(bundle_path)
    failed.unlink(missing_ok=True)
    compute.configure(params.validate(params.Compute, values["compute"], "compute"))
    settings = settings_of(values, name)
    dataset = manifest.load(data_path)
    compute.say(f"{name}: {compute.describe()}; {len(dataset.split('degraded'))} degraded training images")
    folder = checkpoint.folder_of(dict(values), dataset.digest)
    warned: list[str] = []

    def say(text: str) -> None:
        compute.say(text)
        if text.startswith("warning"):
            warned.append(text)

    @contextmanager
    def logged() -> Iterator[tracking.Run]:
        with tracking.training_run(
            model=name,
            dataset=dataset.name,
            slice_json=json.dumps(dict(values), sort_keys=True),
            data_sha256=dataset.digest,
            data_path=data_path,
            method=settings.method,
        ) as run:
            run.log_params(
                {"method": settings.method, **settings.train.model_dump(), **settings.scale.model_dump()}
            )
            for text in warned:
                run.warn(text)
            yield run

    try:
        fitted = fit(settings, dataset, folder, say)
    except Diverged as error:
        advice = (
            f"lower train.learning_rate in its line of experiments (it is {settings.train.learning_rate:g})"
        )
        told = error.told(model=name, advice=advice)
        failure.write(failed, told, dataset.name, settings.method)
        with logged() as run:
            run.tag(failure.tags_of(told))
            raise told from None
    bundles.save(fitted.bundle, bundle_path)
    write_rows(fitted.epochs, history_path)
    write_rows(fitted.steps, steps_path)
    with logged() as run:
        run.log_steps(fitted.steps)
        run.log_epochs(fitted.epochs)
        run.tag({"recoveries": fitted.recoveries, "rate": f"{rate_of(fitted.recoveries):g}"})
        for identity, picture in samples_of(fitted, dataset, 2**settings.size.levels).items():
            run.log_image(f"samples/{identity}.png", picture)
        for path in (bundle_path, history_path, steps_path):
            run.log_artifact(path)
        run.log_model(fitted.model.averaged, bundle_path)
    checkpoint.Checkpoint(folder).remove()
