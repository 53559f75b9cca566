"""Restore with an ONNX file where no backend and no Keras can be imported.

Run as: lone_onnx.py FILE.onnx IMAGE.npy RESULT.npz.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "helpers"))

from blocked_imports import block

block("tensorflow", "keras", "jax", "torch", "onnx")

import numpy as np  # noqa: E402

from semclear.models.onnx_restorer import OnnxNetwork  # noqa: E402
from semclear.restoration import ensemble  # noqa: E402

file, image, result = sys.argv[1:]
network = OnnxNetwork(file, threads=1)
made = ensemble.restore(network, np.load(image))
np.savez(result, mean=made.mean, uncertainty=made.uncertainty, plain=made.plain, levels=network.size.levels)
