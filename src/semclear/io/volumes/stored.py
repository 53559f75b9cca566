"""An OME-Zarr image as planes of which any window can be read, in bounded memory."""

from __future__ import annotations

import itertools
import math
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from semclear.errors import FileError
from semclear.io.intensity import scaled
from semclear.io.read import DTYPES
from semclear.io.volumes.layout import Layout, layout_of
from semclear.io.volumes.zarr_folder import need

CACHE = 128 * 2**20
"""Bytes of decoded chunks of a plane that are kept: neighbouring windows share them."""


@dataclass(frozen=True)
class Volume:
    """An OME-Zarr image.

    Attributes
    ----------
    path : Path
        Of its group.
    layout : Layout
        Its metadata.
    array : zarr.Array
        The largest level.
    planes : tuple of tuple of int
        Index of each plane along the axes before y and x.
    """

    path: Path
    layout: Layout
    array: Any
    planes: tuple[tuple[int, ...], ...]

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the numbers, in the machine's byte order."""
        return np.dtype(self.array.dtype).newbyteorder("=")

    @property
    def height(self) -> int:
        """Rows of a plane."""
        return int(self.array.shape[-2])

    @property
    def width(self) -> int:
        """Columns of a plane."""
        return int(self.array.shape[-1])

    @property
    def chunk_bytes(self) -> int:
        """Bytes of a decoded chunk."""
        return math.prod(self.array.chunks) * self.dtype.itemsize

    def plane(self, number: int, cache: int = CACHE) -> StoredPlane:
        """Return a plane.

        Parameters
        ----------
        number : int
            From 1.
        cache : int
            Bytes, see `CACHE`.
        """
        return StoredPlane(self.path, self.array, self.planes[number - 1], cache)

    def scaled(self, number: int, bounds: tuple[float, float], cache: int = CACHE) -> ScaledPlane:
        """Return a plane of which `bounds` become 0 and 1, see `plane`."""
        return ScaledPlane(self.path, self.array, self.planes[number - 1], bounds, cache)


