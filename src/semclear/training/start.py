"""Where a training begins: at the weights of a trained model instead of random ones."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np

from semclear.errors import SemclearError
from semclear.networks.bundle import Bundle

if TYPE_CHECKING:
    from semclear.training.fitting import Settings

#: The method that can: its restorer and encoder are all that it has, and both are in the model's file.
METHOD = "instrument"
#: Networks whose weights a training takes over.
NETWORKS = ("restorer", "degrader")


def digest(bundle: Bundle) -> str:
    """Return a SHA-256 of the weights that a training takes over: equal for equal weights, whatever else a file says.

    Parameters
    ----------
    bundle : Bundle
        With the networks `NETWORKS`.
    """
    found = hashlib.sha256()
    for name in NETWORKS:
        for weights in bundle.networks[name]:
            values = np.ascontiguousarray(weights, np.float32)
            found.update(f"{name} {values.shape}\0".encode() + values.tobytes())
    return found.hexdigest()


def check(settings: Settings, bundle: Bundle) -> None:
    """Refuse a start that a training cannot have.

    Parameters
    ----------
    settings : Settings
        Of the training.
    bundle : Bundle
        What it is to start from.

    Raises
    ------
    SemclearError
        When one of the two is of another method, the model lacks a network, or its networks are of another build.
    """
    if settings.method != METHOD or bundle.method != METHOD:
        raise SemclearError(
            f"start: got a model of {bundle.method} for a training by {settings.method}, expected {METHOD} for both; "
            "start from none"
        )
    if lacking := [name for name in NETWORKS if name not in bundle.networks]:
        raise SemclearError(
            f"start: got a model without {lacking[0]}, expected {' and '.join(NETWORKS)}; start from none"
        )
    if (settings.size, settings.model) != (bundle.size, bundle.model):
        raise SemclearError(
            "start: got a model whose networks are built otherwise, expected those of the training's settings; take "
            "the model's, or start from none"
        )


def begin(model: Any, bundle: Bundle) -> None:
    """Put a model's weights into a training that is built: restorer, its average, and encoder; not the optimizer.

    Parameters
    ----------
    model : InstrumentPairs
        Built by `fitting.build`.
    bundle : Bundle
        That `check` let pass.
    """
    restorer = list(bundle.networks["restorer"])
    model.restorer.set_weights(restorer)
    model.averaged.set_weights(restorer)
    model.degrader.set_weights(list(bundle.networks["degrader"]))
