"""The generator's weights by name: a bundle holds them in order only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from semclear.errors import SemclearError
from semclear.networks.bundle import Bundle

#: Blocks on each side of a level, as in `semclear.networks.residual`, which cannot be imported without Keras.
RESIDUAL_BLOCKS = 2


@dataclass(frozen=True)
class Convolution:
    """A convolution's weights.

    Attributes
    ----------
    kernel : ndarray, float32
        (rows, columns, in, out) as Keras has it; of a deconvolution (rows, columns, out, in).
    bias : ndarray, (out,), float32, or None
    """

    kernel: np.ndarray
    bias: np.ndarray | None


def channels_of(level: int, width: int, max_width: int) -> int:
    """Return the channels of level 1, 2, ..., as `semclear.networks.generator` has them; needs no Keras."""
    return min(width * 2 ** (level - 1), max_width)


def _block(name: str, taken: int, channels: int, normalised: bool) -> Iterator[tuple[str, tuple, bool]]:
    quarter = max(channels // 4, 1)
    projected = channels if taken != channels else 0
    yield f"{name}/near", (3, 3, taken, 3 * quarter), True
    yield f"{name}/wide", (3, 3, quarter, quarter), not normalised
    yield f"{name}/fuse", (1, 1, 4 * quarter, channels), True
    yield f"{name}/point", (1, 1, taken, quarter + projected), not normalised


def layout(bundle: Bundle) -> Iterator[tuple[str, tuple[int, ...], bool]]:
    """Yield name, shape of the kernel and whether there is a bias, of every convolution of the restorer.

    The order is that of `keras.Model.get_weights` of
    `semclear.networks.generator.generator_of`, which bundles keep.
    """
    if bundle.model.architecture == "residual":
        yield from _residual(bundle)
        return
    size, model = bundle.size, bundle.model
    normalised = model.normalisation == "instance"
    taken = 1
    for level in range(1, size.levels + 1):
        channels = channels_of(level, size.width, size.max_width)
        # A normalisation that follows has no use for a bias.
        yield f"down{level}", (4, 4, taken, channels), not (normalised and 1 < level < size.levels)
        taken = channels
        if level < size.levels:
            seen = channels + 2 * (model.local_extremes and level > 1)
            yield from _block(f"down{level}_multiblock", seen, channels, normalised)
    for level in range(size.levels - 1, 0, -1):
        channels = channels_of(level, size.width, size.max_width)
        yield f"up{level}", (4, 4, channels, taken), not normalised
        yield from _block(f"up{level}_multiblock", 2 * channels, channels, normalised)
        taken = channels
    yield "up0", (4, 4, 2 if model.output == "affine" else 1, taken), True


def _residual(bundle: Bundle) -> Iterator[tuple[str, tuple[int, ...], bool]]:
    size = bundle.size
    widths = [channels_of(level, size.width, size.max_width) for level in range(1, size.levels + 1)]
    yield "stem", (4, 4, 1, widths[0]), True
    for level, channels in enumerate(widths, 1):
        if level > 1:
            yield f"down{level}", (2, 2, widths[level - 2], channels), True
        yield from _residual_blocks(f"down{level}", channels)
    for level in range(size.levels - 1, 0, -1):
        yield f"up{level}", (2, 2, widths[level - 1], widths[level]), True
        yield from _residual_blocks(f"up{level}", widths[level - 1])
    yield "up0", (4, 4, 1, widths[0]), True


def _residual_blocks(name: str, channels: int) -> Iterator[tuple[str, tuple[int, ...], bool]]:
    for number in range(1, RESIDUAL_BLOCKS + 1):
        for place in ("first", "second"):
            yield f"{name}/block{number}_{place}", (3, 3, channels, channels), True


def named(bundle: Bundle) -> Mapping[str, Convolution]:
    """Return the restorer's convolutions by name, "down1" to "up0".

    Raises
    ------
    SemclearError
        When the bundle has no restorer, or its arrays are not those of its settings.
    """
    if "restorer" not in bundle.networks:
        raise SemclearError(
            f"bundle: got the networks {sorted(bundle.networks)}, expected restorer; train it again"
        )
    arrays = [np.asarray(array, np.float32) for array in bundle.networks["restorer"]]
    expected = [
        shape
        for name, kernel, biased in layout(bundle)
        for shape in (kernel, *([_outputs(name, kernel)] if biased else []))
    ]
    got = [array.shape for array in arrays]
    if got != expected:
        where = next((i for i, pair in enumerate(zip(got, expected, strict=False)) if pair[0] != pair[1]), -1)
        what = (
            f"array {where} of shape {got[where]}, expected {expected[where]}"
            if where >= 0
            else f"{len(got)} arrays, expected {len(expected)}"
        )
        raise SemclearError(f"bundle: the restorer has {what} by its settings; train it again")
    waiting = iter(arrays)
    return {
        name: Convolution(next(waiting), next(waiting) if biased else None)
        for name, _, biased in layout(bundle)
    }


def _outputs(name: str, kernel: tuple[int, ...]) -> tuple[int]:
    return (kernel[2] if name.startswith("up") and "/" not in name else kernel[3],)
