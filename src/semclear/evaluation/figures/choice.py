"""Which micrographs, which place in them and which classical method a figure shows: by rule, never by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.ndimage import uniform_filter


def middle(scores: Mapping[str, float]) -> str:
    """Return the name whose score is the lower median; equal scores go by name."""
    ordered = sorted(scores, key=lambda name: (scores[name], name))
    return ordered[(len(ordered) - 1) // 2]


def spread(count: int, wanted: int) -> list[int]:
    """Return `wanted` indices of `count` things in order: first, last and evenly between, or all there are."""
    return (
        list(range(count))
        if count <= wanted
        else np.linspace(0, count - 1, wanted).round().astype(int).tolist()
    )


def typical_of_kinds(kinds: Mapping[str, str], scores: Mapping[str, float], wanted: int = 3) -> list[str]:
    """Return micrographs that stand for the worst, the middle and the best restored kind.

    Kinds are ordered by the median score of their micrographs; of the chosen
    kinds the micrograph of (lower) median score is taken, so that none is a
    lucky one.

    Parameters
    ----------
    kinds : mapping of str to str
        Micrograph to its kind.
    scores : mapping of str to float
        Micrograph to the score of the method under study, dB.
    wanted : int
        How many kinds.

    Returns
    -------
    list of str
        Micrographs, worst kind first.
    """
    groups: dict[str, dict[str, float]] = {}
    for micrograph, kind in kinds.items():
        groups.setdefault(kind, {})[micrograph] = scores[micrograph]
    chosen = {kind: middle(group) for kind, group in groups.items()}
    ordered = sorted(chosen, key=lambda kind: (scores[chosen[kind]], kind))
    return [chosen[ordered[index]] for index in spread(len(ordered), wanted)]


def spread_by_name(micrographs: Sequence[str], wanted: int = 3) -> list[str]:
    """Return the first, the last and evenly spaced micrographs between, in alphabetical order."""
    ordered = sorted(micrographs)
    return [ordered[index] for index in spread(len(ordered), wanted)]


def textured_place(image: np.ndarray, edge: int) -> tuple[int, int]:
    """Return the corner (row, column) of the square of highest gradient energy.

    Parameters
    ----------
    image : ndarray, (H, W), float
        The truth, or the image itself where there is none.
    edge : int
        Side of the square in pixels, at most the smaller side of the image.
    """
    vertical, horizontal = np.gradient(image.astype(np.float64))
    energy = uniform_filter(vertical**2 + horizontal**2, size=edge, mode="constant")
    half = edge // 2
    rows, columns = image.shape[0] - edge + 1, image.shape[1] - edge + 1
    inside = energy[half : half + rows, half : half + columns]
    row, column = np.unravel_index(int(np.argmax(inside)), inside.shape)
    return int(row), int(column)


def round_length(available_nm: float) -> float:
    """Return the largest of 1, 2, 5, 10, 20, ... nm that is not above `available_nm`."""
    power = 10.0 ** np.floor(np.log10(available_nm))
    return float(max(step * power for step in (1.0, 2.0, 5.0) if step * power <= available_nm * (1 + 1e-9)))
