"""A network applied to a micrograph by tiles that are halved when the device runs out of memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from semclear import params
from semclear.errors import SemclearError
from semclear.restoration.ensemble import turned, turned_back
from semclear.restoration.tiled import windows
from semclear.restoration.tiled.out_of_memory import is_exhaustion
from semclear.restoration.tiled.receptive_field import radius_of

#: Smallest blended tile in pixels: less than the crops of any training.
LEAST_BLENDED = 128

Progress = Callable[[int, int], None]

#: Tenths of the time that restoring takes, where checks follow.
RESTORING = 8


def leaving_checks(progress: Progress | None) -> Progress | None:
    """Return a progress that ends at `RESTORING` tenths of `progress`."""
    return None if progress is None else lambda done, total: progress(RESTORING * done, 10 * total)


@dataclass(frozen=True)
class Piece:
    """A rectangle of the micrograph that is restored at once.

    Attributes
    ----------
    rows, columns : tuple of int
        First pixel, and the one after the last.
    weights : tuple of ndarray, or None
        Of its rows and of its columns where pieces overlap; of sum 1 over all pieces at every pixel.
    """

    rows: tuple[int, int]
    columns: tuple[int, int]
    weights: tuple[np.ndarray, np.ndarray] | None = None

    @property
    def place(self) -> tuple[slice, slice]:
        """Where it lies in the micrograph."""
        return slice(*self.rows), slice(*self.columns)

    def add(self, target: np.ndarray, values: np.ndarray, factor: float = 1.0) -> None:
        """Add values (h, w), or their share, in their place to `target` (H, W)."""
        if self.weights is not None:
            down, across = self.weights
            values = values * down[:, None] * across
        target[self.place] += np.float32(factor) * values


def _turned_rectangle(
    piece: Piece, shape: tuple[int, ...], orientation: int
) -> tuple[Piece, tuple[int, int]]:
    """Return where a piece lies after `ensemble.turned`, and the turned shape."""
    rows, columns, (height, width) = piece.rows, piece.columns, shape
    if orientation >= 4:
        columns = (width - columns[1], width - columns[0])
    for _ in range(orientation % 4):
        rows, columns = (width - columns[1], width - columns[0]), rows
        height, width = width, height
    return Piece(rows, columns), (height, width)


class TiledNetwork:
    """A generator for micrographs of any size.

    Parameters
    ----------
    network : keras.Model or any object with `predict_on_batch`
        Maps (B, h, w, 1) to the same shape, sides multiples of ``2**size.levels``.
    size, model : params.ModelScale, params.Model
        What it was built from.

    Attributes
    ----------
    multiple : int
        Pixels of its strided grid.
    reach : int or None
        Its receptive radius in pixels: tiles with such margins equal the
        whole. None with instance normalisation: then only the whole is
        exact, and tiles are blended.
    """

    def __init__(self, network: Any, size: params.ModelScale, model: params.Model) -> None:
        self._network = network
        self.multiple, self.reach = 2**size.levels, radius_of(size, model)

    @property
    def least(self) -> int:
        """Side in pixels of the smallest tile."""
        if self.reach is None:
            return max(2 * self.multiple, windows.padded(LEAST_BLENDED, self.multiple))
        return windows.least_side(self.multiple, self.reach)

    def overlap(self, tile: int) -> int:
        """Return the pixels, a multiple of the grid, by which tiles of this side overlap on each side at least."""
        if self.reach is None:
            return windows.padded(tile // 4, self.multiple)
        return windows.padded(self.reach, self.multiple)

    def whole(self, shape: Sequence[int], tile: int) -> bool:
        """Return whether one tile holds a micrograph of `shape`."""
        return tile >= max(windows.padded(length, self.multiple) for length in shape)

    @staticmethod
    def all_of(shape: Sequence[int]) -> Piece:
        """Return the piece that is all of a micrograph."""
        return Piece((0, shape[0]), (0, shape[1]))

    def pieces(self, piece: Piece, shape: Sequence[int], tile: int) -> list[Piece]:
        """Return the parts of a piece of a micrograph of `shape` that tiles of this side restore, row by row."""
        lines = list(self._stretches(piece, 0, shape, tile)), list(self._stretches(piece, 1, shape, tile))
        if self.reach is not None:
            return [Piece(rows, columns) for rows, _ in lines[0] for columns, _ in lines[1]]
        if len(lines[0]) == len(lines[1]) == 1:
            return [piece]
        return [
            Piece(rows, columns, (down, across)) for rows, down in lines[0] for columns, across in lines[1]
        ]

    def _stretches(
        self, piece: Piece, axis: int, shape: Sequence[int], tile: int
    ) -> Iterator[tuple[tuple[int, int], Any]]:
        first, last = (piece.rows, piece.columns)[axis]
        if self.reach is not None:
            for stretch in windows.cores(first, last, shape[axis], self.multiple, self.reach, tile):
                yield stretch, None
            return
        # A tile that became too large is covered by smaller ones, whose weights share its own.
        length, overlap = last - first, self.overlap(tile)
        own = np.ones(length, np.float32) if piece.weights is None else piece.weights[axis]
        starts = windows.spread(length, self.multiple, overlap, tile)
        for start, share in zip(starts, windows.weights_of(starts, tile, overlap, length), strict=True):
            stop = start + share.size
            yield (first + start, first + stop), share * own[start:stop]

    def one(self, image: np.ndarray, piece: Piece, tile: int, orientation: int = 0) -> np.ndarray:
        """Return a piece of a micrograph, restored in one of the eight orientations.

        Parameters
        ----------
        image : ndarray, (H, W), float32
            In [0, 1].
        piece : Piece
            One of `pieces`.
        tile : int
            Side of the window that the network sees, where the micrograph has as many pixels.
        orientation : int
            See `ensemble.turned`. The turned micrograph is continued by
            reflection below and to the right, as when it is restored whole.

        Returns
        -------
        ndarray, (h, w), float32
            In [0, 1], turned back.
        """
        if self.reach is None:
            image = image[piece.place]
            piece = self.all_of(image.shape)
        wanted, shape = _turned_rectangle(piece, image.shape, orientation)
        indices, inner = [], []
        for (first, last), length in zip((wanted.rows, wanted.columns), shape, strict=True):
            side = min(tile, windows.padded(length, self.multiple))
            start = windows.start_of(first, length, self.multiple, self.reach or 0, side)
            indices.append(windows.reflected(start, start + side, length))
            inner.append(slice(first - start, last - start))
        seen = turned(image, orientation)[np.ix_(*indices)].astype(np.float32, copy=False)
        output = np.asarray(self._network.predict_on_batch(seen[None, :, :, None]), np.float32)
        return turned_back(np.clip(output[0, inner[0], inner[1], 0], 0.0, 1.0), orientation)

    def run(
        self,
        image: np.ndarray,
        tile: int,
        restore: Callable[[Callable[[int], np.ndarray]], Any],
        use: Callable[[Piece, Any], None],
        progress: Progress | None = None,
    ) -> int:
        """Restore a micrograph piece by piece.

        Parameters
        ----------
        image : ndarray, (H, W), float32
            In [0, 1].
        tile : int
            Side of the tiles in pixels, a multiple of the grid, at least
            `least` or as large as the continued micrograph.
        restore : callable
            Is given a function from an orientation to the piece restored in
            it, and returns what is wanted of the piece. Called again, on
            smaller pieces, when it runs out of memory.
        use : callable
            Takes each piece and what was wanted of it, once each.
        progress : callable, optional
            Is told how many pieces are done and how many there are.

        Returns
        -------
        int
            The side of the tiles in the end: smaller where memory ran out.

        Raises
        ------
        SemclearError
            When memory does not suffice for the smallest tile.
        """
        tile = min(tile, max(windows.padded(length, self.multiple) for length in image.shape))
        waiting = self.pieces(self.all_of(image.shape), image.shape, tile)[::-1]
        done = 0
        while waiting:
            piece = waiting.pop()
            parts = self.pieces(piece, image.shape, tile)
            if len(parts) > 1:
                waiting += parts[::-1]
                continue
            failure = ""
            try:
                made = restore(partial(self.one, image, piece, tile))
            except Exception as error:
                if not is_exhaustion(error):
                    raise
                failure = str(error).partition("\n")[0] or type(error).__name__
            if failure:
                # Outside of the handler, which keeps what filled the memory alive.
                tile = self._halved(tile, image.shape, failure)
                waiting.append(piece)
                continue
            use(piece, made)
            done += 1
            if progress is not None:
                progress(done, done + len(waiting))
        return tile

    def _halved(self, tile: int, shape: Sequence[int], failure: str) -> int:
        smaller = max(windows.padded(tile // 2, self.multiple), self.least)
        if smaller >= tile:
            raise SemclearError(
                f"micrograph of {shape[1]} x {shape[0]} pixels: memory ran out on a tile of {tile} pixels, and this "
                f"model needs {self.least} at least ({failure}); close other programs or use a device with more memory"
            )
        return smaller
