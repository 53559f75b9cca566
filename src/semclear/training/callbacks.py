"""What happens beside the steps: recording, validation, warnings, checkpoints."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np

from semclear.errors import SemclearError
from semclear.model.apply import apply
from semclear.model.cyclegan import DISCRIMINATOR_TERMS
from semclear.training.checkpoint import Checkpoint

Row = dict[str, float]


class Recorder(keras.callbacks.Callback):
    """Keep every term of every step, and its mean an epoch; stop on NaN.

    Attributes
    ----------
    steps, epochs : list of dict
        Rows with "step" (or "epoch"), counted from 1, and a value a term.
    """

    def __init__(self) -> None:
        super().__init__()
        self.steps: list[Row] = []
        self.epochs: list[Row] = []
        self._epoch_start = 0

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self._epoch_start = len(self.steps)

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        row = {name: float(value) for name, value in (logs or {}).items() if name != "loss"}
        wrong = sorted(name for name, value in row.items() if not np.isfinite(value))
        if wrong:
            raise SemclearError(
                f"training step {len(self.steps) + 1}: {', '.join(wrong)} is not a number; "
                "lower train.learning_rate or the weight of that term"
            )
        self.steps.append({"step": len(self.steps) + 1, **row})

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        rows = self.steps[self._epoch_start :]
        means = {name: float(np.mean([row[name] for row in rows])) for name in rows[0] if name != "step"}
        self.epochs.append({"epoch": epoch + 1, **means})


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

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        restored = [apply(self.model.averaged, image, self.multiple) for image in self.degraded]
        row = self.row_of()
        row["correlation"] = float(
            np.mean(
                [
                    np.corrcoef(a.ravel(), b.ravel())[0, 1]
                    for a, b in zip(self.degraded, restored, strict=True)
                ]
            )
        )
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
                f"({row['correlation']:.2f}): contrast is inverted; raise identity_weight or start with another seed"
            )
        for name in DISCRIMINATOR_TERMS:
            # At 0.25 a discriminator cannot tell at all; below 0.02 it is hardly ever wrong.
            if row.get(name, 1.0) < 0.02:
                self.say(
                    f"warning: epoch {epoch + 1}: {name} is {row[name]:.3f}: the discriminator has won and teaches "
                    "nothing; lower discriminator_learning_rate"
                )


class Saving(keras.callbacks.Callback):
    """Write the checkpoint after each epoch (last of the callbacks)."""

    def __init__(self, checkpoint: Checkpoint, recorder: Recorder, validation: Validation) -> None:
        super().__init__()
        self.checkpoint, self.recorder, self.validation = checkpoint, recorder, validation

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        record = {
            "epoch": epoch + 1,
            "best": self.validation.best if self.validation.oracle else None,
            "steps": self.recorder.steps,
            "epochs": self.recorder.epochs,
        }
        self.checkpoint.save(self.model, record, self.validation.oracle)
