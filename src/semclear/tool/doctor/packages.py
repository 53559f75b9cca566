"""Which packages are installed, read from their metadata: nothing is imported."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator, Sequence
from importlib import metadata
from typing import Any

from packaging.requirements import Requirement

from semclear.files import quoted

#: By the name of what is imported, the distributions that bring it.
DISTRIBUTIONS = {
    "keras": ("keras", "keras-nightly"),
    "tensorflow": ("tensorflow", "tensorflow-cpu", "tensorflow-macos", "tensorflow-rocm", "tf-nightly"),
    "jax": ("jax",),
    "torch": ("torch",),
    "onnxruntime": (
        "onnxruntime",
        "onnxruntime-gpu",
        "onnxruntime-openvino",
        "onnxruntime-directml",
        "onnxruntime-migraphx",
        "onnxruntime-rocm",
    ),
    "openvino": ("openvino",),
    "numpy": ("numpy",),
    "cv2": ("opencv-python-headless", "opencv-python", "opencv-contrib-python"),
}
#: Extras that a person may want, and what for; those of developers are left out.
EXTRAS = {
    "onnx": "restoring by an exported .onnx file, without Keras",
    "openvino": "the same by OpenVINO, faster on many processors",
    "vendors": "DM3 and DM4 files, and pixel sizes of further vendors' files, by rosettasciio",
    "mrc": "MRC files, by mrcfile",
    "czi": "CZI files, by pylibCZIrw",
    "ome": "channels and instrument of OME-TIFF files, by ome-types",
    "volumes": "OME-Zarr volumes of any size, and clusters of dask.distributed",
    "napari": "the napari plug-in",
    "benchmark": "scoring restorations on the open benchmark",
    "gpu": "TensorFlow on NVIDIA GPUs",
    "bioimageio": "export to a BioImage Model Zoo package",
    "study": "the whole study, and TensorFlow as backend",
}


def version_of(module: str) -> str | None:
    """Return the version of an importable package; "unknown" where no distribution says it, None without a package."""
    if importlib.util.find_spec(module) is None:
        return None
    for name in DISTRIBUTIONS.get(module, (module,)):
        try:
            return metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return "unknown"


def versions() -> dict[str, str | None]:
    """Return `version_of` of every package that computes."""
    return {module: version_of(module) for module in DISTRIBUTIONS}


def _asked(distribution: str, extras: Sequence[str], *, alone: bool) -> Iterator[Requirement]:
    """Yield what a distribution requires for its extras; `alone` leaves out what it requires without them."""
    for text in metadata.requires(distribution) or ():
        wanted = Requirement(text)
        marker = wanted.marker
        if marker is None or marker.evaluate({"extra": ""}):
            if not alone:
                yield wanted
        elif any(marker.evaluate({"extra": extra}) for extra in extras):
            yield wanted


def missing(distribution: str, extra: str) -> list[str]:
    """Return what an extra requires and is not installed, or not in a version that it takes.

    Raises
    ------
    PackageNotFoundError
        When the distribution itself is not installed.
    """
    lacking: list[str] = []
    left, seen = list(_asked(distribution, [extra], alone=True)), set()
    while left:
        wanted = left.pop(0)
        if str(wanted) in seen:
            continue
        seen.add(str(wanted))
        try:
            found = metadata.version(wanted.name)
        except metadata.PackageNotFoundError:
            lacking.append(f"{wanted.name}{wanted.specifier}")
            continue
        if not wanted.specifier.contains(found, prereleases=True):
            lacking.append(f"{wanted.name}{wanted.specifier} (found {found})")
        elif wanted.extras:
            left += _asked(wanted.name, sorted(wanted.extras), alone=True)
    return lacking


def command_for(extra: str) -> str:
    """Return the command that installs an extra into the environment that this program runs in."""
    return f'{quoted(sys.executable)} -m pip install "semclear[{extra}]"'


def extras(distribution: str = "semclear") -> list[dict[str, Any]]:
    """Return for each of `EXTRAS` its ``name``, what it is ``for``, what is ``missing`` and the ``command`` for it.

    Where semclear runs from its sources and is not installed, nobody can say what is missing: None.
    """
    found = []
    for name, purpose in EXTRAS.items():
        try:
            lacking: list[str] | None = missing(distribution, name)
        except metadata.PackageNotFoundError:
            lacking = None
        found.append({"name": name, "for": purpose, "missing": lacking, "command": command_for(name)})
    return found
