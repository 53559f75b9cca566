"""Blocks of volumes are as large as the memory allows, and what is too large is refused."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from volumes_on_disk import InMemory

from semclear.errors import SemclearError
from semclear.io.volumes.output import CHUNK
from semclear.io.volumes.stored import Volume
from semclear.tool.volumes import memory

MADE = SimpleNamespace(margin=lambda: 200, bytes_of=lambda pixels: 64 * pixels)


def volume(side=20_000, chunk=512):
    array = InMemory(np.broadcast_to(np.uint8(0), (4, side, side)), (1, chunk, chunk))
    return Volume(Path("v.zarr"), None, array, tuple((z,) for z in range(4)))


@pytest.mark.parametrize(("gibibytes", "side"), [(4, 2 * CHUNK), (1, 2 * CHUNK), (0.5, CHUNK), (0.25, CHUNK)])
def test_all_shares_together_are_what_there_is(gibibytes, side):
    left = int(gibibytes * 2**30)
    got = memory.shares(volume(), MADE, left)
    assert got.side == side
    assert got.cache + got.allowed + 64 * (side + 400) ** 2 == left


def test_what_does_not_suffice_is_refused_with_what_would():
    with pytest.raises(SemclearError, match=r"--memory: got 100 MiB .* expected at least"):
        memory.shares(volume(), MADE, 100 * 2**20)


def test_a_chunk_that_fills_the_memory_is_refused():
    memory.check_chunks(volume(), 2**20)
    with pytest.raises(SemclearError, match="smaller chunks"):
        memory.check_chunks(volume(chunk=20_000), 2**30)
