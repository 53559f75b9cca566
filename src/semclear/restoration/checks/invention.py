"""What of a restoration its micrograph cannot support: a map in grey, and the restoration without it.

The restoration is taken apart into four octaves, differences of Gaussians. In
each, structure of local power P that came through a blur H out of noise of
power N is worth what a Wiener filter leaves of it: a restoration of the least
mean square error has the power ``P = G S``, where S is the specimen's and
``G = S H^2 / (S H^2 + N)``, and of it the share ``1 - G`` is not the
specimen's. S is not known, but ``P H^2 / N = G^2 / (1 - G)`` is. To this comes
the disagreement of orientations, which needs no assumption on the network.
How much each counts is fitted to micrographs with a truth, two numbers an
octave, none of them negative.

References
----------
Wiener, "Extrapolation, Interpolation, and Smoothing of Stationary Time Series" (1949),
doi:10.7551/mitpress/2946.001.0001 (G); Burt & Adelson, IEEE Trans. Commun. 31 (1983),
doi:10.1109/TCOM.1983.1095851 (octaves)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter
from scipy.optimize import nnls

from semclear.errors import SemclearError
from semclear.restoration.checks.residual import ROUNDING
from semclear.row_noise import row_weights, smear_of

#: Standard deviations in pixels of the Gaussians between which the octaves lie; the first octave is what the first
#: Gaussian takes away. What the last one leaves is supported wherever a micrograph shows anything.
SCALES = (1.0, 2.0, 4.0, 8.0)
#: Standard deviation in pixels of the Gaussian that local powers are means under.
SMOOTHING = 2.0
#: The same, of the regression of the restoration on its truth.
GAIN_SMOOTHING = 8.0
#: Grey standard deviation from which structure is seen: five of 255 levels.
VISIBLE = 0.02
#: Gaussians are cut here, in standard deviations.
TRUNCATE = 3.0
#: Side in pixels of the parts that large images are worked on in, and the margin that makes them as of the whole.
PART, MARGIN = 1024, 32
#: Side of the grid of frequencies that powers of noise and blur are summed on.
GRID = 128
TINY = 1e-12
#: Rounds of the fit, which weighs each pixel by what the last round expects there.
ROUNDS = 6
#: Least power that weights are taken of: a quarter of a level of 255, squared.
LEAST_POWER = 1e-6


def smooth(image: np.ndarray, scale: float) -> np.ndarray:
    """Return an image (H, W) under a Gaussian of this standard deviation (pixels), borders mirrored."""
    return gaussian_filter(image, scale, mode="reflect", truncate=TRUNCATE)


def octaves(image: np.ndarray) -> list[np.ndarray]:
    """Return the octaves of an image (H, W), finest first, each (H, W), float32; without what the last Gaussian leaves.

    ``x - k_1 * x``, ``k_1 * x - k_2 * x`` and so on, k_s a Gaussian of `SCALES`.
    """
    finer, found = np.asarray(image, np.float32), []
    for scale in SCALES:
        coarser = smooth(np.asarray(image, np.float32), scale)
        found.append(finer - coarser)
        finer = coarser
    return found


def against_truth(restored: np.ndarray, truth: np.ndarray) -> list[np.ndarray]:
    """Return the power of what a restoration invents, by octave.

    Invented is structure of the restoration that its truth does not have: in
    each octave what is left of the restoration r once ``g t`` is taken off,
    g >= 0 the local least-squares gain of the truth t (under a Gaussian of
    `GAIN_SMOOTHING`), squared and smoothed by `SMOOTHING`. What was lost counts
    nothing, nor does another grey or contrast, as of a veil that was kept; an
    inverted contrast counts whole. A pixel is called invented where the root
    of the sum over octaves is above `VISIBLE`, and above the noise of the truth
    where that is a micrograph itself.

    Parameters
    ----------
    restored, truth : ndarray, (H, W)
        In [0, 1].

    Returns
    -------
    list of ndarray, (H, W), float32
        Squares of grey, finest octave first.
    """
    powers = []
    for own, true in zip(octaves(restored), octaves(truth), strict=True):
        gain = smooth(own * true, GAIN_SMOOTHING) / (smooth(true * true, GAIN_SMOOTHING) + np.float32(TINY))
        powers.append(smooth((own - np.maximum(gain, 0.0) * true) ** 2, SMOOTHING))
    return powers


def _responses() -> tuple[np.ndarray, np.ndarray, list[np.ndarray]]:
    """Return squared frequencies (down and right together), those to the right, and the octaves' squared responses."""
    frequency = np.fft.fftfreq(GRID)
    squared = frequency[:, None] ** 2 + frequency[None, :] ** 2
    finer, found = np.ones_like(squared), []
    for scale in SCALES:
        coarser = np.exp(-2.0 * (np.pi * scale) ** 2 * squared)
        found.append((finer - coarser) ** 2)
        finer = coarser
    return squared, frequency, found


