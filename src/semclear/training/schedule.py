"""The learning rate: constant, then falling linearly to zero."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable("semclear")
class ConstantThenLinear(keras.optimizers.schedules.LearningRateSchedule):
    """The schedule of CycleGAN (Zhu et al., doi:10.1109/ICCV.2017.244).

    Parameters
    ----------
    rate : float
        The constant rate.
    steps : int
        Length of the training; the rate would be zero at this step.
    decay_from : float
        Share of the steps, in [0, 1], after which it starts to fall.
    """

    def __init__(self, rate: float, steps: int, decay_from: float) -> None:
        self.rate, self.steps, self.decay_from = rate, steps, decay_from

    def __call__(self, step: Any) -> Any:
        start = self.decay_from * self.steps
        fall = (ops.cast(step, "float32") - start) / max(self.steps - start, 1.0)
        return self.rate * (1.0 - ops.clip(fall, 0.0, 1.0))

    def get_config(self) -> dict[str, Any]:
        return {"rate": self.rate, "steps": self.steps, "decay_from": self.decay_from}
