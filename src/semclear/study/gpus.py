"""On a machine with several GPUs every job takes one of its own: Snakemake counts them and hands none out."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

_held: list[Any] = []


def devices() -> list[str]:
    """Return the numbers of the GPUs of this machine; empty where a scheduler or a person has chosen already."""
    if "CUDA_VISIBLE_DEVICES" in os.environ:
        return []
    return sorted(path.name.removeprefix("nvidia") for path in Path("/dev").glob("nvidia[0-9]*"))


def take(numbers: Sequence[str], folder: Path | None = None) -> str | None:
    """Let this process see one GPU that no other of semclear's jobs has.

    Parameters
    ----------
    numbers : sequence of str
        From `devices`. Of fewer than two there is nothing to choose.
    folder : Path, optional
        Where the locks are; by default one that all studies of this user share.

    Returns
    -------
    str or None
        The number, also in CUDA_VISIBLE_DEVICES; None where all stay visible: with fewer than two, or none free.
    """
    if len(numbers) < 2:
        return None
    import fcntl  # of Unix alone, where the study runs

    folder = folder or Path(tempfile.gettempdir()) / f"semclear-gpus-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    for number in numbers:
        handle = os.open(folder / number, os.O_CREAT | os.O_RDONLY, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            continue
        _held.append(handle)  # until this process ends
        os.environ["CUDA_VISIBLE_DEVICES"] = number
        return number
    return None
