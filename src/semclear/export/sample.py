"""A synthetic degraded micrograph to show and test an exported model with."""

from __future__ import annotations

import numpy as np

from semclear.extras import need
from semclear.seeds import generator


def degraded(side: int, extra: str) -> np.ndarray:
    """Return a synthetic micrograph of spheres, blurred, veiled and noisy; always the same.

    Parameters
    ----------
    side : int
        Of the square, in pixels, at least 32.
    extra : str
        Extra of semclear to name where OpenCV is not installed.

    Returns
    -------
    ndarray, (side, side), float32
        In [0, 1].

    Raises
    ------
    SemclearError
        When OpenCV is not installed.
    """
    need("cv2", extra, "sample micrograph")
    from semclear import params
    from semclear.degradation import forward
    from semclear.scenes import render

    scenes = params.Scenes(
        kinds=["spheres"], pixel_size_nm=[5.0, 5.0], dose=[4000.0, 4000.0], edge_width=[0.7, 0.7]
    )
    clear = render("spheres", side, generator(0, "export sample"), scenes).image
    # In the middle of what the study's hybrid set is degraded by.
    parameters = {
        "blur": {"sigma": 2.25},
        "fog": {
            "form": "film",
            "transmission": 0.45,
            "airlight": 0.77,
            "variation": 0.3,
            "correlation": 0.3,
            "seed": 1,
        },
        "noise": {"sigma": 0.01, "dose": 800.0, "seed": 2},
    }
    return forward.apply(clear, parameters)
