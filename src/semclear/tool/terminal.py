"""Plain tables for a terminal."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

GAP = "  "


def _width(text: str) -> int:
    """Return the columns that a text takes in a terminal: accents none, wide letters two."""
    return sum(
        0 if unicodedata.combining(letter) else 2 if unicodedata.east_asian_width(letter) in "WF" else 1
        for letter in text
    )


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
