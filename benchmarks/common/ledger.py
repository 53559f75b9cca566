"""A CSV table that grows by finished pieces of work, so that an interrupted benchmark goes on where it was."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from semclear.errors import SemclearError
from semclear.files import whole_file


def text_of(value: Any) -> str:
    """Return a cell: six significant digits, nothing for None and NaN."""
    if value is None or value != value:
        return ""
    return f"{value:.6g}" if isinstance(value, float) else str(value)


class Ledger:
    """The rows of a benchmark, on disk after every addition.

    Parameters
    ----------
    path : str or Path
        The CSV table; read where it exists.
    columns : sequence of str
        All columns, in order.
    keys : sequence of str
        Those that name a piece of work.

    Raises
    ------
    SemclearError
        When the table has other columns.
    """

    def __init__(self, path: str | Path, columns: Sequence[str], keys: Sequence[str]) -> None:
        self.path, self.columns, self.keys = Path(path), list(columns), list(keys)
        self.rows: list[dict[str, str]] = []
        if self.path.is_file():
            with self.path.open(newline="", encoding="utf-8") as stream:
                reader = csv.DictReader(stream)
                if reader.fieldnames != self.columns:
                    raise SemclearError(
                        f"{self.path}: got the columns {reader.fieldnames}, expected {self.columns}; "
                        "move the table of the earlier version away"
                    )
                self.rows = list(reader)

    def done(self, **key: Any) -> bool:
        """Return whether there is a row with this key."""
        wanted = tuple(text_of(key[name]) for name in self.keys)
        return any(self._key(row) == wanted for row in self.rows)

    def _key(self, row: Mapping[str, str]) -> tuple[str, ...]:
        return tuple(row[name] for name in self.keys)

    def add(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Put the rows of finished pieces of work at the end, instead of earlier ones with the same keys.

        The table on disk is replaced as a whole.
        """
        new = [{name: text_of(row[name]) for name in self.columns} for row in rows]
        keys = {self._key(row) for row in new}
        self.rows = [row for row in self.rows if self._key(row) not in keys] + new
        with whole_file(self.path) as scratch, scratch.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.DictWriter(stream, fieldnames=self.columns, lineterminator="\n")
            writer.writeheader()
            writer.writerows(self.rows)
