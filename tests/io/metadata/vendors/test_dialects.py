"""Side-cars and descriptions of several versions, countries and encodings, beside constructed files."""

import json

import numpy as np
import pytest
import tifffile
from PIL import Image

from semclear.io import write
from semclear.io.read import read

RNG = np.random.default_rng(9)
BYTES = RNG.integers(0, 256, (96, 128), dtype=np.uint8)
ENCODINGS = [
    "utf-8",
    "utf-8-sig",
    "utf-16",
    "utf-16-le",
    "utf-16-be",
    "utf-32",
    "cp1252",
    "shift_jis",
    "gb2312",
]
HITACHI = "[SemImageFile]\r\nInstructName=SU8000\r\nDataSize=128x96\r\nPixelSize={}\r\nMicronMarker=500\r\n"
JEOL = "$CM_FORMAT JEOL-SEM\r\n$CM_FULL_SIZE 128 96\r\n"


def beside(folder, text, encoding="utf-8"):
    tifffile.imwrite(folder / "a.tif", BYTES)
    (folder / "a.txt").write_bytes(text.encode(encoding))
    return read(folder / "a.tif")


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_hitachi_in_encodings_with_and_without_mark(tmp_path, encoding):
    original = beside(tmp_path, HITACHI.format("12.5"), encoding)
    assert (original.pixel_size_nm, original.vendor) == (12.5, "Hitachi")
    assert original.metadata["instrument"] == "SU8000"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "shift_jis", "gb2312", "cp1252"])
def test_jeol_in_micrometres_of_any_encoding(tmp_path, encoding):
    micro = "\u03bc" if encoding in ("shift_jis", "gb2312") else "\u00b5"
    original = beside(tmp_path, JEOL + f"$$SM_MICRON_BAR 100\r\n$$SM_MICRON_MARKER 1{micro}m\r\n", encoding)
    assert original.pixel_size_nm == 10


@pytest.mark.parametrize(
    ("size", "wanted"),
    [
        ("12,5", 12.5),
        ("12,5 nm", 12.5),
        ("0,0125 um", 12.5),
        ("1,25E+1", 12.5),
        ("\uff11\uff12.\uff15", 12.5),
        ("12,500", None),
        ("12.5.1", None),
        ("12.5 furlong", None),
    ],
)
def test_number_forms_of_other_countries(tmp_path, size, wanted):
    original = beside(tmp_path, HITACHI.format(size))
    assert original.pixel_size_nm == (wanted and pytest.approx(wanted))


@pytest.mark.parametrize(
    ("lines", "wanted"),
    [
        ("$SM_MICRON_BAR 100\n$SM_MICRON_MARKER 1um\n", (10, 10)),
        ("$$SM_MICRON_BAR 100\n$$SM_MICRON_MARKER 1um\n", (10, 10)),
        ("$$SM_MICRON_BAR\t100\n$$SM_MICRON_MARKER\t1000nm\n", (10, 10)),
        ("$$SM_MICRON_BAR = 100\n$$SM_MICRON_MARKER = 1,0um\n", (10, 10)),
        ("$CM_FIELD_OF_VIEW 0.128mm 0.096mm\n", (1000, 1000)),
        ("$CM_FIELD_OF_VIEW 1.28um 1.92um\n", (10, 20)),
        ("$$CM_FIELD_OF_VIEW 1,28 um 0,96 um\n", (10, 10)),
        ("$CM_PIXEL_SIZE 10nm\n", (10, 10)),
        ("$SM_MICRON_BAR 100\n$SM_MICRON_MARKER 1um\n$CM_FIELD_OF_VIEW 9mm 9mm\n", (10, 10)),
        ("$CM_FIELD_OF_VIEW 0.128 0.096\n", None),  # without a unit
        ("$CM_MAG 20000\n", None),  # of a print of unknown width
        ("$SM_MICRON_BAR 0\n$SM_MICRON_MARKER 1um\n", None),
    ],
)
def test_jeol_dialects(tmp_path, lines, wanted):
    original = beside(tmp_path, JEOL + lines)
    assert original.vendor == "JEOL"
    size = None if original.pixel_size_nm is None else (original.pixel_size_nm, original.pixel_height_nm)
    assert size == (wanted and pytest.approx(wanted))


