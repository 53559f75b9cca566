"""Tables as the figures take them."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from semclear.errors import SemclearError

TEXT = ("dataset", "model", "method", "micrograph", "kind", "metric")


def read_table(path: str | Path, needed: tuple[str, ...]) -> pd.DataFrame:
    """Return a CSV table that has the columns `needed` and at least one row.

    Raises
    ------
    SemclearError
        When the file is missing, empty, or lacks a column.
    """
    try:
        # Ids such as 0007 are text.
        table = pd.read_csv(path, dtype=dict.fromkeys(TEXT, str))
    except (OSError, pd.errors.EmptyDataError, pd.errors.ParserError) as error:
        reason = getattr(error, "strerror", None) or " ".join(str(error).split())
        raise SemclearError(f"{path}: cannot be read as CSV ({reason}); run the step that makes it") from None
    missing = [name for name in needed if name not in table.columns]
    if missing or table.empty:
        got = f"the columns {list(table.columns)}" if missing else "no row"
        raise SemclearError(
            f"{path}: got {got}, expected at least one row of {list(needed)}; run the step that makes it"
        )
    return table
