"""The same generator trained with pairs: the upper line that unpaired training is held to."""

from __future__ import annotations

from typing import Any

from semclear import params
from semclear.networks import losses
from semclear.networks.cyclegan import Averaged, Tracked
from semclear.networks.generator import generator_of


class Paired(Tracked):
    """The restorer alone, supervised by truth.

    `fit` takes x = degraded and y = its own truth, (B, H, W, 1) in [0, 1].
    The terms of the CycleGAN that compare two images are kept with their
    weights, with the truth in the place of the cycle's start.

    Parameters
    ----------
    size, model, train
        As for `CycleGAN`.
    """

    def __init__(
        self, size: params.ModelScale, model: params.Model, train: params.Train, **kwargs: Any
    ) -> None:
        super().__init__(("absolute", "ssim", "edge"), **kwargs)
        self.settings = train
        self.restorer = generator_of(size, model, "restorer")
        self.averaged = generator_of(size, model, "averaged")
        self.average = Averaged(self.restorer, self.averaged, train.average)
        self.built = True

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Restore: (B, H, W, 1) degraded to clear, by the averaged restorer."""
        return self.averaged(inputs, training=False)

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        """Return the weighted sum of absolute, structural and edge difference to the truth."""
        x, y = self.shaped(x), self.shaped(y)
        restored = self.restorer(x)
        terms = {
            "absolute": losses.absolute(y, restored),
            "ssim": losses.structural(y, restored),
            "edge": losses.edge(y, restored),
        }
        self.end_step(terms, training)
        w = self.settings
        return (
            w.cycle_weight * terms["absolute"] + w.ssim_weight * terms["ssim"] + w.edge_weight * terms["edge"]
        )
