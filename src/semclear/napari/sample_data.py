"""A synthetic micrograph, blurred and veiled, to try the widget on."""

from __future__ import annotations

import numpy as np

from semclear.napari.reader import LayerData

SEED, SIDE = 7, 512


def micrograph() -> list[LayerData]:
    """Return one image layer, uint8 (512, 512): spheres under a blur of 2 pixels and an uneven veil, ever the same."""
    from semclear import params
    from semclear.degradation import forward
    from semclear.scenes import render

    ranges = params.Scenes(
        kinds=["spheres"], pixel_size_nm=[4.0, 4.0], dose=[300.0, 300.0], edge_width=[0.7, 0.7]
    )
    scene = render("spheres", SIDE, np.random.default_rng(SEED), ranges)
    degraded = forward.apply(
        np.clip(scene.image, 0, 1),
        {
            "blur": {"sigma": 2.0},
            "fog": {
                "form": "film",
                "transmission": 0.6,
                "airlight": 0.7,
                "variation": 0.3,
                "correlation": 0.3,
                "seed": SEED,
            },
            "noise": {"sigma": 0.01, "dose": 300.0, "seed": SEED},
        },
    )
    arguments = {
        "name": "spheres",
        "scale": (scene.pixel_size_nm,) * 2,
        "units": ("nm", "nm"),
        "contrast_limits": (0, 255),
    }
    return [(np.round(degraded * 255).astype(np.uint8), arguments, "image")]
