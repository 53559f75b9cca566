"""Reading the degradation of a large micrograph with the encoder, part by part and yet as from the whole.

All that the encoder of `semclear.networks.forward.physics` takes from the whole
micrograph is means: of grey and its square (unit contrast), of the energies of
its filters, of the features of three levels; and the median that is the noise.
These are summed up over parts, and everything else sees 64 pixels around, so
that no region is read by itself and no fields have to be joined.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from semclear.networks.forward import physics
from semclear.restoration.tiled import strips, windows
from semclear.row_noise import GAIN, MEDIAN_SIZE

#: Half the encoder's strides' field, and of the 3 x 3 convolution on its knots: 63 pixels, on the grid.
REACH = 64
#: Side in pixels of the parts that the encoder sees: 256 wanted ones in the middle.
SIDE = 448
#: Cells to each side that a filter of the bank, 7 x 7, needs.
BANK = 3
#: Levels whose features the encoder pools.
POOLED = (1, 2, 5)


def _extended(image: np.ndarray, rows: slice, columns: slice) -> np.ndarray:
    """Return a part, float32, of the image continued by reflection below and to the right."""
    indices = (
        windows.reflected(part.start, part.stop, length)
        for part, length in zip((rows, columns), image.shape, strict=True)
    )
    return image[np.ix_(*indices)].astype(np.float32, copy=False)


def noise_of(image: np.ndarray, shape: tuple[int, ...]) -> float:
    """Return `physics.noise_of` of an image continued by reflection, strip by strip: what an encoder sees of the noise.

    Parameters
    ----------
    image : ndarray, (H, W)
        In [0, 1].
    shape : tuple of int
        To which it is continued below and to the right, no less than its own; 3 rows or more.
    """

    def parts() -> Iterator[np.ndarray]:
        for rows in strips.strips(shape[0] - 2, shape[1]):
            seen = _extended(image, slice(rows.start, rows.stop + 2), slice(0, shape[1]))
            # Every second row counts from the image's first one, not the strip's.
            yield np.abs(seen[:-2] - 2 * seen[1:-1] + seen[2:])[rows.start % 2 :: 2, ::2]

    return strips.median(parts) / (MEDIAN_SIZE * float(np.sqrt(GAIN)))


class Encoder:
    """An encoder cut in two where it pools: features by parts, then what is said of their means.

    Parameters
    ----------
    network : keras.Model
        From `physics.build_encoder`.
    """

    def __init__(self, network: Any) -> None:
        import keras

        def output(suffix: str) -> Any:
            return network.get_layer(f"{network.name}_{suffix}").output

        self._stride = network.get_layer(f"{network.name}_bank").strides[0]
        features = {"bank": output("bank"), "transmission": network.output["transmission"]}
        features |= {f"level{level}": output(f"relu{level}") for level in POOLED}
        self._features = keras.Model([network.inputs[0], output("structure")], features)
        said = {name: network.output[name] for name in ("airlight", "sigma")}
        self._head = keras.Model(output("joined"), said)

    def read(self, image: np.ndarray) -> dict[str, Any]:
        """Return "sigma" (pixels), "airlight" and "transmission", the latter on knots (ceil(H/32), ceil(W/32)).

        Parameters
        ----------
        image : ndarray, (H, W)
            In [0, 1].
        """
        shape = tuple(windows.padded(length, physics.KNOT) for length in image.shape)
        columns = slice(0, shape[1])

        def rows() -> Iterator[np.ndarray]:
            for strip in strips.strips(*shape):
                yield _extended(image, strip, columns)

        mean, deviation = strips.moments(rows)
        # As `blocks.instance_norm` has it.
        scale = 1 / np.sqrt(deviation**2 + 1e-5)
        knots = np.empty([length // physics.KNOT for length in shape], np.float32)
        sums: dict[str | int, Any] = {"energy": 0.0, "fourth": 0.0, **dict.fromkeys(POOLED, 0.0)}
        for part in self._parts(shape):
            places = [slice(start, start + side) for _, start, side in part]
            grey = _extended(image, *places)[None, :, :, None]
            found = self._features.predict_on_batch([grey, ((grey - mean) * scale).astype(np.float32)])
            wanted = [slice(first - start, last - start) for (first, last), start, _ in part]
            # A filter at i sees i to i + 6; it belongs to the part that has the middle, wherever it fits. Windows start
            # on the bank's strides.
            middle = [
                slice(
                    -(-(max(first, BANK) - start - BANK) // self._stride),
                    -(-(min(last, length - BANK) - start - BANK) // self._stride),
                )
                for ((first, last), start, _), length in zip(part, shape, strict=True)
            ]
            energy = np.asarray(found["bank"])[0, middle[0], middle[1]] ** 2
            sums["energy"] += energy.sum(axis=(0, 1), dtype=np.float64)
            sums["fourth"] += (energy**2).sum(axis=(0, 1), dtype=np.float64)
            for level in POOLED:
                cells = tuple(slice(one.start >> level, one.stop >> level) for one in wanted)
                values = np.asarray(found[f"level{level}"])[0][cells]
                sums[level] += values.sum(axis=(0, 1), dtype=np.float64)
            cells = tuple(slice(one.start // physics.KNOT, one.stop // physics.KNOT) for one in wanted)
            target = tuple(slice(first // physics.KNOT, last // physics.KNOT) for (first, last), _, _ in part)
            knots[target] = np.asarray(found["transmission"])[0, :, :, 0][cells]
        return {"transmission": knots, **self._say(sums, shape, deviation, noise_of(image, shape))}

    @staticmethod
    def _parts(shape: tuple[int, ...]) -> Iterator[list[tuple[tuple[int, int], int, int]]]:
        """Yield for both axes what is wanted, and start and side of the window that is seen."""
        lines = []
        for length in shape:
            side, step = min(SIDE, length), SIDE - 2 * REACH - physics.KNOT * 2
            line = []
            for first in range(0, length, length if side == length else step):
                last = length if side == length else min(first + step, length)
                line.append(((first, last), windows.start_of(first, length, physics.KNOT, REACH, side), side))
            lines.append(line)
        for down in lines[0]:
            for across in lines[1]:
                yield [down, across]

    def _say(
        self, sums: dict[str | int, Any], shape: tuple[int, ...], deviation: float, noise: float
    ) -> dict[str, float]:
        """Return airlight and sigma of the pooled features, in the order in which the encoder joins them."""
        height, width = shape
        filters = np.prod([-(-(length - 2 * BANK) // self._stride) for length in shape])
        contrast = deviation + 1e-3
        joined = [
            np.log(sums["energy"] / filters + 1e-4),
            0.5 * np.log(sums["fourth"] / filters + 1e-6),
            [np.log(noise / contrast + 1e-2)],
            [np.log(contrast)],
            *(sums[level] / ((height >> level) * (width >> level)) for level in POOLED),
        ]
        said = self._head.predict_on_batch(np.concatenate(joined).astype(np.float32)[None])
        return {name: float(np.asarray(value)[0, 0]) for name, value in said.items()}
