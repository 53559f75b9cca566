"""What is left of a process's memory."""

import json
import os
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import tiny_model
from micrograph_files import levels, write_tiff

from semclear.errors import SemclearError
from semclear.io import read as original
from semclear.models import catalogue
from semclear.restoration.tiled import memory
from semclear.tool import runtime
from semclear.tool.restore import engine, one_file
from semclear.tool.restore import memory as process_memory
from semclear.tool.restore.request import Request

MEBIBYTE = 2**20


def test_held_is_what_the_system_says():
    statm = Path("/proc/self/statm")
    if not statm.exists():
        pytest.skip("no /proc to compare with")
    block = np.ones(64 * MEBIBYTE, np.uint8)
    pages = int(statm.read_text(encoding="ascii").split()[1])
    assert process_memory.held() == pytest.approx(pages * os.sysconf("SC_PAGE_SIZE"), abs=8 * MEBIBYTE)
    assert process_memory.held() > block.nbytes


def test_by_default_no_more_than_is_free(monkeypatch):
    import psutil

    assert 0 < process_memory.default_memory() <= memory.DEFAULT
    free = SimpleNamespace(available=1000 * MEBIBYTE)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: free)
    assert process_memory.default_memory() == 768 * MEBIBYTE  # 800, down to a multiple of 64


def test_a_file_is_counted_page_by_page(tmp_path):
    stack = np.stack([levels("uint16", size=(100, 120))] * 3)
    read = original.read(write_tiff(tmp_path / "a.tif", stack, photometric="minisblack"))
    # Stored 2 bytes, as floats 4, and whether a pixel is fixed 1.
    assert process_memory.taken_by(read) == stack.size * (2 + 4 + 1)
    made = SimpleNamespace(
        image=np.zeros((100, 120), np.float32), uncertainty=None, residual=None, invented=None
    )
    assert process_memory.taken_by(read, [SimpleNamespace(made=made)]) == stack.size * 7 + 4 * 100 * 120
    assert process_memory.writing(read) == 4 * stack.nbytes + 4 * 100 * 120


def test_what_is_taken_is_not_left(monkeypatch, tmp_path):
    monkeypatch.setattr(process_memory, "held", lambda: 600 * MEBIBYTE)
    given = process_memory.MemoryBudget.of_now(1000 * MEBIBYTE)
    assert given.left(10**6) == 360 * MEBIBYTE  # 600, up to a multiple of 64
    monkeypatch.setattr(process_memory, "held", lambda: 900 * MEBIBYTE)  # what libraries keep, they use again
    assert given.left(10**6) == 360 * MEBIBYTE
    read = original.read(write_tiff(tmp_path / "a.tif", levels(size=(1000, 1000))))
    given.begin(read, [])
    assert given.left(10**6) == 360 * MEBIBYTE - process_memory.taken_by(read)
    with pytest.raises(SemclearError, match=r"got 650 MiB, of which .+ take 640 MiB .+ at least 656 MiB"):
        process_memory.MemoryBudget(650 * MEBIBYTE, 640 * MEBIBYTE).left(10**6)


def test_less_than_the_program_takes_is_refused_before_any_file(model, monkeypatch):
    monkeypatch.setattr(process_memory, "held", lambda: 600 * MEBIBYTE)
    with pytest.raises(
        SemclearError, match=r"^--memory: got 300 MiB, of which the program alone takes 640 MiB"
    ):
        engine.of_model(model, process_memory=300 * MEBIBYTE, threads=1)
    assert process_memory.MemoryBudget.of_now(641 * MEBIBYTE).libraries == 640 * MEBIBYTE


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    pytest.importorskip("keras")
    return catalogue.find(str(tiny_model.write_release(tmp_path_factory.mktemp("model") / "tiny.semclear")))


def test_a_model_keeps_the_whole_process_within(model, monkeypatch):
    picture = np.random.default_rng(0).random((300, 300)).astype(np.float32)
    monkeypatch.setattr(process_memory, "held", lambda: 1024 * MEBIBYTE)
    options = {"threads": 1, "ensembling": False}
    made = engine.of_model(model, process_memory=3000 * MEBIBYTE, **options)
    made.inspect(picture)
    assert made.tiling()["tile"] >= 300
    # So little is left that smaller tiles, and then none, fit.
    least = memory.costs_of(made.record["backend"]).fixed + 300 * 300 * memory.INSPECTED
    made = engine.of_model(model, process_memory=1024 * MEBIBYTE + least + 4 * MEBIBYTE, **options)
    made.inspect(picture)
    assert 128 <= made.tiling()["tile"] < 300
    made = engine.of_model(model, process_memory=1024 * MEBIBYTE + least, **options)
    with pytest.raises(SemclearError, match=r"--memory: got .+, of which"):
        made.inspect(picture)


def test_equal_files_of_a_batch_get_equal_tiles(model, monkeypatch, tmp_path):
    """Whatever the libraries keep of the files before."""
    monkeypatch.setattr(process_memory, "held", lambda: 1024 * MEBIBYTE)
    image = write_tiff(tmp_path / "a.tif", levels(size=(300, 300)))
    fixed = memory.costs_of(runtime.backend_for("auto")).fixed
    whole = 1024 * MEBIBYTE + fixed + 300 * 300 * (memory.INSPECTED + 6) + 4 * MEBIBYTE
    made = engine.of_model(model, process_memory=whole, threads=1, ensembling=False)
    tiles = []
    for number in range(3):
        monkeypatch.setattr(process_memory, "held", lambda: 2048 * MEBIBYTE)
        place = tmp_path / str(number) / "a.tif"
        place.parent.mkdir()
        one_file.restore(image, place, Request((str(image),), place.parent), made, lambda done, total: None)
        told = json.loads(place.with_name("a.tif.json").read_text(encoding="utf-8"))
        tiles.append(told["pages"][0]["tile"])
    assert len(set(tiles)) == 1 and 128 <= tiles[0] < 300
