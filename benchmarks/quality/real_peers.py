"""Methods of other packages, in a process of their own: this one may have other versions, and another licence.

The process answers lines of JSON: ``{"method": ..., "files": [image, spectrum or null, answer]}``, arrays as .npy.
It imports nothing of semclear.

References
----------
.. [1] Makinen, Azzari, Foi, "Collaborative filtering of correlated noise", IEEE TIP 29 (2020),
   doi:10.1109/TIP.2020.3014721; package `bm3d` (non-commercial licence)
.. [2] Lobato, Friedrich, Van Aert, "Deep convolutional neural networks to restore single-shot electron microscopy
   images", npj Computational Materials 10 (2024), doi:10.1038/s41524-023-01188-0; package `tk_r_em` (GPL)
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
BM3D, TK_R_EM = "bm3d-rows", "tk_r_em"
#: The network for noisy scans at low resolution.
NETWORK = "sfr_lrsem"
_NEEDS = {BM3D: ("bm3d",), TK_R_EM: ("tk_r_em", "tensorflow")}


def _missing() -> dict[str, str]:
    """Return the methods that this interpreter lacks packages for, with the reason."""
    reasons = {}
    for method, packages in _NEEDS.items():
        absent = [name for name in packages if importlib.util.find_spec(name) is None]
        if absent:
            reasons[method] = f"no package {' and '.join(absent)} in {sys.executable}"
    if BM3D not in reasons and not hasattr(np, "trapz"):
        reasons[BM3D] = f"numpy {np.__version__} in {sys.executable}, bm3d needs one below 2"
    return reasons


def _bm3d(image: np.ndarray, spectrum: np.ndarray) -> np.ndarray:
    import bm3d

    return bm3d.bm3d(np.float64(image), spectrum)


class _TkREm:
    """The network, loaded at its first picture."""

    def __init__(self) -> None:
        self._run: Any = None

    def __call__(self, image: np.ndarray, spectrum: None) -> np.ndarray:
        import tensorflow as tf

        if self._run is None:
            tf.config.threading.set_intra_op_parallelism_threads(1)
            tf.config.threading.set_inter_op_parallelism_threads(1)
            found = importlib.util.find_spec("tk_r_em")
            assert found is not None and found.submodule_search_locations
            folder = Path(next(iter(found.submodule_search_locations)), "models", NETWORK)
            # Keras 3 opens no folder of this kind; its signature is all that is needed.
            self._module = tf.saved_model.load(str(folder))
            self._run = self._module.signatures["serving_default"]
        # Sides must be even.
        ends = [(0, side % 2) for side in image.shape]
        padded = np.pad(np.float32(image), ends, mode="symmetric")
        answer = next(iter(self._run(tf.constant(padded[None, ..., None])).values())).numpy()
        return answer[0, : image.shape[0], : image.shape[1], 0]


def serve() -> None:
    """Answer lines of JSON until the input ends; whatever packages print goes to stderr."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    methods = {BM3D: _bm3d, TK_R_EM: _TkREm()}
    print(json.dumps(_missing()), file=answers, flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        image, spectrum, target = asked["files"]
        given = np.load(image), None if spectrum is None else np.load(spectrum)
        start = time.process_time()
        np.save(target, np.clip(methods[asked["method"]](*given), 0.0, 1.0).astype(np.float32))
        print(json.dumps({"seconds": time.process_time() - start}), file=answers, flush=True)


class PeerError(RuntimeError):
    """A process ended; the message has its last words."""


class _Process:
    """One interpreter: `missing` says which methods it lacks, and why."""

    def __init__(self, python: str, folder: Path) -> None:
        self._words = folder / "stderr"
        path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
        quiet = {"CUDA_VISIBLE_DEVICES": "-1", "TF_CPP_MIN_LOG_LEVEL": "3", "OMP_NUM_THREADS": "1"}
        self._process: subprocess.Popen[str] | None = None
        try:
            with self._words.open("w") as words:
                self._process = subprocess.Popen(
                    [python, "-c", "from benchmarks.quality.real_peers import serve; serve()"],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=words,
                    text=True,
                    env={**os.environ, **quiet, "PYTHONPATH": path},
                )
        except OSError as error:
            self.missing: dict[str, str] = dict.fromkeys(_NEEDS, f"{python}: {error.strerror}")
            return
        try:
            self.missing = self._answer(python)
        except PeerError as error:
            self.missing = dict.fromkeys(_NEEDS, str(error))

    def _answer(self, what: str) -> Any:
        """Return the next line; the last words of the process where it ended."""
        assert self._process is not None and self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            last = self._words.read_text(errors="replace").strip().splitlines()[-1:]
            raise PeerError(f"{what}: ended with code {self._process.wait()} ({''.join(last)})")
        return json.loads(line)

    def ask(self, question: dict[str, Any]) -> Any:
        """Return the answer to a line."""
        assert self._process is not None
        print(json.dumps(question), file=self._process.stdin, flush=True)
        return self._answer(question["method"])

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            assert self._process.stdin is not None and self._process.stdout is not None
            self._process.stdin.close()
            self._process.wait()
            self._process.stdout.close()


class Peers:
    """The processes, opened at once.

    Parameters
    ----------
    pythons : sequence of str
        Interpreters; a method runs in the first that has its packages.

    Attributes
    ----------
    missing : dict
        From a method that none has to the first one's reason.
    spent : float
        Processor seconds of all restorations so far.
    """

    def __init__(self, pythons: Sequence[str]) -> None:
        self.spent = 0.0
        self._folder = tempfile.TemporaryDirectory()
        self._all: list[_Process] = []
        for index, python in enumerate(pythons):
            own = Path(self._folder.name, str(index))
            own.mkdir()
            self._all.append(_Process(python, own))
        self._of = {
            method: next((one for one in self._all if method not in one.missing), None) for method in _NEEDS
        }
        reasons = dict.fromkeys(_NEEDS, "no interpreter") | (self._all[0].missing if self._all else {})
        self.missing = {method: reasons[method] for method, one in self._of.items() if one is None}

    def restore(self, method: str, image: np.ndarray, spectrum: np.ndarray | None = None) -> np.ndarray:
        """Return the picture restored by a method, (H, W) float32 in [0, 1].

        Parameters
        ----------
        method : str
            `BM3D` or `TK_R_EM`, not one of `missing`.
        image : ndarray, (H, W)
            In [0, 1].
        spectrum : ndarray, (H, W), optional
            For BM3D: variance of each Fourier coefficient of the noise, unnormalised transform.

        Raises
        ------
        PeerError
            When its process ends.
        """
        files = [Path(self._folder.name, f"{name}.npy") for name in ("image", "spectrum", "answer")]
        np.save(files[0], image)
        if spectrum is not None:
            np.save(files[1], spectrum)
        names = [str(files[0]), None if spectrum is None else str(files[1]), str(files[2])]
        process = self._of[method]
        assert process is not None
        self.spent += process.ask({"method": method, "files": names})["seconds"]
        return np.load(files[2])

    def close(self) -> None:
        """End the processes."""
        for one in self._all:
            one.close()
        self._folder.cleanup()
