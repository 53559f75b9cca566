"""Pixel size and metadata of every vendor, on files constructed after the published layouts.

FEI and JEOL images of real instruments are read in test_original.py.
"""

import os
import sys
import types
from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile

from semclear.io.metadata import ome, texts
from semclear.io.metadata.finding import believed, length_nm, number
from semclear.io.metadata.vendors import hitachi, jeol, tescan
from semclear.io.read import read

RNG = np.random.default_rng(2)
BYTES = RNG.integers(0, 256, (96, 128), dtype=np.uint8)
IMAGES = os.environ.get("SEMCLEAR_SEM_IMAGES")

FEI = (
    "[User]\r\nDate=03/12/2019\r\n\r\n[System]\r\nSystemType=Helios G4 UX\r\n\r\n"
    "[Beam]\r\nHV=5000\r\nBeam=EBeam\r\n\r\n[EBeam]\r\nHV=5000\r\nWD=0.00412\r\n\r\n"
    "[Scan]\r\nPixelWidth=2.0345e-009\r\nPixelHeight=2.0345e-009\r\nHorFieldsize=2.0833e-006\r\n\r\n"
    "[Image]\r\nResolutionX=128\r\nResolutionY=96\r\nMagCanvasRealWidth=0.1269\r\n\r\n[Detectors]\r\nName=TLD\r\n"
)
ZEISS = (
    "\r\n0\r\n0\r\n0\r\n{unnamed}\r\n"
    "AP_IMAGE_PIXEL_SIZE\r\nImage Pixel Size = {size}\r\nAP_ACTUALKV\r\nEHT =  5.00 kV\r\n"
    "AP_MAG\r\nMag =  25.00 K X\r\nAP_WD\r\nWD =  4.9 mm\r\nDP_DETECTOR_TYPE\r\nDetector = InLens\r\n"
)
TESCAN = (
    "[MAIN]\r\nDevice=MIRA3 LMH\r\nMagnification=20000\r\nPixelSizeX=1.5625e-009\r\nPixelSizeY=1.5625e-009\r\n"
    "ImageStripSize=16\r\n\r\n[SEM]\r\nHV=15000.0\r\nWD=0.00502\r\nDetector=SE\r\n"
)
HITACHI = (
    "[SemImageFile]\r\nInstructName=S-4800\r\nImageName=a.tif\r\nAcceleratingVoltage=5000 Volt\r\n"
    "Magnification=20000\r\nWorkingDistance=8900 um\r\nPixelSize=4.960938\r\nSignalName=SE(U)\r\nDataSize=128x96\r\n"
)
JEOL = (
    "$CM_FORMAT Bitmap\r\n$CM_VERSION 1.0\r\n$CM_INSTRUMENT JSM-7800F\r\n$CM_SIGNAL SEI\r\n$CM_MAG 5000\r\n"
    "$CM_ACCEL_VOLT 15.0\r\n$CM_FULL_SIZE 128 80\r\n$$SM_MICRON_BAR 160\r\n$$SM_MICRON_MARKER 5um\r\n$$SM_WD 10.2\r\n"
)


def tagged(path: Path, code: int, text: str | bytes, kind: int = 2) -> Path:
    data = text if isinstance(text, bytes) else text.encode("latin-1")
    tifffile.imwrite(path, BYTES, extratags=[(code, kind, len(data), data, True)], resolution=(72, 72))
    return path


def test_fei_tag(tmp_path):
    original = read(tagged(tmp_path / "a.tif", 34682, FEI))
    assert original.vendor == "FEI/Thermo Fisher" and original.pixel_size_source == "FEI tag 34682"
    assert original.pixel_size_nm == pytest.approx(2.0345)
    assert original.metadata == {
        "voltage_kv": 5.0,
        "magnification": pytest.approx(60913, abs=1),  # 0.1269 m over 2.0833 um
        "working_distance_mm": 4.12,
        "detector": "TLD",
        "instrument": "Helios G4 UX",
        "found_in": "FEI tag 34682",
    }


