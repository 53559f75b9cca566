"""Memory that a tile takes, against what was measured, and the largest tile that fits."""

import csv
import math
from pathlib import Path

import pytest

from semclear import params
from semclear.restoration.tiled import memory

TABLE = Path(__file__).parents[3] / "benchmarks" / "results" / "tile_memory.csv"


def needs(width, runtime="tensorflow", ensembling=False):
    size = params.ModelScale(levels=5, width=width, max_width=64, discriminator_width=16)
    return memory.Needs(size, ensembling, memory.costs_of(runtime))


def measured():
    """Yield runtime, width, side and mebibytes of each row of the benchmark's table."""
    with TABLE.open(newline="", encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            yield row["runtime"], int(row["width"]), int(row["side"]), float(row["added_mib"])


@pytest.mark.parametrize(("runtime", "width", "side", "mebibytes"), list(measured()))
def test_it_is_no_less_than_was_measured_nor_far_more(runtime, width, side, mebibytes):
    one = needs(width, runtime)
    said = one.bytes(side**2) / 2**20
    assert mebibytes <= said <= 2.2 * mebibytes + one.costs.fixed / 2**20


def test_eight_orientations_take_eight_maps_more():
    assert needs(16, ensembling=True).bytes(1000) - needs(16).bytes(1000) == 8 * 4 * 1000


def test_a_backend_that_was_not_measured_passes_for_the_costliest():
    assert memory.costs_of("torch") == memory.costs_of("jax")
    assert needs(16, "torch").bytes(10**6) > needs(16, "onnxruntime").bytes(10**6)


@pytest.mark.parametrize("runtime", ["tensorflow", "jax", "onnxruntime"])
def test_the_largest_tile_fits_and_the_next_does_not(runtime):
    one = needs(16, runtime, ensembling=True)
    for mebibytes in (800, 1000, 3000):
        side = one.largest_tile(mebibytes * 2**20)
        assert side % 32 == 0
        assert one.bytes(side**2) <= mebibytes * 2**20 < one.bytes((side + 32) ** 2)


def test_nothing_fits_into_less_than_the_fixed_part():
    assert needs(16, "jax").largest_tile(500 * 2**20) == 0


def test_no_tensor_counts_beyond_32_bits():
    one = needs(64)
    side = one.largest_tile(2**50)
    assert (side // 2) ** 2 * 2 * 64 < 2**31 <= (side // 2 + 32) ** 2 * 2 * 64 + math.isqrt(2**31) * 128
