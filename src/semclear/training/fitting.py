"""Training one model on one data set, from settings to weights and history."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

from semclear import params, seeds
from semclear.datasets.manifest import Dataset
from semclear.datasets.record import Record
from semclear.errors import SemclearError
from semclear.networks.bundle import Bundle
from semclear.networks.cyclegan import CycleGAN
from semclear.networks.instrument_pairs import InstrumentPairs
from semclear.networks.paired import Paired
from semclear.training import start as starts
from semclear.training.allocator import KeepFreed
from semclear.training.batches import Batches
from semclear.training.callbacks import Recorder, Row, Saving, Validation, Warnings
from semclear.training.checkpoint import Checkpoint, Memory
from semclear.training.divergence import Divergence, Watch
from semclear.training.optimizer import ConstantThenLinear, NetworkAdam
from semclear.training.progress import Progress
from semclear.training.recovery import Recovery, rate_of, recovery_of, warning_of

#: Methods whose degrader is the encoder of a formula.
FORMULA = ("cyclegan-physics", "instrument")
#: Orientations of a restoration in which rows stay rows.
FLIPS = 4
#: Degraded training micrographs watched for inverted contrast where a set has no validation split.
WATCHED = 4


@dataclass(frozen=True)
class Settings:
    """All that a training depends on, besides its data.

    Attributes
    ----------
    seed : int
        The study's seed; with that of `train` it names the random streams.
    method : str
        "cyclegan", "cyclegan-physics", "instrument" or "paired".
    size, model, scale, train
        The blocks of params.yaml.
    family : params.Family, optional
        Instruments that `instrument` draws.
    """

    seed: int
    method: str
    size: params.ModelScale
    model: params.Model
    scale: params.TrainScale
    train: params.Train
    family: params.Family | None = None

    @property
    def epochs(self) -> int:
        """Epochs of this training: the scale's times the budget, at least one."""
        return max(1, round(self.scale.epochs * self.train.budget))


@dataclass(frozen=True)
class Fitted:
    """What a training leaves: the bundle, a row an epoch, a row a step, the model itself, and what it went back from.

    Rows are those of the way that led to the end; what was gone back from stands in `recoveries` alone.
    """

    bundle: Bundle
    epochs: Sequence[Row]
    steps: Sequence[Row]
    model: Any
    recoveries: Sequence[Recovery] = ()


def build(settings: Settings) -> keras.Model:
    """Return the model, compiled, with its networks' first weights drawn from the seeds."""
    keras.utils.set_random_seed(seeds.seed_of(settings.seed, "weights", settings.train.seed) % 2**32)
    train = settings.train
    parts = (settings.size, settings.model, train)
    shape = (settings.scale.batch, settings.scale.crop, settings.scale.crop, 1)
    if settings.method == "paired":
        model = Paired(*parts, shape=shape)
    elif settings.method == "instrument":
        model = InstrumentPairs(*parts, shape=shape)
    else:
        model = CycleGAN(*parts, formula=settings.method == "cyclegan-physics", shape=shape)
    factors = {"restorer": 1.0}
    if settings.method != "paired":
        formula = settings.method in FORMULA
        degrader = train.encoder_learning_rate if formula else train.learning_rate
        judge = train.discriminator_learning_rate
        rates = {"degrader": degrader}
        if settings.method != "instrument":
            rates |= {"judge_clear": judge, "judge_degraded": judge}
        factors |= {name: rate / train.learning_rate for name, rate in rates.items()}
    steps = settings.epochs * settings.scale.steps_per_epoch
    rate = ConstantThenLinear(train.learning_rate, steps, train.decay_from, train.warm_up)
    # XLA pays on a GPU and on JAX; on the CPU TensorFlow is seven times slower with it.
    on_jax = keras.backend.backend() == "jax"
    model.compile(
        optimizer=NetworkAdam(rate, factors, train.gradient_norm, train.step_size),
        jit_compile=True if on_jax else "auto",
    )
    model.optimizer.build(model.trainable_variables)
    return model


def truths_of(records: Sequence[Record]) -> list[np.ndarray]:
    """Return the truths of those records that have one, (H, W) in [0, 1]."""
    return [truth for record in records if (truth := record.truth()) is not None]


def batches_of(settings: Settings, dataset: Dataset) -> Batches:
    """Return the training batches: unpaired domains, or pairs for the upper line."""
    degraded = dataset.split("degraded")
    if settings.method == "paired":
        clear = truths_of(degraded)
        if len(clear) < len(degraded):
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
        # Noise is read from rows; a model that is applied with its rows kept is trained so.
        rows=settings.method == "instrument" and settings.model.orientations <= FLIPS,
        family=settings.family,
    )


def validation_of(settings: Settings, dataset: Dataset, row_of: Callable[[], Row]) -> Validation:
    """Return the callback that watches the validation split, or a few training inputs where there is none."""
    records = dataset.split("validation")
    truth = truths_of(records)
    if not records or len(truth) < len(records):
        edge = settings.scale.crop
        degraded = [r.image()[:edge, :edge] for r in dataset.split("degraded")[:WATCHED]]
        return Validation(degraded, [], 2**settings.size.levels, row_of)
    return Validation([r.image() for r in records], truth, 2**settings.size.levels, row_of)


