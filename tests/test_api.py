"""NumPy in, NumPy out: rank, type and range are kept."""

import json
import subprocess
import sys

import numpy as np
import pytest
import tifffile
from micrograph_files import levels, picture

import semclear
from semclear.errors import SemclearError
from semclear.io import read
from semclear.restoration.classical import contrast, wiener
from semclear.tool.micrograph import arrays
from semclear.tool.restore.request import Request
from semclear.tool.restore.run import run


@pytest.fixture(scope="module")
def clahe():
    return semclear.load(method="clahe")


def expected(image):
    return contrast.clahe(image.astype(np.float32), clip_limit=3.0, tiles=4)


@pytest.mark.parametrize("shape", [(64, 80), (64, 80, 1), (1, 64, 80), (1, 64, 80, 1)])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32", "float64", ">u2", ">f4"])
def test_rank_type_and_range_are_kept(clahe, dtype, shape):
    kind = np.dtype(dtype)
    top = np.iinfo(kind).max if kind.kind == "u" else 1.0
    array = (picture() * top).round(0 if kind.kind == "u" else 6).astype(kind).reshape(shape)
    got = clahe.restore(array, pixel_size_nm=4.2)
    assert got.shape == shape and got.dtype == kind
    wanted = expected((array.astype(np.float64) / top).reshape(64, 80)) * top
    np.testing.assert_allclose(got.reshape(64, 80), wanted, atol=1 if kind.kind == "u" else 1e-5)


def test_a_stack_is_restored_picture_by_picture(clahe):
    stack = np.stack([levels(seed=seed) for seed in (1, 2, 3)])
    got = clahe.restore(stack)
    for before, after in zip(stack, got, strict=True):
        np.testing.assert_array_equal(after, clahe.restore(before))


def test_floats_beyond_0_and_1_keep_their_own_range(clahe):
    array = (200 + 3000 * picture()).astype(np.float32)
    got = clahe.restore(array)
    low, high = array.min(), array.max()
    np.testing.assert_allclose(got, low + (high - low) * expected((array - low) / (high - low)), rtol=1e-4)


def test_a_range_may_be_given(clahe):
    array = (levels("uint16") >> 4).astype(np.uint16)  # 12 bits in 16
    got = clahe.restore(array, data_range=(0, 4095))
    np.testing.assert_allclose(got, 4095 * expected(array / 4095.0), atol=1)
    with pytest.raises(SemclearError, match="black below white"):
        clahe.restore(array, data_range=(1, 0))


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "float32"])
def test_a_range_that_is_given_is_taken_as_of_a_file(clahe, tmp_path, dtype):
    """What lies beyond becomes black or white in both, and is counted in the same words."""
    array = (picture() * 200).astype(dtype)
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, array)
    assert run(Request((str(path),), tmp_path / "out", method="clahe", grey_range=(50.0, 120.0))) == 0
    got = clahe.inspect(array, data_range=(50, 120))
    np.testing.assert_array_equal(got.image, tifffile.imread(tmp_path / "out" / "a.tif"))
    beyond = np.count_nonzero((array < 50) | (array > 120))
    assert beyond and got.notes == (
        f"50 to 120 became 0 to 1, as given; {beyond} pixels beyond became black or white",
    )
    told = json.loads((tmp_path / "out" / "a.tif.json").read_text(encoding="utf-8"))["warnings"]
    assert [one["text"] for one in told if one["code"] == "note"] == list(got.notes)


@pytest.mark.parametrize("bounds", [(0, 256), (-1, 200), (0, 99.5)])
def test_a_range_that_is_none_of_the_type_is_refused_as_of_a_file(clahe, tmp_path, bounds):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, levels())
    with pytest.raises(SemclearError) as of_file:
        read.read(path, grey_range=bounds)
    with pytest.raises(SemclearError, match="expected whole numbers of uint8") as of_array:
        clahe.restore(levels(), data_range=bounds)
    assert str(of_array.value).split(": ", 1)[1] == str(of_file.value).split(": ", 1)[1]


def test_a_range_that_leaves_one_grey_is_refused(clahe):
    with pytest.raises(SemclearError, match="one grey value everywhere in the range 250 to 255"):
        clahe.restore(np.minimum(levels(), 250), data_range=(250, 255))


def test_a_blank_slice_decides_nothing_and_stays(clahe, tmp_path):
    """As a blank page of a file: of 16 bits it would make a picture of 12 too dark, and be clipped in its range."""
    stack = np.stack([levels("uint16") >> 4, np.full((64, 80), 65535, np.uint16)])
    got = clahe.restore(stack)
    np.testing.assert_array_equal(got[0], clahe.restore(stack[0]))
    np.testing.assert_array_equal(got[1], stack[1])
    tifffile.imwrite(tmp_path / "a.tif", stack, photometric="minisblack")
    assert run(Request((str(tmp_path / "a.tif"),), tmp_path / "out", method="clahe")) == 0
    np.testing.assert_array_equal(got, tifffile.imread(tmp_path / "out" / "a.tif"))
    beyond = np.stack([levels(), np.clip(levels(), 201, 255)])  # of one grey in the range alone
    np.testing.assert_array_equal(clahe.restore(beyond, data_range=(0, 200))[1], beyond[1])


