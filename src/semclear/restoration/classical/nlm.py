"""Non-local means, told the noise that was measured along the rows: a method that cannot draw."""

from __future__ import annotations

import numpy as np

from semclear import row_noise
from semclear.restoration.classical.method import Grid, Method, Number

#: Side of the patches that are compared, and how far they are looked for, pixels: scikit-image's usual ones.
PATCH, DISTANCE = 5, 6


def non_local_means(image: np.ndarray, strength: float, noise: float | None = None) -> np.ndarray:
    """Return a mean, at each pixel, of those places around it that look like its own.

    Each weighs ``exp(-max(d^2 - 2 s^2, 0) / h^2)`` with d^2 the mean squared
    difference of both patches, s the noise of the micrograph and h =
    `strength` times s. All it gives back are means of greys that were there:
    what it shows has not been drawn, though noise may be left in it, and fine
    grain be lost.

    Parameters
    ----------
    image : ndarray, (H, W)
        In [0, 1].
    strength : float
        h as a multiple of the noise, above 0.
    noise : float, optional
        s, where the image is a part of a micrograph; by default that of the image.

    Returns
    -------
    ndarray, (H, W), float32
        In [0, 1].

    References
    ----------
    Buades, Coll, Morel, "A non-local algorithm for image denoising", CVPR 2005, doi:10.1109/CVPR.2005.38; s as
    `semclear.row_noise` measures it, as noise that is smeared along rows passes for less where it is taken for white.
    """
    # Only here: asking for the methods' names is to be quick.
    from skimage.restoration import denoise_nl_means

    image = np.asarray(image, np.float64)
    noise = row_noise.strength(image) if noise is None else noise
    if noise == 0:
        return image.astype(np.float32)
    made = denoise_nl_means(
        image, patch_size=PATCH, patch_distance=DISTANCE, h=strength * noise, sigma=noise, fast_mode=True
    )
    return np.clip(made, 0.0, 1.0).astype(np.float32)


METHODS = (
    Method(
        "nlm-rows",
        title="Non-local means, noise of the rows",
        label="NLM, row noise",
        place=55,
        figure_place=25,
        function=non_local_means,
        grids=(Grid("nlm", {"strength": Number(0.01, 100.0)}),),
        default={"strength": 0.8},
    ),
)
