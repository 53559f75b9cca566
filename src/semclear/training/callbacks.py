"""What happens beside the steps: recording, validation, warnings, checkpoints."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np

from semclear.networks.apply import apply, lifted
from semclear.networks.cyclegan import DISCRIMINATOR_TERMS
from semclear.networks.forward.reading import read
from semclear.training.checkpoint import Checkpoint, Memory
from semclear.training.divergence import NOT_A_NUMBER, Divergence, Row, Watch, numbers_of
from semclear.training.recovery import Recovery, rate_of


class Recorder(keras.callbacks.Callback):
    """Keep every term of every step, and its mean an epoch.

    Attributes
    ----------
    steps, epochs : list of dict
        Rows with "step" (or "epoch"), counted from 1, and a value a term; an
        epoch's also with "rate", the factor on the learning rates.
    recoveries : list of dict
        What the training has gone back from, see `recovery.Recovery`.
    """

    def __init__(self) -> None:
        super().__init__()
        self.steps: list[Row] = []
        self.epochs: list[Row] = []
        self.recoveries: list[Recovery] = []
        self._epoch_start = 0

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self._epoch_start = len(self.steps)

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        self.steps.append({"step": len(self.steps) + 1, **numbers_of(logs)})

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        rows = self.steps[self._epoch_start :]
        means = {name: float(np.mean([row[name] for row in rows])) for name in rows[0] if name != "step"}
        self.epochs.append({"epoch": epoch + 1, **means, "rate": rate_of(self.recoveries)})


def correlation(a: np.ndarray, b: np.ndarray) -> float:
    """Return Pearson's correlation of two images, NaN where one of them is of one grey."""
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        return float("nan")
    return float(np.corrcoef(a.ravel(), b.ravel())[0, 1])


class Validation(keras.callbacks.Callback):
    """Watch the averaged restorer after each epoch.

    The PSNR against the validation set's truth, where there is one, chooses
    nothing but the *oracle selection*, which is reported apart: unpaired
    training may not see it. The correlation between input and output warns
    of inverted contrast.

    Parameters
    ----------
    degraded : sequence of ndarray
        Micrographs (H, W) in [0, 1].
    truth : sequence of ndarray
        Their truth, or empty.
    multiple : int
        Multiple of the sides that the generator needs.
    row_of : callable
        Returns the row of the epoch to add the measures to.
    """

    def __init__(
        self,
        degraded: Sequence[np.ndarray],
        truth: Sequence[np.ndarray],
        multiple: int,
        row_of: Callable[[], Row],
    ) -> None:
        super().__init__()
        self.degraded, self.truth, self.multiple, self.row_of = degraded, truth, multiple, row_of
        self.oracle: list[np.ndarray] = []
        self.best = -np.inf

    def restored(self, image: np.ndarray) -> np.ndarray:
        """Return what the averaged restorer makes of a micrograph, without the veil that it may keep."""
        made = apply(self.model.averaged, image, self.multiple)
        if not getattr(self.model, "kept", False):
            return made
        return lifted(made, read(self.model.degrader, image)[1])

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        restored = [self.restored(image) for image in self.degraded]
        row = self.row_of()
        if not all(np.isfinite(image).all() for image in restored):
            # Weights that are numbers can still be too large to restore with.
            step = (epoch + 1) * self.params["steps"]
            raise Divergence(NOT_A_NUMBER, step, epoch + 1, {"restored": float("nan")})
        found = [correlation(a, b) for a, b in zip(self.degraded, restored, strict=True)]
        found = [value for value in found if not np.isnan(value)]
        row["correlation"] = float(np.mean(found)) if found else float("nan")
        if not self.truth:
            return
        errors = [np.mean((a - b) ** 2, dtype=np.float64) for a, b in zip(self.truth, restored, strict=True)]
        row["validation_psnr"] = float(np.mean(-10.0 * np.log10(np.maximum(errors, 1e-12))))
        if row["validation_psnr"] > self.best:
            self.best = row["validation_psnr"]
            self.oracle = [np.copy(w) for w in self.model.averaged.get_weights()]


class Warnings(keras.callbacks.Callback):
    """Say in words what a glance at the curves would miss.

    Parameters
    ----------
    row_of : callable
        Returns the row of the epoch.
    say : callable
        Takes one line of text.
    """

    def __init__(self, row_of: Callable[[], Row], say: Callable[[str], None]) -> None:
        super().__init__()
        self.row_of, self.say = row_of, say

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        row = self.row_of()
        if row.get("correlation", 1.0) < 0:
            self.say(
                f"warning: epoch {epoch + 1}: restored micrographs correlate negatively with their inputs "
                f"({row['correlation']:.2f}): contrast is inverted; raise inversion_weight or start with another seed"
            )
        for name in DISCRIMINATOR_TERMS:
            # At 0.25 a discriminator cannot tell at all; below 0.02 it is hardly ever wrong.
            if row.get(name, 1.0) < 0.02:
                self.say(
                    f"warning: epoch {epoch + 1}: {name} is {row[name]:.3f}: the discriminator has won and teaches "
                    "nothing; lower discriminator_learning_rate"
                )


class Saving(keras.callbacks.Callback):
    """Write the checkpoint after each epoch (last of the callbacks), but none of a state that may be exploding.

    Parameters
    ----------
    checkpoint : Checkpoint or Memory
        Where to.
    recorder, validation, watch
        Callbacks of the same training.
    epoch : int
        Whole epochs of the last state there is.
    """

    def __init__(
        self,
        checkpoint: Checkpoint | Memory,
        recorder: Recorder,
        validation: Validation,
        watch: Watch,
        epoch: int,
    ) -> None:
        super().__init__()
        self.epoch = epoch
        self.checkpoint, self.recorder, self.validation, self.watch = checkpoint, recorder, validation, watch

    def save(self, model: Any, epoch: int) -> None:
        """Write the state of `model` after `epoch` whole epochs."""
        record = {
            "epoch": epoch,
            "best": self.validation.best if self.validation.oracle else None,
            "steps": self.recorder.steps,
            "epochs": self.recorder.epochs,
            "recoveries": self.recorder.recoveries,
        }
        self.checkpoint.save(model, record, self.validation.oracle)
        self.epoch = epoch

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        if not self.watch.uneasy:
            self.save(self.model, epoch + 1)
