"""What the metadata of an OME-Zarr image say: axes, pixel size, planes.

References
----------
Moore et al., "OME-Zarr: a cloud-optimized bioimaging file format", Histochem. Cell Biol. 160 (2023),
doi:10.1007/s00418-023-02209-1; the specification, https://ngff.openmicroscopy.org/0.4/ and 0.5/.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from semclear.errors import FileError
from semclear.io.metadata.finding import believed, length_nm
from semclear.io.volumes.zarr_folder import need

VERSIONS = ("0.4", "0.5")
"""Of the specification: 0.4 lies in Zarr version 2, 0.5 in version 3."""

OF_PLANE = ("y", "x")
"""The last two axes, which every version asks for."""


@dataclass(frozen=True)
class Layout:
    """The metadata of one multiscale image.

    Attributes
    ----------
    version : str
        One of `VERSIONS`.
    axes : tuple of mapping
        ``name``, ``type`` and ``unit`` of each axis, as they stand there; y and x are the last.
    levels : tuple of mapping
        The ``datasets``: ``path`` and ``coordinateTransformations``, the largest first.
    name : str
        Of the image; "" where it has none.
    of_all : tuple of mapping
        Transformations of all levels.
    omero : mapping
        How viewers are to show it; empty where that is not said.
    account : mapping or None
        Of the restoration that it is, where it is one.
    """

    version: str
    axes: tuple[Mapping[str, Any], ...]
    levels: tuple[Mapping[str, Any], ...]
    name: str = ""
    of_all: tuple[Mapping[str, Any], ...] = ()
    omero: Mapping[str, Any] = field(default_factory=dict)
    account: Mapping[str, Any] | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the axes."""
        return tuple(str(axis["name"]) for axis in self.axes)

    @property
    def scale(self) -> tuple[float, ...]:
        """Edges of a voxel of the largest level along the axes, in their units; 1 where nothing is said."""
        found = [1.0] * len(self.axes)
        for transformation in (*self.levels[0].get("coordinateTransformations", ()), *self.of_all):
            values = transformation.get("scale") if transformation.get("type") == "scale" else None
            if values is not None and len(values) == len(found):
                found = [one * float(value) for one, value in zip(found, values, strict=True)]
        return tuple(found)

    def length_nm(self, name: str) -> float | None:
        """Return the edge of a voxel along an axis in nanometres; None without a unit of length, or where no SEM has
        it."""
        if name not in self.names:
            return None
        place = self.names.index(name)
        unit = str(self.axes[place].get("unit") or "")
        return believed(length_nm(self.scale[place], unit)) if unit else None

    def planes(self, shape: Sequence[int]) -> list[tuple[int, ...]]:
        """Return the indices of each plane along the axes before y and x, the last running fastest."""
        return list(itertools.product(*map(range, shape[:-2])))

    def plane_name(self, index: Sequence[int]) -> str:
        """Return a plane as people name it: ``z=3``; "" where there is one alone."""
        return ", ".join(f"{name}={place}" for name, place in zip(self.names, index, strict=False))


def layout_of(path: Path, attributes: Mapping[str, Any]) -> Layout:
    """Return what the attributes of a Zarr group say.

    Parameters
    ----------
    path : Path
        Of the group, for errors.
    attributes : mapping
        As stored; of version 0.5 all is under ``ome``.

    Raises
    ------
    FileError
        When it is no image of one of `VERSIONS`, or y and x are not the last axes.
    """
    ome = attributes.get("ome")
    said = ome if isinstance(ome, Mapping) else attributes
    images = said.get("multiscales")
    if not isinstance(images, Sequence) or not images or not isinstance(images[0], Mapping):
        kinds = {
            "plate": "a plate: name one of its images, like {}/A/1/0",
            "bioformats2raw.layout": "several images: name one of them, like {}/0",
        }
        known = next(
            (text.format(path) for key, text in kinds.items() if key in said or key in attributes), ""
        )
        raise FileError(
            path, f"got {known or 'a Zarr group without multiscales'}, expected an OME-Zarr image"
        )
    image = images[0]
    version = str(said.get("version") if said is ome else image.get("version", ""))
    if version not in VERSIONS:
        raise FileError(
            path,
            f"got OME-Zarr version {version or 'unknown'}, expected {' or '.join(VERSIONS)}; write it anew, by "
            "ome_zarr.writer for example",
        )
    formats, axes_module = need("ome_zarr.format"), need("ome_zarr.axes")
    try:
        axes = axes_module.Axes(image["axes"], fmt=formats.format_from_version(version)).to_list()
        levels = tuple(dict(level) for level in image["datasets"])
        if not levels or not all(isinstance(level.get("path"), str) for level in levels):
            raise ValueError("a level without a path")
        found = Layout(
            version,
            tuple(axes),
            levels,
            str(image.get("name") or ""),
            tuple(image.get("coordinateTransformations") or ()),
            dict(said.get("omero") or {}),
            attributes.get("semclear"),
        )
        assert len(found.scale) == len(axes)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise FileError(
            path, f"got metadata that are damaged ({error}), expected those of OME-Zarr {version}; mend them"
        ) from None
    if found.names[-2:] != OF_PLANE:
        raise FileError(path, f"got the axes {', '.join(found.names)}, expected y and x last; transpose it")
    return found
