"""Keeping a whole process within the memory that it was given, libraries and the micrograph itself included."""

from __future__ import annotations

from dataclasses import dataclass

from semclear.errors import SemclearError

WRITING = 16
"""Bytes a pixel that writing a result takes beside what restoring has made: 32-bit numbers three times over (composed,
encoded, and as bytes of a file) and the floats that are put around a data bar; less for 8 and 16 bits."""


def held() -> int:
    """Return the bytes of memory that this process holds now (resident set)."""
    import psutil

    return int(psutil.Process().memory_info().rss)


SHARE = 0.8
"""Of the memory that is free: restoring takes no more unless it is told to, so that the system need not end it."""


def unasked() -> int:
    """Return the bytes that restoring may take where nobody said: `memory.DEFAULT`, or less where less is free."""
    import psutil

    from semclear.restoration import memory

    return min(memory.DEFAULT, int(SHARE * psutil.virtual_memory().available))


@dataclass(frozen=True)
class Allowance:
    """What of a process's memory is left for restoring.

    Attributes
    ----------
    whole : int
        Bytes that the process may hold at its peak.
    """

    whole: int

    def left(self, pixels: int) -> int:
        """Return the bytes that restoring one micrograph may take.

        Parameters
        ----------
        pixels : int
            Of the micrograph, which is held already.

        Raises
        ------
        SemclearError
            When not even its results could be held and written.
        """
        from semclear.restoration import memory

        left = self.whole - held()
        least = pixels * (memory.INSPECTED + WRITING)
        if left < least:
            raise self.refusal(least)
        return left

    def refusal(self, least: int) -> SemclearError:
        """Return the error for a micrograph that takes `least` bytes beside what is held."""
        from semclear.restoration.memory import text_of

        taken = held()
        return SemclearError(
            f"--memory: got {text_of(self.whole)}, of which the program and the micrograph take {text_of(taken)} already, "
            f"expected at least {text_of(taken + least)}; give more, or crop the micrograph"
        )
