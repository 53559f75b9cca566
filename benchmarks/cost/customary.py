"""The customary training step of a CycleGAN: a persistent tape, a gradient and an optimizer for each network.

Written as tutorials on TensorFlow and Keras do it, for the same networks and losses as `semclear.networks.cyclegan`, to
measure that one against. Every generator and discriminator is called apart for every image that it gets.
"""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from semclear import params
from semclear.networks import losses
from semclear.networks.cyclegan import of_batch


class Customary(keras.Model):
    """A CycleGAN with a training step of its own; `train_on_batch` takes x = degraded, y = clear.

    Parameters
    ----------
    model : semclear.networks.cyclegan.CycleGAN
        Whose networks are trained, with their present weights.
    train : params.Train
        Weights of the terms, rates, decay of the average.
    formula : bool
        Whether the degrader is a formula: its images and its cycle then come
        from `model.degrade`.
    """

    def __init__(self, model: Any, train: params.Train, formula: bool) -> None:
        super().__init__()
        self.weights_of, self.formula, self.degrade = train, formula, model.degrade
        self.restorer, self.degrader, self.averaged = model.restorer, model.degrader, model.averaged
        self.judge_clear, self.judge_degraded = model.judge_clear, model.judge_degraded
        self.draws = keras.random.SeedGenerator(train.seed)
        rate = train.encoder_learning_rate if formula else train.learning_rate
        judged = train.discriminator_learning_rate

        def adam(rate: float) -> keras.optimizers.Adam:
            return keras.optimizers.Adam(rate, beta_1=0.5, global_clipnorm=train.gradient_norm)

        self.optimizer_restorer, self.optimizer_degrader = adam(train.learning_rate), adam(rate)
        self.optimizer_clear, self.optimizer_degraded = adam(judged), adam(judged)
        self.built = True
        self.compile(jit_compile=False)

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Restore, by the averaged restorer."""
        return self.averaged(inputs, training=False)

    def _made(self, clear: Any, degraded: Any, restored: Any, identical: Any) -> dict[str, Any]:
        """Return what `PhysicsDegrader` and `NetworkDegrader` return, each image by a call of its own."""
        if self.formula:
            return self.degrade(clear, degraded, restored, identical)
        same = degraded[:identical]
        artificial = self.degrader(clear, training=True)
        artificial += self.weights_of.cycle_noise * keras.random.normal(tf.shape(artificial), seed=self.draws)
        return {
            "artificial": artificial,
            "artificial_for_cycle": artificial,
            "cycle": self.degrader(restored, training=True),
            "identity": losses.absolute(same, self.degrader(same, training=True)),
        }

    def train_step(self, data: Any) -> dict[str, Any]:
        """Move all four networks by one step and return every term."""
        degraded, clear, _ = keras.utils.unpack_x_y_sample_weight(data)
        w, share = self.weights_of, self.weights_of.degraded_cycle
        judged, identical = of_batch(w.judged_share, degraded), of_batch(w.identity_share, degraded)
        with tf.GradientTape(persistent=True) as tape:
            restored = self.restorer(degraded[:judged], training=True)
            made = self._made(clear, degraded, restored, identical)
            artificial = made["artificial"][:judged]
            clear_cycle = self.restorer(made["artificial_for_cycle"], training=True)
            clear_again = self.restorer(clear[:identical], training=True)

            real_clear = self.judge_clear(clear[:judged], training=True)
            fake_clear = self.judge_clear(restored, training=True)
            real_degraded = self.judge_degraded(degraded[:judged], training=True)
            fake_degraded = self.judge_degraded(artificial, training=True)

            terms = {
                "adversarial_clear": losses.adversarial(fake_clear),
                "adversarial_degraded": losses.adversarial(fake_degraded),
                "cycle": share * losses.absolute(degraded[:judged], made["cycle"])
                + losses.absolute(clear, clear_cycle),
                "ssim": losses.structural(clear, clear_cycle),
                "identity": losses.absolute(clear[:identical], clear_again)
                + share * made.get("identity", 0.0),
                "edge": losses.edge(clear, clear_cycle),
                "inversion": losses.inversion(degraded[:judged], restored)
                + losses.inversion(clear[:judged], artificial),
                "discriminator_clear": losses.discrimination(real_clear, fake_clear),
                "discriminator_degraded": losses.discrimination(real_degraded, fake_degraded),
            }
            if "parameters" in made:
                terms["parameters"] = made["parameters"]
            both = (
                w.cycle_weight * terms["cycle"]
                + w.ssim_weight * terms["ssim"]
                + w.identity_weight * terms["identity"]
                + w.edge_weight * terms["edge"]
                + w.inversion_weight * terms["inversion"]
            )
            restorer_loss = w.adversarial_weight * terms["adversarial_clear"] + both
            degrader_loss = w.degrader_adversarial_weight * terms["adversarial_degraded"] + both
            degrader_loss += w.parameter_weight * terms.get("parameters", 0.0)

        for network, loss, optimizer in (
            (self.restorer, restorer_loss, self.optimizer_restorer),
            (self.degrader, degrader_loss, self.optimizer_degrader),
            (self.judge_clear, terms["discriminator_clear"], self.optimizer_clear),
            (self.judge_degraded, terms["discriminator_degraded"], self.optimizer_degraded),
        ):
            gradients = tape.gradient(loss, network.trainable_variables)
            optimizer.apply_gradients(zip(gradients, network.trainable_variables, strict=True))
        for mean, value in zip(self.averaged.variables, self.restorer.variables, strict=True):
            mean.assign(w.average * mean + (1.0 - w.average) * value)
        return terms
