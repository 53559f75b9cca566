"""How much better than its micrograph a restoration is expected to be, told without the truth.

Better is the structural similarity to the truth: that of the restoration less
that of the micrograph. If the restoration were the truth, the gain would be
what the similarity of the two lacks to 1. How much of that micrographs with a
truth gained is one factor, fitted to them; none of those that are judged takes
part.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.ndimage import gaussian_filter

from semclear import params
from semclear.params import Recommending
from semclear.restoration.checks.invention import TINY, octaves, parts

#: Standard deviation in pixels of the Gaussian window of the similarity, cut at 3.5 of them, and its constants
#: (0.01 and 0.03 of the grey range, squared): Wang et al., IEEE TIP 13 (2004), doi:10.1109/TIP.2003.819861.
WINDOW, CUT = 1.5, 3.5
STEADY_MEAN, STEADY_CONTRAST = 0.01**2, 0.03**2
#: Micrographs that a factor is fitted to at least.
LEAST = 12


def _index(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the map of the structural similarity of two images (H, W) in [0, 1], float64."""
    one, other = (np.asarray(image, np.float64) for image in (first, second))

    def mean(values: np.ndarray) -> np.ndarray:
        return gaussian_filter(values, WINDOW, mode="reflect", truncate=CUT)

    own, its = mean(one), mean(other)
    common = mean(one * other) - own * its
    powers = mean(one**2) - own**2 + mean(other**2) - its**2
    index = (2 * own * its + STEADY_MEAN) * (2 * common + STEADY_CONTRAST)
    index /= (own**2 + its**2 + STEADY_MEAN) * (powers + STEADY_CONTRAST)
    return index


def similarity(first: np.ndarray, second: np.ndarray) -> float:
    """Return the structural similarity of two images (H, W) in [0, 1], part by part: its mean over all pixels."""
    total = sum(
        float(_index(first[seen], second[seen])[inner].sum()) for seen, _, inner in parts(first.shape)
    )
    return total / first.size


def sums_of(
    image: np.ndarray, restored: np.ndarray, invented: np.ndarray, inner: tuple[slice, ...]
) -> np.ndarray:
    """Return of a part of a restoration what `checks_of_sums` makes its figures of, once all parts are added up.

    Parameters
    ----------
    image, restored, invented : ndarray, (h, w)
        As of `checks_of`, with `invention.MARGIN` pixels around the part where the image has them.
    inner : tuple of slice
        Where in them the part lies.

    Returns
    -------
    ndarray, (4,), float64
        Powers of the second octave of image and restoration, their similarities, and squares of the map.
    """
    powers = [np.sum(octaves(one)[1][inner] ** 2, dtype=np.float64) for one in (image, restored)]
    squares = np.sum(np.square(invented[inner], dtype=np.float64))
    return np.array([*powers, _index(image, restored)[inner].sum(), squares])


def checks_of_sums(sums: np.ndarray, count: int) -> dict[str, float]:
    """Return the figures of `checks_of`, of `sums_of` all parts (4,) and the number of their pixels."""
    return {
        "amplification": float(np.sqrt(sums[1] / max(sums[0], TINY * count))),
        "similarity": float(sums[2] / count),
        "invented": float(np.sqrt(sums[3] / count)),
    }


def checks_of(image: np.ndarray, restored: np.ndarray, invented: np.ndarray) -> dict[str, float]:
    """Return what of a restoration `Gain` and people look at.

    Parameters
    ----------
    image, restored : ndarray, (H, W)
        Micrograph and restoration, in [0, 1], with the same veil.
    invented : ndarray, (H, W)
        Map of `invention.Invention.judged`, grey.

    Returns
    -------
    dict
        "similarity" of the two, see `similarity`; "invented", the root mean square of the map; "amplification", root
        mean squares of the second octave (see `invention.octaves`) of the restoration over that of the micrograph.
    """
    sums = np.zeros(4)
    for seen, _, inner in parts(image.shape):
        sums += sums_of(image[seen], restored[seen], invented[seen], inner)
    return checks_of_sums(sums, image.size)


def _possible(checks: Mapping[str, float], full_sigma: float) -> float | None:
    """Return what a restoration would gain if all of its change were right: with little blur, a part of it."""
    if "similarity" not in checks or "read_sigma" not in checks:
        return None
    share = min(max(checks["read_sigma"], 0.0) / full_sigma, 1.0) ** 2
    return share * (1.0 - checks["similarity"])


@dataclass(frozen=True)
class Gain:
    """What a model's restorations are expected to gain.

    Attributes
    ----------
    factor : float
        Expected gain over ``min(s / s_0, 1)^2 (1 - similarity)``, s the blur that was read, s_0 `rules.full_sigma`; at
        least 0.
    margin : float
        The highest expectation at which a calibration micrograph was none the better, in structural similarity or in
        PSNR; 0 where none was. An expectation has to be above it to be relied on.
    rules : params.Recommending
        What else a recommendation needs.
    """

    factor: float
    margin: float
    rules: Recommending

    def expected(self, checks: Mapping[str, float]) -> float | None:
        """Return the expected gain in structural similarity, 0 where nothing was done; None without the checks."""
        if checks.get("left_alone"):
            return 0.0
        possible = _possible(checks, self.rules.full_sigma)
        return None if possible is None else self.factor * possible

    def recommends(self, checks: Mapping[str, float]) -> bool | None:
        """Return whether the restoration is expected to be the better one; None without the checks.

        What was left alone is recommended, as it is the micrograph itself.
        """
        expected = self.expected(checks)
        if checks.get("left_alone"):
            return True
        if expected is None or "uncertainty" not in checks or "amplification" not in checks:
            return None
        return (
            expected > self.margin
            and checks["read_sigma"] >= self.rules.least_sigma
            and 1.0 - checks["similarity"] >= self.rules.least_change * checks["uncertainty"]
            and checks["amplification"] <= self.rules.most_amplified
        )

    def record(self) -> dict[str, float]:
        """Return it as JSON holds it."""
        return {"factor": self.factor, "margin": self.margin, **self.rules.model_dump()}

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> Gain:
        """Return what `record` describes.

        Raises
        ------
        SemclearError
            When a rule is missing or wrong.
        """
        rules = {key: record[key] for key in Recommending.model_fields if key in record}
        told = params.validate(Recommending, rules, "gain")
        return cls(float(record["factor"]), float(record["margin"]), told)

    @classmethod
    def fitted(
        cls,
        rows: Sequence[Mapping[str, float]],
        gains: Sequence[float],
        worse: Sequence[bool],
        rules: Recommending,
    ) -> Gain | None:
        """Return the least-squares factor for micrographs with a truth; None where they are under `LEAST`.

        Parameters
        ----------
        rows : sequence of mapping
            Checks of each, with "similarity" and "read_sigma".
        gains : sequence of float
            Structural similarity to the truth, restored less degraded.
        worse : sequence of bool
            Whether the restoration is farther from the truth than the micrograph, by any measure that counts.
        rules : params.Recommending
            What else a recommendation needs.
        """
        possible = np.array([_possible(row, rules.full_sigma) or 0.0 for row in rows])
        if len(rows) < LEAST or not possible.any():
            return None
        factor = max(float(possible @ np.asarray(gains) / (possible @ possible)), 0.0)
        failed = factor * possible[np.asarray(worse, bool)]
        return cls(float(f"{factor:.6g}"), float(f"{max([0.0, *failed]):.6g}"), rules)
