"""Adam with a rate of its own for each network, in one optimizer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras
from keras import ops


class NetworkAdam(keras.optimizers.Adam):
    """Adam (Kingma & Ba, arXiv:1412.6980) whose rate is scaled a network.

    Adam divides by the size of its gradient, so scaling a discriminator's
    loss does not slow it; only its rate does. The bias correction is taken
    once a step instead of once a variable, which halves the operations of a
    CycleGAN's step graph, hence the time until its first step.

    Parameters
    ----------
    learning_rate : float or keras LearningRateSchedule
        Rate of a network with factor 1.
    factors : mapping of str to float
        Factor of each network, by the start of its variables' paths. Every
        trained variable must belong to exactly one.
    **kwargs
        As for `keras.optimizers.Adam`; beta_1 is 0.5 unless given, as in
        CycleGAN.

    Raises
    ------
    ValueError
        At build, when a variable belongs to none of the networks.
    """

    def __init__(self, learning_rate: Any, factors: Mapping[str, float], **kwargs: Any) -> None:
        super().__init__(learning_rate, **{"beta_1": 0.5, "name": "network_adam", **kwargs})
        self.factors = dict(factors)
        #: On the rate of every network: below one after a training has gone back. Saved with the other variables.
        self.rate_factor = self.add_variable((), initializer="ones", dtype="float32", name="rate_factor")

    def _get_current_learning_rate(self) -> Any:
        return super()._get_current_learning_rate() * self.rate_factor

    def factor_of(self, path: str) -> float:
        """Return the factor of the network that the variable at `path` belongs to."""
        hits = [factor for start, factor in self.factors.items() if path.startswith(start)]
        if len(hits) != 1:
            raise ValueError(
                f"variable {path} belongs to {len(hits)} of the networks {sorted(self.factors)}, expected 1"
            )
        return hits[0]

    def build(self, variables: list[Any]) -> None:
        # By position: on TensorFlow the update sees bare variables, which have no path.
        self._factor = [self.factor_of(variable.path) for variable in variables]
        super().build(variables)

    def _backend_update_step(self, grads: Any, trainable_variables: Any, learning_rate: Any) -> None:
        step = ops.cast(self.iterations + 1, "float32")
        correction = ops.sqrt(1.0 - ops.power(self.beta_2, step)) / (1.0 - ops.power(self.beta_1, step))
        super()._backend_update_step(
            grads, trainable_variables, ops.cast(learning_rate, "float32") * correction
        )

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Move one variable; `learning_rate` is already corrected for bias."""
        index = self._get_variable_index(variable)
        momentum, velocity = self._momentums[index], self._velocities[index]
        self.assign_add(momentum, (gradient - momentum) * (1.0 - self.beta_1))
        self.assign_add(velocity, (ops.square(gradient) - velocity) * (1.0 - self.beta_2))
        rate = learning_rate * self._factor[index]
        self.assign_sub(variable, momentum * rate / (ops.sqrt(velocity) + self.epsilon))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "factors": self.factors}