def test_a_field_of_view_without_a_size_is_that_of_the_image(tmp_path):
    original = beside(tmp_path, "$CM_FORMAT JEOL-SEM\n$CM_FIELD_OF_VIEW 1.28um 0.96um\n")
    assert original.pixel_size_nm == 10


def test_a_field_of_view_of_another_size_is_not_taken(tmp_path):
    original = beside(tmp_path, "$CM_FULL_SIZE 1280 960\n$CM_FIELD_OF_VIEW 1.28um 0.96um\n")
    assert original.pixel_size_nm is None
    assert "speaks of 1280 pixels a row, the image has 128" in original.notes[0]


PHENOM = (
    '<?xml version="1.0" encoding="utf-8"?>\n<FeiImage version="1"><acquisition/><databarHeight>16</databarHeight>'
    '<pixelWidth unit="{0}">{1}</pixelWidth><pixelHeight unit="{0}">{1}</pixelHeight></FeiImage>'
)


@pytest.mark.parametrize(
    ("unit", "size", "wanted"), [("nm", "52.3", 52.3), ("um", "0.0523", 52.3), ("px", "1", None)]
)
def test_phenom(tmp_path, unit, size, wanted):
    text = PHENOM.format(unit, size).encode()
    tifffile.imwrite(tmp_path / "a.tif", BYTES, extratags=[(34683, 7, len(text), text, True)])
    original = read(tmp_path / "a.tif")
    assert original.pixel_size_nm == (wanted and pytest.approx(wanted))
    assert original.vendor == "FEI/Thermo Fisher" and original.pages[0].databar_rows == 16
    write.write(tmp_path / "b.tif", original, [original.pages[0].image])
    assert read(tmp_path / "b.tif").pixel_size_nm == original.pixel_size_nm


def test_phenom_in_a_jpeg(tmp_path):
    Image.fromarray(BYTES).save(tmp_path / "a.jpg", comment=PHENOM.format("nm", "52.3"))
    original = read(tmp_path / "a.jpg")
    assert (original.pixel_size_nm, original.pixel_size_source) == (52.3, "Phenom XML")
    write.write(tmp_path / "a.png", original, [original.pages[0].image])
    assert read(tmp_path / "a.png").pixel_size_nm == pytest.approx(52.3, rel=1e-6)


WHOLE = PHENOM.format("nm", "52.3").encode()
CUT, NO_LENGTH = "is cut off: it has no </FeiImage>", "has no pixelWidth that is a length"


def phenom_tag(folder, data):
    options = {"resolution": (1e6, 1e6), "resolutionunit": 3}  # 10 nm
    tifffile.imwrite(
        folder / "a.tif", BYTES, metadata=None, extratags=[(34683, 7, len(data), data, True)], **options
    )
    return read(folder / "a.tif")


@pytest.mark.parametrize(
    ("data", "wanted", "notes"),
    [
        (WHOLE, 52.3, []),
        (WHOLE + b"\0\0", 52.3, []),
        (WHOLE.decode().encode("utf-16"), 52.3, []),
        (WHOLE[: WHOLE.index(b"<pixelHeight")], 52.3, [CUT]),
        (WHOLE[: WHOLE.index(b"52.3") + 3], 10, [CUT, NO_LENGTH]),
        (WHOLE[: WHOLE.index(b"<databar")], 10, [CUT, NO_LENGTH]),
        (WHOLE[:20], 10, ["the Phenom tag cannot be read (ValueError: tag 34683 is no XML"]),
        (WHOLE.replace(b"52.3", b"\xff\xfe"), 10, [NO_LENGTH]),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', 10, ["the Phenom tag cannot be read"]),
        (
            b"<Titan><Value>1</Value></Titan>",
            10,
            [],
        ),  # FEI's for another microscope: nothing is wrong with it
    ],
)
def test_a_phenom_text_that_is_cut_or_garbage_is_named(tmp_path, data, wanted, notes):
    original = phenom_tag(tmp_path, data)
    assert original.pixel_size_nm == pytest.approx(wanted)
    assert len(original.notes) == len(notes)
    assert all(note in said for note, said in zip(notes, original.notes, strict=True))


