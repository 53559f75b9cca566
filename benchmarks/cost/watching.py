"""Watching a training from outside and ending it early: every term of every step, and where it turned back."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np

from semclear.errors import SemclearError


class Enough(BaseException):
    """The steps asked for are done. No `Exception`, so that nothing on the way takes it for a failure."""


class Watch(keras.callbacks.Callback):
    """Keep what each step reports, and end the training at a step.

    Parameters
    ----------
    limit : int
        Step of the training, counted from 1, after which it ends.

    Attributes
    ----------
    model : keras.Model or None
        What is trained, as soon as it is.
    rows : list of dict
        "step" and a value a term; steps that a training does again stand again.
    cpu : list of float
        Processor seconds of the process at the end of each of them.
    recoveries : int
        How often it went back to an epoch that had begun already.
    """

    def __init__(self, limit: int) -> None:
        super().__init__()
        self.limit = limit
        self.rows: list[dict[str, float]] = []
        self.cpu: list[float] = []
        self.recoveries = 0
        self._epoch, self._begun = 0, -1

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self.recoveries += epoch <= self._begun
        self._begun = max(self._begun, epoch)
        self._epoch = epoch

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        step = self._epoch * self.params["steps"] + batch + 1
        terms = {name: float(value) for name, value in (logs or {}).items() if name != "loss"}
        self.rows.append({"step": step, **terms})
        self.cpu.append(time.process_time())
        if step >= self.limit:
            if hasattr(self.model, "jax_state_sync"):  # else the weights are still in JAX's hands
                self.model.jax_state_sync()
            raise Enough


@contextmanager
def watched(fitting: Any, watch: keras.callbacks.Callback) -> Iterator[None]:
    """Let `watch` see every model that `fitting.build` makes being fitted, before its own callbacks do.

    Parameters
    ----------
    fitting : module
        `semclear.training.fitting`.
    watch : Callback
        What is to see it.
    """
    build = fitting.build

    def build_watched(*words: Any, **named: Any) -> keras.Model:
        model = build(*words, **named)
        fit = model.fit

        def fit_watched(*words: Any, **named: Any) -> Any:
            return fit(*words, **{**named, "callbacks": [watch, *(named.get("callbacks") or [])]})

        model.fit = fit_watched
        return model

    fitting.build = build_watched
    try:
        yield
    finally:
        fitting.build = build


def not_finite(rows: list[dict[str, float]]) -> tuple[int | None, str]:
    """Return the first step with a term that is not a number, and which terms; (None, "") without one."""
    for row in rows:
        wrong = sorted(name for name, value in row.items() if not np.isfinite(value))
        if wrong:
            return int(row["step"]), " ".join(wrong)
    return None, ""


def worst(rows: list[dict[str, float]], after: int = 0) -> tuple[float | None, str, int | None]:
    """Return the largest value of any term by that term's median over the run, the term and the step.

    Parameters
    ----------
    rows : list of dict
        From `Watch`; what is not a number is left out.
    after : int
        Steps at the start that count for the medians alone.
    """
    found: tuple[float | None, str, int | None] = (None, "", None)
    for name in sorted({name for row in rows for name in row} - {"step"}):
        kept = [(row[name], int(row["step"])) for row in rows if np.isfinite(row.get(name, np.nan))]
        middle = float(np.median([abs(value) for value, _ in kept])) if kept else 0.0
        late = [pair for pair in kept if pair[1] > after]
        if middle <= 0 or not late:
            continue
        value, step = max(late, key=lambda pair: abs(pair[0]))
        if found[0] is None or abs(value) / middle > found[0]:
            found = abs(value) / middle, name, step
    return found


class Steps(keras.callbacks.Callback):
    """The clocks at the end of each step of one call of `fit`."""

    def __init__(self) -> None:
        super().__init__()
        self.ends: list[tuple[float, float]] = []

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        self.ends.append((time.process_time(), time.perf_counter()))

    def a_step(self) -> tuple[float, float]:
        """Return processor and wall seconds a step, the first left out."""
        first, last, count = self.ends[0], self.ends[-1], len(self.ends) - 1
        return (last[0] - first[0]) / count, (last[1] - first[1]) / count


def captured(
    fitting: Any, begin: Callable[[], Any]
) -> tuple[keras.Model, Callable[..., Any], tuple, dict[str, Any]]:
    """Return the model of a training, its method `fit`, and what the training would have called that with.

    Parameters
    ----------
    fitting : module
        `semclear.training.fitting`.
    begin : callable
        Begins the training.

    Raises
    ------
    SemclearError
        When the training ends without a call of `fit`.
    """
    build, caught = fitting.build, []

    def build_caught(*words: Any, **named: Any) -> keras.Model:
        model = build(*words, **named)
        fit = model.fit

        def catch(*words: Any, **named: Any) -> None:
            model.fit = fit
            caught.append((model, fit, words, named))
            raise Enough

        model.fit = catch
        return model

    fitting.build = build_caught
    try:
        begin()
    except Enough:
        return caught[0]
    finally:
        fitting.build = build
    raise SemclearError(
        "fitting.fit no longer fits what fitting.build returns: the benchmark is to be adapted"
    )
