"""`semclear inspect`: what is understood of micrographs, against files whose contents are known."""

import json

import numpy as np
import pytest
from micrograph_files import levels, write_bad, write_cv, write_tiff
from scipy.ndimage import convolve1d, gaussian_filter

from semclear import row_noise
from semclear.errors import SemclearError
from semclear.io.metadata import sidecars
from semclear.tool import inspect as inspecting
from semclear.tool.micrograph import description, missing_pixel_size


def inspect(words, **more):
    settings = {"model": None, "quick": True, "databar": None, "to_gray": False, "backend": "auto"}
    return inspecting.run([str(word) for word in words], **settings | {"as_json": True} | more)


def test_what_is_known_of_a_file(tmp_path, capsys):
    source = write_tiff(tmp_path / "a.tif", levels("uint16"), nanometres=4.2)
    assert inspect([source], databar=14) == 0
    (got,) = json.loads(capsys.readouterr().out)
    assert (got["width"], got["height"], got["dtype"], got["layout"]) == (80, 64, "uint16", "gray")
    assert got["pixel_size_nm"] == pytest.approx(4.2) and got["pixel_size_source"] == "TIFF resolution"
    (picture,) = got["pictures"]
    assert picture["databar_rows"] == 14 and picture["guessed_by"] == "formulas"
    assert picture["noise"] == pytest.approx(0.01, rel=0.2)
    assert picture["noise_correlation"] == pytest.approx(0.0, abs=0.15)


def test_the_same_for_people(tmp_path, capsys):
    source = write_tiff(tmp_path / "a.tif", nanometres=4.2)
    assert inspect([source], as_json=False) == 0
    printed = capsys.readouterr().out
    for text in ("80 x 64 pixels", "4.2 nm (TIFF resolution)", "TIFF, uint8, gray", "guessed by formulas"):
        assert text in printed


def test_noise_that_a_detector_smears_along_rows_is_told(tmp_path, capsys):
    white = np.random.default_rng(6).normal(0, 10, (128, 160))
    smeared = convolve1d(white, row_noise.row_weights(0.8), axis=1, mode="wrap")
    ramp = np.linspace(80, 160, 160)
    source = write_tiff(tmp_path / "a.tif", np.round(ramp + smeared).astype(np.uint8))
    assert inspect([source]) == 0
    (picture,) = json.loads(capsys.readouterr().out)[0]["pictures"]
    assert picture["noise"] == pytest.approx(10 / 255, rel=0.05)
    assert picture["noise_correlation"] == pytest.approx(np.exp(-1 / (4 * 0.8**2)), abs=0.05)
    assert inspect([source], as_json=False) == 0
    (line,) = [one for one in capsys.readouterr().out.splitlines() if one.strip().startswith("noise")]
    shown = f"correlation {picture['noise_correlation']:.2f} from a pixel to the next along rows"
    assert line.endswith(f"% of the range, {shown}")


def test_sixteen_rows_are_too_few_to_tell_a_correlation(tmp_path, capsys):
    source = write_tiff(tmp_path / "a.tif", levels(size=(16, 80)))
    assert inspect([source]) == 0
    assert json.loads(capsys.readouterr().out)[0]["pictures"][0]["noise_correlation"] is None
    assert inspect([source], as_json=False) == 0
    assert "correlation" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "within"),
    [("a.bmp", "BMP resolution"), ("a.jpg", "JFIF resolution"), ("a.png", "PNG pHYs"), ("a.tif", "OME-XML")],
)
def test_where_a_pixel_size_was_looked_for(tmp_path, capsys, name, within):
    source = write_tiff(tmp_path / name, nanometres=1e5) if name == "a.tif" else write_cv(tmp_path / name)
    inspect([source], as_json=False)
    (line,) = [line for line in capsys.readouterr().out.splitlines() if line.strip().startswith("pixel size")]
    assert within in line and "a.txt" in line and f"a-{name[2:]}.hdr" in line
    # JEOL's side-car is one of these: it is found there.
    (tmp_path / "a.txt").write_text("$CM_FULL_SIZE 80 64\n$$SM_MICRON_BAR 160\n$$SM_MICRON_MARKER 5um\n")
    inspect([source])
    (got,) = json.loads(capsys.readouterr().out)
    assert got["pixel_size_nm"] == pytest.approx(5000 / 160) and "pixel_size_looked_for_in" not in got