def noise_powers(strength: float, correlation: float | None) -> list[float]:
    """Return the power of a micrograph's noise in each octave.

    Parameters
    ----------
    strength : float
        Its standard deviation, grey, see `semclear.row_noise`; what is below that of 8-bit rounding counts as that.
    correlation : float or None
        Its autocorrelation along rows at 1 pixel; None: white.

    Returns
    -------
    list of float
        Squares of grey, finest octave first.
    """
    _, frequency, responses = _responses()
    weights = row_weights(0.0 if correlation is None else smear_of(correlation))
    along = np.abs(np.exp(-2j * np.pi * frequency[:, None] * np.arange(len(weights))) @ weights) ** 2
    return [
        max(strength, float(ROUNDING)) ** 2 * float(np.mean(response * along[None, :]))
        for response in responses
    ]


def blur_shares(sigma: float) -> list[float]:
    """Return which share of its power a scene keeps in each octave through a Gaussian blur.

    The mean of ``H^2 = exp(-4 pi^2 s^2 f^2)`` over the octave, weighted by the
    power of scenes with edges, which falls with ``1 / f^2``.

    Parameters
    ----------
    sigma : float
        s in pixels.
    """
    squared, _, responses = _responses()
    kept = np.exp(-4.0 * (np.pi * sigma) ** 2 * squared)
    weights = [response / np.maximum(squared, 1.0 / GRID**2) for response in responses]
    return [float(np.sum(weight * kept) / np.sum(weight)) for weight in weights]


@dataclass(frozen=True)
class Conditions:
    """What of a micrograph decides how much of it is supported.

    Attributes
    ----------
    strength : float
        Standard deviation of its noise, grey.
    correlation : float or None
        Autocorrelation of the noise along rows at 1 pixel.
    sigma : float
        Standard deviation of its blur, pixels, as an encoder reads it.
    """

    strength: float
    correlation: float | None
    sigma: float


@dataclass(frozen=True)
class Evidence:
    """Of one octave of a restoration, each (H, W), float32.

    Attributes
    ----------
    octave : ndarray
        The octave itself, grey.
    power : ndarray
        Its local power, squares of grey.
    unsupported : ndarray
        The part of it that the noise does not support, ``power (1 - G)``.
    spread : ndarray
        Local power of the disagreement of orientations, all octaves together.
    """

    octave: np.ndarray
    power: np.ndarray
    unsupported: np.ndarray
    spread: np.ndarray


def evidence(restored: np.ndarray, spread: np.ndarray, conditions: Conditions) -> list[Evidence]:
    """Return what a restoration shows of its own support, by octave, finest first.

    Parameters
    ----------
    restored : ndarray, (H, W)
        In [0, 1], with the veil that the micrograph has.
    spread : ndarray, (H, W)
        Standard deviation over orientations, grey.
    conditions : Conditions
        Of the micrograph.
    """
    differing = smooth(np.asarray(spread, np.float32) ** 2, SMOOTHING)
    noises, kept = noise_powers(conditions.strength, conditions.correlation), blur_shares(conditions.sigma)
    found = []
    for octave, noise, share in zip(octaves(restored), noises, kept, strict=True):
        power = smooth(octave**2, SMOOTHING)
        # G^2 = x (1 - G), the positive root, in a form that loses no digits where x is large.
        ratio = power * np.float32(share / noise) + np.float32(TINY)
        gain = np.float32(2.0) / (np.float32(1.0) + np.sqrt(np.float32(1.0) + np.float32(4.0) / ratio))
        found.append(Evidence(octave, power, power * np.minimum(gain * gain / ratio, 1.0), differing))
    return found


def parts(shape: tuple[int, ...]) -> Iterator[tuple[tuple[slice, ...], tuple[slice, ...], tuple[slice, ...]]]:
    """Yield parts that cover an image: what is seen, what is wanted, and where in the seen the wanted lies."""
    for top in range(0, shape[0], PART):
        for left in range(0, shape[1], PART):
            seen, wanted, inner = [], [], []
            for first, length in zip((top, left), shape, strict=True):
                start, stop, last = (
                    max(0, first - MARGIN),
                    min(length, first + PART + MARGIN),
                    min(length, first + PART),
                )
                seen.append(slice(start, stop))
                wanted.append(slice(first, last))
                inner.append(slice(first - start, last - start))
            yield tuple(seen), tuple(wanted), tuple(inner)