def test_a_phenom_text_in_a_jpeg_that_is_cut_is_named(tmp_path):
    cut = WHOLE[: WHOLE.index(b"52.3")].decode()
    Image.fromarray(BYTES).save(tmp_path / "a.jpg", comment=cut, dpi=(25400, 25400))  # 1000 nm
    original = read(tmp_path / "a.jpg")
    assert (original.pixel_size_nm, original.pixel_size_source) == (pytest.approx(1000), "JPEG resolution")
    assert all(any(note in said for said in original.notes) for note in (CUT, NO_LENGTH))


TESCAN = "[MAIN]\r\nDevice=MIRA3\r\nPixelSizeX={}\r\nPixelSizeY={}\r\n"


@pytest.mark.parametrize(
    ("size", "wanted", "named"),
    [("1.5e-9", 1.5, ""), ("1.5e-", 10, "'1.5e-'"), ("1.5e-0", 10, "'1.5e-0'"), ("", 10, "''")],
)
@pytest.mark.parametrize("beside", [False, True])
def test_a_tescan_size_that_is_cut_or_garbage_is_named(tmp_path, size, wanted, named, beside):
    text = TESCAN.format(size, size).encode()
    tags = [] if beside else [(50431, 7, len(text), text, True)]
    if beside:
        (tmp_path / "a.hdr").write_bytes(text)
    resolution = {} if beside else {"resolution": (1e6, 1e6), "resolutionunit": 3}
    tifffile.imwrite(tmp_path / "a.tif", BYTES, metadata=None, extratags=tags, **resolution)
    original = read(tmp_path / "a.tif")
    assert original.pixel_size_nm == (None if beside and named else pytest.approx(wanted))
    assert original.metadata["instrument"] == "MIRA3"
    source = "side-car a.hdr" if beside else "TESCAN tag 50431"
    expected = [f"{source} says PixelSizeX={named}, expected metres of a pixel: it was not taken"]
    assert list(original.notes) == (expected if named else [])


@pytest.mark.parametrize("value", [(3, 1, 7), (2, 0, b"PixelSizeX\0")])
def test_a_tescan_tag_of_another_kind_is_named(tmp_path, value):
    tifffile.imwrite(tmp_path / "a.tif", BYTES, metadata=None, extratags=[(50431, *value, True)])
    assert (
        read(tmp_path / "a.tif").notes[0].startswith("the TESCAN tag cannot be read (ValueError: tag 50431 h")
    )


@pytest.mark.parametrize("columns", [128, 256])
def test_openfibsem(tmp_path, columns):
    metadata = {
        "image": {"resolution": [columns, 96], "hfw": 1e-6},
        "version": "v3",
        "pixel_size": {"x": 2.5e-9, "y": 2.5e-9},
        "microscope_state": {"electron_beam": {"voltage": 2000, "working_distance": 0.004}},
    }
    tifffile.imwrite(tmp_path / "a.tif", BYTES, metadata=metadata)
    assert json.loads(tifffile.TiffFile(tmp_path / "a.tif").pages[0].description)["pixel_size"]["x"] == 2.5e-9
    original = read(tmp_path / "a.tif")
    if columns == 128:
        assert (original.pixel_size_nm, original.metadata["voltage_kv"]) == (2.5, 2)
        write.write(tmp_path / "b.tif", original, [original.pages[0].image], description={"semclear": "1"})
        again = read(tmp_path / "b.tif")
        assert again.pixel_size_nm == pytest.approx(2.5) and "hfw" in again.account["input_description"]
    else:
        assert original.pixel_size_nm is None and "speaks of 256 pixels a row" in original.notes[0]


@pytest.mark.parametrize(
    "text", ['{"pixel_size": 5}', '{"pixel_size": {"x": "a"}}', '{"pixel_size"', '{"pixel_size": {}}']
)
def test_other_json_does_no_harm(tmp_path, text):
    tifffile.imwrite(tmp_path / "a.tif", BYTES, description=text, metadata=None)
    original = read(tmp_path / "a.tif")
    is_json = text.endswith("}")
    assert original.pixel_size_nm is None and len(original.notes) == (0 if is_json else 1)
    assert is_json or original.notes[0].startswith("the OpenFIBSEM description cannot be read (")
