"""What models run on: backend, threads, and what libraries say on stderr."""

from __future__ import annotations

import importlib.util
import logging
import os
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from semclear.errors import SemclearError
from semclear.models.onnx_runtimes import ONNX_RUNTIME, OPENVINO

if TYPE_CHECKING:
    from semclear.models.catalogue import Model
    from semclear.params.scales import Backend

BACKENDS: tuple[Backend, ...] = ("tensorflow", "jax", "torch")
#: Packages that run an exported restorer, and what they are called.
EXPORTED = {ONNX_RUNTIME: "ONNX Runtime", OPENVINO: "OpenVINO"}

#: What a person or a scheduler said, read before `compute.configure` writes there.
ASKED_THREADS = os.environ.get("OMP_NUM_THREADS", "")


def backend_for(choice: str) -> Backend:
    """Return the Keras backend to run on.

    Parameters
    ----------
    choice : {"auto", "tensorflow", "jax", "torch"}
        "auto" is the one that this process runs on already, or the one in
        the environment variable KERAS_BACKEND, or the first of the three that
        is installed. Nothing is imported to find out.

    Raises
    ------
    SemclearError
        When the choice is unknown or not installed.
    """
    if choice in EXPORTED:
        raise SemclearError(
            f"--backend: got {choice!r}, which runs exported models, expected one of {', '.join(('auto', *BACKENDS))}; "
            "export the model (semclear export --format onnx) and give the .onnx file as --model"
        )
    if choice not in ("auto", *BACKENDS):
        raise SemclearError(f"--backend: got {choice!r}, expected auto, {', '.join((*BACKENDS, *EXPORTED))}")
    installed = [name for name in BACKENDS if importlib.util.find_spec(name) is not None]
    if choice == "auto":
        keras = sys.modules.get("keras")
        wished = keras.backend.backend() if keras is not None else os.environ.get("KERAS_BACKEND", "")
        if not installed:
            raise SemclearError(
                f"--backend: none of {', '.join(BACKENDS)} is installed, expected one; install one, or use a "
                "classical --method"
            )
        return next((name for name in installed if name == wished), installed[0])
    for name in installed:
        if name == choice:
            return name
    raise SemclearError(
        f"--backend: got {choice!r}, which is not installed; install it or choose one of "
        f"{', '.join(installed) or 'none'}"
    )


def backend_of(model: Model, choice: str) -> str:
    """Return what a model will run on: see `backend_for`, and for an ONNX file ONNX Runtime or OpenVINO.

    Of the two "auto" is the first that is installed.

    Raises
    ------
    SemclearError
        As `backend_for`, and for a choice where there is none.
    """
    if not model.is_onnx:
        return backend_for(choice)
    if choice in EXPORTED:
        return choice
    if choice != "auto":
        raise SemclearError(
            f"--backend: got {choice!r} with {model.path.name}, which {' and '.join(EXPORTED)} run, expected auto or "
            "one of these; leave it out or use the bundle"
        )
    return next((name for name in EXPORTED if importlib.util.find_spec(name) is not None), ONNX_RUNTIME)


class _Kept:
    """Threads that the backend was loaded with; it keeps them as long as the process lives."""

    threads: int | None = None


def configure(backend: str, threads: int) -> tuple[str, int]:
    """Load Keras on a backend, see `backend_for`, without its remarks.

    Parameters
    ----------
    backend : str
        See `backend_for`.
    threads : int
        Of the process; where it loaded Keras before, those of then stay, and a warning says so.

    Returns
    -------
    str, int
        The backend's name, and the threads that it has.
    """
    from semclear import compute
    from semclear.params import Compute

    running = backend_for(backend)
    kept = _Kept.threads = _Kept.threads or threads
    if kept != threads:
        warnings.warn(
            f"threads: got {threads}, but this process computes with {kept} since it loaded its first model; start a "
            "new process for another number",
            stacklevel=2,
        )
    with quiet():
        compute.configure(Compute(backend=running, threads=kept, require_gpu=False))
        compute.has_gpu()
    # Remarks on retracing for pictures of other sizes, which are what a folder holds.
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    return running, kept


def default_threads() -> int:
    """Return the number in the environment variable OMP_NUM_THREADS, else the processors that this process may use.

    A cluster's scheduler, or a careful person, sets the one or binds the other.
    """
    asked = ASKED_THREADS.strip()
    if asked.isdecimal() and int(asked):
        return int(asked)
    if hasattr(os, "sched_getaffinity"):  # not on Windows and macOS
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


STDERR = 2


@contextmanager
def quiet() -> Iterator[None]:
    """Hold back what is written to the process's stderr, by compiled code, too; when the block fails, show it.

    TensorFlow remarks on its arithmetic and on missing GPUs before its own
    settings can silence it.
    """
    sys.stderr.flush()
    try:
        kept = os.dup(STDERR)
    except OSError:  # there is no stderr, as in a windowed program
        yield
        return
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), STDERR)
        failed = True
        try:
            yield
            failed = False
        except KeyboardInterrupt:  # somebody's wish, which no remark of a library explains
            failed = False
            raise
        finally:
            sys.stderr.flush()
            os.dup2(kept, STDERR)
            os.close(kept)
            if failed:
                held.seek(0)
                sys.stderr.write(held.read().decode(errors="replace"))
