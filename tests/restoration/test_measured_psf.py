"""Deconvolution by measured point spread functions: against blurs that are known, and nothing is shifted."""

import numpy as np
import pytest
import tifffile
from scipy import ndimage

from semclear.errors import SemclearError
from semclear.restoration import measured_psf
from semclear.restoration.classical.registry import every


def gaussian(shape, centre, sigma):
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    down, across = (sigma, sigma) if np.isscalar(sigma) else sigma
    return np.exp(-(((rows - centre[0]) / down) ** 2 + ((columns - centre[1]) / across) ** 2) / 2)


def scene(size=(96, 110)):
    rng = np.random.default_rng(3)
    made = np.full(size, 0.2)
    rows, columns = np.mgrid[: size[0], : size[1]]
    for _ in range(14):
        (row, column), radius = rng.uniform(0, 1, 2) * size, rng.uniform(3, 9)
        made[(rows - row) ** 2 + (columns - column) ** 2 < radius**2] = rng.uniform(0.4, 0.9)
    return ndimage.gaussian_filter(made, 0.7)


@pytest.mark.parametrize(
    ("shape", "centre"),
    [((21, 21), (10, 10)), ((20, 20), (9.5, 9.5)), ((24, 31), (7.3, 20.6)), ((40, 12), (30, 6))],
)
def test_the_centre_of_mass_comes_to_the_middle(shape, centre):
    made = measured_psf.centred(200 * gaussian(shape, centre, 1.6))
    assert made.shape[0] == made.shape[1] and made.shape[0] % 2 == 1
    assert made.sum() == pytest.approx(1) and made.min() >= 0
    middle = (len(made) // 2,) * 2
    np.testing.assert_allclose(ndimage.center_of_mass(made), middle, atol=0.01)
    expected = gaussian(made.shape, middle, 1.6)
    np.testing.assert_allclose(
        made, expected / expected.sum(), atol=2e-3 * expected.max() / expected.sum() + 4e-4
    )


def test_a_symmetric_one_of_odd_size_is_only_normalised():
    values = gaussian((9, 9), (4, 4), 1.2)
    np.testing.assert_allclose(measured_psf.centred(values), values / values.sum(), rtol=1e-12)
    point = np.zeros((6, 7))
    point[1, 5] = 3
    np.testing.assert_array_equal(measured_psf.centred(point), [[1.0]])


def test_wiener_is_that_of_the_study_for_a_gaussian():
    image = ndimage.gaussian_filter(scene(), 2) + np.random.default_rng(0).normal(0, 0.01, (96, 110))
    psf = gaussian((17, 17), (8, 8), 2.0)
    made = every()["wiener"].with_parameters(measured_psf.centred(psf), balance=0.3)(image)
    told = every()["wiener-true"].with_parameters(balance=0.3)(image, {"blur": {"sigma": 2.0}})
    np.testing.assert_allclose(made, told, atol=1e-5)


@pytest.mark.parametrize(
    ("name", "parameters"),
    [("wiener", {"balance": 0.3}), ("richardson-lucy", {"rounds": 20}), ("wiener-unsupervised", {})],
)
@pytest.mark.parametrize("shape", [(31, 31), (30, 30)])
def test_a_directed_blur_is_undone_and_nothing_moves(name, parameters, shape):
    """Of drift along the rows a round Gaussian knows nothing."""
    truth = scene()
    psf = gaussian(shape, ((shape[0] - 1) / 2, (shape[1] - 1) / 2), (0.8, 3.0))
    image = ndimage.gaussian_filter(truth, (0.8, 3.0), mode="reflect")
    image = image + np.random.default_rng(1).normal(0, 0.005, truth.shape)
    made = every()[name].with_parameters(measured_psf.centred(psf), **parameters)(image)
    assert np.mean((made - truth) ** 2) < 0.5 * np.mean((image - truth) ** 2)
    # The shift that makes both alike is none: its slope along either axis is 0 against half a pixel's error.
    errors = [
        np.mean((ndimage.shift(made, (0, by), order=1, mode="nearest") - truth) ** 2) for by in (-0.5, 0, 0.5)
    ]
    assert errors[1] < min(errors[0], errors[2])
    assert abs(errors[0] - errors[2]) < 0.2 * (min(errors[0], errors[2]) - errors[1])


def test_a_file_is_read_as_stored(tmp_path):
    values = np.round(4000 * gaussian((20, 21), (9.5, 10), 2)).astype(np.uint16)
    tifffile.imwrite(tmp_path / "psf.tif", values, resolution=(1e7 / 2.5,) * 2, resolutionunit=3)
    psf = measured_psf.read(tmp_path / "psf.tif")
    np.testing.assert_array_equal(psf.values, measured_psf.centred(values))
    assert psf.pixel_size_nm == pytest.approx(2.5) and psf.background < 0.001
    assert (psf.record["file"], psf.record["width"], psf.record["height"]) == ("psf.tif", 21, 20)
    tifffile.imwrite(tmp_path / "veiled.tif", values + np.uint16(400))
    expected = 400 * 420 / (values.sum() + 400 * 420)
    assert measured_psf.read(tmp_path / "veiled.tif").background == pytest.approx(expected, rel=0.02)


def test_what_is_no_point_spread_function(tmp_path):
    tifffile.imwrite(
        tmp_path / "two.tif", np.stack([gaussian((20, 20), (9, 9), 2)] * 2), photometric="minisblack"
    )
    tifffile.imwrite(tmp_path / "below.tif", -gaussian((20, 20), (9, 9), 2).astype(np.float32))
    for name, said in (
        ("two.tif", "got 2 pages"),
        ("below.tif", "no number above 0"),
        ("none.tif", "no such file"),
    ):
        with pytest.raises(SemclearError, match=said):
            measured_psf.read(tmp_path / name)
