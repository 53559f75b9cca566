"""What is left of a process's memory."""

import os
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import tiny_model

from semclear.errors import SemclearError
from semclear.restoration import memory
from semclear.tool import allowance, engine, models

MEBIBYTE = 2**20


def test_held_is_what_the_system_says():
    statm = Path("/proc/self/statm")
    if not statm.exists():
        pytest.skip("no /proc to compare with")
    block = np.ones(64 * MEBIBYTE, np.uint8)
    pages = int(statm.read_text(encoding="ascii").split()[1])
    assert allowance.held() == pytest.approx(pages * os.sysconf("SC_PAGE_SIZE"), abs=8 * MEBIBYTE)
    assert allowance.held() > block.nbytes


def test_what_is_held_is_not_left(monkeypatch):
    monkeypatch.setattr(allowance, "held", lambda: 600 * MEBIBYTE)
    assert allowance.Allowance(1000 * MEBIBYTE).left(10**6) == 400 * MEBIBYTE
    with pytest.raises(SemclearError, match=r"got 610 MiB, of which .+ take 600 MiB .+ at least 627 MiB"):
        allowance.Allowance(610 * MEBIBYTE).left(10**6)


def test_unasked_no_more_than_is_free(monkeypatch):
    import psutil

    assert 0 < allowance.unasked() <= memory.DEFAULT
    free = SimpleNamespace(available=1000 * MEBIBYTE)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: free)
    assert allowance.unasked() == 800 * MEBIBYTE


def test_a_model_keeps_the_whole_process_within(tmp_path, monkeypatch):
    pytest.importorskip("keras")
    model = models.find(str(tiny_model.write_release(tmp_path / "tiny.semclear")))
    made = engine.of_model(model, threads=1, ensembling=False, process_memory=1000 * MEBIBYTE)
    picture = np.random.default_rng(0).random((300, 300)).astype(np.float32)
    fixed = memory.costs_of(made.record["backend"]).fixed
    held = 1000 * MEBIBYTE - fixed - 300 * 300 * memory.INSPECTED
    monkeypatch.setattr(allowance, "held", lambda: 200 * MEBIBYTE)
    made.inspect(picture)
    assert made.tiling()["tile"] >= 300
    # So little is left that smaller tiles, and then none, fit.
    monkeypatch.setattr(allowance, "held", lambda: held - 4 * MEBIBYTE)
    made.inspect(picture)
    assert 128 <= made.tiling()["tile"] < 300
    monkeypatch.setattr(allowance, "held", lambda: held)
    with pytest.raises(SemclearError, match="--memory: got 1000 MiB, of which"):
        made.inspect(picture)
