"""Freed memory stays with the process: its pages are not faulted in again."""

import subprocess
import sys

import pytest

PROBE = """
import resource, sys
import numpy as np
from semclear.training.allocator import keep_freed

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(20):
        np.ones(2**19, np.float32)  # 2 MiB: 512 pages
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

import ctypes
ctypes.CDLL(None).mallopt(-1, 2**17)  # as TensorFlow's input pipeline does
trimmed = faults()
assert keep_freed()
np.ones(2**19, np.float32)
print(trimmed, faults())
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc's allocator alone is told")
def test_what_is_freed_is_taken_again():
    pytest.importorskip("keras")
    done = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, text=True, check=True)
    trimmed, kept = map(int, done.stdout.split()[-2:])
    assert trimmed > 20 * 500 and kept < trimmed / 20


def test_other_c_libraries_are_left_alone(monkeypatch):
    from semclear.training import allocator

    monkeypatch.setattr(allocator.ctypes, "CDLL", lambda name: object())
    assert allocator.keep_freed() is False
