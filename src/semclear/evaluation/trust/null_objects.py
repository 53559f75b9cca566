"""Objects where there are none, or no others: what the fixed segmentation finds in null tests."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from semclear.evaluation.trust import objects
from semclear.evaluation.trust.segmentation import segment
from semclear.restoration.restored import Restored

BEFORE = "_before"
"""Ending of a measure of what was given to the method: the segmentation's own share."""

OF_CLEAR = ("objects_invented", "objects_missed")


def of_field(image: ArrayLike) -> dict[str, float]:
    """Return what the segmentation finds in a field that holds no object.

    The segmentation takes the brighter part of whatever it is given, so that
    it finds objects in noise too. Their number has to be read beside that in
    the field before restoration, and their contrast beside the noise.

    Parameters
    ----------
    image : array_like, (H, W)
        In [0, 1].

    Returns
    -------
    dict
        "objects", their number, all of them invented; "object_contrast", mean
        grey within them less mean grey of the rest, 0 without any.
    """
    image = np.asarray(image, np.float64)
    labels = segment(image)
    inside = labels > 0
    contrast = float(image[inside].mean() - image[~inside].mean()) if 0 < inside.sum() < inside.size else 0.0
    return {"objects": float(labels.max()), "object_contrast": contrast}


def of_clear(image: ArrayLike, labels: np.ndarray) -> dict[str, float]:
    """Return the shares of objects invented and missed, see `objects.measure`.

    Parameters
    ----------
    image : array_like, (H, W)
        A clear micrograph, or what a method made of it, in [0, 1].
    labels : ndarray of int, (H, W)
        The object truly seen at each pixel, 0 for background.

    Returns
    -------
    dict
        "objects_invented", share of the segments, and "objects_missed",
        share of the true objects; the latter is left out where there is none.
    """
    values = objects.measure(objects.match(np.asarray(labels).astype(int), segment(image)))
    return {name: values[name] for name in OF_CLEAR if name in values}


def measure(
    made: Restored, truths: Mapping[str, np.ndarray], labels: Mapping[str, np.ndarray]
) -> list[tuple[str, str, str, dict[str, float]]]:
    """Return the objects of every null test of a restoration.

    Parameters
    ----------
    made : Restored
        With its null tests.
    truths, labels : mapping of str to ndarray, (H, W)
        Clear image and object labels of the test micrographs that have them.

    Returns
    -------
    list of (method, test, id, measures)
        Measures of `of_field` or `of_clear` of the restoration and, ending
        in ``_before``, of what was restored. Clear micrographs without labels
        are left out.
    """
    found = []
    for null in made.nulls:
        after, before = made.image(null), made.before(null)
        if before is not None:
            values = of_field(after) | _before(of_field(before))
        elif null.id in labels and null.id in truths:
            values = of_clear(after, labels[null.id]) | _before(of_clear(truths[null.id], labels[null.id]))
        else:
            continue
        found.append((null.method, null.test, null.id, values))
    return found


def _before(values: Mapping[str, float]) -> dict[str, float]:
    return {f"{name}{BEFORE}": value for name, value in values.items()}
