"""Which part of a file is to be restored: pages, a rectangle, a mask; all else keeps its stored pixels."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from semclear.errors import FileError, SemclearError
from semclear.files import sha256
from semclear.tool.micrograph.description import is_blank

if TYPE_CHECKING:
    from semclear.io.databar import Box
    from semclear.io.read import Page

    Around = Callable[[Box, Box], Box]
    """From the rectangle that is wanted and the picture that it lies in to what a method has to see for it."""

BLANK = "one grey value everywhere"


@dataclass(frozen=True, eq=False)
class Part:
    """What of a page is restored.

    Attributes
    ----------
    seen : Box
        What the method is given, in pixels of the page.
    written : Box
        What is written of its restoration, within `seen`.
    mask : ndarray, (written.height, written.width), bool, or None
        Which of these pixels; None for all of them.
    """

    seen: Box
    written: Box
    mask: np.ndarray | None = None

    @property
    def is_all(self) -> bool:
        """Whether all that the method is given is written."""
        return self.mask is None and self.seen == self.written

    @property
    def alone(self) -> Part:
        """The same within what the method is given."""
        x, y = self.seen.x, self.seen.y
        written = replace(self.written, x=self.written.x - x, y=self.written.y - y)
        return Part(replace(self.seen, x=0, y=0), written, self.mask)

    def placed(self, made: np.ndarray, ground: np.ndarray) -> np.ndarray:
        """Return what was made of `seen` in its place on a copy of `ground`, (H, W); itself where it is all of it."""
        if self.is_all and made.shape == ground.shape:
            return made
        whole = ground.copy()
        mask = True if self.mask is None else self.mask
        np.copyto(self.written.of(whole), self.alone.written.of(made), where=mask)
        return whole

    def within(self, page: Page) -> Page:
        """Return a page of which nothing but this part may be written."""
        if self.mask is None:
            return replace(page, box=self.written)
        fixed = page.fixed.copy()
        self.written.of(fixed)[~self.mask] = True
        return replace(page, box=self.written, fixed=fixed)


def ranges_of(text: str) -> tuple[tuple[int, int], ...]:
    """Return first and last page of each range of a text like ``1,3-5``, counted from 1.

    Raises
    ------
    SemclearError
        For anything else.
    """
    found = []
    for word in text.split(","):
        match = re.fullmatch(r"\s*(\d+)\s*(?:-\s*(\d+)\s*)?", word)
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
        if not 1 <= first <= last:
            raise SemclearError(
                f"--pages: got {text!r}, expected numbers from 1 and ranges like 1,3-5; correct it"
            )
        found.append((first, last))
    return tuple(found)


def text_of(numbers: Iterable[int]) -> str:
    """Return page numbers as people write them.

    Examples
    --------
    >>> text_of([1, 3, 4, 5])
    '1, 3-5'
    """
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)


def pages_text(numbers: Collection[int]) -> str:
    """Return "page 2" or "pages 1, 3-5"."""
    return f"page{'' if len(numbers) == 1 else 's'} {text_of(numbers)}"


def _nonzero(path: Path) -> tuple[np.ndarray, ...]:
    """Return where the pixels of each page of an image file are not 0, (H, W) bool, the way they are to be shown.

    Any channel counts, transparency does not.
    """
    from semclear.io.formats import exif, guards
    from semclear.io.formats.containers import listed, suffixes
    from semclear.io.formats.foreign.foreign_format import formats
    from semclear.io.formats.page import UnsuitableError
    from semclear.io.formats.raster import rasters
    from semclear.io.formats.tiff import TiffPages

    data = guards.bytes_of(path)
    with guards.one_line_errors(path):
        kind, zero, turned = guards.kind_of(data), 0, 1
        lossy = {name for name, raster in rasters().items() if raster.is_lossy}
        whole = [name for name in suffixes() if name not in lossy | {*formats()}]
        if kind == "TIFF":
            tiff = TiffPages(data)
            guards.check_size(tiff.size, len(tiff.pages))
            stored = [tiff.decode(number) for number in range(len(tiff.pages))]
            zero = tiff.white or 0  # ImageJ stores masks with white as zero: decoded, 0 is the largest number
        elif kind in formats():
            raise UnsuitableError(f"got {kind}, expected {listed(whole)} for a mask; save it so")
        elif rasters()[kind].is_lossy:
            raise FileError(
                path,
                f"got a {kind}, whose compression makes 0 something else, expected {listed(whole)}; save it so",
            )
        else:
            image = guards.decode_plain(data, kind)
            stored, turned = [image.page], image.orientation  # the pages of a TIFF come turned
    pages = []
    for page in stored:
        values = page.pixels if page.indices is None else page.indices
        if values.dtype.kind == "f" and (missing := int(np.isnan(values).sum())):
            raise FileError(
                path,
                f"got NaN in {missing} places, expected a mask of numbers; put 0 where nothing is to change",
            )
        if values.ndim == 3:
            values = values[..., :-1] if page.layout in ("gray+alpha", "rgba") else values
            pages.append((values != zero).any(axis=2))
        else:
            pages.append(values != zero)
    return tuple(exif.shown(page, turned) for page in pages)


@dataclass(frozen=True)
class Selection:
    """What a person wants restored of every file.

    Attributes
    ----------
    ranges : tuple of (int, int)
        First and last page of each range, from 1; empty for all.
    region : tuple of int, or None
        x, y, width and height in pixels of the page, from its upper left corner.
    mask : Path or None
        An image of which every pixel that is not 0 is to be restored: of one page for all, or of as many as the file.

    Raises
    ------
    SemclearError
        For a region without pixels, and a mask that cannot be read, has NaN or is 0 everywhere.
    """

    ranges: tuple[tuple[int, int], ...] = ()
    region: tuple[int, int, int, int] | None = None
    mask: Path | None = None
    _masks: tuple[np.ndarray, ...] = field(init=False, repr=False, compare=False, default=())

    def __post_init__(self) -> None:
        if self.region is not None and (min(self.region[:2]) < 0 or min(self.region[2:]) < 1):
            got = " ".join(map(str, self.region))
            raise SemclearError(
                f"--region: got {got}, expected X and Y from 0, WIDTH and HEIGHT from 1, in pixels; correct it"
            )
        if self.mask is not None:
            masks = _nonzero(self.mask)
            if not any(mask.any() for mask in masks):
                raise FileError(self.mask, "got 0 everywhere, expected a mask that is not 0 where to restore")
            object.__setattr__(self, "_masks", masks)

    @cached_property
    def record(self) -> dict[str, Any]:
        """What was asked for, as JSON holds it; empty where all is restored."""
        told: dict[str, Any] = {}
        if self.ranges:
            told["pages"] = text_of({n for first, last in self.ranges for n in range(first, last + 1)})
        if self.region is not None:
            told["region"] = dict(zip(("x", "y", "width", "height"), self.region, strict=True))
        if self.mask is not None:
            told["mask"] = {"file": self.mask.name, "sha256": sha256(self.mask)}
        return told

    def numbers(self, path: Path, count: int) -> list[int]:
        """Return the numbers of the pages that are meant of a file of `count` pages, from 1.

        Raises
        ------
        FileError
            When the file has no such page.
        """
        last = max((end for _, end in self.ranges), default=0)
        if last > count:
            raise FileError(path, f"got --pages up to {last}, expected 1 to {count}; correct the numbers")
        return sorted({n for first, end in self.ranges or ((1, count),) for n in range(first, end + 1)})

    def _mask_of(self, number: int, shape: tuple[int, ...], count: int) -> np.ndarray | None:
        if not self._masks:
            return None
        if len(self._masks) not in (1, count):
            raise SemclearError(
                f"--mask: {self.mask} has {len(self._masks)} pages, expected 1 or {count}, as the micrograph; "
                "give another mask"
            )
        mask = self._masks[min(number, len(self._masks)) - 1]
        if mask.shape != shape:
            raise SemclearError(
                f"--mask: {self.mask} has {mask.shape[1]} x {mask.shape[0]} pixels, expected "
                f"{shape[1]} x {shape[0]}, as the micrograph; give another mask"
            )
        return mask

    def part_of(self, page: Page, number: int, count: int, around: Around) -> Part | str:
        """Return what of a page is restored, or why nothing is.

        Parameters
        ----------
        page : Page
            As read.
        number, count : int
            Which page of how many, from 1.
        around : callable
            See `Engine.around`.

        Raises
        ------
        SemclearError
            For a region beyond the page, and a mask of another size.
        """
        from semclear.io.databar import Box

        if page.is_blank or is_blank(page.box.of(page.image)):
            return BLANK
        if self.region is None and not self._masks:
            return Part(page.box, page.box)
        wanted, (height, width) = page.box, page.image.shape
        if self.region is not None:
            region = Box(*self.region)
            if region.x + region.width > width or region.y + region.height > height:
                raise SemclearError(
                    f"--region: got {' '.join(map(str, self.region))}, expected a rectangle within "
                    f"{width} x {height} pixels; correct it"
                )
            wanted = wanted.common(region)
        mask = self._mask_of(number, page.image.shape, count)
        if mask is not None and min(wanted.width, wanted.height) > 0:
            inside = wanted.of(mask)
            rows, columns = (np.flatnonzero(inside.any(axis=axis)) for axis in (1, 0))
            if not rows.size:
                return "nothing of its picture is in --mask"
            wanted = Box(
                wanted.x + int(columns[0]),
                wanted.y + int(rows[0]),
                int(np.ptp(columns)) + 1,
                int(np.ptp(rows)) + 1,
            )
        if min(wanted.width, wanted.height) <= 0:
            return "nothing of its picture is in --region"
        seen = around(wanted, page.box)
        if is_blank(seen.of(page.image)):  # of one grey nothing can be measured
            seen = page.box
        return Part(seen, wanted, None if mask is None else wanted.of(mask))


def of_options(pages: str | None, region: tuple[int, int, int, int] | None, mask: Path | None) -> Selection:
    """Return the selection that options ask for; see `Selection` for errors."""
    return Selection(() if pages is None else ranges_of(pages), region, mask)


def record_of_page(part: Part) -> Mapping[str, Any]:
    """Return where a page was restored, as JSON holds it; nothing where that is all of its picture."""
    if part.is_all:
        return {}

    def numbers(box: Box) -> dict[str, int]:
        return {"x": box.x, "y": box.y, "width": box.width, "height": box.height}

    pixels = part.written.width * part.written.height if part.mask is None else int(part.mask.sum())
    return {"restored": {**numbers(part.written), "pixels": pixels}, "seen": numbers(part.seen)}
