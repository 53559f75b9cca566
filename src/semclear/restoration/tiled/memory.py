"""How much memory a tile takes, and the largest tile that a given amount of memory allows.

The figures were measured on a CPU by the growth of the process while
generators of 8 to 64 channels restored 512 to 2048 pixels square;
`benchmarks/cost/tile_memory.py` repeats that. A device that needs more says so, and the
tile is halved.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from semclear import params
from semclear.networks.bundle import Bundle

MEBIBYTE = 2**20
#: Bytes that restoring may take where nothing else is said: 2 GiB.
DEFAULT = 2048 * MEBIBYTE
#: Bytes a pixel for the eight orientations of a tile, kept for their mean and spread.
PER_PIXEL_ENSEMBLE = 4 * 8
#: Bytes a pixel of the micrograph that its restoration holds: the image, and with maps uncertainty, residual and what
#: may be invented.
RESTORED, INSPECTED = 4, 16
#: Bytes a pixel of the working copies, in double precision, of checks on the whole.
CHECKED = 112
#: Bytes a pixel and filter of its bank that the degradation's encoder takes for the whole.
ENCODED = 12.0
#: Elements of the largest tensor: libraries of convolutions count in 32 bits.
ELEMENTS = 2**31


@dataclass(frozen=True)
class Costs:
    """Bytes that a runtime takes for a tile.

    Attributes
    ----------
    per_channel, per_pixel : float
        Of activations a pixel of the tile: a channel of the first level, and whatever the width.
    fixed : int
        Whatever the tile; of JAX most of it is what its compiler leaves of tiles of several shapes.
    """

    per_channel: float
    per_pixel: float
    fixed: int


TENSORFLOW = Costs(6.0, 60.0, 32 * MEBIBYTE)
ONNX_RUNTIME = Costs(8.0, 60.0, 48 * MEBIBYTE)
JAX = Costs(10.0, 140.0, 640 * MEBIBYTE)


def runtime_of(model: Any) -> str:
    """Return what a model runs on: "onnxruntime" or "openvino" for an exported one, for a bundle Keras' backend."""
    if not isinstance(model, Bundle):
        return model.runtime
    import keras

    return keras.backend.backend()


def costs_of(runtime: str) -> Costs:
    """Return what a runtime takes.

    Parameters
    ----------
    runtime : str
        A backend of Keras, "onnxruntime" or "openvino". PyTorch and
        OpenVINO, which were not measured, pass for the costliest.
    """
    return {"tensorflow": TENSORFLOW, "onnxruntime": ONNX_RUNTIME}.get(runtime, JAX)


@dataclass(frozen=True)
class Needs:
    """What a generator needs.

    Attributes
    ----------
    size : params.ModelScale
        Channels of the first level, which has most of the activations, decide.
    ensembling : bool
        Whether a tile's eight orientations are kept for their mean and spread.
    costs : Costs
        Of what it runs on.
    """

    size: params.ModelScale
    ensembling: bool
    costs: Costs = TENSORFLOW

    def _per_pixel(self, images: int) -> float:
        each = self.costs.per_channel * self.size.width + self.costs.per_pixel
        return images * each + (PER_PIXEL_ENSEMBLE if self.ensembling else 0)

    def bytes(self, pixels: int, images: int = 1) -> int:
        """Return the bytes that restoring a tile takes at its peak.

        Parameters
        ----------
        pixels : int
            Of the tile.
        images : int
            Restored at once.
        """
        return math.ceil(pixels * self._per_pixel(images)) + self.costs.fixed

    def largest_tile(self, memory: float) -> int:
        """Return the side in pixels, a multiple of ``2**levels``, of the largest square tile that fits; 0 for none.

        Parameters
        ----------
        memory : float
            Bytes, without those that the whole micrograph's images take.
        """
        # The widest tensor: two of the first level's feature maps side by side, at half the resolution.
        most = ELEMENTS / (2 * self.size.width) * 4 - 1
        pixels = min((memory - self.costs.fixed) / self._per_pixel(1), most)
        return math.isqrt(max(0, int(pixels))) >> self.size.levels << self.size.levels


def text_of(count: float) -> str:
    """Return a number of bytes as a person writes it, rounded up: 300 MiB, 2.5 GiB."""
    mebibytes = math.ceil(count / MEBIBYTE)
    return f"{mebibytes} MiB" if mebibytes < 1024 else f"{math.ceil(mebibytes / 102.4) / 10:g} GiB"
