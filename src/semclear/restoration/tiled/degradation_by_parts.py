"""What was read of a large micrograph's degradation, and degrading its restoration again, part by part."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from semclear.networks.apply import apply
from semclear.networks.bundle import Bundle
from semclear.networks.forward import physics
from semclear.restoration.checks.consistency import HIDING_NOISE
from semclear.restoration.tiled import strips, windows
from semclear.restoration.tiled.encoder_by_parts import Encoder
from semclear.restoration.tiled.tiled_network import Piece, TiledNetwork
from semclear.seeds import generator

#: Side in pixels, on the grid of knots, of the parts that are degraded again.
PART = 1024
#: Knots beyond a part that cubic interpolation between knots needs, and one for rounding of positions.
KNOTS = 3


def _inner(rows: tuple[int, int], length: int, margin: int) -> slice:
    """Return the pixels of a piece, from its first, that are no nearer than `margin` to a border in the image."""
    first, last = (margin if rows[0] > 0 else 0), (margin if rows[1] < length else 0)
    if rows[1] - rows[0] <= 2 * (first + last):
        return slice(None)
    return slice(first, rows[1] - rows[0] - last)


class FormulaReading:
    """What an encoder read from a large micrograph, and the formula with it.

    Parameters
    ----------
    read : dict
        Of `encoder_by_parts.Encoder.read`.
    shape : tuple of int
        Of the micrograph.
    veiled : bool
        Whether D has the veil; not where the restorer keeps it.
    """

    def __init__(self, read: dict[str, Any], shape: tuple[int, ...], veiled: bool = True) -> None:
        self._veiled = veiled
        self.sigma, self.airlight = read["sigma"], read["airlight"]
        self._knots, self._shape = read["transmission"], shape

    def transmission(self, rows: slice, columns: slice) -> np.ndarray:
        """Return the transmission of a part on the grid of knots (it may end beyond the micrograph), float32."""
        from keras import ops

        seen, inner = [], []
        for part, count in zip((rows, columns), self._knots.shape, strict=True):
            first = max(0, part.start // physics.KNOT - KNOTS)
            seen.append(slice(first, min(count, -(-part.stop // physics.KNOT) + KNOTS)))
            inner.append(slice(part.start - first * physics.KNOT, part.stop - first * physics.KNOT))
        knots = self._knots[tuple(seen)][None, :, :, None]
        size = tuple(length * physics.KNOT for length in knots.shape[1:3])
        fine = ops.convert_to_numpy(ops.image.resize(knots, size, interpolation="bicubic"))
        return np.clip(fine[0, inner[0], inner[1], 0], physics.MIN_TRANSMISSION, 1.0)

    def degrade_at(self, clear: np.ndarray, top: int, left: int) -> np.ndarray:
        """Return D(clear) of a part (h, w) whose first pixel lies at (top, left), float32, without noise.

        The blur reaches 12 pixels: nearer to a border of the part that is none of
        the micrograph, it sees the part reflected.
        """
        from keras import ops

        (before, after), (start, stop) = zip(
            *(
                (first % physics.KNOT, windows.padded(first + length, physics.KNOT))
                for first, length in zip((top, left), clear.shape, strict=True)
            ),
            strict=True,
        )
        rows, columns = slice(top - before, start), slice(left - after, stop)
        margins = ((before, start - top - clear.shape[0]), (after, stop - left - clear.shape[1]))
        seen = np.pad(np.asarray(clear, np.float32), margins, mode="symmetric")[None, :, :, None]
        soft = ops.convert_to_numpy(physics.blur(seen, np.full((1, 1), self.sigma, np.float32)))[0, :, :, 0]
        field = self.transmission(rows, columns) if self._veiled else np.float32(1)
        made = field * soft + (1 - field) * np.float32(self.airlight)
        return made[before : before + clear.shape[0], after : after + clear.shape[1]]

    def left_of(self, degraded: np.ndarray, restored: np.ndarray) -> np.ndarray:
        """Return what D(restored) does not explain of the micrograph: (H, W) float32, in grey."""
        left = np.empty(self._shape, np.float32)
        margin = physics.KNOT
        for top in range(0, self._shape[0], PART):
            for start in range(0, self._shape[1], PART):
                corner = max(0, top - margin), max(0, start - margin)
                seen = restored[corner[0] : top + PART + margin, corner[1] : start + PART + margin]
                again = self.degrade_at(seen, *corner)[top - corner[0] :, start - corner[1] :]
                place = slice(top, top + PART), slice(start, start + PART)
                left[place] = degraded[place] - again[:PART, :PART]
        return left

    def summary(self) -> dict[str, float]:
        """Return `consistency.summary_of` of the whole."""

        def rows() -> Iterator[np.ndarray]:
            for first in range(0, self._shape[0], PART):
                stop = min(first + PART, self._shape[0])
                for start in range(0, self._shape[1], PART):
                    yield self.transmission(
                        slice(first, stop), slice(start, min(start + PART, self._shape[1]))
                    )

        mean, deviation = strips.moments(rows)
        return {
            "read_sigma": self.sigma,
            "read_transmission": mean,
            "read_transmission_spread": deviation,
            "read_airlight": self.airlight,
        }

    def parameters(self) -> dict[str, Any]:
        """Return what was read, as `consistency.Reading` holds it: the field takes 4 bytes a pixel."""
        field = self.transmission(*(slice(0, length) for length in self._shape))
        return {"sigma": self.sigma, "airlight": self.airlight, "transmission": field}


class NetworkReading:
    """A degrading generator, applied by tiles.

    Parameters
    ----------
    tiled : TiledNetwork
        The generator.
    network : keras.Model
        The same.
    tile : int
        Side in pixels.
    """

    def __init__(self, tiled: TiledNetwork, network: Any, tile: int) -> None:
        self._tiled, self._network, self._tile = tiled, network, tile

    def degrade_at(self, clear: np.ndarray, top: int, left: int) -> np.ndarray:
        """Return D(clear) of a part (h, w) as of a micrograph of its own."""
        return apply(self._network, clear, self._tiled.multiple)

    def left_of(self, degraded: np.ndarray, restored: np.ndarray) -> np.ndarray:
        """Return what D(restored) does not explain of the micrograph: (H, W) float32, in grey."""
        left = np.array(degraded, np.float32)
        self._tiled.run(
            restored, self._tile, lambda piece: piece(0), lambda piece, again: piece.add(left, again, -1.0)
        )
        return left

    def summary(self) -> dict[str, float]:
        """Return nothing: a network says no parameters."""
        return {}

    def parameters(self) -> dict[str, Any]:
        """Return nothing, likewise."""
        return {}


LargeReading = FormulaReading | NetworkReading


def reader_of(bundle: Bundle) -> Callable[[np.ndarray, int], LargeReading] | None:
    """Return what reads the degradation of a large micrograph, or None for a model without D (paired).

    Parameters
    ----------
    bundle : Bundle
        A trained model.

    Returns
    -------
    callable or None
        From a micrograph (H, W) and the side of the tiles that memory allows a generator.
    """
    if "degrader" not in bundle.networks:
        return None
    network = bundle.network("degrader")
    if bundle.has_encoder:
        encoder, veiled = Encoder(network), bundle.model.veil == "lifted"
        return lambda image, tile: FormulaReading(encoder.read(image), image.shape, veiled)
    tiled = TiledNetwork(network, bundle.size, bundle.model)
    return lambda image, tile: NetworkReading(tiled, network, tile)


class Amplification:
    """`consistency.hiding_amplification`, summed up over the pieces of a restoration.

    Parameters
    ----------
    reading : LargeReading
        D for this micrograph.
    shape : tuple of int
        Of the micrograph.
    """

    def __init__(self, reading: LargeReading, shape: tuple[int, ...]) -> None:
        self._reading, self._shape, self._sums = reading, shape, np.zeros(2)
        self._rng = generator(0, "hiding noise")

    def add(self, piece: Piece, plain: np.ndarray) -> None:
        """Probe D with noise on a piece of G(x), (h, w), that was restored as it stands."""
        corner = piece.rows[0], piece.columns[0]
        noise = HIDING_NOISE * self._rng.standard_normal(plain.shape)
        through = self._reading.degrade_at((plain + noise).astype(np.float32), *corner).astype(np.float64)
        through -= self._reading.degrade_at(plain, *corner)
        # Where a blur sees a piece reflected it averages less, as it meets the same noise twice.
        inner = tuple(
            _inner(ends, length, physics.RADIUS)
            for ends, length in zip((piece.rows, piece.columns), self._shape, strict=True)
        )
        self._sums += np.sum(through[inner] ** 2), np.sum(noise[inner] ** 2)

    @property
    def sums(self) -> tuple[float, float]:
        """Power that D lets through, and power of the noise, summed over the pixels that were probed."""
        return float(self._sums[0]), float(self._sums[1])

    @property
    def value(self) -> float:
        """Root of the power that D lets through over the power of the noise."""
        return float(np.sqrt(self._sums[0] / self._sums[1]))
