"""Adam with a rate of its own for each network, in one optimizer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
from keras import ops


class NetworkAdam(keras.optimizers.Adam):
    """Adam (Kingma & Ba, arXiv:1412.6980) whose rate is scaled a network.

    Adam divides by the size of its gradient, so scaling a discriminator's
    loss does not slow it; only its rate does. Nor does Adam bound a step
    whose gradient is far longer than those before it. With b_1 = 0.5 and
    b_2 = 0.999 a single one moves each weight by 16 rates, (1 - b_1) /
    sqrt(1 - b_2), where 0.6 are usual, sqrt((1 - b_1) / (1 + b_1)): a
    network's gradient is shortened to a greatest norm first, and a variable's
    step to a greatest size after [1]_.

    Parameters
    ----------
    learning_rate : float or keras LearningRateSchedule
        Rate of a network with factor 1.
    factors : mapping of str to float
        Factor of each network, by the start of its variables' paths. Every
        trained variable must belong to exactly one.
    gradient_norm : float, optional
        Greatest Euclidean norm of a network's gradient.
    step_size : float, optional
        Greatest root mean square of a variable's step, in rates.
    **kwargs
        As for `keras.optimizers.Adam`; beta_1 is 0.5 unless given, as in
        CycleGAN.

    Raises
    ------
    ValueError
        At build, when a variable belongs to none of the networks.

    References
    ----------
    .. [1] Shazeer & Stern, "Adafactor", ICML 2018, arXiv:1804.04235 (update clipping, there of the gradient over its
       second moment); Wortsman et al., NeurIPS 2023, arXiv:2304.13013 (that it ends spikes of the loss)
    """

    def __init__(
        self,
        learning_rate: Any,
        factors: Mapping[str, float],
        gradient_norm: float | None = None,
        step_size: float | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate, **{"beta_1": 0.5, "name": "network_adam", **kwargs})
        self.factors = dict(factors)
        self.gradient_norm, self.step_size = gradient_norm, step_size
        #: On the rate of every network: below one after a training has gone back. Saved with the other variables.
        self.rate_factor = self.add_variable((), initializer="ones", dtype="float32", name="rate_factor")

    def _get_current_learning_rate(self) -> Any:
        return super()._get_current_learning_rate() * self.rate_factor

    def network_of(self, path: str) -> str:
        """Return the network, a key of `factors`, that the variable at `path` belongs to."""
        hits = [start for start in self.factors if path.startswith(start)]
        if len(hits) != 1:
            raise ValueError(
                f"variable {path} belongs to {len(hits)} of the networks {sorted(self.factors)}, expected 1"
            )
        return hits[0]

    def build(self, variables: list[Any]) -> None:
        # By position: on TensorFlow the update sees bare variables, which have no path.
        self._members = {
            start: [i for i, variable in enumerate(variables) if self.network_of(variable.path) == start]
            for start in self.factors
        }
        self._members = {start: members for start, members in self._members.items() if members}
        # Not Adam's own, which would make two moments a variable.
        super(keras.optimizers.Adam, self).build(variables)
        sizes = {
            start: sum(int(np.prod(variables[i].shape)) for i in members)
            for start, members in self._members.items()
        }
        self._variable = {
            start: np.repeat(
                np.arange(len(members), dtype=np.int32), [int(np.prod(variables[i].shape)) for i in members]
            )
            for start, members in self._members.items()
        }
        moments = {
            name: {
                start: self.add_variable(
                    (size,), initializer="zeros", dtype="float32", name=f"{start}_{name}"
                )
                for start, size in sizes.items()
            }
            for name in ("momentum", "velocity")
        }
        self._momentum, self._velocity = moments["momentum"], moments["velocity"]

    def _backend_update_step(self, grads: Any, trainable_variables: Any, learning_rate: Any) -> None:
        step = ops.cast(self.iterations + 1, "float32")
        correction = ops.sqrt(1.0 - ops.power(self.beta_2, step)) / (1.0 - ops.power(self.beta_1, step))
        rate = ops.cast(learning_rate, "float32")
        for start, members in self._members.items():
            # All variables of a network as one vector: a tenth of the operations, hence of the graph to build.
            gradient = ops.concatenate([ops.reshape(grads[i], (-1,)) for i in members])
            gradient = self.shortened(ops.cast(gradient, "float32"))
            momentum, velocity = self._momentum[start], self._velocity[start]
            momentum.assign(momentum + (gradient - momentum) * (1.0 - self.beta_1))
            velocity.assign(velocity + (ops.square(gradient) - velocity) * (1.0 - self.beta_2))
            move = momentum * correction / (ops.sqrt(velocity) + self.epsilon)
            move = self.bounded(move, self._variable[start]) * (rate * self.factors[start])
            first = 0
            for i in members:
                variable = trainable_variables[i]
                size = int(np.prod(variable.shape))
                part = ops.reshape(move[first : first + size], variable.shape)
                self.assign_sub(variable, ops.cast(part, variable.dtype))
                first += size

    def shortened(self, gradient: Any) -> Any:
        """Return a network's gradient, (N,), with its norm cut to `gradient_norm`.

        Pascanu et al., ICML 2013, arXiv:1211.5063.
        """
        if self.gradient_norm is None:
            return gradient
        norm = ops.sqrt(ops.sum(ops.square(gradient)))
        return gradient * (self.gradient_norm / ops.maximum(norm, self.gradient_norm))

    def bounded(self, move: Any, variable: np.ndarray) -> Any:
        """Return a network's step in rates, (N,), with each variable's root mean square cut to `step_size`.

        Parameters
        ----------
        move : tensor, (N,)
            The step.
        variable : ndarray of int32, (N,)
            Number of the variable that each of its values is of, ascending from 0.
        """
        if self.step_size is None:
            return move
        squares = ops.segment_sum(ops.square(move), variable, num_segments=int(variable[-1]) + 1)
        size = ops.sqrt(squares / np.bincount(variable).astype(np.float32))
        return move * ops.take(self.step_size / ops.maximum(size, self.step_size), variable)

    def get_config(self) -> dict[str, Any]:
        own = {"factors": self.factors, "gradient_norm": self.gradient_norm, "step_size": self.step_size}
        return {**super().get_config(), **own}


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
    warm_up : float
        Share of the steps, in [0, 1], in which it first rises in a line:
        Adam's estimates of the second moment are poor then (Liu et al.,
        arXiv:1908.03265).
    """

    def __init__(self, rate: float, steps: int, decay_from: float, warm_up: float = 0.0) -> None:
        self.rate, self.steps, self.decay_from, self.warm_up = rate, steps, decay_from, warm_up

    def __call__(self, step: Any) -> Any:
        start = self.decay_from * self.steps
        step = ops.cast(step, "float32")
        fall = (step - start) / max(self.steps - start, 1.0)
        rate = self.rate * (1.0 - ops.clip(fall, 0.0, 1.0))
        risen = self.warm_up * self.steps
        return rate * ops.minimum((step + 1.0) / risen, 1.0) if risen >= 1.0 else rate

    def get_config(self) -> dict[str, Any]:
        return {
            **{"rate": self.rate, "steps": self.steps},
            **{"decay_from": self.decay_from, "warm_up": self.warm_up},
        }
