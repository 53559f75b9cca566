"""An instrument: all that stands between a specimen and one recorded micrograph, as numbers of one picture.

======  =================================================  =====================================
Step    Formula                                            Source
======  =================================================  =====================================
tone    ``x = clip(p + c (s^gamma - p))``                  contrast, gamma and brightness set by
                                                           the operator
probe   ``b = k * x``                                      `transfer`
veil    ``v = t b + A (1 - t)``, t a smooth random field   Koschmieder's law, see `fog`
charge  halos, streaks, jumping rows                       Cazaux, see `charging`
noise   ``y = v + sqrt(a^2 + s^2 v) n + o_i``              Foi et al. [1]_; n has variance 1 and
                                                           is smeared along the scan [2]_
record  saturation, 8 bit, JPEG
======  =================================================  =====================================

The tone is what picture and truth share: nobody could tell it from the
specimen. The truth of a picture is therefore `exposed`, not the scene. All
that is random stands in `Draws`, so that the same formula for tensors
(`semclear.networks.forward.instrument`) gives the same picture.

References
----------
.. [1] Foi, Trimeche, Katkovnik, Egiazarian, "Practical Poissonian-Gaussian noise modeling and fitting for
   single-image raw-data", IEEE TIP 17 (2008), doi:10.1109/TIP.2008.2001399
.. [2] Reimer, "Scanning Electron Microscopy", 2nd ed. (1998), doi:10.1007/978-3-540-38967-5, chapter 5 (bandwidth and
   noise of the detector chain)
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
from scipy.ndimage import correlate1d

from semclear.degradation.charging import charge
from semclear.degradation.fog import LEAST_TRANSMISSION, veil
from semclear.degradation.forward import checked
from semclear.degradation.transfer import Probe, spread
from semclear.row_noise import REACH, row_weights

#: Below this share of the strongest cosine of a veil, further ones are left out.
LEAST_COSINE = 1e-3


@dataclass(frozen=True)
class Tone:
    """Gamma (> 0); contrast c (> 0) about the grey `pivot` (p in [0, 1])."""

    gamma: float = 1.0
    contrast: float = 1.0
    pivot: float = 0.5


@dataclass(frozen=True)
class Veil:
    """Mean transmission, in (0, 1]; its relative variation, >= 0, and correlation, pixels; airlight A in [0, 1]."""

    transmission: float = 1.0
    variation: float = 0.0
    correlation: float = 100.0
    airlight: float = 0.7


@dataclass(frozen=True)
class Charging:
    """As `charging.charge` takes them."""

    halo: float
    halo_width: float
    streak: float
    streak_length: float
    rows: float
    row_offset: float
    baseline: float
    drift: float = 0.0


@dataclass(frozen=True)
class ScanNoise:
    """Noise that runs along rows, grey scale 0 to 1.

    Attributes
    ----------
    additive, shot : float
        a and s of ``variance = a^2 + s^2 v``, >= 0.
    smear, memory : float
        Of the noise along the scan, see `row_noise.row_weights`; 0 and 0: white.
    smear_across : float
        The same from row to row, pixels: of a picture that was resized or whose rows were averaged.
    row_offset : float
        Standard deviation of the grey o_i that all pixels of row i share, >= 0.
    """

    additive: float = 0.0
    shot: float = 0.0
    smear: float = 0.0
    memory: float = 0.0
    smear_across: float = 0.0
    row_offset: float = 0.0


@dataclass(frozen=True)
class Instrument:
    """The parameters of one picture; as they stand they leave the scene as it is, but for 8 bit.

    Attributes
    ----------
    tone, probe, veil, noise : Tone, Probe, Veil, ScanNoise
        The steps above.
    charging : Charging, optional
        None: the specimen does not charge.
    levels : int, optional
        Grey levels of the file, 256 for 8 bit; None: not rounded.
    jpeg : int, optional
        Quality, 1 to 100; None: no JPEG.
    """

    tone: Tone = field(default_factory=Tone)
    probe: Probe = field(default_factory=Probe)
    veil: Veil = field(default_factory=Veil)
    noise: ScanNoise = field(default_factory=ScanNoise)
    charging: Charging | None = None
    levels: int | None = 256
    jpeg: int | None = None

    def record(self) -> dict[str, Any]:
        """Return all parameters as JSON holds them."""
        return dataclasses.asdict(self)

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> Instrument:
        """Return the instrument that `record` describes."""
        charging = record["charging"]
        return cls(
            tone=Tone(**record["tone"]),
            probe=Probe(**record["probe"]),
            veil=Veil(**record["veil"]),
            noise=ScanNoise(**record["noise"]),
            charging=None if charging is None else Charging(**charging),
            levels=record["levels"],
            jpeg=record["jpeg"],
        )


def stacked(instruments: Sequence[Instrument]) -> dict[str, np.ndarray]:
    """Return the numbers of several instruments, each (B, 1) float32 by its name, as tensors take them.

    Charging, rounding and JPEG are left out.
    """
    parts = [
        {**vars(one.tone), **vars(one.probe), **vars(one.veil), **vars(one.noise)} for one in instruments
    ]
    return {name: np.array([[part[name]] for part in parts], np.float32) for name in parts[0]}


@dataclass(frozen=True)
class Draws:
    """All that is random in one picture; standard normal numbers unless said.

    Attributes
    ----------
    scan : ndarray, (H + 32, W + 32)
        White noise with a border for its smear.
    rows : ndarray, (H,)
        Of the row offsets.
    film : ndarray, (n, n)
        Amplitudes of the veil's cosines, slowest first.
    seed : int
        Of the charging.
    """

    scan: np.ndarray
    rows: np.ndarray
    film: np.ndarray
    seed: int


def cosines(side: int, correlation: float) -> int:
    """Return how many cosines a side of `side` pixels needs for a field of this correlation (pixels)."""
    # exp(-2 pi^2 c^2 f^2) at f = n / (2 side) falls to LEAST_COSINE.
    return int(np.ceil(np.sqrt(-2.0 * np.log(LEAST_COSINE)) * side / (np.pi * correlation))) + 1


def draws(shape: tuple[int, int], rng: np.random.Generator, count: int) -> Draws:
    """Draw what is random in a picture.

    Parameters
    ----------
    shape : (int, int)
        H, W.
    rng : numpy.random.Generator
        Source of it all.
    count : int
        n, see `cosines`, 2 or more.

    Returns
    -------
    Draws
    """
    seed = int(rng.integers(2**32))
    film = rng.standard_normal((count, count))
    rows = rng.standard_normal(shape[0])
    scan = rng.standard_normal((shape[0] + 2 * REACH, shape[1] + 2 * REACH), dtype=np.float32)
    return Draws(scan=scan, rows=rows, film=film, seed=seed)


def film_amplitudes(shape: tuple[int, int], count: int, correlation: float) -> np.ndarray:
    """Return the amplitudes of a veil's cosines that give a Gaussian field of variance 1.

    Parameters
    ----------
    shape : (int, int)
        H, W.
    count : int
        n cosines a side.
    correlation : float
        Standard deviation in pixels of the Gaussian that smooths the field.

    Returns
    -------
    ndarray, (n, n), float64
        ``exp(-2 pi^2 c^2 f^2)`` over the root of the sum of squares; 0 for the constant.
    """
    down, right = (np.arange(count) / (2.0 * side) for side in shape)
    exponent = -2.0 * (np.pi * correlation) ** 2 * (down[:, None] ** 2 + right[None, :] ** 2)
    exponent[0, 0] = -np.inf
    # The slowest is made 1, or a very wide field would underflow altogether.
    amplitude = np.exp(exponent - exponent.max())
    return amplitude / np.sqrt(np.sum(amplitude**2))


def cosine_basis(side: int, count: int) -> np.ndarray:
    """Return the first `count` cosines of mean square 1, (count, side): 1, ``sqrt(2) cos(pi k (i + 1/2) / side)``."""
    basis = np.sqrt(2.0) * np.cos(np.pi * np.arange(count)[:, None] * (np.arange(side) + 0.5) / side)
    basis[0] = 1.0
    return basis


def transmission(settings: Veil, shape: tuple[int, int], film: np.ndarray) -> np.ndarray:
    """Return the field ``t = clip(mean (1 + variation g), 0.05, 1)``, g smooth of variance 1.

    Parameters
    ----------
    settings : Veil
        Mean, variation and correlation.
    shape : (int, int)
        H, W.
    film : ndarray, (n, n)
        Of `Draws`.

    Returns
    -------
    ndarray, (H, W), float64
        In [0.05, 1].
    """
    count = len(film)
    amplitudes = film * film_amplitudes(shape, count, settings.correlation)
    smooth = cosine_basis(shape[0], count).T @ amplitudes @ cosine_basis(shape[1], count)
    return np.clip(settings.transmission * (1.0 + settings.variation * smooth), LEAST_TRANSMISSION, 1.0)


def exposed(scene: np.ndarray, tone: Tone) -> np.ndarray:
    """Return the scene at the operator's gamma, contrast and brightness: the truth of the picture.

    Parameters
    ----------
    scene : ndarray, (H, W), float
        In [0, 1].
    tone : Tone
        Of the instrument.

    Returns
    -------
    ndarray, (H, W), float64
        In [0, 1]; a contrast above 1 saturates.
    """
    grey = np.asarray(scene, np.float64) ** tone.gamma
    return np.clip(tone.pivot + tone.contrast * (grey - tone.pivot), 0.0, 1.0)


def noise(clear: np.ndarray, settings: ScanNoise, drawn: Draws) -> np.ndarray:
    """Return the noise of a picture, ``sqrt(a^2 + s^2 v) n + o_i``.

    Parameters
    ----------
    clear : ndarray, (H, W), float
        v, what is recorded without noise; below 0 it counts as 0.
    settings : ScanNoise
        Of the instrument.
    drawn : Draws
        Of the picture's shape.

    Returns
    -------
    ndarray, (H, W), float64
        Mean 0.
    """
    inner = drawn.scan[REACH:-REACH]
    if settings.smear_across > 0:
        inner = correlate1d(drawn.scan, _short(row_weights(settings.smear_across)), axis=0)[REACH:-REACH]
    if settings.smear > 0 or settings.memory > 0:
        inner = correlate1d(inner, _short(row_weights(settings.smear, settings.memory)), axis=1)
    strength = np.sqrt(settings.additive**2 + settings.shot**2 * np.maximum(clear, 0.0))
    return strength * inner[:, REACH:-REACH] + settings.row_offset * drawn.rows[:, None]


def _short(weights: np.ndarray) -> np.ndarray:
    """Return symmetric weights without the ends that are too small to matter."""
    needed = np.flatnonzero(np.abs(weights) > 1e-6)
    return weights[needed[0] : needed[-1] + 1]


def recorded(truth: np.ndarray, instrument: Instrument, drawn: Draws) -> np.ndarray:
    """Return the picture that the instrument makes of what is `exposed`.

    Parameters
    ----------
    truth : ndarray, (H, W), float
        In [0, 1], as `exposed` returns it.
    instrument : Instrument
        Its parameters.
    drawn : Draws
        Of the picture's shape.

    Returns
    -------
    ndarray, (H, W), float32
        In [0, 1].
    """
    shape = truth.shape
    picture = spread(truth, instrument.probe)
    if instrument.veil.transmission < 1.0:
        picture = veil(picture, transmission(instrument.veil, shape, drawn.film), instrument.veil.airlight)
    if instrument.charging is not None:
        charging = {**dataclasses.asdict(instrument.charging), "seed": drawn.seed}
        picture = charge(np.clip(picture, 0.0, 1.0), charging)
    picture = np.clip(picture + noise(picture, instrument.noise, drawn), 0.0, 1.0)
    if instrument.levels is not None:
        picture = np.round(picture * (instrument.levels - 1)) / (instrument.levels - 1)
    if instrument.jpeg is not None:
        picture = _jpeg(picture, instrument.jpeg)
    return picture.astype(np.float32)


def _jpeg(picture: np.ndarray, quality: int) -> np.ndarray:
    """Return the picture as it comes back from an 8-bit JPEG file."""
    _, coded = cv2.imencode(
        ".jpg", np.round(picture * 255.0).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, quality]
    )
    return np.asarray(cv2.imdecode(coded, cv2.IMREAD_GRAYSCALE), np.float64) / 255.0


def apply(scene: np.ndarray, instrument: Instrument, rng: np.random.Generator) -> np.ndarray:
    """Return the picture that the instrument makes of a scene; its truth is ``exposed(scene, instrument.tone)``.

    Parameters
    ----------
    scene : ndarray, (H, W), float
        In [0, 1].
    instrument : Instrument
        Its parameters.
    rng : numpy.random.Generator
        Source of noise, film and charging.

    Returns
    -------
    ndarray, (H, W), float32
        In [0, 1].

    Raises
    ------
    SemclearError
        When the scene is not two-dimensional or holds values outside [0, 1].
    """
    scene = checked(scene, "scene")
    count = max(2, cosines(max(scene.shape), instrument.veil.correlation))
    return recorded(exposed(scene, instrument.tone), instrument, draws(scene.shape, rng, count))
