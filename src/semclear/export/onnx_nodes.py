"""An ONNX graph written node by node."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from semclear.export.weights import Convolution


class Graph:
    """Nodes and constants of a graph in the order of computation; values are known by name.

    Names come from a counter and constants are kept once, so that equal
    networks give equal bytes.
    """

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []
        self._known: dict[tuple, str] = {}

    def add(self, kind: str, *inputs: str, output: str | None = None, **attributes: Any) -> str:
        """Add a node and return the name of its value."""
        output = output or f"v{len(self.nodes)}"
        self.nodes.append(
            helper.make_node(kind, list(inputs), [output], name=f"{kind}_{output}", **attributes)
        )
        return output

    def constant(self, values: Any, dtype: Any, name: str | None = None) -> str:
        """Return the name of a constant."""
        array = np.ascontiguousarray(values, dtype=dtype).reshape(np.shape(values))
        key = (name, array.dtype.str, array.shape, array.tobytes() if name is None else None)
        if key not in self._known:
            self._known[key] = name or f"c{len(self.constants)}"
            self.constants.append(numpy_helper.from_array(array, self._known[key]))
        return self._known[key]

    def integers(self, values: Any) -> str:
        """Return the name of an int64 constant."""
        return self.constant(values, np.int64)

    def convolution(self, x: str, name: str, weights: Convolution, stride: int = 1) -> str:
        """Add a convolution whose output has the input's size over `stride` ("same"; sides must be even for 2)."""
        side = weights.kernel.shape[0]
        # TensorFlow's "same": one pixel on every side for 3 x 3, and for 4 x 4 with stride 2 on even sides; none for
        # 2 x 2 with stride 2.
        margin = (side - 1) // 2
        return self._convolve("Conv", x, name, weights, (3, 2, 0, 1), margin, stride)

    def deconvolution(self, x: str, name: str, weights: Convolution) -> str:
        """Add a 4 x 4 or 2 x 2 deconvolution of stride 2, which doubles both sides."""
        margin = (weights.kernel.shape[0] - 2) // 2
        return self._convolve("ConvTranspose", x, name, weights, (3, 2, 0, 1), margin, 2)

    def _convolve(
        self, kind: str, x: str, name: str, weights: Convolution, order: tuple, margin: int, stride: int
    ) -> str:
        inputs = [x, self.constant(weights.kernel.transpose(order), np.float32, f"{name}/kernel")]
        if weights.bias is not None:
            inputs.append(self.constant(weights.bias, np.float32, f"{name}/bias"))
        return self.add(
            kind,
            *inputs,
            kernel_shape=list(weights.kernel.shape[:2]),
            pads=[margin] * 4,
            strides=[stride, stride],
        )

    def normalisation(self, x: str, channels: int, epsilon: float) -> str:
        """Add instance normalisation without scale and offset."""
        ones = self.constant(np.ones(channels), np.float32)
        zeros = self.constant(np.zeros(channels), np.float32)
        return self.add("InstanceNormalization", x, ones, zeros, epsilon=epsilon)

    def mirrored(self, x: str, length: str, axis: int, multiple: int) -> str:
        """Extend `axis` behind its end to a multiple, as `numpy.pad` with "symmetric" does, however short it is.

        Index i of the extended axis shows pixel min(j, 2n - 1 - j) with
        j = i mod 2n: a triangle wave that stands still at both ends.

        Parameters
        ----------
        x : str
            The images.
        length : str
            n, the axis' length: an int64 scalar.
        axis, multiple : int
            Which axis, and of what its length is to be a multiple.
        """
        missing = self.add("Mod", self.add("Neg", length), self.integers(multiple))
        total = self.add("Add", length, missing)
        index = self.add("Range", self.integers(0), total, self.integers(1))
        period = self.add("Mul", length, self.integers(2))
        rising = self.add("Mod", index, period)
        falling = self.add("Sub", self.add("Sub", period, self.integers(1)), rising)
        return self.add("Gather", x, self.add("Min", rising, falling), axis=axis)

    def model(self, name: str, source: str, result: str, opset: int, **fields: Any) -> onnx.ModelProto:
        """Return the graph as a model from images `source` to images `result`, (batch, 1, height, width) float32."""
        shape: list[str | int | None] = ["batch", 1, "height", "width"]
        graph = helper.make_graph(
            self.nodes,
            name,
            [helper.make_tensor_value_info(source, TensorProto.FLOAT, shape)],
            [helper.make_tensor_value_info(result, TensorProto.FLOAT, shape)],
            self.constants,
        )
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], **fields)
