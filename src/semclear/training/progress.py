"""A progress bar on a terminal, a line an epoch in a log file."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

import keras
from tqdm import tqdm

Row = dict[str, float]


class Progress(keras.callbacks.Callback):
    """Show where the training stands and the time left.

    Parameters
    ----------
    epochs : int
        Length of the training.
    row_of : callable
        Returns the row of the epoch just finished.
    say : callable
        Takes a line for the log.
    """

    def __init__(self, epochs: int, row_of: Callable[[], Row], say: Callable[[str], None]) -> None:
        super().__init__()
        self.epochs, self.row_of, self.say = epochs, row_of, say
        self.bar: tqdm | None = None
        self.start, self.first = 0.0, 0

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        if self.bar is None:
            steps = self.params["steps"]
            self.start, self.first = time.monotonic(), epoch
            # `disable=None` hides the bar where the log is no terminal.
            self.bar = tqdm(
                total=self.epochs * steps, initial=epoch * steps, unit="step", disable=None, file=sys.stderr
            )

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        if self.bar is not None:
            self.bar.update()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        done = epoch + 1 - self.first
        left = (time.monotonic() - self.start) / done * (self.epochs - epoch - 1)
        terms = ", ".join(
            f"{name} {value:.4g}" for name, value in self.row_of().items() if name not in ("epoch", "rate")
        )
        self.say(f"epoch {epoch + 1}/{self.epochs}: {terms}; {left:.0f} s left")

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        if self.bar is not None:
            self.bar.close()
