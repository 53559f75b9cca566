"""Generators with random weights that do something: untrained ones hardly differ from the identity."""

from pathlib import Path

import keras
import numpy as np
from scipy.ndimage import gaussian_filter

from semclear import params
from semclear.networks import bundle as bundles
from semclear.networks.forward import physics
from semclear.networks.generator import generator_of

SIZE = params.ModelScale(levels=2, width=4, max_width=8, discriminator_width=2)
INSTANCE = params.load(Path(__file__).parents[2] / "params.yaml").model
NONE = INSTANCE.model_copy(update={"normalisation": "none"})


def network_of(size, model, seed=0, name="restorer", change=0.15):
    """Return a generator whose last layer gives values of standard deviation `change` on white noise."""
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    network = generator_of(size, model, name)
    network.set_weights(
        [w + (0.1 * rng.standard_normal(w.shape) if w.ndim == 1 else 0) for w in network.get_weights()]
    )
    last = network.get_layer(f"{name}_up0")
    kernel, bias = last.get_weights()
    kernel = rng.standard_normal(kernel.shape)
    last.set_weights([kernel, 0 * bias])
    noise = rng.random((1, 2**size.levels * 4, 2**size.levels * 4, 1)).astype(np.float32)
    spread = np.std(keras.Model(network.inputs[0], last.output).predict_on_batch(noise))
    last.set_weights([kernel * change / spread, 0 * bias])
    return network


def bundle_of(model, method="cyclegan-physics", size=SIZE, seed=0):
    """Return a bundle of random networks."""
    rng = np.random.default_rng(seed + 1)
    weights = {"restorer": network_of(size, model, seed).get_weights()}
    if method in ("cyclegan-physics", "instrument"):
        keras.utils.set_random_seed(seed)
        encoder = physics.build_encoder(size.width, name="degrader")
        weights["degrader"] = [w + 0.1 * rng.standard_normal(w.shape) for w in encoder.get_weights()]
    elif method == "cyclegan":
        weights["degrader"] = network_of(size, model, seed + 2, "degrader").get_weights()
    return bundles.Bundle(method, size, model, "0" * 64, weights)


def micrograph(shape, seed=0):
    """Return soft structure with noise, float32 (H, W), within [0.05, 0.95]."""
    rng = np.random.default_rng(seed)
    soft = gaussian_filter(rng.standard_normal(shape), 3)
    image = 0.5 + 0.15 * soft / soft.std() + 0.02 * rng.standard_normal(shape)
    return np.clip(image, 0.05, 0.95).astype(np.float32)