class Attempt:
    """One try to come to the end, from the last whole epoch that `store` has, or from the beginning.

    Each has a model of its own: what a divergence leaves behind, in variables or in a backend's state, meets no later
    step.

    Parameters
    ----------
    settings, dataset, say, progress, start
        As for `fit`.
    store : Checkpoint or Memory
        Where the states after whole epochs are kept.
    """

    def __init__(
        self,
        settings: Settings,
        dataset: Dataset,
        store: Checkpoint | Memory,
        say: Callable[[str], None],
        progress: Callable[..., keras.callbacks.Callback] = Progress,
        start: Bundle | None = None,
    ) -> None:
        self.settings = settings
        self.model = build(settings)
        if start is not None:
            starts.begin(self.model, start)
        self.recorder = Recorder()
        self.validation = validation_of(settings, dataset, self.row)
        self.first = 0
        if saved := store.load(self.model):
            record, self.validation.oracle = saved
            self.recorder.steps, self.recorder.epochs = record["steps"], record["epochs"]
            self.recorder.recoveries, self.first = record["recoveries"], record["epoch"]
            self.validation.best = -np.inf if record["best"] is None else record["best"]
        self.watch = Watch(settings.train, self.recorder.steps)
        self.progress = progress(settings.epochs, self.row, say)
        self.saving = Saving(store, self.recorder, self.validation, self.watch, self.first)
        self._warnings = Warnings(self.row, say)

    def row(self) -> Row:
        """Return the row of the epoch just finished."""
        return self.recorder.epochs[-1]

    def slow_down(self, recoveries: Sequence[Recovery]) -> None:
        """Go on with the learning rates after these recoveries, also where the process ends before the next epoch."""
        self.recorder.recoveries = list(recoveries)
        self.model.optimizer.rate_factor.assign(rate_of(recoveries))
        self.saving.save(self.model, self.first)

    def run(self, batches: Batches) -> Divergence | None:
        """Train to the end and return None, or return what prevented it."""
        if self.first >= self.settings.epochs:
            return None
        try:
            self.model.fit(
                batches.endless(self.first),
                epochs=self.settings.epochs,
                initial_epoch=self.first,
                steps_per_epoch=self.settings.scale.steps_per_epoch,
                callbacks=[
                    KeepFreed(),
                    self.watch,
                    self.recorder,
                    self.validation,
                    self._warnings,
                    self.progress,
                    self.saving,
                ],
                verbose=0,
            )
        except Divergence as met:
            self.progress.on_train_end()
            return met.with_traceback(None)  # which would keep the model
        return None


def fit(
    settings: Settings,
    dataset: Dataset,
    folder: Path | None = None,
    say: Callable[[str], None] = print,
    batches: Batches | None = None,
    progress: Callable[..., keras.callbacks.Callback] = Progress,
    start: Bundle | None = None,
) -> Fitted:
    """Train, resuming from the checkpoint in `folder` where there is one.

    Where a term is no number or explodes, the training goes back to its last
    whole epoch (to the beginning, where there is none) with lower learning
    rates from there on, as often as `settings.train` allows. It does so with
    the same bytes each time, and if it is interrupted in between.

    Parameters
    ----------
    settings : Settings
        What to train.
    dataset : Dataset
        What on; a CycleGAN sees truth in neither training nor selection.
    folder : Path, optional
        Where checkpoints stand; None keeps the last one in memory.
    say : callable
        Takes a line for the log.
    batches : Batches, optional
        What to train on, instead of the data set's own crops.
    progress : callable
        Makes the callback that shows where the training stands, with the arguments of `Progress`.
    start : Bundle, optional
        A model of the method `instrument` whose weights are the first ones; its networks are those of the settings.
        Without one they are drawn. The optimizer begins anew.

    Returns
    -------
    Fitted
        With the last averaged weights as the product.

    Raises
    ------
    Diverged
        Where going back did not help.
    SemclearError
        On images smaller than the crop, and a start that this training cannot have, see `start.check`.
    """
    train = settings.train
    if start is not None:
        starts.check(settings, start)
    batches = batches_of(settings, dataset) if batches is None else batches
    store = Memory() if folder is None else Checkpoint(folder)
    began = time.monotonic()
    attempt = Attempt(settings, dataset, store, say, progress, start)
    recoveries = attempt.recorder.recoveries
    if attempt.first or recoveries:
        say(f"resuming after epoch {attempt.first} of {settings.epochs}")
    for number, recovery in enumerate(recoveries, 1):
        say(warning_of(recovery, number, train.recovery_attempts))
    while met := attempt.run(batches):
        recoveries = [*recoveries, recovery_of(met, recoveries, attempt.saving.epoch, train)]
        say(warning_of(recoveries[-1], len(recoveries), train.recovery_attempts))
        del attempt
        gc.collect()  # two models at once may be more than a GPU holds
        attempt = Attempt(settings, dataset, store, say, progress, start)
        attempt.slow_down(recoveries)
    say(f"trained in {time.monotonic() - began:.0f} s")
    model, validation = attempt.model, attempt.validation
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
        training={
            **train.model_dump(),
            **settings.scale.model_dump(),
            "study_seed": settings.seed,
            "recoveries": list(recoveries),
            **({} if start is None else {"start": {"weights_sha256": starts.digest(start)}}),
        },
    )
    return Fitted(bundle, attempt.recorder.epochs, attempt.recorder.steps, model, recoveries)
