"""The CycleGAN: two generators, two discriminators, one backward pass."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from semclear import params
from semclear.networks import losses
from semclear.networks.discriminator import build_discriminator
from semclear.networks.forward.degraders import NetworkDegrader, PhysicsDegrader
from semclear.networks.generator import generator_of

GENERATOR_TERMS = (
    "adversarial_clear",
    "adversarial_degraded",
    "cycle",
    "ssim",
    "identity",
    "edge",
    "inversion",
)
DISCRIMINATOR_TERMS = ("discriminator_clear", "discriminator_degraded")


def of_batch(share: float, batch: Any) -> Any:
    """Return how many images of a batch (B, H, W, 1) a share is: at least one."""
    count = ops.shape(batch)[0]
    if isinstance(count, int):
        return max(1, round(share * count))
    return ops.maximum(1, ops.cast(ops.round(share * ops.cast(count, "float32")), "int32"))


class Averaged:
    """A generator and its running average, which is the product.

    The average is updated inside the loss, so that the strictest backend
    (JAX, whose training step is a pure function) sees it as state like any
    other (Yazici et al., ICLR 2019, arXiv:1806.04498).
    """

    def __init__(self, network: keras.Model, averaged: keras.Model, decay: float) -> None:
        self.network, self.averaged, self.decay = network, averaged, decay
        averaged.trainable = False
        averaged.set_weights(network.get_weights())

    def update(self, step: Any) -> None:
        """Move the average towards the weights: decay min(d, (1 + n) / (10 + n)) at step n."""
        n = ops.cast(step, "float32")
        decay = ops.minimum(self.decay, (1.0 + n) / (10.0 + n))
        for mean, value in zip(self.averaged.variables, self.network.variables, strict=True):
            kept, value = ops.cast(decay, mean.dtype), ops.stop_gradient(ops.convert_to_tensor(value))
            mean.assign(mean * kept + value * (1.0 - kept))


def with_fixed_weights(network: keras.Model, inputs: Any) -> Any:
    """Apply `network` so that gradients reach `inputs` but not its weights."""
    frozen = [ops.stop_gradient(ops.convert_to_tensor(v)) for v in network.trainable_variables]
    return network.stateless_call(
        frozen, [ops.convert_to_tensor(v) for v in network.non_trainable_variables], inputs
    )[0]


class Last(keras.metrics.Metric):
    """The value of the last step, so that each step is reported and not a running mean."""

    def __init__(self, name: str) -> None:
        super().__init__(name=name)
        self.value = self.add_variable((), "zeros", name="value")

    def update_state(self, value: Any, sample_weight: Any = None) -> None:
        self.value.assign(value)

    def result(self) -> Any:
        return ops.convert_to_tensor(self.value)


class Tracked(keras.Model):
    """A model whose loss is a sum of named terms, each reported at every step, and whose `average` is the product.

    Parameters
    ----------
    terms : tuple of str
        Their names.
    shape : tuple of int, optional
        (B, H, W, 1) of the batches, where all have one: the graph of the
        step then needs no operations that find shapes, and is built in less time.
    """

    average: Averaged

    def __init__(self, terms: tuple[str, ...], shape: tuple[int, ...] | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.shape = shape
        self.terms = {name: Last(name) for name in terms}
        # Not the optimizer's counter: JAX's training step does not show that to the loss.
        self.seen = self.add_weight(
            shape=(), initializer="zeros", dtype="int32", trainable=False, name="seen"
        )

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        return list(self.terms.values())

    def shaped(self, images: Any) -> Any:
        """Return a batch with the shape that it is known to have."""
        return images if self.shape is None else ops.reshape(images, self.shape)

    def record(self, values: dict[str, Any]) -> None:
        """Report one step's value of each term."""
        for name, value in values.items():
            self.terms[name].update_state(value)

    def end_step(self, terms: dict[str, Any], training: bool) -> None:
        """Report one step's terms and, in training, count the step and let the average follow."""
        self.record(terms)
        if training:
            self.average.update(self.seen)
            self.seen.assign(self.seen + 1)


