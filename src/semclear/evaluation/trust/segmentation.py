"""The one fixed segmentation by which all methods' objects are counted."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import ndimage
from skimage import filters, measure, morphology, segmentation

# Chosen on clear training scenes for the most objects found; the same for every method, never tuned on a restoration.
SMOOTHING = 1.0
"""Standard deviation, pixels, of the Gaussian over the image and over the distances."""

LEAST_DEPTH = 0.5
"""Pixels by which the distance to the border must fall between two centres: what is shallower is one object."""

LEAST_AREA = 30
"""Pixels; smaller segments are left out, and smaller visible parts of true objects need not be found."""


def segment(image: ArrayLike) -> np.ndarray:
    """Return the bright objects of a micrograph, touching ones cut apart.

    Gaussian smoothing, Otsu's threshold (doi:10.1109/TSMC.1979.4310076),
    opening by a disk of radius 1, then the watershed of the distance to the
    background from its maxima of at least half a pixel of depth (Meyer 1994,
    doi:10.1016/0165-1684(94)90060-4). All of it is equivariant to gain and
    offset of the grey scale.

    Parameters
    ----------
    image : array_like
        (H, W), any linear grey scale.

    Returns
    -------
    ndarray, (H, W), int
        0 for background, objects from 1 without gaps.
    """
    smooth = filters.gaussian(np.asarray(image, np.float64), SMOOTHING)
    if smooth.min() == smooth.max():
        return np.zeros(smooth.shape, dtype=int)
    mask = morphology.opening(smooth > filters.threshold_otsu(smooth), morphology.disk(1))
    distance = filters.gaussian(ndimage.distance_transform_edt(mask), SMOOTHING)
    centres = measure.label(morphology.h_maxima(distance, LEAST_DEPTH))
    labels = segmentation.watershed(-distance, centres, mask=mask)
    area = np.bincount(labels.ravel())
    labels[(area < LEAST_AREA)[labels]] = 0
    return segmentation.relabel_sequential(labels)[0].astype(int)
