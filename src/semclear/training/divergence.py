"""When a training has gone astray: a loss or a weight that is no number, or a loss that explodes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from semclear import params

NOT_A_NUMBER, EXPLODED = "not a number", "exploded"
Row = dict[str, float]


class Divergence(Exception):
    """Ends an attempt; `fitting.fit` goes back.

    Parameters
    ----------
    kind : str
        `NOT_A_NUMBER` or `EXPLODED`.
    step, epoch : int
        Where, counted from 1.
    terms : mapping of str to float
        The wrong values by name.
    """

    def __init__(self, kind: str, step: int, epoch: int, terms: Mapping[str, float]) -> None:
        super().__init__(kind)
        self.kind, self.step, self.epoch = kind, step, epoch
        self.terms = {name: f"{value:.6g}" for name, value in terms.items()}


def numbers_of(logs: Mapping[str, Any] | None) -> Row:
    """Return a step's terms as plain numbers, without their sum."""
    return {name: float(value) for name, value in (logs or {}).items() if name != "loss"}


def broken_networks(variables: Sequence[Any]) -> dict[str, float]:
    """Return a NaN for each network (start of the variables' paths) that has a value that is no number."""
    found = {}
    for variable in variables:
        if "float" in str(variable.dtype) and not bool(ops.all(ops.isfinite(variable))):
            found[f"weights of {variable.path.split('/')[0]}"] = float("nan")
    return dict(sorted(found.items()))


class Watch(keras.callbacks.Callback):
    """Raise `Divergence` where a term is no number or has exploded, or an epoch leaves weights that are none.

    A GAN's terms jump: where all is well, up to eight times their median
    were seen. What never comes back is far above that, for several steps in
    a row, and grows until it is infinite; as the training then goes back an
    epoch, it costs nothing to wait these few steps. The median of all steps
    so far is asked for, as a mean would grow with the explosion itself.

    Must come first of the callbacks: what it refuses, no other one may see.

    Parameters
    ----------
    train : params.Train
        Its `explosion_*` say what has exploded.
    steps : sequence of mapping
        The rows of the steps so far; read, not written.
    """

    def __init__(self, train: params.Train, steps: Sequence[Row]) -> None:
        super().__init__()
        self.train, self.steps = train, steps
        self.epoch = 0
        self._streaks: dict[str, int] = {}
        self._high: Row = {}

    @property
    def uneasy(self) -> bool:
        """Whether the last step had a term that may be exploding: no state to come back to."""
        return bool(self._streaks)

    def high(self, row: Row) -> Row:
        """Return the terms of a step that are far above their medians so far."""
        if len(self.steps) < self.train.explosion_after:
            return {}
        return {
            name: value
            for name, value in row.items()
            if value > self.train.explosion_least  # first, as a median of every step costs time
            and value > self.train.explosion_factor * np.median([step[name] for step in self.steps])
        }

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self.epoch = epoch + 1

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        row, step = numbers_of(logs), len(self.steps) + 1
        if wrong := {name: value for name, value in row.items() if not np.isfinite(value)}:
            raise Divergence(NOT_A_NUMBER, step, self.epoch, wrong)
        self._high = self.high(row)
        self._streaks = {name: self._streaks.get(name, 0) + 1 for name in self._high}
        if max(self._streaks.values(), default=0) >= self.train.explosion_steps:
            raise Divergence(EXPLODED, step, self.epoch, self._high)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        # The last update of an epoch is in no term yet.
        step = len(self.steps)
        if broken := broken_networks([*self.model.variables, *self.model.optimizer.variables]):
            raise Divergence(NOT_A_NUMBER, step, self.epoch, broken)
        if self.uneasy and self.epoch == self.params["epochs"]:
            raise Divergence(EXPLODED, step, self.epoch, self._high)
