"""Backend, threads and device: set before Keras is first imported."""

from __future__ import annotations

import os
import sys

from semclear import params
from semclear.errors import SemclearError


def configure(compute: params.Compute) -> None:
    """Choose backend and threads of this process and make its arithmetic repeatable.

    Parameters
    ----------
    compute : params.Compute
        Backend, thread count, and whether a GPU is required.

    Raises
    ------
    SemclearError
        When Keras already runs on another backend, or a GPU is required and
        none is seen.
    """
    os.environ["KERAS_BACKEND"] = compute.backend
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # Whatever a cluster or a shell has set: sums depend on how many threads share them.
    os.environ["OMP_NUM_THREADS"] = os.environ["TF_NUM_INTRAOP_THREADS"] = str(compute.threads)
    os.environ["TF_NUM_INTEROP_THREADS"] = "1"
    try:
        import keras
    except ImportError as error:
        raise SemclearError(
            f"compute.backend: got {compute.backend!r}, which cannot be imported ({error}); install it (the extra "
            "`jax` brings that backend) or choose another"
        ) from None

    if keras.backend.backend() != compute.backend:
        raise SemclearError(
            f"compute.backend: got {compute.backend!r}, but this process runs on {keras.backend.backend()!r}; "
            "start a new process"
        )
    if compute.backend == "tensorflow":
        import tensorflow as tf

        tf.config.experimental.enable_op_determinism()
    if compute.require_gpu and not has_gpu():
        raise SemclearError(
            "compute.require_gpu: no GPU is visible to the backend; install the extra `gpu`, check the driver, "
            "or set require_gpu to false"
        )


def has_gpu() -> bool:
    """Return whether the configured backend sees a GPU."""
    import keras

    if keras.backend.backend() == "torch":  # for which Keras lists no devices
        import torch

        return torch.cuda.is_available()
    return any(
        "gpu" in device.lower() or "cuda" in device.lower() for device in keras.distribution.list_devices()
    )


def describe() -> str:
    """Return one line on what this process computes with."""
    import keras

    device = "GPU" if has_gpu() else f"CPU, {os.environ.get('TF_NUM_INTRAOP_THREADS', '?')} thread(s)"
    return f"Keras {keras.__version__} on {keras.backend.backend()}, {device}"


def say(text: str) -> None:
    """Print a line of progress to the log at once."""
    print(text, file=sys.stderr, flush=True)
