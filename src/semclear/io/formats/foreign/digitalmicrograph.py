"""DM3 and DM4 of Gatan DigitalMicrograph: pictures and stacks; by the package rosettasciio.

Calibrations stand in ``ImageData.Calibrations.Dimension``, as rosettasciio takes them. Tested on constructed files.
"""

from __future__ import annotations

import struct
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from semclear.io.formats.foreign.foreign_format import CheckSize, ForeignFile, ForeignFormat
from semclear.io.formats.page import UnsuitableError
from semclear.io.metadata.finding import Finding, known, length_nm


def _is_digitalmicrograph(first: bytes) -> bool:
    """Return whether version, and the byte order behind a length of 4 or 8 bytes, are those of DM3 or DM4."""
    if len(first) < 16:
        return False
    (version,) = struct.unpack_from(">I", first)
    place = {3: 8, 4: 12}.get(version)
    return place is not None and struct.unpack_from(">I", first, place)[0] in (0, 1)


def _edge_nm(axis: dict[str, Any]) -> float | None:
    """Return the scale of an axis in nanometres; None of an uncalibrated one, whose unit is empty."""
    return length_nm(float(axis["scale"]), str(axis["units"]))


def _read(package: ModuleType, path: Path, check_size: CheckSize) -> ForeignFile:
    signals = [one for one in package.file_reader(str(path), lazy=True) if one["data"].ndim in (2, 3)]
    shapes = {one["data"].shape[-2:] for one in signals}
    if len(shapes) != 1:
        raise UnsuitableError(
            f"got a DigitalMicrograph file of {len(signals)} pictures in {len(shapes)} sizes, expected one size; save "
            "each alone"
        )
    ((height, width),) = shapes
    counts = [one["data"].shape[0] if one["data"].ndim == 3 else 1 for one in signals]
    check_size((width, height), sum(counts))
    planes: list[np.ndarray] = []
    found: list[Finding] = []
    slice_nm = None
    for signal, count in zip(signals, counts, strict=True):
        data = np.asarray(signal["data"])  # computed here, once its size is known
        if data.dtype.names:
            raise UnsuitableError("got a DigitalMicrograph picture in colour, expected gray; convert it")
        axes, instrument = signal["axes"], signal["metadata"].get("Acquisition_instrument", {})
        scope = instrument.get("SEM") or instrument.get("TEM") or {}
        told = known(
            voltage_kv=scope.get("beam_energy"),
            magnification=scope.get("magnification"),
            instrument=scope.get("microscope"),
        )
        one = Finding(
            "Gatan", _edge_nm(axes[-1]), _edge_nm(axes[-2]), "DigitalMicrograph calibration", metadata=told
        )
        planes += list(data.reshape(count, height, width))
        found += [one] * count
        slice_nm = _edge_nm(axes[0]) if count > 1 else slice_nm
    return ForeignFile(planes, found, slice_nm)


FORMAT = ForeignFormat(
    "DigitalMicrograph",
    70,
    _is_digitalmicrograph,
    (".dm3", ".dm4"),
    "rsciio.digitalmicrograph",
    "vendors",
    _read,
    "the DigitalMicrograph calibration",
)
