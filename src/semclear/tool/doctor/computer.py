"""The computer as restoring meets it: processor, threads, memory, disks."""

from __future__ import annotations

import os
import platform
import shutil
import tempfile
from pathlib import Path
from typing import Any

from semclear.tool import runtime

#: By the name that people know: the flags that Linux and NumPy have for it; one of them suffices.
OF_X86 = {
    "AVX2": ("avx2",),
    "AVX-512": ("avx512f",),
    "AVX-512 VNNI": ("avx512_vnni", "avx512vnni"),
    "AMX": ("amx_tile",),
}
OF_ARM = {"Neon": ("asimd", "neon"), "SVE": ("sve",)}
#: Those that NumPy does not look for.
UNKNOWN_TO_NUMPY = ("AMX",)
CPUINFO = Path("/proc/cpuinfo")


def _of_linux(text: str) -> tuple[str, set[str]]:
    """Return model and flags of the first processor in the text of /proc/cpuinfo."""
    fields = [line.partition(":")[::2] for line in text.split("\n\n")[0].splitlines()]
    known = {name.strip().lower(): value.strip() for name, value in fields}
    return known.get("model name", ""), set(known.get("flags", known.get("features", "")).split())


def _of_numpy() -> set[str]:
    """Return the flags that NumPy was told by the processor; none where a version keeps them elsewhere."""
    try:
        from numpy._core._multiarray_umath import __cpu_features__
    except ImportError:
        return set()
    return {name.lower() for name, there in __cpu_features__.items() if there}


def processor(cpuinfo: Path = CPUINFO, machine: str = "") -> dict[str, Any]:
    """Return what the processor is and has.

    Parameters
    ----------
    cpuinfo : Path
        What Linux says of it. Elsewhere NumPy is asked.
    machine : str
        Its kind, "x86_64" or "arm64" for example; that of this computer by default.

    Returns
    -------
    dict
        ``model``; ``features``, by the names of `OF_X86` or `OF_ARM` True, False or, where nobody says, None.
    """
    kind = machine or platform.machine()
    wanted = OF_ARM if kind.lower() in ("arm64", "aarch64") else OF_X86
    try:
        model, flags = _of_linux(cpuinfo.read_text(encoding="utf-8", errors="replace"))
        unasked: tuple[str, ...] = ()
    except OSError:
        model, flags, unasked = "", _of_numpy(), UNKNOWN_TO_NUMPY
    features = {
        name: None if not flags or name in unasked else not flags.isdisjoint(of)
        for name, of in wanted.items()
    }
    return {"model": model or platform.processor() or kind, "features": features}


def threads() -> dict[str, Any]:
    """Return ``processors`` of the computer, and the ``threads`` that restoring uses, with what decided (``by``)."""
    asked = runtime.ASKED_THREADS.strip()
    used = runtime.default_threads()
    if asked.isdecimal() and int(asked):
        by = "OMP_NUM_THREADS"
    elif used != os.cpu_count():
        by = "what this process may use"
    else:
        by = "all of them"
    return {"processors": os.cpu_count(), "threads": used, "by": by}


def memory() -> dict[str, int]:
    """Return bytes of memory: ``total``, ``available``, and what restoring takes where nobody says (``default``)."""
    import psutil

    from semclear.tool.restore.memory import default_memory

    now = psutil.virtual_memory()
    return {"total": int(now.total), "available": int(now.available), "default": default_memory()}


def disks(here: Path | None = None) -> dict[str, int]:
    """Return the free bytes of the folder that results would go into, and of the one for temporary files."""
    folders = [here or Path.cwd(), Path(tempfile.gettempdir())]
    return {str(folder): shutil.disk_usage(folder).free for folder in folders}
