"""Order, levels and digests of planes that are read window by window are those of the whole."""

from pathlib import Path

import numpy as np
import pytest
from volumes_on_disk import InMemory

from semclear.io import intensity
from semclear.io.formats.page import UnsuitableError
from semclear.io.volumes import levels
from semclear.io.volumes.stored import ScaledPlane, StoredPlane


def values_of(dtype, seed=0):
    rng = np.random.default_rng(seed)
    dtype = np.dtype(dtype)
    if dtype.kind == "f":
        return rng.standard_normal((2, 53, 47)).astype(dtype)
    info = np.iinfo(dtype)
    return rng.integers(max(info.min, -900), min(info.max, 3000), (2, 53, 47)).astype(dtype)


def plane_of(values, chunks=(1, 16, 20), cache=2**20):
    return StoredPlane(Path("a.zarr"), InMemory(values, chunks), (1,), cache)


@pytest.mark.parametrize("dtype", ["uint8", "int8", "uint16", "int16", "float16", "float32", "float64"])
def test_levels_are_those_of_the_whole_plane(dtype):
    values = values_of(dtype)
    found = levels.surveyed(plane_of(values))
    assert found.levels == intensity.levels_of([values[1]])
    assert found.counted == intensity.counted([values[1]])


@pytest.mark.parametrize("dtype", ["int16", "float32", "float64"])
def test_every_rank_is_found(dtype):
    values = values_of(dtype)[0].ravel()
    values[:3] = 0, -0.0, values[5]
    parts = np.array_split(values, 7)
    found = levels.ranked(lambda: iter(parts), range(values.size), values.dtype)
    assert found == np.sort(values).astype(float).tolist()


def test_percentiles_are_those_of_numpy():
    values = np.random.default_rng(3).random(1001).astype(np.float32)
    found = levels.percentiles(lambda: iter(np.array_split(values, 5)), values.size, (0, 1, 37.3, 99, 100))
    assert found == pytest.approx(np.percentile(values.astype(float), (0, 1, 37.3, 99, 100)), abs=1e-12)


def test_the_digest_hangs_on_every_number_and_not_on_the_cache():
    values = values_of("uint16")
    first = levels.surveyed(plane_of(values)).digest
    assert levels.surveyed(plane_of(values, cache=1)).digest == first
    values[1, 52, 46] += 1
    assert levels.surveyed(plane_of(values)).digest != first


def test_what_is_not_finite_is_refused():
    values = values_of("float32")
    values[1, 3, 4] = np.nan
    with pytest.raises(UnsuitableError, match="1 places"):
        levels.surveyed(plane_of(values))


def test_windows_slices_and_indices_are_those_of_the_array():
    values = values_of("uint16")
    plane = plane_of(values, cache=1000)
    keys = [np.s_[3:40, 5:6], np.s_[:, :], np.s_[10:12], np.s_[1:50:2, ::3], np.ix_([4, 4, 30], [46, 0])]
    for key in keys:
        assert np.array_equal(plane[key], values[1][key])
    in_unit = ScaledPlane(Path("a.zarr"), InMemory(values, (2, 16, 20)), (1,), (0.0, 4095.0))
    assert np.array_equal(in_unit[:, :], values[1].astype(np.float32) / np.float32(4095))
    assert levels.strays(plane, (100, 2000)) == np.count_nonzero((values[1] < 100) | (values[1] > 2000))
