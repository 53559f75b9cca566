"""What any method gives back for one picture, with what is measured on input and output alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

#: What may be done with a veil that a restorer keeps: take it off where one is found, leave it, take off what was read.
VEILS = ("auto", "keep", "lift")

STRIP = 256
"""Rows that are looked at together: large micrographs are not to be copied in double precision."""


@dataclass(frozen=True)
class Outcome:
    """A restored micrograph and what speaks for and against it.

    Attributes
    ----------
    image : ndarray, (H, W), float32
        In [0, 1].
    uncertainty : ndarray, (H, W), float32, or None
        Grey standard deviation over orientations; None without ensembling.
    residual : ndarray, (H, W), float32, or None
        Micrograph minus re-degraded restoration; None for a model without D.
    checks : mapping of str to float
        Measures by name, see `Restorer.inspect`.
    invented : ndarray, (H, W), float32, or None
        Grey standard deviation of the structure that is expected to be invented, see
        `checks.invention`; of a conservative restoration, what was taken out of it was a part of
        this. None for a model without that calibration, or without ensembling.
    lifted : bool, optional
        Whether the veil that was read was taken off by the formula; None where the model leaves no choice.
    left_alone : bool, optional
        Whether the image is the micrograph itself, which is sharp already; None likewise.
    """

    image: np.ndarray
    uncertainty: np.ndarray | None = None
    residual: np.ndarray | None = None
    checks: Mapping[str, float] = field(default_factory=dict)
    invented: np.ndarray | None = None
    lifted: bool | None = None
    left_alone: bool | None = None


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
        of 0 to 1; "input_deviation" and "output_deviation", the standard
        deviation of each; "input_output_pearson", Pearson's correlation of
        the two, which is left out where one of them is constant.
    """
    centre = float(np.mean(before, dtype=np.float64)), float(np.mean(after, dtype=np.float64))
    squares = np.zeros(4)
    for first in range(0, len(before), STRIP):
        rows = slice(first, first + STRIP)
        one, other = (np.asarray(image[rows], np.float64) for image in (before, after))
        difference = other - one
        one, other = one - centre[0], other - centre[1]
        squares += [np.sum(part) for part in (difference**2, one**2, other**2, one * other)]
    squares /= np.size(before)
    values = {
        "change_rms": float(np.sqrt(squares[0])),
        "change_mean": centre[1] - centre[0],
        "input_deviation": float(np.sqrt(squares[1])),
        "output_deviation": float(np.sqrt(squares[2])),
    }
    power = np.sqrt(squares[1] * squares[2])
    if power > 1e-12:
        values["input_output_pearson"] = float(squares[3] / power)
    return values
