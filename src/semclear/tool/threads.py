"""How many threads a command takes where nobody said."""

from __future__ import annotations

import os


def unasked() -> int:
    """Return the number in the environment variable OMP_NUM_THREADS, else the processors that this process may use.

    A cluster's scheduler, or a careful person, sets the one or binds the other.
    """
    asked = os.environ.get("OMP_NUM_THREADS", "").strip()
    if asked.isdecimal() and int(asked):
        return int(asked)
    if hasattr(os, "sched_getaffinity"):  # not on Windows and macOS
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
