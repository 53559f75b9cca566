"""What a person reads in a terminal: plain tables, progress, and errors in one line."""

from __future__ import annotations

import sys
import time
import traceback
import unicodedata
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType

from semclear.errors import SemclearError, one_line

GAP = "  "


def _width(text: str) -> int:
    """Return the columns that a text takes in a terminal: accents none, wide letters two."""
    return sum(
        0 if unicodedata.combining(letter) else 2 if unicodedata.east_asian_width(letter) in "WF" else 1
        for letter in text
    )


def many(count: int, word: str) -> str:
    """Return "1 file" or "2 files"."""
    return f"{count} {word}{'' if count == 1 else 's'}"


def printable(text: str) -> str:
    """Return a text without control characters, which a file name may hold."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def aligned(head: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> str:
    """Return a table as lines of aligned columns.

    Parameters
    ----------
    head : sequence of str
        Headings.
    rows : sequence of sequence of str
        Cells, as many as headings.
    right : sequence of int
        Numbers of the columns that are aligned on the right.
    """
    lines = [[printable(cell) for cell in line] for line in (head, *rows)]
    widths = [max(_width(line[column]) for line in lines) for column in range(len(head))]

    def cell(text: str, column: int) -> str:
        space = " " * (widths[column] - _width(text))
        return space + text if column in right else text + space

    return "\n".join(
        GAP.join(cell(text, column) for column, text in enumerate(line)).rstrip() for line in lines
    )


MINUTE = 60.0
SOON = 5.0
"""Seconds before the end from which nothing more is told."""


def span_text(seconds: float) -> str:
    """Return a length of time as a person says it: ``40 s``, ``12 min``, ``3 h 5 min``."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"


FORM = "{desc} {percentage:3.0f}% |{bar}| {elapsed}, {remaining} left"


def _weight(path: Path) -> int:
    try:
        return max(1, path.stat().st_size)
    except OSError:
        return 1


class Progress:
    """A bar on stderr where that is a terminal; elsewhere nothing, or a line a minute.

    Parameters
    ----------
    files : sequence of Path
        All that will be worked on.
    shown : bool, optional
        Whether to draw; by default where stderr is a terminal.
    weights : sequence of int, optional
        How much work each is; by default its bytes.
    listener : callable, optional
        Takes the lines that stand in for the bar.
    clock : callable
        Returns seconds.
    """

    def __init__(
        self,
        files: Sequence[Path],
        shown: bool | None = None,
        weights: Sequence[int] | None = None,
        listener: Callable[[str], None] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        from tqdm import tqdm

        self._weights = [_weight(path) for path in files] if weights is None else list(weights)
        self._total = sum(self._weights) or 1
        shown = sys.stderr.isatty() if shown is None else shown
        self._listener, self._clock = None if shown else listener, clock
        self._start = self._said = clock()
        self._names = [path.name for path in files]
        self._place, self._failures = -1, 0
        self.done = 0.0
        self._bar = tqdm(total=self._total, bar_format=FORM, file=sys.stderr, disable=not shown, leave=False)

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.close()

    def _reach(self, value: float) -> None:
        value = max(self.done, value)
        self._bar.update(value - self.done)
        self.done = value
        now, share = self._clock(), value / self._total
        if self._listener is None or not share or now - self._said < MINUTE:
            return
        left = (now - self._start) * (1 / share - 1)
        if left >= SOON:
            self._said = now
            self._listener(f"{100 * share:.0f} % done, about {span_text(left)} left")

    def start(self) -> None:
        """Go on to the next file; what the last one lacked is taken as done."""
        self._reach(sum(self._weights[: self._place + 1]))
        self._place += 1
        self._describe()

    def _describe(self) -> None:
        failures = f", {self._failures} failed" if self._failures else ""
        name = printable(self._names[self._place])
        self._bar.set_description_str(f"{self._place + 1}/{len(self._names)} {name}{failures}")

    @property
    def left(self) -> int:
        """How many files come after the current one."""
        return len(self._names) - self._place - 1

    def failed(self, text: str, far: bool) -> None:
        """Count a failure, and say it if the summary, which says it too, is far off or goes elsewhere.

        Parameters
        ----------
        text : str
            What failed and why.
        far : bool
            Whether the summary is far off.
        """
        self._failures += 1
        self._describe()
        if far or not sys.stdout.isatty():
            self.say(f"error: {text}")

    def within(self, done: float, total: float) -> None:
        """Note how many parts of how many of the current file are done."""
        before = sum(self._weights[: self._place])
        self._reach(before + min(max(done / max(total, 1), 0.0), 1.0) * self._weights[self._place])

    def say(self, text: str) -> None:
        """Print a line on stderr above the bar."""
        self._bar.write(text, file=sys.stderr)


def explained(where: Path, error: Exception, short_of_memory: str) -> tuple[str, str]:
    """Return one line for an error, and its traceback where nobody foresaw it.

    Parameters
    ----------
    where : Path
        The file.
    error : Exception
        What was raised.
    short_of_memory : str
        What to say, and to do, of a MemoryError.

    Returns
    -------
    tuple of str
        The traceback is "" for a `SemclearError`, whose text says all, and where memory ran out.
    """
    if isinstance(error, SemclearError):
        return str(error), ""
    if isinstance(error, MemoryError):
        return f"{where}: {short_of_memory}", ""
    text = one_line(error) or "without a text"
    line = f"{where}: unexpected {type(error).__name__}: {text}; please report it with the traceback that --json gives"
    return line, "".join(traceback.format_exception(error))
