"""What a person is told of an error while one file is worked on, foreseen or not: one line."""

from __future__ import annotations

import traceback
from pathlib import Path

from semclear.errors import SemclearError


def told(where: Path, error: Exception, short_of_memory: str) -> tuple[str, str]:
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
    text = " ".join(str(error).split()) or "without a text"
    line = f"{where}: unexpected {type(error).__name__}: {text}; please report it with the traceback that --json gives"
    return line, "".join(traceback.format_exception(error))