class StoredPlane:
    """The stored numbers of one plane; slicing reads.

    Parameters
    ----------
    path : Path
        For errors.
    array : zarr.Array
        Of which y and x are the last axes.
    index : tuple of int
        Of the plane along the others.
    cache : int
        Bytes of decoded chunks that are kept, of each the part that lies in this plane.

    Attributes
    ----------
    shape : tuple of int
        (H, W).
    dtype : dtype
        In the machine's byte order.
    """

    def __init__(self, path: Path, array: Any, index: tuple[int, ...], cache: int = CACHE) -> None:
        self._path, self._array, self._index, self._most = path, array, index, cache
        self.shape = tuple(int(side) for side in array.shape[-2:])
        self.dtype = np.dtype(array.dtype).newbyteorder("=")
        self.chunk = tuple(int(side) for side in array.chunks[-2:])
        self._kept: OrderedDict[tuple[int, int], np.ndarray] = OrderedDict()
        self._held = 0

    def _chunk(self, down: int, across: int) -> np.ndarray:
        key = (down, across)
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        (height, width), place = self.chunk, (down * self.chunk[0], across * self.chunk[1])
        window = slice(place[0], place[0] + height), slice(place[1], place[1] + width)
        try:
            # A copy: of a chunk that is deeper than one plane the rest is not to be held.
            values = np.array(self._array[(*self._index, *window)], self.dtype)
        except (OSError, ValueError, RuntimeError, KeyError) as error:
            raise FileError(
                self._path,
                f"cannot be read at {[*self._index, *place]} ({error}), expected a whole one; copy it again",
            ) from None
        self._kept[key] = values
        self._held += values.nbytes
        while self._held > self._most and len(self._kept) > 1:
            self._held -= self._kept.popitem(last=False)[1].nbytes
        return values

    def window(self, rows: slice, columns: slice) -> np.ndarray:
        """Return the stored numbers of a window, (h, w); both slices have ends within the plane and no step."""
        made = np.empty((rows.stop - rows.start, columns.stop - columns.start), self.dtype)
        lines = [
            range(one.start // side, -(-one.stop // side))
            for one, side in zip((rows, columns), self.chunk, strict=True)
        ]
        for down, across in itertools.product(*lines):
            values = self._chunk(down, across)
            top, left = down * self.chunk[0], across * self.chunk[1]
            first, last = max(rows.start, top), min(rows.stop, top + values.shape[0])
            start, stop = max(columns.start, left), min(columns.stop, left + values.shape[1])
            made[first - rows.start : last - rows.start, start - columns.start : stop - columns.start] = (
                values[first - top : last - top, start - left : stop - left]
            )
        return made

    def __getitem__(self, key: Any) -> np.ndarray:
        """Return what `numpy.ndarray` would of slices, and of the indices of `numpy.ix_`."""
        rows, columns = key if isinstance(key, tuple) else (key, slice(None))
        (down, inner_down), (across, inner_across) = (
            _bounding(one, length) for one, length in zip((rows, columns), self.shape, strict=True)
        )
        return self.window(down, across)[inner_down, inner_across]

    @property
    def size(self) -> int:
        """Pixels."""
        return self.shape[0] * self.shape[1]

    def windows(self) -> list[tuple[slice, slice]]:
        """Return windows that cover the plane: its chunks, row by row."""
        ends = [
            [slice(first, min(first + side, length)) for first in range(0, length, side)]
            for side, length in zip(self.chunk, self.shape, strict=True)
        ]
        return list(itertools.product(*ends))


class ScaledPlane(StoredPlane):
    """A plane in [0, 1], float32, as far as it is looked at.

    Parameters
    ----------
    path, array, index, cache
        As of `StoredPlane`.
    bounds : tuple of float
        The stored numbers that become 0 and 1.
    """

    def __init__(
        self, path: Path, array: Any, index: tuple[int, ...], bounds: tuple[float, float], cache: int = CACHE
    ) -> None:
        super().__init__(path, array, index, cache)
        self._bounds = bounds

    def window(self, rows: slice, columns: slice) -> np.ndarray:
        """Return a window, (h, w), float32 in [0, 1]."""
        return scaled(super().window(rows, columns), self._bounds)


def _bounding(wanted: Any, length: int) -> tuple[slice, Any]:
    """Return the stretch that a slice, or indices of `numpy.ix_`, lies in, and the same from its first pixel on."""
    if isinstance(wanted, slice):
        first, last, step = wanted.indices(length)
        return slice(first, max(first, last)), slice(None, None, step)
    first = int(wanted.min())
    return slice(first, int(wanted.max()) + 1), wanted - first


def open_volume(path: Path) -> Volume:
    """Open an OME-Zarr image, of Zarr version 2 or 3, without reading its pixels.

    Parameters
    ----------
    path : Path
        Folder of its group.

    Raises
    ------
    FileError
        When it is no such image, damaged, of a type of numbers that is not restored, or of planes without pixels.
    SemclearError
        When the extra `volumes` is not installed.
    """
    zarr = need("zarr")
    try:
        group = zarr.open_group(str(path), mode="r")
        attributes = group.attrs.asdict()
    except Exception as error:  # of whatever library stands behind the store
        raise FileError(
            path,
            f"cannot be opened ({error or type(error).__name__}), expected an OME-Zarr image; correct the path",
        ) from None
    layout = layout_of(path, attributes)
    try:
        array = group[layout.levels[0]["path"]]
        shape, dtype = array.shape, np.dtype(array.dtype)
        assert array.chunks
    except Exception as error:
        raise FileError(
            path,
            f"level {layout.levels[0]['path']} cannot be opened ({error}), expected an array; copy it again",
        ) from None
    if len(shape) != len(layout.axes) or not math.prod(shape):
        raise FileError(
            path, f"got {len(shape)} axes of {shape}, expected {len(layout.axes)}, none empty; mend it"
        )
    if dtype.name not in DTYPES:
        raise FileError(
            path, f"got {dtype} values, expected 8-bit, 16-bit or 32-bit float; convert it to 16-bit"
        )
    return Volume(path, layout, array, tuple(layout.planes(shape)))
