"""The restorer as an ONNX file, written from its weights alone: no TensorFlow, no Keras, equal bytes for equal bundles.

The graph is that of `semclear.networks.generator` or `semclear.networks.residual`, with images as (batch, 1,
height, width), and around it what `semclear restore` does with a micrograph:
sides are extended by symmetric reflection to multiples of ``2**levels``, cut
back after, and grey levels clipped to [0, 1].
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from semclear import __version__
from semclear.export.weights import RESIDUAL_BLOCKS, Convolution, named
from semclear.extras import need
from semclear.networks.bundle import Bundle

#: Of the operators used: known to ONNX Runtime since 1.12 (2022).
OPSET, IR_VERSION = 17, 8
#: As in `semclear.networks.blocks` and `semclear.networks.generator`, which cannot be imported without Keras.
SLOPE, EPSILON, MAX_GAIN = 0.2, 1e-5, 20.0
INPUT, OUTPUT = "micrograph", "restored"


def model_of(bundle: Bundle, metadata: Mapping[str, str]) -> Any:
    """Return the restorer as an `onnx.ModelProto`.

    Parameters
    ----------
    bundle : Bundle
        The trained model.
    metadata : mapping of str to str
        Kept in the model's `metadata_props`.

    Returns
    -------
    onnx.ModelProto
        From "micrograph" to "restored", both (batch, 1, height, width)
        float32 in [0, 1], any batch, height and width of at least 1.

    Raises
    ------
    SemclearError
        When the extra `onnx` is not installed, or the weights are not those of the settings.
    """
    need("onnx", "onnx", "--format onnx")
    from onnx import checker, helper

    from semclear.export.onnx_nodes import Graph

    graph = Graph()
    shape = graph.add("Shape", INPUT)
    height = graph.add("Gather", shape, graph.integers(2))
    width = graph.add("Gather", shape, graph.integers(3))
    multiple = 2**bundle.size.levels
    x = graph.mirrored(INPUT, height, 2, multiple)
    x = graph.mirrored(x, width, 3, multiple)
    x = (_Residual if bundle.model.architecture == "residual" else _Generator)(graph, bundle)(x)
    ends = graph.add("Slice", shape, graph.integers([2]), graph.integers([4]))
    x = graph.add("Slice", x, graph.integers([0, 0]), ends, graph.integers([2, 3]))
    low, high = graph.constant(0.0, np.float32), graph.constant(1.0, np.float32)
    graph.add("Clip", x, low, high, output=OUTPUT)
    model = graph.model(
        "restorer",
        INPUT,
        OUTPUT,
        OPSET,
        ir_version=IR_VERSION,
        producer_name="semclear",
        producer_version=__version__,
        doc_string="Restores degraded SEM micrographs of any size: grey in [0, 1] to the same. "
        "Details that are not in the micrograph may be invented.",
    )
    helper.set_model_props(model, dict(sorted(metadata.items())))
    checker.check_model(model, full_check=True)
    return model


def content_of(bundle: Bundle, metadata: Mapping[str, str]) -> bytes:
    """Return the bytes of `model_of` as a file; equal bundles give equal bytes."""
    return model_of(bundle, metadata).SerializeToString(deterministic=True)


class _Generator:
    """Adds `semclear.networks.generator.build_generator` to a graph."""

    def __init__(self, graph: Any, bundle: Bundle) -> None:
        self.graph, self.model, self.levels = graph, bundle.model, bundle.size.levels
        self.weights = named(bundle)
        self.normalised = bundle.model.normalisation == "instance"

    def __call__(self, image: str) -> str:
        graph, skips, x = self.graph, {}, image
        for level in range(1, self.levels + 1):
            name = f"down{level}"
            x = graph.convolution(x, name, self.weights[name], stride=2)
            if self.normalised and 1 < level < self.levels:
                x = graph.normalisation(x, self.weights[name].kernel.shape[3], EPSILON)
            x = self._relu(x)
            if level < self.levels:
                if self.model.local_extremes and level > 1:
                    x = graph.add("Concat", x, *self._extremes(image, level), axis=1)
                x = skips[level] = self._block(x, f"{name}_multiblock")
        for level in range(self.levels - 1, 0, -1):
            name = f"up{level}"
            x = graph.deconvolution(x, name, self.weights[name])
            if self.normalised:
                x = graph.normalisation(x, self.weights[name].kernel.shape[2], EPSILON)
            x = graph.add("Concat", self._relu(x), skips[level], axis=1)
            x = self._block(x, f"{name}_multiblock")
        return self._said(image, graph.deconvolution(x, "up0", self.weights["up0"]))

    def _relu(self, x: str) -> str:
        return self.graph.add("LeakyRelu", x, alpha=SLOPE)

    def _extremes(self, image: str, level: int) -> list[str]:
        graph, side = self.graph, 2 ** (level - 1)
        smooth = graph.add("AveragePool", image, kernel_shape=[2, 2], strides=[2, 2])
        pool = {"kernel_shape": [side, side], "strides": [side, side]}
        brightest = graph.add("MaxPool", smooth, **pool)
        darkest = graph.add("Neg", graph.add("MaxPool", graph.add("Neg", smooth), **pool))
        return [brightest, darkest]

    def _block(self, x: str, name: str) -> str:
        graph = self.graph

        def convolved(value: str, branch: str) -> str:
            return graph.convolution(value, f"{name}/{branch}", self.weights[f"{name}/{branch}"])

        def part(value: str, first: int, end: int) -> str:
            return graph.add("Slice", value, *(graph.integers([i]) for i in (first, end, 1)))

        quarter = self.weights[f"{name}/wide"].kernel.shape[2]
        near, point = convolved(x, "near"), convolved(x, "point")
        wide = convolved(self._relu(part(near, 2 * quarter, 3 * quarter)), "wide")
        joined = graph.add("Concat", part(point, 0, quarter), part(near, 0, 2 * quarter), wide, axis=1)
        fuse: Convolution = self.weights[f"{name}/fuse"]
        if self.normalised:
            joined = graph.normalisation(joined, fuse.kernel.shape[2], EPSILON)
        channels, width = fuse.kernel.shape[3], self.weights[f"{name}/point"].kernel.shape[3]
        kept = part(point, quarter, width) if width == quarter + channels else x
        return graph.add("Add", kept, convolved(self._relu(joined), "fuse"))

    def _said(self, image: str, x: str) -> str:
        graph = self.graph
        if self.model.output == "grey":
            return graph.add("Sigmoid", x)
        if self.model.output == "correction":
            return graph.add("Add", image, x)
        one, first, second, end = (graph.integers([i]) for i in (1, 0, 1, 2))
        bound = graph.constant(math.log(MAX_GAIN), np.float32)
        said = graph.add("Tanh", graph.add("Div", graph.add("Slice", x, first, second, one), bound))
        gain = graph.add("Exp", graph.add("Mul", said, bound))
        return graph.add("Add", graph.add("Mul", image, gain), graph.add("Slice", x, second, end, one))


class _Residual:
    """Adds `semclear.networks.residual.build_residual` to a graph."""

    def __init__(self, graph: Any, bundle: Bundle) -> None:
        self.graph, self.levels, self.weights = graph, bundle.size.levels, named(bundle)

    def __call__(self, image: str) -> str:
        graph, skips = self.graph, {}
        x = graph.convolution(image, "stem", self.weights["stem"], stride=2)
        for level in range(1, self.levels + 1):
            if level > 1:
                x = graph.convolution(x, f"down{level}", self.weights[f"down{level}"], stride=2)
            x = skips[level] = self._blocks(x, f"down{level}")
        for level in range(self.levels - 1, 0, -1):
            x = graph.deconvolution(x, f"up{level}", self.weights[f"up{level}"])
            x = self._blocks(graph.add("Add", x, skips[level]), f"up{level}")
        return graph.add("Add", image, graph.deconvolution(x, "up0", self.weights["up0"]))

    def _blocks(self, x: str, name: str) -> str:
        graph = self.graph
        for number in range(1, RESIDUAL_BLOCKS + 1):
            first, second = (f"{name}/block{number}_{place}" for place in ("first", "second"))
            inner = graph.add("LeakyRelu", graph.convolution(x, first, self.weights[first]), alpha=SLOPE)
            x = graph.add("Add", x, graph.convolution(inner, second, self.weights[second]))
        return x