class CycleGAN(Tracked):
    """Learns restorer G and degrader F from unpaired micrographs.

    `fit` takes x = degraded and y = clear crops, (B, H, W, 1) in [0, 1], that
    have nothing to do with one another; `predict` applies the averaged
    restorer. Everything trains in one backward pass: generator terms see the
    discriminators with fixed weights, discriminators see the generators'
    images as constants, so the gradients are those of separate steps.

    Parameters
    ----------
    size : params.ModelScale
        Levels and widths.
    model : params.Model
        Normalisation and form of the output.
    train : params.Train
        Weights of the terms and decay of the average.
    formula : bool
        Whether the degrader is a formula whose parameters are read from
        micrographs (`PhysicsDegrader`) instead of the paper's second
        generator (`NetworkDegrader`).
    """

    def __init__(
        self,
        size: params.ModelScale,
        model: params.Model,
        train: params.Train,
        formula: bool = False,
        **kwargs: Any,
    ) -> None:
        own = ("parameters",) if formula else ()
        super().__init__((*GENERATOR_TERMS, *own, *DISCRIMINATOR_TERMS), **kwargs)
        self.settings = train
        self.draws = keras.random.SeedGenerator(train.seed, name="draws")
        judges_normalise = model.discriminator_normalisation == "instance"
        self.restorer = generator_of(size, model, "restorer")
        self.degrade = (
            PhysicsDegrader(size.width, model.drawn, self.draws)
            if formula
            else NetworkDegrader(size, model, train.cycle_noise, self.draws)
        )
        self.degrader = self.degrade.network
        self.judge_clear = build_discriminator(
            size.discriminator_width, normalise=judges_normalise, name="judge_clear"
        )
        self.judge_degraded = build_discriminator(
            size.discriminator_width, normalise=judges_normalise, name="judge_degraded"
        )
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
        """Return the sum of the weighted generator terms and of the discriminators' losses."""
        degraded, clear, w = self.shaped(x), self.shaped(y), self.settings
        judged = of_batch(w.judged_share, degraded)
        # A term that counts for nothing is not computed.
        identical = of_batch(w.identity_share, degraded) if w.identity_weight else None
        # One call for two inputs is faster and, with instance normalisation, the same.
        both = degraded[:judged]
        if identical is not None:
            both = ops.concatenate([both, clear[:identical]], axis=0)
        both = self.restorer(both)
        restored = both[:judged]
        made = self.degrade(clear, degraded, restored, identical)
        artificial, clear_cycle = made["artificial"][:judged], self.restorer(made["artificial_for_cycle"])

        share = w.degraded_cycle
        terms = {
            "adversarial_clear": losses.adversarial(with_fixed_weights(self.judge_clear, restored)),
            "adversarial_degraded": losses.adversarial(with_fixed_weights(self.judge_degraded, artificial)),
            "cycle": share * losses.absolute(degraded[:judged], made["cycle"])
            + losses.absolute(clear, clear_cycle),
            "ssim": losses.structural(clear, clear_cycle),
            "identity": 0.0
            if identical is None
            else losses.absolute(clear[:identical], both[judged:]) + share * made.get("identity", 0.0),
            "edge": losses.edge(clear, clear_cycle),
            "inversion": losses.inversion(degraded[:judged], restored)
            + losses.inversion(clear[:judged], artificial),
            "discriminator_clear": self._judged(self.judge_clear, clear[:judged], restored, judged),
            "discriminator_degraded": self._judged(
                self.judge_degraded, degraded[:judged], artificial, judged
            ),
        }
        if "parameters" in made:
            terms["parameters"] = made["parameters"]
        self.end_step(terms, training)
        return (
            w.adversarial_weight * terms["adversarial_clear"]
            + w.degrader_adversarial_weight * terms["adversarial_degraded"]
            + w.cycle_weight * terms["cycle"]
            + w.ssim_weight * terms["ssim"]
            + w.identity_weight * terms["identity"]
            + w.edge_weight * terms["edge"]
            + w.inversion_weight * terms["inversion"]
            + w.parameter_weight * terms.get("parameters", 0.0)
            + terms["discriminator_clear"]
            + terms["discriminator_degraded"]
        )

    @staticmethod
    def _judged(judge: keras.Model, real: Any, fake: Any, count: Any) -> Any:
        scores = judge(ops.concatenate([real, ops.stop_gradient(fake)], axis=0))
        return losses.discrimination(scores[:count], scores[count:])
