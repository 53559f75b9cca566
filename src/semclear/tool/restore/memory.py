"""Keeping a whole process within the memory that it was given, libraries and the micrograph itself included."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from semclear.errors import SemclearError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from semclear.io.read import Original
    from semclear.tool.verdict.judgement import Judged

STEP = 64 * 2**20
"""Bytes to which what the libraries take is rounded up, so that equal runs plan equal tiles."""

SHARE = 0.8
"""Of the memory that is free: restoring takes no more unless it is told to, so that the system need not end it."""


def held() -> int:
    """Return the bytes of memory that this process holds now (resident set)."""
    import psutil

    return int(psutil.Process().memory_info().rss)


def default_memory() -> int:
    """Return the bytes that restoring may take where nobody said: `memory.DEFAULT`, or less where less is free."""
    import psutil

    from semclear.restoration.tiled import memory

    return min(memory.DEFAULT, int(SHARE * psutil.virtual_memory().available) // STEP * STEP)


def taken_by(original: Original, pages: Sequence[Judged] = ()) -> int:
    """Return the bytes that a file and the pages of it that are restored take.

    Parameters
    ----------
    original : Original
        As read.
    pages : sequence of Judged
        What there is of its restoration.
    """
    arrays = [array for page in original.pages for array in (page.image, page.fixed, page.stored.pixels)]
    arrays += [page.values for page in original.pages if page.values is not page.stored.pixels]
    # A part of a page, without its bar, is restored from a copy.
    arrays += [page.image for page in original.pages if page.box.of(page.image).size < page.image.size]
    made = [
        map_
        for page in pages
        for map_ in (page.made.image, page.made.uncertainty, page.made.residual, page.made.invented)
    ]
    return sum(array.nbytes for array in (*arrays, *made) if array is not None)


def writing(original: Original) -> int:
    """Return the bytes that writing a result takes beside the restoration: all pages composed, encoded, and as a file;
    and one in floats around its data bar."""
    stored = sum(page.stored.pixels.nbytes for page in original.pages)
    levels = sum(page.values.nbytes for page in original.pages)
    return 3 * stored + levels + original.pages[0].image.nbytes


@dataclass
class MemoryBudget:
    """What of a process's memory is left for restoring.

    What the libraries keep after a micrograph, they use again for the next
    one: it counts once, as part of what a tile takes.

    Parameters
    ----------
    whole : int
        Bytes that the process may hold at its peak.
    libraries : int
        Bytes that it holds with its model and without a micrograph.
    """

    whole: int
    libraries: int
    _file: int = 0
    _writing: int = 0

    @classmethod
    def of_now(cls, whole: int) -> MemoryBudget:
        """Return the budget of a process that has its model, but no micrograph yet.

        Raises
        ------
        SemclearError
            When it holds as much as it may already: every micrograph would be too much.
        """
        from semclear.restoration.tiled.memory import text_of

        libraries = math.ceil(held() / STEP) * STEP
        if whole <= libraries:
            raise SemclearError(
                f"--memory: got {text_of(whole)}, of which the program alone takes {text_of(libraries)}, expected that "
                "and what a micrograph takes; give more"
            )
        return cls(whole, libraries)

    def begin(self, original: Original, pages: Sequence[Judged]) -> None:
        """Note what a file takes before the next of its pages is restored, see `taken_by`."""
        self._file, self._writing = taken_by(original, pages), writing(original)

    def left(self, pixels: int) -> int:
        """Return the bytes that restoring one picture may take.

        Parameters
        ----------
        pixels : int
            Of the picture.

        Raises
        ------
        SemclearError
            When its results could not be held and written.
        """
        from semclear.restoration.tiled import memory

        left = self.whole - self.libraries - self._file
        least = pixels * memory.INSPECTED + self._writing
        if left < least:
            raise self.refusal(least)
        return left

    def refusal(self, least: int) -> SemclearError:
        """Return the error for a picture that takes `least` bytes beside its file."""
        from semclear.restoration.tiled.memory import text_of

        taken = self.libraries + self._file
        return SemclearError(
            f"--memory: got {text_of(self.whole)}, of which the program and the micrograph take {text_of(taken)} "
            f"already, expected at least {text_of(taken + least)}; give more, or crop the micrograph"
        )


_UNITS = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}
_FORM = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGT]?)i?B?", re.IGNORECASE)
LEAST = 256 * 2**20


def memory_amount(text: str) -> int:
    """Return bytes of ``2GB``, ``1.5 GiB``, ``800M`` or ``2147483648``; units are powers of 1024.

    Raises
    ------
    SemclearError
        For anything else, and below 256 MB, in which no network runs.
    """
    match = _FORM.fullmatch(text.strip())
    if match is None:
        raise SemclearError(f"--memory: got {text!r}, expected an amount like 2GB or 800MB")
    amount = int(float(match[1]) * _UNITS[match[2].upper()])
    if amount < LEAST:
        raise SemclearError(f"--memory: got {text!r}, expected at least 256MB; give more")
    return amount


READING = 12
"""Bytes a pixel at least while a file is read: the stored number, 32-bit floats twice, and masks."""


def pixels_within(memory: str | None) -> int:
    """Return how many pixels may be read at all within an amount of memory, before a false header takes more.

    Parameters
    ----------
    memory : str or None
        See `memory_amount`; None where nobody said.
    """
    from semclear.io.formats.guards import LARGEST_PIXELS

    return LARGEST_PIXELS if memory is None else min(LARGEST_PIXELS, memory_amount(memory) // READING)
