"""Whether a restored micrograph, degraded again, gives back the micrograph it came from.

D is what the training learned beside the restorer: the degradation's formula
with the parameters that the encoder reads from the micrograph, or the paper's
degrading generator. Agreement does not make a restoration right, as what D
takes away can be anything; disagreement makes it wrong, or the micrograph
degraded in a way that D does not know.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from semclear.degradation import forward
from semclear.degradation.blur import equivalent_sigma
from semclear.networks.apply import apply
from semclear.networks.bundle import Bundle

#: Grey standard deviation of the noise that F is probed with: five of 255 levels, hardly seen, as hidden details are.
HIDING_NOISE = 0.02


@dataclass(frozen=True)
class Reading:
    """The degradation of one micrograph as a trained model knows it.

    Attributes
    ----------
    degrade : callable
        From a clear (H, W) image to D(image), (H, W), without noise.
    parameters : mapping
        "sigma" (pixels), "transmission" (H, W) and "airlight", as read from
        the micrograph; empty where D is a network. For a model whose restorer
        keeps the veil, D leaves it out: both sides of the comparison have it.
    """

    degrade: Callable[[np.ndarray], np.ndarray]
    parameters: Mapping[str, Any] = field(default_factory=dict)


Reader = Callable[[np.ndarray], Reading]


def _network_reader(bundle: Bundle) -> Reader:
    network, multiple = bundle.network("degrader"), 2**bundle.size.levels
    return lambda image: Reading(lambda clear: apply(network, clear, multiple))


def _physics_reader(bundle: Bundle) -> Reader:
    from keras import ops

    from semclear.networks.forward import physics, reading

    encoder, kept = bundle.network("degrader"), bundle.model.veil == "kept"

    def read(image: np.ndarray) -> Reading:
        height, width = image.shape
        said, parameters = reading.read(encoder, image)
        if kept:
            said["transmission"] = np.ones_like(said["transmission"])

        def degrade(clear: np.ndarray) -> np.ndarray:
            degraded = ops.convert_to_numpy(physics.degrade(reading.padded(clear), said))
            return degraded[0, :height, :width, 0]

        return Reading(degrade, parameters)

    return read


def reader_of(bundle: Bundle) -> Reader | None:
    """Return what reads the degradation from a micrograph, or None for a model that has no D (paired)."""
    if "degrader" not in bundle.networks:
        return None
    return _physics_reader(bundle) if bundle.has_encoder else _network_reader(bundle)


def summary_of(parameters: Mapping[str, Any]) -> dict[str, float]:
    """Return a reading in four numbers: sigma (pixels), mean and spread of the transmission, airlight."""
    if not parameters:
        return {}
    field_ = np.asarray(parameters["transmission"], np.float64)
    return {
        "read_sigma": float(parameters["sigma"]),
        "read_transmission": float(field_.mean()),
        "read_transmission_spread": float(field_.std()),
        "read_airlight": float(parameters["airlight"]),
    }


def errors_of(parameters: Mapping[str, Any], known: Mapping[str, Any] | None) -> dict[str, float]:
    """Return read minus true parameters.

    Parameters
    ----------
    parameters : mapping
        As read; may be empty.
    known : mapping or None
        The true ones, as `forward.draw` returns them.

    Returns
    -------
    dict
        "sigma_bias" in pixels (no blur is 0; of another form than a
        Gaussian, that of its variance), "transmission_bias" of the
        mean over the micrograph, "transmission_rms" of the field, pixel by
        pixel, and "airlight_bias", which has no meaning without a veil and
        then is left out. Empty where either side is unknown.
    """
    if not parameters or known is None:
        return {}
    read = np.asarray(parameters["transmission"], np.float64)
    true = forward.transmission(known, read.shape)
    blur, fog = known["blur"], known["fog"]
    values = {
        "sigma_bias": float(parameters["sigma"]) - (0.0 if blur is None else equivalent_sigma(blur)),
        "transmission_bias": float(read.mean() - true.mean()),
        "transmission_rms": float(np.sqrt(np.mean((read - true) ** 2))),
    }
    if fog is not None:
        values["airlight_bias"] = float(parameters["airlight"]) - fog["airlight"]
    return values


def hiding_amplification(reading: Reading, plain: np.ndarray, rng: np.random.Generator) -> float:
    """Return how much more of added noise F lets through than any blur and veil could.

    A CycleGAN can hide the degraded micrograph in invisible details of the
    restored one and so reproduce it perfectly (Chu, Zhmoginov & Sandler 2017,
    arXiv:1712.02950). To read such details F must amplify them, and with them
    any noise of their size.

    Parameters
    ----------
    reading : Reading
        F for this micrograph.
    plain : ndarray, (H, W)
        The network's own G(x), without ensembling, in [0, 1].
    rng : numpy.random.Generator
        Of the noise n, whose standard deviation is `HIDING_NOISE`.

    Returns
    -------
    float
        rms(F(G(x) + n) - F(G(x))) / rms(n). At most 1 for a blur, whose
        kernel has no negative weight and the sum 1, under a veil, which
        multiplies by a transmission of at most 1; far above 1 where F reads
        what is hidden.
    """
    noise = HIDING_NOISE * rng.standard_normal(plain.shape)
    through = np.asarray(reading.degrade((plain + noise).astype(np.float32)), np.float64)
    through -= reading.degrade(np.asarray(plain, np.float32))
    return float(np.sqrt(np.mean(through**2) / np.mean(noise**2)))