def test_what_was_taken_for_black_and_white_is_noted(clahe):
    assert clahe.inspect(levels()).notes == clahe.inspect(picture()).notes == ()
    twelve = levels("uint16") >> 4
    assert clahe.inspect(twelve).notes[0].startswith("16-bit array with values up to ")
    twelve[:2, :10] = 65535
    assert clahe.inspect(twelve).notes == (
        "20 of 5120 pixels are far beyond 4095 (12 bits): 0 to 65535 became 0 to 1; if 4095 is white, give "
        "data_range=(0, 4095)",
    )
    assert clahe.inspect(twelve, data_range=(0, 4095)).image.max() <= 4095
    floats = clahe.inspect(5 * picture()).notes
    assert floats[0].startswith("64-bit float array: its own range, ") and "were stretched" in floats[1]


@pytest.mark.parametrize("dtype", ["<u2", ">u2"])
def test_twelve_bits_in_sixteen_are_taken_as_in_files(clahe, dtype):
    array = (levels("uint16") >> 4).astype(dtype)
    np.testing.assert_array_equal(clahe.restore(array), clahe.restore(array, data_range=(0, 4095)))
    brighter = array.copy()
    brighter[0, 0] = 65535  # one pixel decides nothing: it is white, and the others are as they were
    got = clahe.restore(brighter)
    assert got[0, 0] == 4095
    np.testing.assert_allclose(got.ravel()[1:], clahe.restore(array).ravel()[1:], atol=100)
    brighter[0] = 4096  # a whole row does
    np.testing.assert_array_equal(clahe.restore(brighter), clahe.restore(brighter, data_range=(0, 16383)))


