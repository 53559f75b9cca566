"""A trained model as one file that holds no code, no date and no name of a run.

A bundle is an uncompressed zip archive of `bundle.json` (format, method,
settings, normalisation, hash of the training data) and one `.npz` of weights
a network. Equal trainings give equal bytes; nothing in it is executable, and
arrays are read without pickle.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from semclear import params
from semclear.errors import SemclearError
from semclear.files import whole_file

FORMAT = 2
NORMALISATION = "grey in [0, 1] of the data type's range, no further scaling"


@dataclass(frozen=True)
class Bundle:
    """A trained model.

    Attributes
    ----------
    method : str
        "cyclegan", "cyclegan-physics", "instrument" or "paired".
    size, model : params.ModelScale, params.Model
        What the networks are built from.
    data_sha256 : str
        Hash of the manifest of the training data.
    networks : mapping of str to list of ndarray
        Weights by network: "restorer" (averaged: the product), for a
        CycleGAN also "degrader", and "oracle" (the restorer that a paired
        validation would have chosen), where there was truth.
    training : mapping
        The settings of the training, for information.
    """

    method: str
    size: params.ModelScale
    model: params.Model
    data_sha256: str
    networks: Mapping[str, Sequence[np.ndarray]]
    training: Mapping[str, Any] = field(default_factory=dict)

    @property
    def has_encoder(self) -> bool:
        """Whether its degrader is the encoder that reads the formula's parameters."""
        return self.method in ("cyclegan-physics", "instrument")

    def network(self, name: str = "restorer") -> Any:
        """Return a Keras model with the weights of network `name`: a generator, or the encoder of the formula."""
        from semclear.networks import generator
        from semclear.networks.forward import physics

        if name == "degrader" and self.has_encoder:
            network = physics.build_encoder(self.size.width, name=name, kernels="zeros")
        else:
            network = generator.generator_of(self.size, self.model, name, kernels="zeros")
        network.set_weights(list(self.networks[name]))
        return network


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    # A ZipInfo of its own has the fixed date 1980-01-01 instead of today's.
    entry = zipfile.ZipInfo(name)
    entry.external_attr = 0o644 << 16
    archive.writestr(entry, content)


def save(bundle: Bundle, path: str | Path) -> None:
    """Write a bundle; the file appears whole or not at all.

    Weights in half precision (IEEE 754 binary16) are rounded, by 5e-4 of
    themselves at most: what a file restores is not what was trained to the
    last bit, and every score is that of the file.
    """
    header = {
        "format": FORMAT,
        "method": bundle.method,
        "size": bundle.size.model_dump(),
        "model": bundle.model.model_dump(),
        "training": dict(bundle.training),
        "normalisation": NORMALISATION,
        "data_sha256": bundle.data_sha256,
        "networks": sorted(bundle.networks),
    }
    kind = np.float16 if bundle.model.stored == "half" else np.float32
    with whole_file(path) as scratch, zipfile.ZipFile(scratch, "w") as archive:
        _add(archive, "bundle.json", (json.dumps(header, indent=1, sort_keys=True) + "\n").encode())
        for name in sorted(bundle.networks):
            content = io.BytesIO()
            arrays: Any = {f"w{i:04d}": np.asarray(w, kind) for i, w in enumerate(bundle.networks[name])}
            np.savez(content, **arrays)
            _add(archive, f"{name}.npz", content.getvalue())


def _single(name: str, weights: np.ndarray) -> np.ndarray:
    """Return weights in single precision, those of half precision widened; raise ValueError for what is no weight."""
    if weights.dtype not in (np.float16, np.float32):
        raise ValueError(f"{name}: got weights of {weights.dtype}, expected float16 or float32")
    return weights.astype(np.float32)


def load(path: str | Path) -> Bundle:
    """Read a bundle.

    Raises
    ------
    SemclearError
        When the file is missing, is damaged or no bundle, or is of another
        format than this version writes.
    """
    path = Path(path)
    if not path.is_file():
        raise SemclearError(f"{path}: no such bundle; train it first (snakemake {path})")
    try:
        with zipfile.ZipFile(path) as archive:
            header = json.loads(archive.read("bundle.json"))
            if header.get("format") != FORMAT:
                raise SemclearError(
                    f"{path}: bundle of format {header.get('format')!r}, expected {FORMAT}; "
                    "train it again with this version, or install the version that wrote it"
                )
            networks = {}
            for name in header["networks"]:
                with np.load(io.BytesIO(archive.read(f"{name}.npz")), allow_pickle=False) as arrays:
                    networks[name] = [_single(name, arrays[key]) for key in sorted(arrays.files)]
        return Bundle(
            method=header["method"],
            size=params.ModelScale.model_validate(header["size"]),
            model=params.Model.model_validate(header["model"]),
            data_sha256=header["data_sha256"],
            networks=networks,
            training=header["training"],
        )
    except (zipfile.BadZipFile, KeyError, ValueError, EOFError) as error:
        raise SemclearError(
            f"{path}: damaged or no bundle ({error}); train it again or fetch it anew"
        ) from error
