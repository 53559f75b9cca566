"""Which source micrograph each file of a folder comes from: its own name, or what a table says."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from semclear.errors import SemclearError

FILE_COLUMN = "file"


def _read_table(table: Path, column: str) -> list[tuple[PurePosixPath, str]]:
    try:
        with table.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream)
            missing = {FILE_COLUMN, column} - set(reader.fieldnames or ())
            if missing:
                raise SemclearError(
                    f"{table}: got columns {', '.join(reader.fieldnames or ['(none)'])}, expected "
                    f"{FILE_COLUMN} and {column}; "
                    "correct the table or `source_column`"
                )
            lines = [(row[FILE_COLUMN] or "", row[column] or "") for row in reader]
    except OSError as error:
        raise SemclearError(
            f"{table}: cannot be read ({error.strerror}), expected a CSV table of sources; correct `sources`"
        ) from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise SemclearError(f"{table}: is no CSV in UTF-8 ({error}); save it as one") from None
    for number, (file, source) in enumerate(lines, start=2):
        if not file or not source:
            raise SemclearError(
                f"{table}: got an empty {FILE_COLUMN} or {column} in row {number}, expected both; fill it in"
            )
    return [(PurePosixPath(file.replace("\\", "/")), source) for file, source in lines]


def by_name(path: Path) -> str:
    """Return the file's name without its ending: each name is a source of its own."""
    return path.stem


def by_table(table: Path, column: str) -> Callable[[Path], str]:
    """Return a function from a file to its source, as a CSV table says.

    A row is a file's when it names it with its folder (``sharp/a.png``) or, failing that, by its name alone.

    Parameters
    ----------
    table : Path
        CSV in UTF-8 with a header, columns `file` and `column`.
    column : str
        Rows with the same text here are one source.

    Returns
    -------
    callable
        From a file's path to the name of its source; SemclearError for a
        file that no row names, or that two rows give two sources.

    Raises
    ------
    SemclearError
        When the table is missing, not CSV, lacks a column, or has an empty cell.
    """
    with_folder: dict[tuple[str, str], set[str]] = {}
    alone: dict[str, set[str]] = {}
    for file, source in _read_table(table, column):
        with_folder.setdefault((file.parent.name, file.name), set()).add(source)
        alone.setdefault(file.name, set()).add(source)

    def source_of(path: Path) -> str:
        folder = path.parent.name or path.resolve().parent.name
        found = with_folder.get((folder, path.name)) or alone.get(path.name, set())
        if len(found) != 1:
            raise SemclearError(
                f"{path}: got {len(found)} sources in {table}, expected one; correct its rows (as {folder}/{path.name})"
            )
        return next(iter(found))

    return source_of