@pytest.mark.parametrize(
    ("dtype", "values", "bounds"),
    [
        ("int8", levels().astype(np.int16) - 128, (-128, 127)),
        ("int16", levels("uint16") >> 4, (0, 4095)),
        (">i2", levels("uint16").astype(np.int32) // 16 - 2048, (-2048, 2047)),
        ("float16", picture(), (0, 1)),
    ],
)
def test_types_that_files_have(clahe, tmp_path, dtype, values, bounds):
    """As the file of the same numbers, and as with the range said."""
    array = values.astype(dtype)
    got = clahe.restore(array)
    assert got.dtype == array.dtype
    np.testing.assert_array_equal(got, clahe.restore(array, data_range=bounds))
    if array.dtype.kind == "i":
        path = tmp_path / "a.tif"
        tifffile.imwrite(path, array.astype(array.dtype.newbyteorder("=")))
        assert run(Request((str(path),), tmp_path / "out", method="clahe")) == 0
        np.testing.assert_array_equal(got, tifffile.imread(tmp_path / "out" / "a.tif"))


@pytest.mark.parametrize("size", ["4.2", [4.2], True, 1j, float("nan"), 0, -1, np.array([4.2])])
def test_a_pixel_size_that_is_none_is_one_line(clahe, size):
    for call in (clahe.restore, clahe.inspect):
        with pytest.raises(SemclearError, match=r"pixel_size_nm: got .*, expected a positive number or None"):
            call(levels(), pixel_size_nm=size)


RAGGED = [[1, 2, 3], [4, 5]]


class NoArray:
    def __array__(self, *arguments, **more):
        raise TypeError("lies on\nanother device")

    def __repr__(self):
        return "NoArray()"


@pytest.mark.parametrize(
    ("array", "said"),
    [
        (RAGGED, "array: got [[1, 2, 3], [4, 5]], of which NumPy makes no array (setting an array element"),
        ([levels(), levels()[:, :70]], "array: got [array([[ 60, "),
        (NoArray(), "array: got NoArray(), of which NumPy makes no array (lies on another device), expected"),
        ([[1, "a"]], "array: got <U"),
        ([[1, None]], "array: got object, expected uint8"),
    ],
)
def test_what_makes_no_array_is_one_line(clahe, array, said):
    for call in (clahe.restore, clahe.inspect):
        with pytest.raises(SemclearError) as caught:
            call(array)
        assert str(caught.value).startswith(said) and len(str(caught.value).splitlines()) == 1
        assert len(str(caught.value)) < 400


@pytest.mark.parametrize("size", [RAGGED, NoArray(), np.zeros((30, 30)), [levels(), levels()[:, :70]]])
def test_what_is_no_number_at_all_is_one_short_line(clahe, size):
    for more in ({"pixel_size_nm": size}, {"data_range": size}):
        with pytest.raises(SemclearError, match=r"got .*, expected") as caught:
            clahe.restore(levels(), **more)
        assert str(caught.value).startswith(next(iter(more))) and len(str(caught.value)) < 200
        assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("size", [4, np.float32(4.2), np.int64(3), np.array(4.2)])
def test_any_kind_of_number_is_a_pixel_size(clahe, size):
    assert clahe.inspect(levels(), pixel_size_nm=size).pixel_size_nm == float(size)


@pytest.mark.parametrize("bounds", [5, (1, 2, 3), ("a", "b"), (0, None)])
def test_a_range_that_is_none_is_one_line(clahe, bounds):
    with pytest.raises(SemclearError, match=r"data_range: got .*, expected .black, white."):
        clahe.restore(levels(), data_range=bounds)


def test_a_measured_point_spread_function(tmp_path):
    rows, columns = np.mgrid[-8:9, -8:9]
    psf = np.exp(-(rows**2 + columns**2) / (2 * 2.0**2))
    tifffile.imwrite(tmp_path / "psf.tif", psf.astype(np.float32))
    loaded = semclear.load(method="wiener", psf=tmp_path / "psf.tif")
    expected = wiener.deconvolve(picture(), psf / psf.sum(), 0.3)
    np.testing.assert_allclose(loaded.restore(picture(), data_range=(0, 1)), expected, atol=1e-4)
    assert loaded.record["psf"]["file"] == "psf.tif"
    with pytest.raises(SemclearError, match="without --psf"):
        semclear.load(method="wiener")


def test_a_blank_slice_of_a_stack_stays(clahe):
    stack = np.stack([levels(), np.full_like(levels(), 9), levels(seed=1)])
    got = clahe.restore(stack)
    np.testing.assert_array_equal(got[1], stack[1])
    np.testing.assert_array_equal(got[::2], clahe.restore(stack[::2]))
    with pytest.raises(SemclearError, match="one grey value"):
        clahe.restore(stack[[1, 1]])


def test_the_array_is_not_changed(clahe):
    array = levels()
    kept = array.copy()
    clahe.restore(array)
    np.testing.assert_array_equal(array, kept)


@pytest.mark.parametrize(
    ("array", "said"),
    [
        (np.full((64, 64), np.nan), "NaN"),
        (np.where(np.eye(64) > 0, np.inf, picture((64, 64))), "infinite"),
        (np.full((64, 64), 3, np.uint8), "one grey value"),
        (levels()[:12], "at least 16"),
        (levels().astype(np.int64), "expected uint8"),
        (levels() > 100, "got bool"),
        (np.zeros((2, 32, 80, 3), np.uint8), "looks like colour"),
        (
            np.zeros((64, 64, 3), np.uint8),
            r"got shape \(64, 64, 3\), which looks like colour .+ convert it to grey",
        ),
        (np.zeros((64, 64, 4), np.float32), "looks like colour"),
        (np.zeros((2, 32, 80, 2), np.uint8), "got shape"),
        (levels()[0], "got shape"),
        (np.ma.masked_greater(levels(), 100), "masked"),
    ],
)
def test_other_arrays_are_refused(clahe, array, said):
    with pytest.raises(SemclearError, match=said):
        clahe.restore(array)


@pytest.mark.parametrize("size", [0, -1, float("nan")])
def test_a_pixel_size_is_positive(clahe, size):
    with pytest.raises(SemclearError, match="pixel_size_nm"):
        clahe.restore(levels(), pixel_size_nm=size)


def test_inspection_in_the_array_s_units(tmp_path):
    pytest.importorskip("keras")
    from tiny_model import bundle, write_release

    from semclear.restoration.tiled.large import LargeRestorer

    model = semclear.load(write_release(tmp_path / "tiny.semclear"), threads=1)
    array = levels("uint16")[..., None]
    got = model.inspect(array, pixel_size_nm=4.2)
    made = LargeRestorer(bundle()).inspect(array[..., 0] / np.float32(65535), side=32)
    assert got.image.shape == array.shape and got.image.dtype == array.dtype
    np.testing.assert_array_equal(got.image, model.restore(array))
    np.testing.assert_allclose(got.uncertainty, made.uncertainty * 65535.0, atol=2)
    np.testing.assert_allclose(got.residual, made.residual * 65535.0, atol=2)
    assert (got.flag, got.p, got.farthest) == (False, 1.0, None)
    assert got.checks["read_sigma"] == pytest.approx(made.checks["read_sigma"], rel=1e-3)
    assert model.record["model"]["name"] == "tiny" == model.name
    with pytest.raises(SemclearError, match="stack of 2"):
        model.inspect(np.stack([levels(), levels()]))


def test_a_model_or_a_method():
    with pytest.raises(SemclearError, match="one of the two"):
        semclear.load("some", method="clahe")
    for more in ({"backend": "jax"}, {"memory": "2GB"}, {"ensembling": False}):
        with pytest.raises(SemclearError, match="which runs no network"):
            semclear.load(method="clahe", **more)


def test_importing_the_package_imports_nothing_heavy():
    code = (
        "import sys, semclear; assert 'load' in dir(semclear)\n"
        "print([m for m in ('numpy', 'keras', 'cv2', 'scipy', 'pydantic') if m in sys.modules])\n"
        "semclear.load"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    with pytest.raises(AttributeError, match="nothing"):
        semclear.nothing  # noqa: B018


def test_conversion_loses_no_level():
    for dtype in ("uint8", "uint16"):
        ramp = np.arange(256 * 256, dtype=np.uint32).reshape(256, 256).astype(dtype)
        stack = arrays.stack_of(ramp)
        np.testing.assert_array_equal(stack.back(stack.pictures), ramp)
