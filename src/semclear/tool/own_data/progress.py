"""How long a training will still take: from the steps it has made, once they tell something."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import Any

from semclear.tool.terminal import MINUTE, span_text
from semclear.training import progress as training
from semclear.training.progress import Row

#: Steps that the speed is measured over, at least: what a computer did an hour ago tells little of the next.
WINDOW = 100


class Estimate:
    """The time left, told after the first minute and at each epoch's end from then on.

    Parameters
    ----------
    steps : int
        Of the whole training.
    epoch : int
        Steps of an epoch: the speed is that of the last one at least, so that
        what comes at its end (validation, checkpoint) is in it.
    after : float
        Seconds that restoring and calibration will take.
    clock : callable
        Returns seconds.
    """

    def __init__(
        self, steps: int, epoch: int, after: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.steps, self.after, self._clock = steps, after, clock
        self._ends: deque[float] = deque(maxlen=max(WINDOW, epoch) + 1)
        self._start: float | None = None
        self._told = False
        self._first_pace: float | None = None
        self.done = 0

    def resume(self, done: int) -> None:
        """Note that so many steps were made by an earlier call."""
        self.done = done

    def step(self) -> None:
        """Note that a step ended. The first one, in which the step is compiled, only starts the clock."""
        now = self._clock()
        self._start = now if self._start is None else self._start
        self._ends.append(now)
        self.done += 1

    @property
    def ready(self) -> bool:
        """Whether a minute of training has been seen."""
        return self._start is not None and self._clock() - self._start >= MINUTE and len(self._ends) > 1

    def first(self) -> bool:
        """Return once that the first minute is over."""
        if self._told or not self.ready:
            return False
        self._told = True
        self._first_pace = self.pace
        return True

    @property
    def pace(self) -> float:
        """Seconds a step, over the last ones; what the end of an epoch took is in it once one was seen."""
        return (self._ends[-1] - self._ends[0]) / (len(self._ends) - 1)

    @property
    def afterwards(self) -> float:
        """Seconds for restoring and calibration, at the speed that the computer has now."""
        return self.after * (self.pace / self._first_pace if self._first_pace else 1.0)

    @property
    def left(self) -> float:
        """Seconds to the end: of the training, of restoring and of calibration."""
        return self.pace * (self.steps - self.done) + self.afterwards

    def text(self) -> str:
        """Return the time left, when that will be, and what it is based on."""
        end = time.strftime("%H:%M", time.localtime(time.time() + self.left))
        return (
            f"about {span_text(self.left)} left, until {end}: {self.steps - self.done} of {self.steps} steps are "
            f"left, at {self.pace:.2g} s each as the last {len(self._ends) - 1} took, then "
            f"{span_text(self.afterwards)} for restoring and calibration, from a first restoration"
        )


class Reporting(training.Progress):
    """Show where the training stands, as its own progress does, with the time left to the end of the command.

    Parameters
    ----------
    estimate : Estimate
        Told every step.
    epochs, row_of, say
        As for `semclear.training.progress.Progress`.
    """

    def __init__(
        self, estimate: Estimate, epochs: int, row_of: Callable[[], Row], say: Callable[[str], None]
    ) -> None:
        super().__init__(epochs, row_of, say)
        self.estimate = estimate

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        begun = self.bar is not None
        super().on_epoch_begin(epoch, logs)
        if not begun and self.bar is not None:
            self.bar.leave = False
            self.estimate.resume(epoch * self.params["steps"])

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        self.estimate.step()
        super().on_train_batch_end(batch, logs)
        if self.estimate.first():
            self.say(self.estimate.text())

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        done = epoch + 1
        left = f"; {self.estimate.text()}" if self.estimate.ready and done < self.epochs else ""
        psnr = self.row_of().get("validation_psnr")
        score = "" if psnr is None else f", PSNR {psnr:.2f} dB on the validation micrographs"
        self.say(f"epoch {done} of {self.epochs}{score}{left}")
