"""A veil with sharp borders: contamination that covers parts of the field and leaves the rest clear."""

from __future__ import annotations

import numpy as np

from semclear.degradation.fog import gaussian_field


def patches(
    shape: tuple[int, int], mean: float, coverage: float, correlation: float, seed: int
) -> np.ndarray:
    """Return ``t = mean where g is above its (1 - coverage) quantile, 1 elsewhere``.

    g is the smooth random field of the film, so that the patches are as large
    as its hills; their borders are one pixel sharp. The level set of a
    Gaussian field is a common model of two-phase morphology (Berk,
    doi:10.1103/PhysRevA.44.5069).

    Parameters
    ----------
    shape : (int, int)
        H, W.
    mean : float
        Transmission inside the patches, in (0, 1]; at 1 there is no veil.
    coverage : float
        Share of the area that is covered, in [0, 1].
    correlation, seed
        Of g, see `fog.gaussian_field`.

    Returns
    -------
    ndarray, (H, W), float64
        `mean` or 1.
    """
    field = gaussian_field(shape, correlation, seed)
    covered = round(coverage * field.size)
    highest = np.argsort(field, axis=None)[field.size - covered :]
    t = np.ones(field.size)
    t[highest] = mean
    return t.reshape(shape)
