"""Exact resume: everything that a training is, once an epoch, outside the rule's outputs.

Snakemake deletes the outputs of a failed rule, so checkpoints stand in a
folder of their own, named by the hash of what the training depends on: its
slice of params.yaml, its data and semclear's code. A changed number never
meets an old checkpoint.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from pathlib import Path
from typing import Any

import keras
import numpy as np

import semclear
from semclear.files import whole_file

#: Files and folders; a folder that is not there would be passed over in silence, and a checkpoint of other code taken.
STAGES = ("compute.py", "datasets", "degradation", "networks", "row_noise.py", "seeds.py", "training")


def code_sha256() -> str:
    """Return a hash of the source files that a training runs."""
    root = Path(semclear.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(file for stage in STAGES for file in _files_of(root / stage)):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _files_of(stage: Path) -> list[Path]:
    if stage.is_file():
        return [stage]
    return [*stage.rglob("*.py")] or [stage / "__init__.py"]  # which fails to open where the folder is gone


def folder_of(slice_values: dict[str, Any], data_sha256: str, start_sha256: str | None = None) -> Path:
    """Return the checkpoint folder of a training; `start_sha256` is the hash of the weights that it started from.

    It lies under the environment variable SEMCLEAR_CHECKPOINTS, else under
    `.checkpoints` of the working folder.
    """
    known = [slice_values, data_sha256, code_sha256(), keras.version()]
    text = json.dumps(known if start_sha256 is None else [*known, start_sha256], sort_keys=True)
    root = Path(os.environ.get("SEMCLEAR_CHECKPOINTS", ".checkpoints"))
    return root / hashlib.sha256(text.encode()).hexdigest()[:16]


def variables_of(model: Any) -> list[Any]:
    """Return everything that a training changes: weights, random streams, counters, the optimizer's state."""
    metrics = {id(v) for metric in model.metrics for v in metric.variables}
    own = [v for v in model.variables if id(v) not in metrics]
    return own + list(model.optimizer.variables)


class Memory:
    """The state of one training after its last finished epoch, kept as long as the process lives."""

    def __init__(self) -> None:
        self._saved: tuple[str, list[np.ndarray], list[np.ndarray]] | None = None

    def save(self, model: Any, record: dict[str, Any], oracle: list[np.ndarray]) -> None:
        """Keep a copy of weights, optimizer state, `record` (JSON-able) and the oracle's weights."""
        values = [keras.ops.convert_to_numpy(variable).copy() for variable in variables_of(model)]
        self._saved = json.dumps(record), values, list(oracle)

    def load(self, model: Any) -> tuple[dict[str, Any], list[np.ndarray]] | None:
        """Put the saved state into `model` (built, compiled) and return record and oracle, or None."""
        if self._saved is None:
            return None
        record, values, oracle = self._saved
        for variable, value in zip(variables_of(model), values, strict=True):
            variable.assign(value)
        return json.loads(record), list(oracle)


class Checkpoint:
    """The state of one training after its last finished epoch.

    Parameters
    ----------
    folder : Path
        From `folder_of`.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "state.npz"

    def save(self, model: Any, record: dict[str, Any], oracle: list[np.ndarray]) -> None:
        """Write weights, optimizer state, `record` (JSON-able) and the oracle's weights as one file."""
        arrays: Any = {f"v{i:05d}": np.asarray(v) for i, v in enumerate(variables_of(model))}
        arrays |= {f"o{i:05d}": w for i, w in enumerate(oracle)}
        with whole_file(self.path) as scratch, scratch.open("wb") as stream:
            np.savez(stream, record=np.array(json.dumps(record)), **arrays)

    def load(self, model: Any) -> tuple[dict[str, Any], list[np.ndarray]] | None:
        """Put the saved state into `model` (built, compiled) and return record and oracle, or None.

        A damaged file counts as none: the training starts from the beginning.
        """
        if not self.path.is_file():
            return None
        try:
            with np.load(self.path, allow_pickle=False) as arrays:
                saved = [arrays[key] for key in sorted(arrays.files) if key.startswith("v")]
                oracle = [arrays[key] for key in sorted(arrays.files) if key.startswith("o")]
                record = json.loads(str(arrays["record"]))
        except (OSError, ValueError, KeyError, EOFError):
            return None
        variables = variables_of(model)
        if [tuple(v.shape) for v in variables] != [value.shape for value in saved]:
            return None
        for variable, value in zip(variables, saved, strict=True):
            variable.assign(value)
        return record, oracle

    def remove(self) -> None:
        """Forget the training, once its outputs stand."""
        shutil.rmtree(self.folder, ignore_errors=True)
