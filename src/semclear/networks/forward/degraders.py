"""The degrader F: Y -> X of the CycleGAN, as a network or as a formula whose parameters are read from micrographs."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from semclear import params
from semclear.networks import losses
from semclear.networks.forward import physics, row_noise
from semclear.networks.generator import generator_of


class NetworkDegrader:
    """The paper's degrader: a second generator.

    Parameters
    ----------
    size, model : params.ModelScale, params.Model
        What it is built from.
    noise : float
        Grey standard deviation of white noise added to its images, so that
        nothing can be hidden in differences too small to see (Chu et al.,
        arXiv:1712.02950).
    draws : keras.random.SeedGenerator
        Where the noise comes from.
    """

    def __init__(self, size: params.ModelScale, model: params.Model, noise: float, draws: Any) -> None:
        self.network = generator_of(size, model, "degrader")
        self.noise, self.draws = noise, draws

    def __call__(self, clear: Any, degraded: Any, restored: Any, identical: Any) -> dict[str, Any]:
        """Return artificial degraded images of `clear`, and what the degraded micrographs should come back as.

        Parameters
        ----------
        clear, degraded : tensor
            Batches (B, H, W, 1).
        restored : tensor
            G of the first so many of `degraded`.
        identical : int, optional
            How many of `degraded` the identity term is taken of; None leaves it out.

        Returns
        -------
        dict
            "artificial": F(clear); "artificial_for_cycle": the same, as the
            restorer is to see it; "cycle": F(restored); "identity": the
            identity term |F(degraded) - degraded|.
        """
        count = ops.shape(clear)[0]
        first = None if identical is None else degraded[:identical]
        both = self.network(clear if first is None else ops.concatenate([clear, first], axis=0))
        artificial = both[:count]
        if self.noise:
            artificial = artificial + self.noise * keras.random.normal(ops.shape(artificial), seed=self.draws)
        return {
            "artificial": artificial,
            "artificial_for_cycle": artificial,
            "cycle": self.network(restored),
            "identity": 0.0 if first is None else losses.absolute(first, both[count:]),
        }


class PhysicsDegrader:
    """The formula of `semclear.networks.forward.physics`, its parameters read by a small encoder.

    The parameters of a real degraded micrograph are applied to an unrelated
    clear one. The encoder learns from three things, none of which knows a
    pair: parameters drawn at random and put into a clear micrograph must be
    read from it again; its artificial images must look degraded to the
    discriminator; and the formula must lead the restored micrograph back to
    the degraded one. The noise is measured, not learned.

    Parameters
    ----------
    width : int
        Channels of the encoder's first level.
    drawn : params.Drawn
        The degradations put into clear micrographs to be read again.
    draws : keras.random.SeedGenerator
        Where the noise comes from.
    """

    def __init__(self, width: int, drawn: params.Drawn, draws: Any) -> None:
        self.network = physics.build_encoder(width, name="degrader")
        self.drawn, self.draws = drawn, draws

    def __call__(self, clear: Any, degraded: Any, restored: Any, identical: Any) -> dict[str, Any]:
        """As `NetworkDegrader.__call__`, without "identity", with "parameters".

        The latter is the disagreement of parameters drawn, put into `clear`
        and read again.
        """
        count, judged = ops.shape(degraded)[0], ops.shape(restored)[0]
        noise = physics.expanded(ops.stop_gradient(row_noise.measure(degraded)[0]))

        def noisy(images: Any) -> Any:
            return images + noise * keras.random.normal(ops.shape(images), seed=self.draws)

        shape = ops.shape(clear)
        grid = (shape[0], shape[1] // physics.KNOT, shape[2] // physics.KNOT, 1)
        drawn = physics.draw(grid, self.drawn, self.draws)
        known = noisy(physics.degrade(clear, drawn))
        # One call for two batches: half the operations, and the same numbers.
        said = self.network(ops.concatenate([degraded, known], axis=0))
        read = {name: value[:count] for name, value in said.items()}
        artificial = noisy(physics.degrade(clear, read))
        return {
            "artificial": artificial,
            # The restorer must not persuade the encoder to degrade less: that cycle ends at no degradation at all.
            "artificial_for_cycle": ops.stop_gradient(artificial),
            "cycle": physics.degrade(restored, {name: value[:judged] for name, value in read.items()}),
            "parameters": physics.disagreement(drawn, {name: value[count:] for name, value in said.items()}),
        }
