"""Files become layers with scale, units and what is known of them; without napari."""

import numpy as np
import pytest
import tifffile
from micrograph_files import levels, write_bad, write_cv, write_tiff

from semclear.errors import ColourError, SemclearError
from semclear.napari import reader, sample_data


def layer(path):
    read = reader.get_reader(str(path))
    (data, arguments, kind), *others = read(str(path))
    assert kind == "image" and not others
    return data, arguments, arguments["metadata"]["semclear"]


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_a_tiff_keeps_its_numbers_and_its_pixel_size(tmp_path, dtype):
    path = write_tiff(tmp_path / "a scan ü.tif", levels(dtype), nanometres=5.0)
    data, arguments, known = layer(path)
    np.testing.assert_array_equal(data, levels(dtype))
    assert data.dtype == dtype
    assert arguments["name"] == "a scan ü"
    assert arguments["scale"] == pytest.approx((5.0, 5.0)) and arguments["units"] == ("nm", "nm")
    assert arguments["contrast_limits"] == (0, np.iinfo(dtype).max)
    assert known["pixel_size_source"] == "TIFF resolution" and known["vendor"] is None
    assert known["databar_rows"] == [0] and known["boxes"] == [[0, 0, 80, 64]]


def test_pages_become_a_stack(tmp_path):
    stack = np.stack([levels(seed=seed) for seed in (1, 2, 3)])
    path = tmp_path / "pages.tif"
    tifffile.imwrite(path, stack, photometric="minisblack", resolution=(1e7 / 4,) * 2, resolutionunit=3)
    data, arguments, known = layer(path)
    np.testing.assert_array_equal(data, stack)
    assert arguments["scale"] == pytest.approx((1, 4, 4)) and arguments["units"] == ("pixel", "nm", "nm")
    assert len(known["boxes"]) == known["pages"] == 3


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".jpg"])
def test_plain_pictures_have_pixels_where_no_size_is_known(tmp_path, suffix):
    data, arguments, known = layer(write_cv(tmp_path / f"a{suffix}"))
    assert data.shape == (64, 80) and data.dtype == np.uint8
    assert "scale" not in arguments and "units" not in arguments and known["pixel_size_nm"] is None


def test_twelve_bits_are_shown_as_such(tmp_path):
    path = write_tiff(tmp_path / "a.tif", (levels("uint16") >> 4).astype(np.uint16))
    assert layer(path)[1]["contrast_limits"] == (0, 4095)


def test_a_data_bar_is_noted(tmp_path):
    image = levels(size=(256, 256))
    image[224:] = 0
    rng = np.random.default_rng(0)
    image[230:250, 8:120] = np.where(rng.random((20, 112)) < 0.3, 255, 0)
    known = layer(write_tiff(tmp_path / "a.tif", image))[2]
    assert known["databar_rows"] == [32] and known["boxes"] == [[0, 0, 256, 224]]


def test_what_is_no_image_is_left_to_other_readers(tmp_path):
    write_bad(tmp_path)
    for name in ("empty.tif", "text.tif", "missing.tif"):
        assert reader.get_reader(str(tmp_path / name)) is None
    assert reader.get_reader(str(tmp_path)) is None
    assert reader.get_reader([str(tmp_path / "cut.tif")]) is None


def test_bad_files_are_told_in_one_line_that_names_no_option(tmp_path):
    said = write_bad(tmp_path)
    for name in ("cut.tif", "bomb.png", "nan.tif", "constant.tif"):
        with pytest.raises(SemclearError, match=said[name]) as caught:
            layer(tmp_path / name)
        assert name in str(caught.value) and "\n" not in str(caught.value)
    with pytest.raises(ColourError, match="napari's own reader") as caught:
        layer(tmp_path / "colour.tif")
    assert caught.value.path == tmp_path / "colour.tif"


def test_the_sample_is_a_degraded_micrograph():
    ((data, arguments, kind),) = sample_data.micrograph()
    assert data.shape == (512, 512) and data.dtype == np.uint8 and kind == "image"
    assert arguments["scale"] == (4.0, 4.0)
    assert data.std() > 5 and data.min() > 20  # a picture under a veil: no black is left
    np.testing.assert_array_equal(data, sample_data.micrograph()[0][0])