@pytest.mark.parametrize(
    ("size", "unnamed", "expected"),
    [("5.583 nm", "1e-8", 5.583), ("1.25 µm", "1e-8", 1250.0), ("none", "1.5e-8", 15.0 * 1024 / 128)],
)
def test_zeiss_tag(tmp_path, size, unnamed, expected):
    original = read(tagged(tmp_path / "a.tif", 34118, ZEISS.format(size=size, unnamed=unnamed)))
    assert original.vendor == "Zeiss" and original.pixel_size_source == "Zeiss tag 34118"
    assert original.pixel_size_nm == pytest.approx(expected)
    assert original.metadata == {
        "voltage_kv": 5.0,
        "magnification": 25_000.0,
        "working_distance_mm": 4.9,
        "detector": "InLens",
        "found_in": "Zeiss tag 34118",
    }


def test_tescan_tag_among_binary_blocks(tmp_path):
    data = b"\x00\x01\xff\xd8\x89" + TESCAN.replace("[MAIN]\r\n", "").encode() + bytes(range(256))
    original = read(tagged(tmp_path / "a.tif", 50431, data, kind=7))
    assert (original.vendor, original.pixel_size_source) == ("TESCAN", "TESCAN tag 50431")
    assert original.pixel_size_nm == pytest.approx(1.5625)
    assert original.pages[0].databar_rows == 16


@pytest.mark.parametrize("name", ["a.hdr", "A.HDR", "a-tif.hdr", "a.txt"])
def test_tescan_side_car(tmp_path, name):
    tifffile.imwrite(tmp_path / "a.tif", BYTES)
    (tmp_path / name).write_text(TESCAN)
    original = read(tmp_path / "a.tif")
    assert (original.vendor, original.pixel_size_source) == ("TESCAN", f"side-car {name}")
    assert original.pixel_size_nm == pytest.approx(1.5625)
    assert original.metadata == {
        "voltage_kv": 15.0,
        "magnification": 20_000.0,
        "working_distance_mm": 5.02,
        "detector": "SE",
        "instrument": "MIRA3 LMH",
        "found_in": f"side-car {name}",
    }
    assert original.pages[0].databar_rows == 16


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("suffix", ["tif", "jpg", "bmp"])
def test_hitachi_side_car(tmp_path, encoding, suffix):
    cv2.imwrite(str(tmp_path / f"a.{suffix}"), BYTES)
    (tmp_path / "a.txt").write_bytes((HITACHI + "DataNumber=µ\r\n").encode(encoding))
    original = read(tmp_path / f"a.{suffix}")
    assert (original.vendor, original.pixel_size_source) == ("Hitachi", "side-car a.txt")
    assert original.pixel_size_nm == pytest.approx(4.960938)
    assert original.metadata == {
        "voltage_kv": 5.0,
        "magnification": 20_000.0,
        "working_distance_mm": 8.9,
        "detector": "SE(U)",
        "instrument": "S-4800",
        "found_in": "side-car a.txt",
    }


def test_jeol_side_car(tmp_path):
    cv2.imwrite(str(tmp_path / "a.bmp"), BYTES)
    (tmp_path / "a.txt").write_text(JEOL)
    original = read(tmp_path / "a.bmp")
    assert (original.vendor, original.pixel_size_source) == ("JEOL", "side-car a.txt")
    assert original.pixel_size_nm == 31.25  # 5000 nm over 160 pixels
    assert original.metadata == {
        "voltage_kv": 15.0,
        "magnification": 5000.0,
        "working_distance_mm": 10.2,
        "detector": "SEI",
        "instrument": "JSM-7800F",
        "found_in": "side-car a.txt",
    }
    assert original.pages[0].databar_rows == 16  # 96 rows, of which 80 are picture


