"""The noise of a micrograph, measured row by row: strength, correlation along the scan, shot part, row offsets.

A scanned detector has a bandwidth: neighbours along a row share noise, rows
do not. A measure that takes noise for white, such as that of the difference
of two Laplacians [1]_, then finds a half or a third of it. Second differences
*across* rows assume no more than that rows are independent.

References
----------
.. [1] Immerkaer, "Fast noise variance estimation", CVIU 64 (1996), doi:10.1006/cviu.1996.0060
.. [2] Foi, Trimeche, Katkovnik, Egiazarian, "Practical Poissonian-Gaussian noise modeling and fitting for
   single-image raw-data", IEEE TIP 17 (2008), doi:10.1109/TIP.2008.2001399
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter
from scipy.optimize import nnls

from semclear.errors import SemclearError

#: Side of the blocks in which noise is looked at, and scale of the structure that tells flat ones, pixels.
BLOCK, SCALE = 16, 2.0
#: Lags along the scan at which the correlation is given, and at which no noise is correlated any more, pixels.
NEAR, FAR = range(1, 5), range(9, 13)
#: Blocks whose differences vary this many times more than the median block's hold structure.
OUTLIER = 1.5
#: A block is taken for saturated where more than this share of its pixels has the darkest or the brightest grey.
SATURATED = 0.02
#: Grey bins in which the strength is compared, and the least difference of their greys, as a share of the range.
BINS, LEAST_SPAN = 3, 0.05
#: Variance of a second difference of independent values over theirs: 1 + 4 + 1.
GAIN = 6.0
#: Correlation from row to row from which on a second difference says too little of the noise.
MOST_ACROSS = 0.7
#: Half length of `row_weights`, pixels.
REACH = 16
#: Pixels of a picture up to which `strength` looks at all of it, and rows and least number of its bands beyond.
PIXELS, BAND, LEAST_BANDS = 2**20, BLOCK + 2, 4
#: Median size of a standard normal number.
MEDIAN_SIZE = 0.6745


@dataclass(frozen=True)
class RowNoise:
    """The noise of a micrograph, greys in the units of the image.

    Attributes
    ----------
    strength : float
        Standard deviation within rows at the median block of the flatter
        half. What rounding adds is in it, row offsets are not.
    correlation : tuple of float
        Autocorrelation along the scan at 1 to 4 pixels.
    across : float
        Autocorrelation from a row to the next, from second differences along
        rows; fine texture raises it. `strength` takes it to be 0, see
        `strength_where_rows_depend`.
    smear : float
        Standard deviation, in pixels, of the Gaussian that gives white noise
        this correlation at 1 pixel, see `row_weights`.
    additive, shot : float
        Parts of the variance, ``additive^2 + shot^2 x``, at the grey x above
        the image's 0 [2]_.
    row_offsets : float
        Standard deviation of what whole rows share.
    """

    strength: float
    correlation: tuple[float, ...]
    across: float
    smear: float
    additive: float
    shot: float
    row_offsets: float

    @property
    def strength_where_rows_depend(self) -> float:
        """The strength if `across`, a, is the noise's and no texture's: of a picture that was smoothed or resized.

        The second difference of rows that are correlated as by a Gaussian has ``6 - 8 a + 2 a^4`` times their variance
        instead of 6. Of a picture with fine texture and little noise this is too much.
        """
        across = min(max(self.across, 0.0), MOST_ACROSS)
        return self.strength / float(np.sqrt(1.0 - 4.0 / 3.0 * across + across**4 / 3.0))


def row_weights(smear: float, memory: float = 0.0) -> np.ndarray:
    """Return the weights that make of white noise along a row what a detector of limited bandwidth records.

    Their Fourier transform is ``exp(-2 pi^2 s^2 f^2) / |1 - m exp(-2 pi i f)|``:
    a Gaussian of standard deviation s, and a first-order autoregression,
    ``n_j = m n_{j-1} + e_j``, without its delay.

    Parameters
    ----------
    smear : float
        s in pixels, >= 0.
    memory : float
        m in [0, 0.8].

    Returns
    -------
    ndarray, (33,), float64
        Symmetric; the sum of squares is 1, so that the variance stays.
    """
    frequency = np.arange(REACH + 1) / (2 * REACH + 1)
    response = np.exp(-2.0 * (np.pi * smear * frequency) ** 2)
    response /= np.sqrt(1.0 - 2.0 * memory * np.cos(2.0 * np.pi * frequency) + memory**2)
    half = np.fft.irfft(response, 2 * REACH + 1)[: REACH + 1]
    weights = np.concatenate([half[:0:-1], half])
    return weights / np.sqrt(np.sum(weights**2))


#: Smears between which `smear_of` interpolates, and the correlation at 1 pixel of each.
_SMEARS = np.linspace(0.0, 3.0, 301)
_CORRELATIONS = np.array([np.sum(w[1:] * w[:-1]) for w in map(row_weights, _SMEARS)])


def smear_of(correlation: float) -> float:
    """Return the smear, 0 to 3 pixels, of noise with this autocorrelation at 1 pixel (see `row_weights`)."""
    return float(np.interp(correlation, _CORRELATIONS, _SMEARS))


def blocks(values: np.ndarray) -> np.ndarray:
    """Return the whole blocks of an image, row after row.

    Parameters
    ----------
    values : ndarray, (H, W)
        What is left over at the lower and the right border is left out.

    Returns
    -------
    ndarray, (H // 16 * W // 16, 16, 16)
    """
    rows, columns = (side // BLOCK for side in values.shape)
    cut = values[: rows * BLOCK, : columns * BLOCK]
    return cut.reshape(rows, BLOCK, columns, BLOCK).swapaxes(1, 2).reshape(-1, BLOCK, BLOCK)


def structure(image: np.ndarray) -> np.ndarray:
    """Return how much the grey of each block varies once the finest scales are smoothed away.

    Parameters
    ----------
    image : ndarray, (H, W), float
        Any range.

    Returns
    -------
    ndarray, (number of blocks,), float64
        Standard deviation of ``k_2 * x``, a Gaussian of 2 pixels, within each of `blocks`.
    """
    return blocks(gaussian_filter(np.asarray(image, np.float64), SCALE, mode="reflect")).std(axis=(1, 2))


def measure(image: np.ndarray) -> RowNoise:
    """Return the noise of a micrograph whose rows run along the scan.

    ``d_i = x_{i-1} - 2 x_i + x_{i+1}`` has 6 times the variance of the noise
    where rows are independent and the specimen is smooth. It is taken in the
    flatter half of the blocks of 16 pixels (see `structure`; saturated ones
    do not count), less the median of its row, which offsets of whole rows
    have made; the median over blocks keeps edges out. The autocorrelation of
    the same differences along rows is the noise's. What of it is left at 9 to
    12 pixels, beyond any detector's memory, are streaks and texture: it is
    taken off at all lags, from the variance too.

    Parameters
    ----------
    image : ndarray, (H, W), float
        Any range that begins at black, H of 18 or more, W of 16 or more. A
        data bar is no part of it.

    Returns
    -------
    RowNoise
        All 0 for a constant image.

    Raises
    ------
    SemclearError
        When the image is smaller or not finite.
    """
    image = np.asarray(image, np.float64)
    if image.ndim != 2 or image.shape[0] < BLOCK + 2 or image.shape[1] < BLOCK:
        raise SemclearError(
            f"image: got shape {image.shape}, expected (H, W) with H >= {BLOCK + 2} and W >= {BLOCK}; "
            "measure a larger part"
        )
    if not np.isfinite(image).all():
        raise SemclearError(
            "image: got values that are not finite, expected greys; mend or leave out those pixels"
        )
    grey, difference, shared = _differences(image)
    variance = (difference**2).mean(axis=(1, 2))
    own, correlation = _autocorrelation(difference)
    variance *= own
    typical = float(np.median(variance)) if variance.size else 0.0
    if typical == 0.0:
        # Fewer than half of the blocks have any noise at all: rounded away, or a picture that was drawn.
        typical = float(variance.mean()) if variance.size else 0.0
    additive, shot = _parts(grey, variance, float(np.ptp(image)))
    # The median of W correlated values varies itself, by pi / 2 times the variance of their mean.
    chance = np.pi / 2 * typical * max(1.0 + 2.0 * sum(correlation), 0.0) / image.shape[1]
    across = 0.0
    if image.shape[1] >= BLOCK + 2:
        across = _autocorrelation(_differences(image.T)[1])[1][0]
    return RowNoise(
        strength=float(np.sqrt(typical / GAIN)),
        correlation=correlation,
        across=across,
        smear=smear_of(correlation[0]),
        additive=additive,
        shot=shot,
        row_offsets=float(np.sqrt(max(shared.var() - chance, 0.0) / GAIN)),
    )


def strength(image: np.ndarray) -> float:
    """Return the standard deviation of the noise of a micrograph of any size, see `strength_and_correlation`."""
    return strength_and_correlation(image)[0]


def strength_and_correlation(image: np.ndarray) -> tuple[float, float | None]:
    """Return strength and correlation of the noise of a micrograph of any size, in bounded memory.

    Up to `PIXELS` they are those of `measure`. Of larger micrographs bands of
    18 rows, evenly spaced, are looked at, and the flatter half is chosen among
    the blocks of all bands. Of smaller ones than `measure` takes, the strength
    is the median size of ``x_{i-1} - 2 x_i + x_{i+1}``, at every second place
    of every second row, over ``0.6745 sqrt(6)``.

    Parameters
    ----------
    image : ndarray, (H, W), float
        Any range, H of 3 or more. A data bar is no part of it.

    Returns
    -------
    strength : float
        Standard deviation, in the units of the image; 0 for a constant image.
    correlation : float or None
        Autocorrelation along the scan at 1 pixel; None for a micrograph of under 18 x 16 pixels.

    Raises
    ------
    SemclearError
        When the image is smaller or not finite.
    """
    image = np.asarray(image)
    if image.ndim != 2 or image.shape[0] < 3 or not image.size:
        raise SemclearError(
            f"image: got shape {image.shape}, expected (H, W) with H >= 3; measure a larger part"
        )
    ends = float(image.min()), float(image.max())
    # Whatever is not finite shows in one of the ends.
    if not np.isfinite(ends).all():
        raise SemclearError(
            "image: got values that are not finite, expected greys; mend or leave out those pixels"
        )
    if image.shape[0] < BLOCK + 2 or image.shape[1] < BLOCK:
        grey = image.astype(np.float64)
        size = np.abs(grey[:-2] - 2.0 * grey[1:-1] + grey[2:])[::2, ::2]
        return float(np.median(size)) / (MEDIAN_SIZE * float(np.sqrt(GAIN))), None
    parts = [_seen(np.asarray(image[band], np.float64), *ends) for band in _bands(*image.shape)]
    _, differences, _, extreme, uneven = zip(*parts, strict=True)
    difference = np.concatenate(differences)[_flat(np.concatenate(extreme), np.concatenate(uneven))]
    own, correlation = _autocorrelation(difference)
    variance = own * (difference**2).mean(axis=(1, 2))
    # As in `measure`: the mean where fewer than half of the blocks have any noise at all.
    typical = float(np.median(variance)) or float(variance.mean())
    return float(np.sqrt(typical / GAIN)), correlation[0]


def _bands(height: int, width: int) -> list[slice]:
    """Return the rows that are looked at: all, or evenly spaced bands that hold about `PIXELS`."""
    if height * width <= PIXELS:
        return [slice(0, height)]
    count = min(max(PIXELS // (BAND * width), LEAST_BANDS), height // BAND)
    return [slice(int(first), int(first) + BAND) for first in np.linspace(0, height - BAND, count)]


def _seen(
    image: np.ndarray, darkest: float, brightest: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return of all blocks grey and difference, (n, 16, 16), what each row shares (H - 2,), and of all blocks whether
    they are saturated and their structure, (n,).
    """
    difference = image[:-2] - 2.0 * image[1:-1] + image[2:]
    shared = np.median(difference, axis=1)
    inner = image[1:-1]
    extreme = blocks((inner == darkest) | (inner == brightest)).mean(axis=(1, 2)) > SATURATED
    return blocks(inner), blocks(difference - shared[:, None]), shared, extreme, structure(inner)


def _flat(extreme: np.ndarray, uneven: np.ndarray) -> np.ndarray:
    """Return which blocks are the flatter half of those that are not saturated, or all where all are."""
    return ~extreme & (uneven <= np.median(uneven[~extreme])) if not extreme.all() else extreme


def _differences(image: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return of the flat blocks mean grey (n,) and difference (n, 16, 16), and what each row shares (H - 2,)."""
    grey, difference, shared, extreme, uneven = _seen(image, image.min(), image.max())
    flat = _flat(extreme, uneven)
    return grey[flat].mean(axis=(1, 2)), difference[flat], shared


def _autocorrelation(difference: np.ndarray) -> tuple[float, tuple[float, ...]]:
    """Return which share of the variance of blocks (n, 16, 16) is not correlated at the `FAR` lags along rows, and the
    correlation of that share at the `NEAR` ones.
    """
    power = (difference**2).mean(axis=(1, 2))
    if not power.any():
        return 1.0, (0.0,) * len(NEAR)
    kept = difference[(power > 0) & (power <= OUTLIER * np.median(power[power > 0]))]

    def shifted(lag: int) -> float:
        return float(np.mean(kept[:, :, lag:] * kept[:, :, : BLOCK - lag]))

    whole = shifted(0)
    shared = max(float(np.mean([shifted(lag) for lag in FAR])), 0.0)
    # Stripes alone, without any noise, leave nothing over.
    own = max(whole - shared, 1e-6 * whole)
    return own / whole, tuple((shifted(lag) - shared) / own for lag in NEAR)


def _parts(grey: np.ndarray, variance: np.ndarray, span: float) -> tuple[float, float]:
    """Return the additive and the shot part: a line through the medians of three bins of equally many blocks."""
    if not grey.size:
        return 0.0, 0.0
    bins = [part for part in np.array_split(np.argsort(grey, kind="stable"), BINS) if part.size]
    centres = np.array([np.median(grey[part]) for part in bins])
    heights = np.array([np.median(variance[part]) for part in bins]) / GAIN
    if np.ptp(centres) < LEAST_SPAN * span:
        return float(np.sqrt(heights.mean())), 0.0
    # A part is never negative. Relative weights: a variance is known to a share of itself.
    weight = 1.0 / np.maximum(heights, heights.max() * 1e-3 + 1e-30)
    (constant, slope), _ = nnls(
        np.stack([weight, np.maximum(centres, 0.0) * weight], axis=1), heights * weight
    )
    return float(np.sqrt(constant)), float(np.sqrt(slope))
