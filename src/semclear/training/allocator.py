"""The memory that a step has freed is kept for the next one."""

from __future__ import annotations

import ctypes
import sys
from typing import Any

import keras

#: Parameters of ``mallopt``, by malloc.h, and their values: what is freed at the heap's end is never given back (-1),
#: and only what is larger than 32 MiB (no more can be asked for) is mapped on its own.
OPTIONS = {"M_TRIM_THRESHOLD": (-1, -1), "M_TOP_PAD": (-2, 2**26), "M_MMAP_THRESHOLD": (-3, 2**25)}


def keep_freed() -> bool:
    """Tell the C library to keep freed memory in this process; return whether it has done so, as glibc alone can.

    A step needs the memory that the last one freed. Given back, it is mapped,
    cleared and faulted in again page by page: with the input pipeline of
    TensorFlow, which has the heap trimmed at 128 kB, this took 0.31 of 0.73
    processor seconds a step (benchmarks/cost/step.py). No number changes by it.

    References
    ----------
    mallopt(3), Linux man-pages
    """
    if not sys.platform.startswith("linux"):
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):  # another C library than glibc
        return False
    return min(mallopt(number, value) for number, value in OPTIONS.values()) == 1


class KeepFreed(keras.callbacks.Callback):
    """Keep freed memory from the first step of each epoch on: earlier the input pipeline may still set its own."""

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        if batch == 0:
            keep_freed()