@pytest.mark.skipif(
    not IMAGES, reason="SEMCLEAR_SEM_IMAGES is not set: no folder of real micrographs to look at"
)
def test_jeol_side_car_beside_a_real_image(tmp_path):
    name = "JEOL_1280x1024_databar_A01-1.bmp"
    (tmp_path / name).write_bytes((Path(IMAGES or "") / "vendor_tiff" / name).read_bytes())
    (tmp_path / name).with_suffix(".txt").write_text(JEOL.replace("128 80", "1280 960"))
    original = read(tmp_path / name)
    assert original.pixel_size_nm == 31.25 and original.pages[0].databar_rows == 64


def test_side_car_of_an_image_that_was_resized_since(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", BYTES[:, :100])
    (tmp_path / "a.txt").write_text(HITACHI)
    original = read(tmp_path / "a.tif")
    assert original.pixel_size_nm is None and original.vendor == "Hitachi"
    assert any("128 pixels a row, the image has 100" in note for note in original.notes)


def test_the_file_itself_comes_before_its_side_car(tmp_path):
    tagged(tmp_path / "a.tif", 34682, FEI)
    (tmp_path / "a.txt").write_text(HITACHI)
    original = read(tmp_path / "a.tif")
    assert original.vendor == "FEI/Thermo Fisher" and original.pixel_size_nm == pytest.approx(2.0345)


@pytest.mark.parametrize(
    "text", ["", "notes of the day\n", "PixelSize=5\n", "\0\xff" * 50, "$CM_MAG\n$$SM_MICRON_BAR x\n"]
)
def test_other_texts_beside_an_image_do_no_harm(tmp_path, text):
    tifffile.imwrite(tmp_path / "a.tif", BYTES)
    (tmp_path / "a.txt").write_bytes(text.encode("latin-1"))
    assert read(tmp_path / "a.tif").pixel_size_nm is None


@pytest.mark.parametrize("size", ["0", "-3", "nan", "1e99", "text", ""])
def test_sizes_that_no_microscope_has_are_not_believed(tmp_path, size):
    tifffile.imwrite(tmp_path / "a.tif", BYTES)
    (tmp_path / "a.txt").write_text(HITACHI.replace("4.960938", size))
    assert read(tmp_path / "a.tif").pixel_size_nm is None


def test_large_or_unreadable_side_cars_count_as_none(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", BYTES)
    (tmp_path / "a.txt").write_text(HITACHI + " " * 2**20)
    (tmp_path / "a.hdr").mkdir()
    assert read(tmp_path / "a.tif").vendor == ""


def test_texts_of_another_vendor_are_left_alone():
    assert hitachi.of_text(TESCAN, "") is None and hitachi.of_text(JEOL, "") is None
    assert jeol.of_text(TESCAN, "") is None and jeol.of_text(HITACHI, "") is None
    assert tescan.of_text(HITACHI, "", 96) is None and tescan.of_text(JEOL, "", 96) is None


def test_numbers_and_lengths():
    assert number(" 5000 Volt") == 5000 and number("volt") is None and number("1e-9", 1e9) == pytest.approx(1)
    assert length_nm("5um") == 5000 and length_nm("500 nm") == 500 and length_nm("1.5µm") == 1500
    assert length_nm("5") is None and length_nm(5, "furlong") is None
    assert believed(0.0005) is None and believed(6000) is None and believed(5) == 5
    assert texts.text_in(b"\xff\xfea\0") == "a" and texts.text_in(b"\xb5m") == "µm"


def test_vendor_of_the_make_tag(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", BYTES, extratags=[(271, 2, 0, "JEOL Ltd.", True)])
    assert read(tmp_path / "a.tif").vendor == "JEOL"


def guest(monkeypatch, reader) -> None:
    """Put a module in the place of rosettasciio."""
    package, module = types.ModuleType("rsciio"), types.ModuleType("rsciio.tiff")
    module.file_reader = reader
    monkeypatch.setitem(sys.modules, "rsciio", package)
    monkeypatch.setitem(sys.modules, "rsciio.tiff", module)


def test_rosettasciio_is_asked_last(tmp_path, monkeypatch):
    axes = [{"name": "height", "scale": 7e-9, "units": "m"}, {"name": "width", "scale": 7e-9, "units": "m"}]
    guest(monkeypatch, lambda path: [{"axes": axes}])
    tifffile.imwrite(tmp_path / "a.tif", BYTES)
    original = read(tmp_path / "a.tif")
    assert original.pixel_size_nm == pytest.approx(7) and original.pixel_size_source == "rosettasciio"
    (tmp_path / "a.txt").write_text(HITACHI)
    assert read(tmp_path / "a.tif").pixel_size_source == "side-car a.txt"


def test_rosettasciio_is_not_asked_for_a_size_that_was_not_believed(tmp_path, monkeypatch):
    axes = [{"name": name, "scale": 2.0345e-9, "units": "m"} for name in ("height", "width")]
    guest(monkeypatch, lambda path: [{"axes": axes}])
    original = read(tagged(tmp_path / "a.tif", 34682, FEI.replace("ResolutionX=128", "ResolutionX=256")))
    assert original.pixel_size_nm is None and "speaks of 256 pixels a row" in original.notes[0]


def test_a_failing_or_missing_rosettasciio_does_no_harm(tmp_path, monkeypatch):
    tifffile.imwrite(tmp_path / "a.tif", BYTES)

    def fail(path):
        raise RuntimeError("odd file")

    guest(monkeypatch, fail)
    original = read(tmp_path / "a.tif")
    assert original.pixel_size_nm is None and "RuntimeError: odd file" in original.notes[0]
    guest(monkeypatch, lambda path: [{"axes": [{"name": "width"}]}])
    assert "KeyError: 'scale'" in read(tmp_path / "a.tif").notes[0]
    guest(monkeypatch, lambda path: [{"axes": []}])
    assert read(tmp_path / "a.tif").notes == ()
    monkeypatch.setitem(sys.modules, "rsciio", None)
    monkeypatch.setitem(sys.modules, "rsciio.tiff", None)
    assert read(tmp_path / "a.tif").pixel_size_nm is None


@pytest.mark.extras
def test_rosettasciio_itself_agrees_on_fei_and_zeiss(tmp_path):
    reader = pytest.importorskip("rsciio.tiff", reason="the extra rosettasciio is not installed").file_reader
    zeiss = ZEISS.format(size="80 nm", unnamed="1e-8").lstrip()
    for code, text in ((34682, FEI), (34118, zeiss)):
        path = tagged(tmp_path / f"{code}.tif", code, text)
        axis = reader(str(path))[0]["axes"][-1]
        assert read(path).pixel_size_nm == pytest.approx(length_nm(axis["scale"], axis["units"]), rel=1e-3)


def test_ome_with_entities_is_not_parsed():
    bomb = '<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "aa">]><OME><Pixels PhysicalSizeX="1"/></OME>'
    assert ome.pixel_size(bomb) == (None, None, None) and ome.rewritten(bomb, (1.0, 1.0), (3, 4), "x") is None
    assert ome.pixel_size("<OME") == (None, None, None)
    plain = '<OME xmlns="u"><Image><Pixels PhysicalSizeX="1.5" PhysicalSizeY="2" SizeY="9"/></Image></OME>'
    assert ome.pixel_size(plain) == (1500.0, 2000.0, None)  # micrometres unless it says otherwise
    again = ome.rewritten(plain, (7.0, 8.0), (5, 6), "ü")
    assert again is not None and again.isascii() and ome.pixel_size(again) == (7.0, 8.0, 6)
    assert tifffile.xml2dict(again)["OME"]["Image"]["Description"] == "ü"
