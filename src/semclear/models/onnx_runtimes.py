"""What runs an ONNX file on the processor: ONNX Runtime, or OpenVINO, which is faster on many."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from semclear.errors import SemclearError, one_line
from semclear.extras import need
from semclear.restoration.tiled.out_of_memory import is_exhaustion

ONNX_RUNTIME, OPENVINO = "onnxruntime", "openvino"
#: By its package, the extra of semclear that installs it.
EXTRAS = {ONNX_RUNTIME: "onnx", OPENVINO: "openvino"}


class Runtime(Protocol):
    """A file that was loaded.

    Attributes
    ----------
    metadata : mapping of str to str
        All that the file says of itself.
    """

    metadata: Mapping[str, str]

    def run(self, batch: np.ndarray) -> np.ndarray:
        """Return the network's (B, 1, H, W) float32 of the same."""


class _OnnxRuntime:
    def __init__(self, package: Any, path: Path, threads: int | None) -> None:
        options = package.SessionOptions()
        # Its errors are raised as well; as text they would reach the person twice.
        options.log_severity_level = 4
        if threads is not None:
            options.intra_op_num_threads = threads
        self._session = package.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        # Tiles of other sides would each add to what the runtime keeps for the next.
        self._options = package.RunOptions()
        self._options.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")
        self._input = self._session.get_inputs()[0].name
        self.metadata: Mapping[str, str] = dict(self._session.get_modelmeta().custom_metadata_map)

    def run(self, batch: np.ndarray) -> np.ndarray:
        return self._session.run(None, {self._input: batch}, self._options)[0]


class _OpenVino:
    def __init__(self, package: Any, path: Path, threads: int | None) -> None:
        core = package.Core()
        model = core.read_model(str(path))
        said = dict(model.get_rt_info().items())
        framework = said.get("framework", {})
        self.metadata: Mapping[str, str] = {key: str(value.value) for key, value in framework.items()}
        settings: dict[str, Any] = {
            # Processors that have it would take bfloat16 without a word, and results would depend on the processor.
            "INFERENCE_PRECISION_HINT": "f32",
            "PERFORMANCE_HINT": "LATENCY",
        }
        if threads is not None:
            settings["INFERENCE_NUM_THREADS"] = threads
        self._request = core.compile_model(model, "CPU", settings).create_infer_request()

    def run(self, batch: np.ndarray) -> np.ndarray:
        # A copy: the next call writes into the same memory.
        return np.array(self._request.infer([batch], share_inputs=True)[0])


RUNTIMES: Mapping[str, Callable[[Any, Path, int | None], Runtime]] = {
    ONNX_RUNTIME: _OnnxRuntime,
    OPENVINO: _OpenVino,
}


def load(name: str, path: Path, threads: int | None = None) -> Runtime:
    """Load a file.

    Parameters
    ----------
    name : str
        Of `RUNTIMES`.
    path : Path
        The file.
    threads : int, optional
        Of one call; by default all cores.

    Raises
    ------
    SemclearError
        When the runtime is not installed, or the file is missing or damaged.
    MemoryError
        When there is no memory for its weights.
    """
    package = need(name, EXTRAS[name], str(path))
    if not path.is_file():
        raise SemclearError(f"{path}: no such file; make it with `semclear export BUNDLE --format onnx`")
    try:
        return RUNTIMES[name](package, path, threads)
    except Exception as error:  # neither runtime's errors have a class of their own in common
        if is_exhaustion(error):
            raise MemoryError(f"{path}: {one_line(error)}") from error
        raise SemclearError(
            f"{path}: damaged or no ONNX file ({one_line(error)}); export the bundle again"
        ) from error