def test_every_side_car_that_is_told_of_is_read(tmp_path):
    files = [tmp_path / name for name in missing_pixel_size.places(tmp_path / "a.tif", "none")]
    for file in files:
        file.write_text("[MAIN]\nDevice=TESCAN\n[SEM]\nPixelSizeX=2e-9\nPixelSizeY=2e-9\n")
        assert sidecars.beside(tmp_path / "a.tif", 64, 64).source == f"side-car {file.name}"
        file.unlink()


def test_what_is_passed_over_is_told(tmp_path, capsys):
    source = write_tiff(tmp_path / "a.tif")
    (tmp_path / "a.tif.json").write_text("{}", encoding="utf-8")
    assert inspect([tmp_path / "*"], as_json=False) == 0
    printed = capsys.readouterr().out
    assert printed.startswith(f"note: {source}.json: passed over") and "80 x 64 pixels" in printed


def test_bad_files_do_not_stop_the_others(tmp_path, capsys):
    said = write_bad(tmp_path / "in")
    write_cv(tmp_path / "in" / "good.png")
    assert inspect([tmp_path / "in"]) == 2
    got = json.loads(capsys.readouterr().out)
    assert len(got) == len(said) + 1 and sum("error" in one for one in got) == len(said)
    assert inspect([tmp_path / "in" / "empty.tif"], as_json=False) == 1
    assert "error: " in capsys.readouterr().out


@pytest.mark.parametrize("as_json", [True, False])
def test_an_unforeseen_error_does_not_stop_the_others(tmp_path, monkeypatch, capsys, as_json):
    for name in ("a.tif", "b.tif"):
        write_tiff(tmp_path / name)
    usual = inspecting.understand

    def broken(path, *rest):
        if path.name == "a.tif":
            raise OSError(5, "Input/output error")
        return usual(path, *rest)

    monkeypatch.setattr(inspecting, "understand", broken)
    assert inspect([tmp_path], as_json=as_json) == 2
    printed = capsys.readouterr().out
    assert "a.tif: unexpected OSError: [Errno 5] Input/output error; please report" in printed
    if as_json:
        first, second = json.loads(printed)
        assert "in broken" in first["traceback"] and second["width"] == 80
    else:
        assert "Traceback" not in printed and "80 x 64" in printed


def test_blur_and_veil_by_formulas():
    rng = np.random.default_rng(2)
    y, x = np.mgrid[:200, :200]
    scene = np.zeros((200, 200))
    for _ in range(40):
        (row, column), radius = rng.uniform(0, 200, 2), rng.uniform(6, 16)
        scene[(y - row) ** 2 + (x - column) ** 2 < radius**2] = rng.uniform(0.4, 1.0)
    blurred = gaussian_filter(scene, 2.0)
    veiled = 0.5 * blurred + 0.4 + rng.normal(0, 0.003, scene.shape)  # transmission 0.5, airlight 0.8
    clear = description.measured(blurred + rng.normal(0, 0.003, scene.shape))
    got = description.measured(veiled)
    assert clear["blur_sigma"] == pytest.approx(2.0, rel=0.15) == pytest.approx(got["blur_sigma"], rel=0.15)
    assert got["transmission"] < 0.75 < clear["transmission"]


def test_blur_and_veil_by_an_encoder(tmp_path, capsys):
    pytest.importorskip("keras")
    from tiny_model import bundle, write_release

    from semclear.restoration.checks import consistency

    source = write_tiff(tmp_path / "a.tif")
    assert inspect([source], quick=False, model=str(write_release(tmp_path / "tiny.semclear"))) == 0
    (got,) = json.loads(capsys.readouterr().out)
    image = levels().astype(np.float32) / np.float32(255)
    wanted = consistency.summary_of(consistency.reader_of(bundle())(image).parameters)
    (picture,) = got["pictures"]
    assert picture["guessed_by"] == "encoder"
    assert picture["blur_sigma"] == pytest.approx(wanted["read_sigma"], rel=1e-3)
    assert picture["transmission"] == pytest.approx(wanted["read_transmission"], rel=1e-3)


@pytest.mark.parametrize("more", [{"model": "some"}, {"backend": "jax"}])
def test_quick_loads_no_model(tmp_path, more):
    with pytest.raises(SemclearError, match="--quick: got it together"):
        inspect([write_tiff(tmp_path / "a.tif")], **more)
