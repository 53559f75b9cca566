"""Restore with an ONNX file where no backend and no Keras can be imported. Run as: lone_onnx.py FILE.onnx IMAGE.npy RESULT.npz."""

import sys

BLOCKED = {"tensorflow", "keras", "jax", "torch", "onnx"}


class Blocker:
    """Finds no module of a blocked package, as where it is not installed."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if name.partition(".")[0] in BLOCKED:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


sys.meta_path.insert(0, Blocker)

import numpy as np  # noqa: E402

from semclear.models.onnx_restorer import OnnxNetwork  # noqa: E402
from semclear.restoration import ensemble  # noqa: E402

file, image, result = sys.argv[1:]
network = OnnxNetwork(file, threads=1)
made = ensemble.restore(network, np.load(image))
np.savez(result, mean=made.mean, uncertainty=made.uncertainty, plain=made.plain, levels=network.size.levels)