@dataclass(frozen=True)
class Invention:
    """How much of what is not supported a model's restorations have invented.

    Attributes
    ----------
    unsupported, spread : tuple of float
        Factors of `Evidence.unsupported` and of `Evidence.spread`, one an octave, finest first, none negative.
    """

    unsupported: tuple[float, ...]
    spread: tuple[float, ...]

    def __post_init__(self) -> None:
        """Refuse what is no calibration of `SCALES`."""
        values = (*self.unsupported, *self.spread)
        if len(self.unsupported) != len(SCALES) or len(values) != 2 * len(SCALES) or not min(values) >= 0:
            raise SemclearError(
                f"invention: got {len(values)} factors, the least {min(values, default=0)}, expected "
                f"{2 * len(SCALES)} of 0 or more; calibrate the model again"
            )

    def powers(self, shown: list[Evidence]) -> list[np.ndarray]:
        """Return the power expected to be invented in each octave, at most all of it: (H, W), squares of grey."""
        return [
            np.minimum(np.float32(own) * one.unsupported + np.float32(other) * one.spread, one.power)
            for own, other, one in zip(self.unsupported, self.spread, shown, strict=True)
        ]

    def judged(
        self, restored: np.ndarray, spread: np.ndarray, conditions: Conditions, without: bool = False
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the map of what may be invented, and the restoration, without it if that is wanted.

        Without it: of each octave the share is kept that is expected to be the
        specimen's, ``1 - invented / power``, the least-squares choice where
        what is invented has nothing to do with the specimen.

        Parameters
        ----------
        restored, spread, conditions
            As of `evidence`.
        without : bool
            Whether to leave it out.

        Returns
        -------
        map : ndarray, (H, W), float32
            Standard deviation of the structure that is expected to be invented, in grey.
        conservative : ndarray, (H, W), float32
            In [0, 1]; the restoration itself where nothing is to be left out.
        """
        found = np.empty(np.shape(restored), np.float32)
        left = np.empty(found.shape, np.float32) if without else restored
        for seen, wanted, inner in parts(found.shape):
            shown = evidence(restored[seen], spread[seen], conditions)
            total: np.ndarray = np.zeros(shown[0].octave.shape, np.float32)
            taken: np.ndarray = np.zeros_like(total)
            for one, power in zip(shown, self.powers(shown), strict=True):
                total = total + power
                taken = taken + one.octave * (power / (one.power + np.float32(TINY)))
            found[wanted] = np.sqrt(total)[inner]
            if without:
                left[wanted] = np.clip(np.asarray(restored[seen], np.float32) - taken, 0.0, 1.0)[inner]
        return found, left

    def record(self) -> dict[str, list[float]]:
        """Return the factors as JSON holds them."""
        return {"unsupported": list(self.unsupported), "spread": list(self.spread)}

    @classmethod
    def of(cls, record: Mapping[str, Sequence[float]]) -> Invention:
        """Return what `record` describes; SemclearError where it is no calibration."""
        return cls(tuple(record["unsupported"]), tuple(record["spread"]))

    @classmethod
    def fitted(
        cls, examples: Iterable[tuple[list[Evidence], list[np.ndarray]]], stride: int = 4
    ) -> Invention:
        """Return the factors that explain what restorations of known truth invented.

        Non-negative least squares (Lawson & Hanson 1995, doi:10.1137/1.9781611971217)
        of the invented power, an octave at a time, each pixel weighted by the
        inverse of what the last round expects there: a power varies by a
        share of itself.

        Parameters
        ----------
        examples : iterable of (list of Evidence, list of ndarray)
            Of each micrograph `evidence` and `against_truth`.
        stride : int
            Every so many pixels along rows and columns are looked at: neighbours tell the same.

        Raises
        ------
        SemclearError
            Without any micrograph.
        """
        causes: list[list[np.ndarray]] = [[] for _ in SCALES]
        effects: list[list[np.ndarray]] = [[] for _ in SCALES]
        for shown, powers in examples:
            for place, (one, power) in enumerate(zip(shown, powers, strict=True)):
                picked = [
                    np.asarray(v[::stride, ::stride], np.float64).ravel()
                    for v in (one.unsupported, one.spread, power)
                ]
                causes[place].append(np.stack(picked[:2], axis=1))
                effects[place].append(picked[2])
        if not causes[0]:
            raise SemclearError(
                "invention: got no micrograph, expected at least one with truth; calibrate on more"
            )
        factors = []
        for cause, effect in zip(map(np.concatenate, causes), map(np.concatenate, effects), strict=True):
            factor = np.full(2, 0.5)
            for _ in range(ROUNDS):
                weight = 1.0 / (cause @ factor + LEAST_POWER)
                factor, _ = nnls(cause * weight[:, None], effect * weight)
            factors.append([float(f"{value:.6g}") for value in factor])
        own, other = zip(*factors, strict=True)
        return cls(own, other)
