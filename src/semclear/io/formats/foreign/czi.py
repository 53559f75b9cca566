"""CZI of Zeiss: scenes, channels (detectors), slices and times; by the package pylibCZIrw, which is Zeiss' own.

The pixel size stands in the metadata, ``Scaling/Items/Distance``, in metres. Tested on files that pylibCZIrw wrote.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from semclear.io.formats.damage import DamagedError
from semclear.io.formats.foreign.foreign_format import CheckSize, ForeignFile, ForeignFormat
from semclear.io.formats.page import UnsuitableError
from semclear.io.metadata.finding import Finding, known, length_nm

SIGNATURE = b"ZISRAWFILE"

GRAY, COLOURED = ("Gray8", "Gray16", "Gray32Float"), ("Bgr24", "Bgr48")
"""Kinds of pixels; blue stands first in the latter."""

PLANES = ("T", "Z", "C")
"""Dimensions of which each place is a picture, the last one fastest."""


def _listed(values: Any) -> list[Any]:
    return values if isinstance(values, list) else [] if values is None else [values]


def _below(values: Any, *path: str) -> Any:
    """Return what stands below these keys of nested mappings; None where one is missing."""
    for key in path:
        values = values.get(key) if isinstance(values, dict) else None
    return values


def _edges_nm(metadata: Any) -> dict[str, float | None]:
    distances = _listed(_below(metadata, "Scaling", "Items", "Distance"))
    return {
        str(one.get("@Id")): length_nm(one.get("Value") or "", "m")
        for one in distances
        if isinstance(one, dict)
    }


def _channels(metadata: Any) -> list[str | None]:
    listed = _below(metadata, "Information", "Image", "Dimensions", "Channels", "Channel")
    return [one.get("@Name") if isinstance(one, dict) else None for one in _listed(listed)]


def _microscope(metadata: Any) -> str | None:
    listed = _listed(_below(metadata, "Information", "Instrument", "Microscopes", "Microscope"))
    return next((one["@Name"] for one in listed if isinstance(one, dict) and one.get("@Name")), None)


def _places(opened: Any, scenes: list[int | None]) -> Iterator[tuple[int | None, dict[str, int]]]:
    ranges = [range(*opened.total_bounding_box.get(name, (0, 1))) for name in PLANES]
    for scene, numbers in itertools.product(scenes, itertools.product(*ranges)):
        yield scene, dict(zip(PLANES, numbers, strict=True))


def _check_kinds(opened: Any) -> None:
    """Refuse pixels that are no gray levels or colours, and dimensions that are no pictures side by side."""
    kinds = set(opened.pixel_types.values())
    if len(kinds) != 1 or not kinds <= {*GRAY, *COLOURED}:
        raise UnsuitableError(
            f"got a CZI of {', '.join(sorted(map(str, kinds))) or 'no pixels'}, expected one of "
            f"{', '.join((*GRAY, *COLOURED))}; convert it"
        )
    others = [
        name
        for name, (first, last) in opened.total_bounding_box.items()
        if name not in (*PLANES, "X", "Y") and last - first > 1
    ]
    if others:
        raise UnsuitableError(
            f"got a CZI with several places along {', '.join(others)}, expected scenes, times, slices and channels; "
            "save one place alone"
        )


def _read(package: ModuleType, path: Path, check_size: CheckSize) -> ForeignFile:
    with package.open_czi(str(path)) as opened:
        _check_kinds(opened)
        rectangles = opened.scenes_bounding_rectangle
        scenes: list[int | None] = sorted(rectangles) if rectangles else [None]
        boxes = list(rectangles.values()) or [opened.total_bounding_rectangle]
        sizes = {(box.w, box.h) for box in boxes}
        if len(sizes) > 1:
            named = ", ".join(f"{width} x {height}" for width, height in sorted(sizes))
            raise UnsuitableError(
                f"got scenes that differ in size ({named}), expected equal ones; save each alone"
            )
        (size,) = sizes
        if min(size) < 1:
            raise DamagedError(f"it declares {size[0]} x {size[1]} pixels")
        many = np.prod(
            [len(range(*opened.total_bounding_box.get(name, (0, 1)))) for name in PLANES], dtype=float
        )
        check_size(size, len(scenes) * int(many))
        metadata = _below(opened.metadata, "ImageDocument", "Metadata")
        edges, channels, microscope = _edges_nm(metadata), _channels(metadata), _microscope(metadata)
        planes, found = [], []
        for scene, place in _places(opened, scenes):
            pixels = opened.read(plane=place, scene=scene)
            pixels = pixels[..., 0] if pixels.shape[-1] == 1 else pixels[..., ::-1]
            planes.append(np.ascontiguousarray(pixels))
            channel = channels[place["C"]] if place["C"] < len(channels) else None
            told = known(detector=channel, instrument=microscope)
            found.append(Finding("Zeiss", edges.get("X"), edges.get("Y"), "CZI metadata", metadata=told))
        first, last = opened.total_bounding_box.get("Z", (0, 1))
    return ForeignFile(planes, found, edges.get("Z") if last - first > 1 else None)


FORMAT = ForeignFormat(
    "CZI",
    60,
    lambda first: first.startswith(SIGNATURE),
    (".czi",),
    "pylibCZIrw.czi",
    "czi",
    _read,
    "the CZI metadata",
)
