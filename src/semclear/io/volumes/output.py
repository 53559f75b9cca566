"""Writing an OME-Zarr image chunk by chunk: its largest level, the smaller ones, and its metadata."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from semclear.io.volumes.layout import Layout
from semclear.io.volumes.stored import Volume
from semclear.io.volumes.zarr_folder import need

CHUNK = 1024
"""Side of the chunks that are written, pixels, one plane deep: no two blocks of a restoration share one."""

SMALLEST = 512
"""Pixels: the pyramid ends with the first level whose longer side is no longer."""


def sides(height: int, width: int) -> list[tuple[int, int]]:
    """Return height and width of each level, the largest first: halves, rounded down, of a plane that was halved.

    Examples
    --------
    >>> sides(1100, 2100)
    [(1100, 2100), (550, 1050), (275, 525), (137, 262)]
    """
    found = [(height, width)]
    while max(found[-1]) > SMALLEST and min(found[-1]) > 1:
        found.append((found[-1][0] // 2, found[-1][1] // 2))
    return found


def _arrays(folder: Path, volume: Volume, mode: str) -> list[Any]:
    zarr = need("zarr")
    group = zarr.open_group(str(folder), mode=mode)
    return [group[str(level)] for level in range(len(sides(volume.height, volume.width)))]


def create(folder: Path, volume: Volume) -> None:
    """Make the group and the empty arrays of a result, in the version of Zarr of its original.

    Parameters
    ----------
    folder : Path
        Where; its contents are replaced.
    volume : Volume
        The original.
    """
    zarr = need("zarr")
    version = 2 if volume.layout.version == "0.4" else 3
    group = zarr.open_group(str(folder), mode="w", zarr_format=version)
    outer = volume.array.shape[:-2]
    keys: dict[str, Any] = {
        "chunk_key_encoding": {"name": "v2" if version == 2 else "default", "separator": "/"}
    }
    if version == 3:
        keys["dimension_names"] = list(volume.layout.names)
    for level, (height, width) in enumerate(sides(volume.height, volume.width)):
        group.create_array(
            str(level),
            shape=(*outer, height, width),
            dtype=volume.dtype,
            chunks=(*(1 for _ in outer), min(CHUNK, height), min(CHUNK, width)),
            fill_value=0,
            **keys,
        )


def level_zero(folder: Path) -> Any:
    """Return the largest level of a result that `create` began, to be written to."""
    return need("zarr").open_group(str(folder), mode="r+")["0"]


def reduce_plane(folder: Path, volume: Volume, number: int) -> None:
    """Write the smaller levels of a plane: each the mean of 2 x 2 pixels of the one above, integers rounded.

    A last row or column that has no neighbour is left out. Chunks are read and written one after the other, by dask.

    Parameters
    ----------
    folder, volume
        As of `create`.
    number : int
        Of the plane, from 1.
    """
    arrays, index = _arrays(folder, volume, "r+"), volume.planes[number - 1]
    da = need("dask.array")
    whole = volume.dtype.kind in "iu"

    def halved(block: np.ndarray, axis: Any = None, **options: Any) -> np.ndarray:
        mean = block.mean(axis=axis, dtype=np.float64, **options)
        return (np.floor(mean + 0.5) if whole else mean).astype(volume.dtype)

    for upper, lower in itertools.pairwise(arrays):
        # Twice the side of a lower chunk, so that each is written once.
        chunks = tuple(2 * side for side in lower.chunks[-2:])
        plane = da.from_array(_Plane(upper, index), chunks=chunks)
        smaller = da.coarsen(halved, plane, {0: 2, 1: 2}, trim_excess=True)
        da.store(smaller, _Plane(lower, index), lock=False, scheduler="synchronous")


class _Plane:
    """One plane of a Zarr array, as dask takes it."""

    def __init__(self, array: Any, index: tuple[int, ...]) -> None:
        self._array, self._index = array, index
        self.shape, self.dtype, self.ndim = array.shape[-2:], np.dtype(array.dtype), 2

    def __getitem__(self, key: Any) -> np.ndarray:
        return np.asarray(self._array[(*self._index, *key)])

    def __setitem__(self, key: Any, values: np.ndarray) -> None:
        self._array[(*self._index, *key)] = values


def _transformations(layout: Layout, level: int) -> list[dict[str, Any]]:
    """Return the transformations of a level: its pixels are `2**level` as large, and begin where the original's do."""
    scale, shift, factor = [1.0] * len(layout.axes), [0.0] * len(layout.axes), float(2**level)
    for one in layout.levels[0].get("coordinateTransformations", ()):
        if one.get("type") == "scale":
            scale = [float(value) for value in one["scale"]]
        elif one.get("type") == "translation":
            shift = [float(value) for value in one["translation"]]
    for axis in (-2, -1):  # the middle of the first pixel is where its place is
        shift[axis] += scale[axis] * (factor - 1) / 2
        scale[axis] *= factor
    found: list[dict[str, Any]] = [{"type": "scale", "scale": scale}]
    return [*found, {"type": "translation", "translation": shift}] if any(shift) else found


def finish(folder: Path, volume: Volume, account: Mapping[str, Any]) -> None:
    """Write the metadata: those of the original, with the levels that there are now, and the account.

    Parameters
    ----------
    folder, volume
        As of `create`.
    account : mapping
        As JSON holds it, under the key ``semclear`` of the group.
    """
    zarr, layout = need("zarr"), volume.layout
    writer, formats = need("ome_zarr.writer"), need("ome_zarr.format")
    group = zarr.open_group(str(folder), mode="r+")
    levels = range(len(sides(volume.height, volume.width)))
    writer.write_multiscales_metadata(
        group,
        [
            {"path": str(level), "coordinateTransformations": _transformations(layout, level)}
            for level in levels
        ],
        fmt=formats.format_from_version(layout.version),
        axes=[dict(axis) for axis in layout.axes],
        name=layout.name or volume.path.stem,
        metadata={"method": "mean of 2 x 2 pixels"},
    )
    attributes = json.loads(json.dumps(group.attrs.asdict()))
    said = attributes["ome"] if layout.version == "0.5" else attributes
    if layout.of_all:
        said["multiscales"][0]["coordinateTransformations"] = [dict(one) for one in layout.of_all]
    if layout.omero:
        said["omero"] = dict(layout.omero)
    group.attrs.update({**attributes, "semclear": json.loads(json.dumps(account))})


def blocks(height: int, width: int, side: int) -> Iterator[tuple[slice, slice]]:
    """Yield the blocks of a plane, row by row.

    Parameters
    ----------
    height, width : int
        Of the plane.
    side : int
        Of the blocks, a multiple of `CHUNK`: then each chunk that is written lies in one block.
    """
    for first in range(0, height, side):
        for start in range(0, width, side):
            yield slice(first, min(first + side, height)), slice(start, min(start + side, width))
