"""A tiny random model as a release, for tests of the tool."""

from pathlib import Path

import numpy as np

from semclear import params
from semclear.networks import bundle as bundles

SIZE = params.ModelScale(levels=2, width=4, max_width=8, discriminator_width=2)
MODEL = params.load(Path(__file__).parents[2] / "params.yaml").model
#: Checks of a family that every micrograph belongs to, and of one that none does.
WIDE = [{"input_noise": 10.0**power} for power in np.linspace(-6, 6, 30)]
NARROW = [{"input_noise": 1e3 + step} for step in range(30)]


def bundle():
    """Return an untrained cyclegan-physics model with fixed weights."""
    from semclear.networks.forward import physics
    from semclear.networks.generator import generator_of

    rng = np.random.default_rng(0)
    networks = {
        "restorer": generator_of(SIZE, MODEL, "restorer"),
        "degrader": physics.build_encoder(SIZE.width, name="degrader"),
    }
    weights = {
        name: [0.1 * rng.standard_normal(values.shape).astype(np.float32) for values in network.get_weights()]
        for name, network in networks.items()
    }
    return bundles.Bundle("cyclegan-physics", SIZE, MODEL, "d" * 64, weights, {"seed": 1})


def write_release(path, rows=WIDE, **more):
    """Write the model with a family of these checks."""
    from semclear.models import release
    from semclear.restoration.checks.trust_flag import Family

    card = {
        "trained_on": {"data_set": "discs"},
        "scores": {"restored": {"psnr": 21.5, "ssim": 0.7, "ag": 3.0}},
        "limits": ["Knows discs alone."],
    }
    family = None if rows is None else Family(rows, 0.05)
    path.parent.mkdir(parents=True, exist_ok=True)
    release.write(path, release.Release(bundle(), "tiny", family, 2.0, 32, card, **more))
    return path
