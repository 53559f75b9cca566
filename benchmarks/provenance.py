"""Where a benchmark's figures come from: commit and machine."""

from __future__ import annotations

import os
import platform
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def commit() -> str:
    """Return the first ten digits of the commit, ``+`` added where source, settings or benchmarks differ from it; "unknown" outside git."""
    words = ["git", "-C", str(ROOT)]
    try:
        head = subprocess.run([*words, "rev-parse", "HEAD"], capture_output=True, text=True, check=True)
        looked_at = ["src", "params.yaml", ":(glob)benchmarks/*.py"]
        changed = subprocess.run(
            [*words, "status", "--porcelain", "--", *looked_at], capture_output=True, text=True
        )
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return head.stdout.strip()[:10] + ("+" if changed.stdout.strip() else "")


def machine() -> str:
    """Return processor, number of its threads, system and Python, without the machine's name."""
    name = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        lines = cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines()
        name = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), name)
    return f"{name}, {os.cpu_count()} threads, {platform.system()}, Python {platform.python_version()}"
