"""Restoring a layer's numbers: all of it, or what is seen; without napari and Qt, in any thread."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from semclear.errors import SemclearError
from semclear.io import databar
from semclear.io.databar import Box
from semclear.io.read import LEAST_ROWS
from semclear.napari.intensity import Greys, greys_of, notes_of, whole_range
from semclear.napari.model_choice import Loaded
from semclear.napari.region import is_exact, visible, window
from semclear.tool.micrograph import description

if TYPE_CHECKING:
    from semclear.tool.verdict.judgement import Judged

Progress = Callable[[int, int], None]
THOUSAND = 1000
"""Parts in which progress is told."""


class Cancelled(Exception):
    """Raised by a `Progress` when the person cancels: nothing of the work is kept."""


@dataclass(frozen=True, eq=False)
class Source:
    """A layer as it is restored.

    Attributes
    ----------
    name : str
        Of the layer.
    data : array_like, (..., H, W)
        Its numbers; also lazy ones, which are loaded picture by picture.
    known : mapping or None
        What `reader.layer_of` noted.
    bar : int or None
        Rows of the data bar; None takes what the reader found, or looks for it.
    """

    name: str
    data: Any
    known: Mapping[str, Any] | None = None
    bar: int | None = None

    def planes(self) -> Iterator[tuple[int, ...]]:
        """Yield the index of each picture of a stack."""
        yield from np.ndindex(*self.data.shape[:-2])

    def where(self, index: tuple[int, ...]) -> str:
        """Return how a picture is named to people."""
        return f"{self.name}, picture {index}" if index else self.name

    def values(self, index: tuple[int, ...]) -> np.ndarray:
        """Return one picture, (H, W)."""
        return np.asarray(self.data[index])

    def box(self, index: tuple[int, ...], image: np.ndarray) -> Box:
        """Return what of one picture, `image` (H, W) in [0, 1], lies inside data bars and frame, as of a file's.

        Raises
        ------
        SemclearError
            When `bar` leaves no picture.
        """
        height = len(image)
        if self.bar is not None:
            most = max(0, height - LEAST_ROWS)
            if not 0 <= self.bar <= most:
                raise SemclearError(f"data bar: got {self.bar} rows, expected 0 to {most}; correct it")
            return databar.without_frame(self.values(index), Box(0, 0, image.shape[1], height - self.bar))
        boxes = (self.known or {}).get("boxes")
        if boxes and self.known and (self.known["height"], self.known["width"]) == image.shape:
            number = int(np.ravel_multi_index(index, self.data.shape[:-2])) if index else 0
            if len(boxes) == int(np.prod(self.data.shape[:-2])):
                return Box(*boxes[number])
        values = self.values(index)
        return databar.without_frame(values, databar.found([(values, image)]).box)


@dataclass(frozen=True, eq=False)
class Restored:
    """A restored layer.

    Attributes
    ----------
    data : ndarray, (..., H, W)
        Shape, type and range of the layer; data bar and frame as they were.
    uncertainty : ndarray, (..., H, W), float32, or None
        Standard deviation over orientations in the layer's numbers, 0 in data
        bar and frame; None without ensemble.
    judged : tuple of Judged or None
        Picture by picture; None of one that has one grey everywhere and was left as it is.
    notes : tuple of str
        See `intensity.notes_of`.
    """

    data: np.ndarray
    uncertainty: np.ndarray | None
    judged: tuple[Judged | None, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Preview:
    """What is seen, restored.

    Attributes
    ----------
    data : ndarray, (h, w)
        In the layer's type and range.
    place : Box
        Where it lies in the picture of the layer, in pixels.
    exact : bool
        Whether restoring the whole gives the same.
    """

    data: np.ndarray
    place: Box
    exact: bool


def _boxes(source: Source) -> dict[tuple[int, ...], Box]:
    """Return what of each picture lies inside data bar and frame, looked for in the range of all numbers: in that of
    the pictures alone, background and ink of a bar may both be white."""
    first = whole_range(source.data)
    return {index: source.box(index, first.unit(source.values(index))) for index in source.planes()}


def _picture(source: Source, index: tuple[int, ...], greys: Greys, box: Box) -> tuple[np.ndarray, np.ndarray]:
    values = source.values(index)
    image = greys.unit(values)
    description.check_picture(
        box.of(image), source.where(index), "crop less, or correct the rows of the data bar"
    )
    return values, image


def whole(source: Source, loaded: Loaded, progress: Progress) -> Restored:
    """Restore a layer picture by picture; one of one grey in a stack is left as it is, as in a file.

    Parameters
    ----------
    source : Source
        The layer.
    loaded : Loaded
        What restores.
    progress : callable
        Told the parts done and their number, in the calling thread; raises `Cancelled` to stop.

    Raises
    ------
    SemclearError
        For numbers that are no picture; nothing is kept then.
    Cancelled
        By `progress`.
    """
    from semclear.tool.restore import judge

    boxes = _boxes(source)
    greys = greys_of(source.data, source.known, boxes)
    planes = list(source.planes())
    restored, uncertainty = np.empty(source.data.shape, greys.dtype), None
    blank = {
        index for index in planes if description.is_blank(boxes[index].of(greys.unit(source.values(index))))
    }
    if len(blank) == len(planes):
        blank = set()  # nothing is left to restore: the first is refused
    judged: list[Judged | None] = []
    for number, index in enumerate(planes):
        if index in blank:
            restored[index] = source.values(index)
            judged.append(None)
            continue
        box = boxes[index]
        values, image = _picture(source, index, greys, box)

        def of_picture(done: int, total: int, number: int = number) -> None:
            progress(int(THOUSAND * (number + done / max(total, 1))), THOUSAND * len(planes))

        of_picture(0, 1)
        one = judge.judged(box.of(image), loaded.engine, of_picture)
        restored[index] = values
        box.of(restored[index])[...] = greys.back(one.made.image)
        if one.made.uncertainty is not None:
            if uncertainty is None:
                uncertainty = np.zeros(restored.shape, np.float32)
            box.of(uncertainty[index])[...] = one.made.uncertainty * np.float32(greys.width)
        judged.append(one)
    progress(THOUSAND * len(planes), THOUSAND * len(planes))
    notes = notes_of(source.data, greys, source.known, boxes)
    return Restored(restored, uncertainty, tuple(judged), notes)


def preview(
    source: Source, index: tuple[int, ...], corners: np.ndarray, loaded: Loaded, progress: Progress
) -> Preview:
    """Restore what is seen of one picture, with the margins that make it equal to the restored whole.

    Parameters
    ----------
    source : Source
        The layer.
    index : tuple of int
        Of the picture in the stack.
    corners : array_like, (2, 2), int
        See `region.visible`.
    loaded, progress
        As in `whole`.

    Raises
    ------
    SemclearError
        For numbers that are no picture, or when nothing of it is seen.
    Cancelled
        By `progress`.
    """
    boxes = _boxes(source)
    greys, box = greys_of(source.data, source.known, boxes), boxes[index]
    _, image = _picture(source, index, greys, box)
    picture = box.of(image)
    seen = visible(corners, box)
    within = Box(seen.x - box.x, seen.y - box.y, seen.width, seen.height)
    inside = window(within, picture.shape, loaded.grid)
    part = np.ascontiguousarray(inside.of(picture))
    progress(0, 1)
    made = loaded.engine.inspect(part, progress).image
    cut = Box(within.x - inside.x, within.y - inside.y, within.width, within.height).of(made)
    exact = is_exact(inside, picture.shape, loaded.grid) and loaded.engine.tiling().get("exact", True)
    return Preview(greys.back(cut), seen, exact)
