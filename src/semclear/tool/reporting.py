"""A training's progress for a person: a bar on a terminal, and lines with the time left."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import keras
from tqdm import tqdm

from semclear.tool.own_data.progress import Estimate
from semclear.training import fitting

Row = dict[str, float]


class Reporting(keras.callbacks.Callback):
    """Show where the training stands; takes the place of `semclear.training.progress.Progress`.

    Parameters
    ----------
    estimate : Estimate
        Told every step.
    epochs : int
        Length of the training.
    row_of : callable
        Returns the row of the epoch just finished.
    say : callable
        Takes a line.
    """

    def __init__(
        self, estimate: Estimate, epochs: int, row_of: Callable[[], Row], say: Callable[[str], None]
    ) -> None:
        super().__init__()
        self.estimate, self.epochs, self.row_of, self.say = estimate, epochs, row_of, say
        self.bar: tqdm | None = None

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        if self.bar is None:
            done = epoch * self.params["steps"]
            self.estimate.resume(done)
            # `disable=None` hides the bar where stderr is no terminal.
            self.bar = tqdm(
                total=self.epochs * self.params["steps"],
                initial=done,
                unit="step",
                disable=None,
                leave=False,
                file=sys.stderr,
            )

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        self.estimate.step()
        if self.bar is not None:
            self.bar.update()
        if self.estimate.first():
            self.say(self.estimate.text())

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        done = epoch + 1
        left = f"; {self.estimate.text()}" if self.estimate.ready and done < self.epochs else ""
        psnr = self.row_of().get("validation_psnr")
        score = "" if psnr is None else f", PSNR {psnr:.2f} dB on the validation micrographs"
        self.say(f"epoch {done} of {self.epochs}{score}{left}")

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        if self.bar is not None:
            self.bar.close()


@contextmanager
def told_by(estimate: Estimate) -> Iterator[None]:
    """Let `fitting.fit` report by an estimate within the block.

    A training takes no callbacks from outside, and giving it some would
    change the code that the study's trainings are known by.
    """
    usual = fitting.Progress
    fitting.Progress = partial(Reporting, estimate)
    try:
        yield
    finally:
        fitting.Progress = usual
