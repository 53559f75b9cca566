"""What any method gives back for one picture, with what is measured on input and output alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class Outcome:
    """A restored picture; has the attributes of `semclear.restoration.restorer.Restoration` without needing Keras.

    Attributes
    ----------
    image : ndarray, (H, W), float32
        In [0, 1].
    uncertainty : ndarray, (H, W), float32, or None
        Grey standard deviation over orientations.
    residual : ndarray, (H, W), float32, or None
        Picture minus re-degraded restoration.
    checks : mapping of str to float
        Measures by name, see `Restorer.inspect`.
    """

    image: np.ndarray
    uncertainty: np.ndarray | None = None
    residual: np.ndarray | None = None
    checks: Mapping[str, float] = field(default_factory=dict)


def changes(before: np.ndarray, after: np.ndarray) -> dict[str, float]:
    """Return how a restoration differs from its input.

    Parameters
    ----------
    before, after : ndarray, (H, W)
        Input and restoration, in [0, 1].

    Returns
    -------
    dict
        "change_rms" and "change_mean" (restored minus input, signed), in grey
        of 0 to 1; "input_output_pearson", Pearson's correlation of the two,
        which is left out where one of them is constant.
    """
    before, after = np.asarray(before, np.float64), np.asarray(after, np.float64)
    difference = after - before
    values = {
        "change_rms": float(np.sqrt(np.mean(difference**2))),
        "change_mean": float(difference.mean()),
    }
    one, other = before - before.mean(), after - after.mean()
    power = np.sqrt(np.mean(one**2) * np.mean(other**2))
    if power > 1e-12:
        values["input_output_pearson"] = float(np.mean(one * other) / power)
    return values
