"""A point spread function that a person measured, from a picture of it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from semclear.errors import FileError
from semclear.files import sha256


@dataclass(frozen=True, eq=False)
class MeasuredPsf:
    """A point spread function from a file.

    Attributes
    ----------
    values : ndarray, (2 r + 1, 2 r + 1), float64
        Sum 1, centre of mass on the middle pixel, not negative.
    record : dict
        File, its hash, and its size as it was given: what an account says.
    pixel_size_nm : float or None
        As the file says.
    background : float
        Share of it that the grey of its border would make up, if it went through.
    """

    values: np.ndarray
    record: dict[str, Any]
    pixel_size_nm: float | None
    background: float


def centred(values: np.ndarray) -> np.ndarray:
    """Return a point spread function of any size with its centre of mass on the middle pixel: it shifts nothing.

    Parameters
    ----------
    values : ndarray, (h, w)
        Not negative, not all 0; odd or even sides. A shift by parts of a pixel is by cubic splines.

    Returns
    -------
    ndarray, (2 r + 1, 2 r + 1), float64
        Sum 1.
    """
    from scipy import ndimage

    values = np.asarray(values, np.float64) / np.sum(values, dtype=np.float64)
    rows, columns = (np.flatnonzero(values.any(axis=axis)) for axis in (1, 0))
    values = values[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    middle = np.array(ndimage.center_of_mass(values))
    reach = math.ceil(max(*middle, *(np.array(values.shape) - 1 - middle)) - 1e-9)
    fraction = np.round(-middle % 1, 9) % 1
    if fraction.any():
        reach += 2  # splines swing a little beyond
    first = np.floor(reach - middle + 1e-9).astype(int)
    canvas = np.zeros((2 * reach + 1, 2 * reach + 1))
    canvas[first[0] : first[0] + values.shape[0], first[1] : first[1] + values.shape[1]] = values
    if fraction.any():
        canvas = np.maximum(ndimage.shift(canvas, fraction, order=3), 0.0)
    return canvas / canvas.sum()


def read(path: str | Path) -> MeasuredPsf:
    """Read a point spread function from an image file of any kind that is read as a micrograph, one page, gray.

    Parameters
    ----------
    path : str or Path
        The file; its grey is taken as stored, negative numbers as 0.

    Raises
    ------
    SemclearError
        When it cannot be read, has several pages, or nowhere a positive number.
    """
    from semclear.io import read as reading

    path = Path(path)
    original = reading.read(path, databar=0)
    if len(original.pages) != 1:
        raise FileError(
            path, f"got {len(original.pages)} pages, expected one point spread function; save it alone"
        )
    values = np.maximum(original.pages[0].values.astype(np.float64), 0.0)
    if not values.any():
        raise FileError(path, "got no number above 0, expected a bright point on 0; correct it")
    border = np.concatenate([values[0], values[-1], values[:, 0], values[:, -1]])
    height, width = values.shape
    return MeasuredPsf(
        centred(values),
        {"file": path.name, "sha256": sha256(path), "width": width, "height": height},
        original.pixel_size_nm,
        float(np.median(border) * values.size / values.sum()),
    )
