"""Bundles of small generators with random weights, as large as those of a training, for the tests of exports."""

from functools import cache
from pathlib import Path

import numpy as np

from semclear import params
from semclear.networks import bundle as bundles
from semclear.networks.generator import generator_of

DEFAULTS = params.load(Path(__file__).parents[2] / "params.yaml").model
OPTIONS = [
    (normalisation, output, extremes)
    for normalisation in ("instance", "none")
    for output in ("grey", "correction", "affine")
    for extremes in (False, True)
]


@cache
def _built(normalisation, output, extremes, levels, width, max_width, seed, architecture):
    """Return settings and Keras network, built once for all tests: building takes longer than running."""
    size = params.ModelScale(levels=levels, width=width, max_width=max_width, discriminator_width=2)
    model = DEFAULTS.model_copy(
        update={
            **{"normalisation": normalisation, "output": output, "local_extremes": extremes},
            "architecture": architecture,
        }
    )
    network = generator_of(size, model, "restorer")
    rng = np.random.default_rng(seed)
    weights = []
    for array in network.get_weights():
        spread = np.sqrt(1.0 / max(np.prod(array.shape[:3]), 16)) if array.ndim == 4 else 0.1
        weights.append((spread * rng.standard_normal(array.shape)).astype(np.float32))
    network.set_weights(weights)
    return size, model, network


class Small(bundles.Bundle):
    """A bundle that builds its network once."""

    def network(self, name="restorer"):
        assert name == "restorer"
        size, model = self.size, self.model
        return _built(
            model.normalisation,
            model.output,
            model.local_extremes,
            size.levels,
            size.width,
            size.max_width,
            self.training["seed"],
            model.architecture,
        )[2]


def made(
    normalisation="none",
    output="affine",
    extremes=True,
    levels=2,
    width=4,
    max_width=8,
    seed=0,
    architecture="multi-block",
):
    """Return a bundle whose every weight is drawn, biases and the last layer too, which start at zero and near it."""
    built = (normalisation, output, extremes, levels, width, max_width, seed, architecture)
    size, model, network = _built(*built)
    return Small("cyclegan", size, model, "d" * 64, {"restorer": network.get_weights()}, {"seed": seed})


def saved(folder, **options):
    """Return the path of such a bundle, saved."""
    path = Path(folder) / "small.semclear"
    bundles.save(made(**options), path)
    return path


def expected(bundle, images):
    """Return the Keras network's images of (B, H, W): padded by NumPy, clipped."""
    height, width = images.shape[1:]
    multiple = 2**bundle.size.levels
    padded = np.pad(images, ((0, 0), (0, -height % multiple), (0, -width % multiple)), mode="symmetric")
    outputs = np.asarray(bundle.network()(padded[..., None], training=False))
    return np.clip(outputs[:, :height, :width, 0], 0, 1)


def images(batch, height, width, seed=0):
    """Return (batch, height, width) float32 in [0, 1]."""
    return (
        np.random.default_rng([seed, batch, height, width]).random((batch, height, width)).astype(np.float32)
    )
