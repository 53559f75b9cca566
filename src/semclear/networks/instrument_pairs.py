"""Pairs made inside the training: an instrument put onto clear micrographs, which the restorer must give back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras
from keras import ops

from semclear import params
from semclear.networks import losses
from semclear.networks.cyclegan import Averaged, Tracked
from semclear.networks.forward import instrument, physics, row_noise
from semclear.networks.generator import generator_of

#: Cosines of a drawn veil, a side: enough where it changes over a quarter of a crop or more.
FILM = 8
#: Grey levels of a file.
LEVELS = 255.0
#: Smallest and largest correlation along the scan that a Gaussian smear is read from.
LEAST_CORRELATION, MOST_CORRELATION = 0.02, 0.9


def smear_of(correlation: Any) -> Any:
    """Return the Gaussian smear (B, 1), pixels, of noise correlated so at one pixel: ``rho = exp(-1 / (4 s^2))``.

    0 below a correlation of 0.02, which chance makes.
    """
    known = ops.clip(correlation, LEAST_CORRELATION, MOST_CORRELATION)
    there = ops.cast(correlation > LEAST_CORRELATION, known.dtype)
    return there * 0.5 / ops.sqrt(-ops.log(known))


def lifted(images: Any, transmission: Any, airlight: Any) -> Any:
    """Return (y - A (1 - t)) / t: images (B, H, W, 1) without their veil, t of their shape, A (B, 1, 1, 1)."""
    return (images - airlight * (1.0 - transmission)) / transmission


class InstrumentPairs(Tracked):
    """Learns to undo what an instrument does, from unpaired micrographs and from the instrument's formula alone.

    `fit` takes x = {"degraded": crops (B, H, W, 1) in [0, 1], "instrument":
    drawn parameters (B, 19), see `instrument.packed`} and y = clear crops
    (B, H, W, 1) that have nothing to do with the degraded ones. Each clear
    crop is recorded by an instrument: one that the encoder reads from a
    degraded crop, or a drawn one. The restorer is compared with the clear
    crop, and the encoder with the parameters. Where the model keeps the
    veil, the comparison lifts the true one first: structure is learnt, and
    greys stay.

    Parameters
    ----------
    size, model, train
        As for `CycleGAN`. `train.read_share` of each batch has instruments
        that were read.
    shape : tuple of int
        (B, H, W, 1) of the batches.
    """

    def __init__(
        self,
        size: params.ModelScale,
        model: params.Model,
        train: params.Train,
        shape: tuple[int, ...],
        **kwargs: Any,
    ) -> None:
        super().__init__(("absolute", "ssim", "edge", "parameters"), shape, **kwargs)
        self.batch, self.sides = shape[0], (shape[1], shape[2])
        self.settings, self.kept = train, model.veil == "kept"
        self.read = round(train.read_share * self.batch)
        self.draws = keras.random.SeedGenerator(train.seed, name="draws")
        self.restorer = generator_of(size, model, "restorer")
        self.degrader = physics.build_encoder(size.width, name="degrader")
        self.averaged = generator_of(size, model, "averaged")
        self.average = Averaged(self.restorer, self.averaged, train.average)
        self.built = True

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Restore: (B, H, W, 1) degraded to clear (or a batch of the training), by the averaged restorer."""
        images = inputs["degraded"] if isinstance(inputs, Mapping) else inputs
        return self.averaged(images, training=False)

    def _read(self, degraded: Any, drawn: dict[str, Any]) -> tuple[dict[str, Any], Any]:
        """Return the instruments read from degraded crops, and their veils; what cannot be read is as drawn."""
        said = self.degrader(degraded)
        strength, correlation = row_noise.measure(degraded)
        counted = ops.square(drawn["shot"]) / 2.0
        share = counted / (counted + ops.square(drawn["additive"]) + instrument.TINY)
        nothing = ops.zeros_like(strength)
        found = {
            **{"gamma": nothing + 1.0, "contrast": nothing + 1.0, "pivot": nothing},
            **{"along": said["sigma"], "across": said["sigma"], "angle": nothing, "radius": nothing},
            **{"skirt": nothing, "skirt_length": nothing + 1.0, "airlight": said["airlight"]},
            "additive": strength * ops.sqrt(1.0 - share),
            "shot": strength * ops.sqrt(2.0 * share),
            "smear": smear_of(correlation),
            **{"memory": nothing, "smear_across": nothing, "row_offset": nothing},
        }
        veil = ops.image.resize(said["transmission"], self.sides, interpolation="bicubic")
        return {**drawn, **found}, ops.clip(veil, physics.MIN_TRANSMISSION, 1.0)

    def recorded(self, degraded: Any, clear: Any, array: Any) -> tuple[Any, Any, Any, dict[str, Any]]:
        """Return pictures, their truths and veils (B, H, W, 1), and the parameters (B, 1) behind them, as constants."""
        parameters = instrument.unpacked(array)
        random = instrument.draws((self.batch, *self.sides), FILM, self.draws)
        veil = instrument.veil_of(parameters, random["film"], self.sides)
        if self.read:
            drawn = {name: value[: self.read] for name, value in parameters.items()}
            found, seen = self._read(degraded[: self.read], drawn)
            parameters = {
                name: ops.concatenate([found[name], value[self.read :]]) for name, value in parameters.items()
            }
            veil = ops.concatenate([seen, veil[self.read :]])
        truth = instrument.exposed(clear, parameters)
        picture = ops.round(LEVELS * instrument.recorded(truth, parameters, random, veil)) / LEVELS
        made = (picture, truth, veil)
        constant = {name: ops.stop_gradient(value) for name, value in parameters.items()}
        return *(ops.stop_gradient(each) for each in made), constant

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        """Return the weighted sum of the differences to the truths, and of read to true parameters."""
        degraded, clear, w = self.shaped(x["degraded"]), self.shaped(y), self.settings
        picture, truth, veil, parameters = self.recorded(degraded, clear, x["instrument"])
        restored = self.restorer(picture)
        if self.kept:
            restored = lifted(restored, veil, physics.expanded(parameters["airlight"]))
        known = {
            "transmission": ops.average_pool(veil, physics.KNOT, physics.KNOT),
            "airlight": parameters["airlight"],
            "sigma": ops.minimum(instrument.equivalent_sigma(parameters), physics.MAX_SIGMA),
        }
        terms = {
            "absolute": losses.absolute(truth, restored),
            "ssim": losses.structural(truth, restored),
            "edge": losses.edge(truth, restored),
            "parameters": physics.disagreement(known, self.degrader(picture)),
        }
        self.end_step(terms, training)
        return (
            w.cycle_weight * terms["absolute"]
            + w.ssim_weight * terms["ssim"]
            + w.edge_weight * terms["edge"]
            + w.parameter_weight * terms["parameters"]
        )
