"""Trying what computes, each in a process of its own: ``python -m semclear.tool.doctor.probe NAME``.

A package that is broken, that crashes or that never answers must not take the
doctor with it, and several are asked at once.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any

from semclear.tool.runtime import BACKENDS, ONNX_RUNTIME

CLASSICAL = "classical"
MODEL = "+model"
"""Behind the name of a backend: the model that comes with the package is loaded on it, too."""
PATIENCE = 120.0
"""Seconds until a process that does not answer is ended."""
NO_ANSWER = "no answer in time"
"""The ``error`` of what was ended for it: a busy computer is as likely the reason as a broken package."""
LONGEST = 300
"""Letters of a failure that are kept."""


def _gpus(backend: str) -> list[str]:
    """Return the GPUs that a backend sees, as it calls them."""
    if backend == "tensorflow":
        import tensorflow as tf

        found = tf.config.list_physical_devices("GPU")
        return [tf.config.experimental.get_device_details(gpu).get("device_name", gpu.name) for gpu in found]
    if backend == "jax":
        import jax

        return [one.device_kind for one in jax.devices() if one.platform != "cpu"]
    import torch

    if torch.backends.mps.is_available():
        return ["Apple GPU (MPS)"]
    return [torch.cuda.get_device_name(number) for number in range(torch.cuda.device_count())]


def _classical() -> None:
    import numpy as np

    from semclear.tool.restore import engine

    engine.of_classical("clahe").inspect(np.linspace(0, 1, 64 * 64, dtype=np.float32).reshape(64, 64))


def answer(name: str) -> dict[str, Any]:
    """Return what one kind of computing says of itself, in this process.

    Parameters
    ----------
    name : str
        A Keras backend, alone or with `MODEL` behind it; `ONNX_RUNTIME`; or `CLASSICAL`.

    Returns
    -------
    dict
        ``gpus`` of a backend, with the ``model`` loaded there; ``providers`` of ONNX Runtime. It is not made where
        something raises.
    """
    backend = name.removesuffix(MODEL)
    if name == CLASSICAL:
        _classical()
        return {}
    if name == ONNX_RUNTIME:
        import onnxruntime

        return {"providers": list(onnxruntime.get_available_providers())}
    if backend != name:
        from semclear.models import catalogue
        from semclear.tool.restore import engine

        loaded = engine.of_model(catalogue.find(None), backend=backend)
        return {"gpus": _gpus(backend), "model": loaded.name}
    return {"gpus": _gpus(backend)}


def _end(process: subprocess.Popen[str], deadline: float) -> dict[str, Any]:
    """Return the answer of a process that `ask` began, or its ``error``."""
    try:
        said, remarks = process.communicate(timeout=max(0.1, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return {"error": NO_ANSWER}
    if process.returncode == 0:
        return json.loads(said.splitlines()[-1])
    lines = [line.strip() for line in remarks.splitlines() if line.strip()]
    return {"error": (lines[-1] if lines else f"exit code {process.returncode}")[:LONGEST]}


def ask(
    names: Sequence[str], environment: Mapping[str, str] | None = None, patience: float = PATIENCE
) -> dict[str, dict[str, Any]]:
    """Return what each says of itself, or its ``error`` (`NO_ANSWER` tells nothing of it); all are asked at once.

    Parameters
    ----------
    names : sequence of str
        As `answer` takes them.
    environment : mapping, optional
        Of the processes; that of this one by default.
    patience : float
        Seconds until all must have answered.
    """
    # Remarks on missing GPUs are no answer, and none is to fill a GPU's memory by being asked.
    quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "XLA_PYTHON_CLIENT_PREALLOCATE": "false"}
    given = {**quiet, **(os.environ if environment is None else environment)}
    begun = {
        name: subprocess.Popen(
            # -P: a file like random.py in the folder that this runs in is not imported.
            [sys.executable, "-P", "-m", __spec__.name if __spec__ else __name__, name],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
            errors="replace",
            env=given,
        )
        for name in names
    }
    deadline = time.monotonic() + patience
    return {name: _end(process, deadline) for name, process in begun.items()}


def main() -> None:
    """Print the answer for the name in the command's words as JSON, the last line of the output."""
    (name,) = sys.argv[1:]
    if name.removesuffix(MODEL) not in (*BACKENDS, ONNX_RUNTIME, CLASSICAL):
        sys.exit(f"got {name!r}, expected a backend")
    print(json.dumps(answer(name)), flush=True)


if __name__ == "__main__":
    main()
