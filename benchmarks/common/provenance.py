"""Where a benchmark's figures come from: commit and machine."""

from __future__ import annotations

import os
import platform
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def commit(root: Path | None = None) -> str:
    """Return the commit of the project, ten digits, with ``-dirty`` where tracked files differ; empty without Git.

    Parameters
    ----------
    root : Path, optional
        Another checkout.
    """

    def git(*words: str) -> str:
        done = subprocess.run(["git", *words], cwd=root or ROOT, capture_output=True, text=True, check=False)
        return done.stdout.strip()

    try:
        name = git("rev-parse", "--short=10", "HEAD")
        changed = git(
            "status", "--porcelain", "--untracked-files=no", "--", "src", "params.yaml", "benchmarks/*.py"
        )
        return f"{name}-dirty" if name and changed else name
    except OSError:
        return ""


def machine() -> str:
    """Return the processor's name and how many of its threads this process may use."""
    information = Path("/proc/cpuinfo")
    lines = information.read_text(encoding="utf-8").splitlines() if information.is_file() else []
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{named[0] if named else platform.machine()}, {count} threads"
