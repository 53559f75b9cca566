"""How fast a training runs, and how fast the device could: images a second and the roofline's flat part.

Williams, Waterman & Patterson, CACM 52 (2009) 65, doi:10.1145/1498765.1498785.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

#: Edge of the square matrices: 2^13 keeps every GPU of today busy and takes 128 MiB each.
EDGE = 8192
REPEATS = 20


class Clock:
    """Passes lines of the log on and notes when each epoch ended.

    Parameters
    ----------
    say : callable
        Takes a line for the log.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        self.say = say
        self.start = time.monotonic()
        self.ends: list[float] = []

    def __call__(self, text: str) -> None:
        if text.startswith("epoch "):
            self.ends.append(time.monotonic())
        self.say(text)

    def seconds(self) -> float:
        """Return the seconds since the start."""
        return time.monotonic() - self.start

    def images_a_second(self, images_an_epoch: int) -> float | None:
        """Return degraded training crops a second, with validation and checkpoints.

        The first epoch, in which the step is compiled, is left out; None
        where there is no other.
        """
        if len(self.ends) < 2:
            return None
        return images_an_epoch * (len(self.ends) - 1) / (self.ends[-1] - self.ends[0])


def matmul_peak(edge: int = EDGE, repeats: int = REPEATS, dtype: str = "bfloat16") -> float:
    """Return the floating-point operations a second that square matrix products reach (JAX, first device).

    Parameters
    ----------
    edge : int
        Of the matrices; a product takes 2 edge^3 operations.
    repeats : int
        Products one after the other, timed together; the best of three such rounds counts.
    dtype : str
        Of the factors.
    """
    import jax
    import jax.numpy as jnp

    factor = jax.random.normal(jax.random.key(0), (edge, edge), dtype=jnp.dtype(dtype)) / edge**0.5

    @jax.jit
    def chain(x: Any) -> Any:
        return jax.lax.fori_loop(0, repeats, lambda _, product: product @ factor, x)

    chain(factor).block_until_ready()
    rounds = []
    for _ in range(3):
        start = time.perf_counter()
        chain(factor).block_until_ready()
        rounds.append(time.perf_counter() - start)
    return 2.0 * edge**3 * repeats / min(rounds)


def step_operations(model: Any, x: np.ndarray, y: np.ndarray) -> float:
    """Return the floating-point operations of one training step as XLA counts them (JAX backend only).

    Parameters
    ----------
    model : keras.Model
        Built and compiled.
    x, y : ndarray
        A batch (B, H, W, 1).
    """
    import jax

    parts = (
        model.trainable_variables,
        model.non_trainable_variables,
        model.optimizer.variables,
        model.metrics_variables,
    )
    state = tuple([variable.value for variable in part] for part in parts)
    # Before compilation: a GPU's compiled step hides its convolutions in calls of cuDNN.
    lowered: Any = jax.jit(model.train_step).lower(state, (x, y))
    return float(lowered.cost_analysis()["flops"])
