"""Training one model on one data set, from settings to weights and history."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

from semclear import params, seeds
from semclear.datasets.manifest import Dataset
from semclear.errors import SemclearError
from semclear.model.bundle import Bundle
from semclear.model.cyclegan import CycleGAN
from semclear.model.paired import Paired
from semclear.training.batches import Batches
from semclear.training.callbacks import Recorder, Row, Saving, Validation, Warnings
from semclear.training.checkpoint import Checkpoint
from semclear.training.optimizer import NetworkAdam
from semclear.training.progress import Progress
from semclear.training.schedule import ConstantThenLinear

#: Degraded training micrographs watched for inverted contrast where a set has no validation split.
WATCHED = 4


@dataclass(frozen=True)
class Settings:
    """All that a training depends on, besides its data.

    Attributes
    ----------
    seed : int
        The study's seed.
    name : str
        Of the model; with the seeds it names the random streams.
    method : str
        "cyclegan", "cyclegan-physics" or "paired".
    size, model, scale, train
        The blocks of params.yaml.
    """

    seed: int
    method: str
    size: params.ModelScale
    model: params.Model
    scale: params.TrainScale
    train: params.Train

    @property
    def epochs(self) -> int:
        """Epochs of this training: the scale's times the budget, at least one."""
        return max(1, round(self.scale.epochs * self.train.budget))


@dataclass(frozen=True)
class Fitted:
    """What a training leaves: the bundle, a row an epoch, a row a step, and the model itself."""

    bundle: Bundle
    epochs: Sequence[Row]
    steps: Sequence[Row]
    model: Any


def build(settings: Settings) -> keras.Model:
    """Return the model, compiled, with its networks' first weights drawn from the seeds."""
    keras.utils.set_random_seed(seeds.seed_of(settings.seed, "weights", settings.train.seed) % 2**32)
    train = settings.train
    parts = (settings.size, settings.model, train)
    shape = (settings.scale.batch, settings.scale.crop, settings.scale.crop, 1)
    if settings.method == "paired":
        model = Paired(*parts, shape=shape)
    else:
        model = CycleGAN(*parts, formula=settings.method == "cyclegan-physics", shape=shape)
    factors = {"restorer": 1.0}
    if settings.method != "paired":
        formula = settings.method == "cyclegan-physics"
        degrader = train.encoder_learning_rate if formula else train.learning_rate
        judge = train.discriminator_learning_rate
        rates = {"degrader": degrader, "judge_clear": judge, "judge_degraded": judge}
        factors |= {name: rate / train.learning_rate for name, rate in rates.items()}
    rate = ConstantThenLinear(
        train.learning_rate, settings.epochs * settings.scale.steps_per_epoch, train.decay_from
    )
    # XLA pays on a GPU and on JAX; on the CPU TensorFlow is seven times slower with it.
    on_jax = keras.backend.backend() == "jax"
    model.compile(
        optimizer=NetworkAdam(rate, factors, train.gradient_norm), jit_compile=True if on_jax else "auto"
    )
    model.optimizer.build(model.trainable_variables)
    return model


def batches_of(settings: Settings, dataset: Dataset) -> Batches:
    """Return the training batches: unpaired domains, or pairs for the upper line."""
    degraded = dataset.split("degraded")
    if settings.method == "paired":
        clear = [record.truth() for record in degraded]
        if any(image is None for image in clear):
            raise SemclearError(
                f"{dataset.path}: paired training needs the truth of every degraded source; use cyclegan"
            )
    else:
        clear = [record.image() for record in dataset.split("clear")]
    images = [record.image() for record in degraded]
    smallest = min((min(image.shape) for image in [*images, *clear]), default=0)
    if smallest < settings.scale.crop:
        raise SemclearError(
            f"{dataset.path}: smallest side of a training image is {smallest}, expected at least the crop "
            f"{settings.scale.crop}; lower scales.*.train.crop or give larger images"
        )
    seed = seeds.seed_of(settings.seed, "training", settings.train.seed)
    scale = settings.scale
    return Batches(
        images,
        clear,
        scale.crop,
        scale.batch,
        scale.steps_per_epoch,
        seed,
        paired=settings.method == "paired",
    )


def validation_of(settings: Settings, dataset: Dataset, row_of: Callable[[], Row]) -> Validation:
    """Return the callback that watches the validation split, or a few training inputs where there is none."""
    records = dataset.split("validation")
    truth = [record.truth() for record in records]
    if not records or any(image is None for image in truth):
        edge = settings.scale.crop
        degraded = [r.image()[:edge, :edge] for r in dataset.split("degraded")[:WATCHED]]
        return Validation(degraded, [], 2**settings.size.levels, row_of)
    return Validation([r.image() for r in records], truth, 2**settings.size.levels, row_of)


def fit(
    settings: Settings, dataset: Dataset, folder: Path | None = None, say: Callable[[str], None] = print
) -> Fitted:
    """Train, resuming from the checkpoint in `folder` where there is one.

    Parameters
    ----------
    settings : Settings
        What to train.
    dataset : Dataset
        What on; a CycleGAN sees truth in neither training nor selection.
    folder : Path, optional
        Where checkpoints stand; None writes none.
    say : callable
        Takes a line for the log.

    Returns
    -------
    Fitted
        With the last averaged weights as the product.

    Raises
    ------
    SemclearError
        On images smaller than the crop, or a loss that is not a number.
    """
    model = build(settings)
    recorder = Recorder()

    def row_of() -> Row:
        return recorder.epochs[-1]

    validation = validation_of(settings, dataset, row_of)
    batches = batches_of(settings, dataset)
    callbacks = [recorder, validation, Warnings(row_of, say), Progress(settings.epochs, row_of, say)]
    first = 0
    if folder is not None:
        checkpoint = Checkpoint(folder)
        if saved := checkpoint.load(model):
            record, validation.oracle = saved
            recorder.steps, recorder.epochs, first = record["steps"], record["epochs"], record["epoch"]
            validation.best = -np.inf if record["best"] is None else record["best"]
            say(f"resuming after epoch {first} of {settings.epochs}")
        callbacks.append(Saving(checkpoint, recorder, validation))
    start = time.monotonic()
    if first < settings.epochs:
        model.fit(
            batches.endless(first),
            epochs=settings.epochs,
            initial_epoch=first,
            steps_per_epoch=settings.scale.steps_per_epoch,
            callbacks=callbacks,
            verbose=0,
        )
    say(f"trained in {time.monotonic() - start:.0f} s")
    networks = {"restorer": model.averaged.get_weights()}
    if settings.method != "paired":
        networks["degrader"] = model.degrader.get_weights()
    if validation.oracle:
        networks["oracle"] = validation.oracle
    bundle = Bundle(
        method=settings.method,
        size=settings.size,
        model=settings.model,
        data_sha256=dataset.digest,
        networks=networks,
        training={**settings.train.model_dump(), **settings.scale.model_dump(), "study_seed": settings.seed},
    )
    return Fitted(bundle, recorder.epochs, recorder.steps, model)
