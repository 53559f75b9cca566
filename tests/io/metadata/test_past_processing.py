"""A file that is restored again and again: the accounts of all restorations stay, in every format."""

import json

import pytest
import tifffile
from micrograph_files import levels, write_cv, write_tiff

from semclear.io import write as output
from semclear.io.metadata import provenance as account
from semclear.io.read import read
from semclear.tool.restore.request import Request
from semclear.tool.restore.run import run

METHODS = ("clahe", "percentile-stretch", "dark-channel")
FEI = b"[Beam]\r\nHV=10000\r\n\r\n[Scan]\r\nPixelWidth=5.8e-009\r\nPixelHeight=5.8e-009\r\n"


def write(path, form):
    path.parent.mkdir(parents=True, exist_ok=True)
    wide = levels("uint16")
    if form == "plain":
        tifffile.imwrite(path, levels(), description="sample 7", metadata=None)
    elif form == "sized":
        write_tiff(path, wide, description="sample 7", metadata=None)
    elif form == "imagej":
        tifffile.imwrite(
            path, wide, imagej=True, resolution=(80, 80), metadata={"unit": "um", "Info": "sample 7"}
        )
    elif form == "ome":
        tifffile.imwrite(
            path, wide, ome=True, metadata={"PhysicalSizeX": 5.0, "PhysicalSizeXUnit": "nm", "axes": "YX"}
        )
    elif form == "fei":
        tifffile.imwrite(path, wide, extratags=[(34682, 2, len(FEI), FEI, True)], metadata=None)
    elif form == "png16":
        write_cv(path, wide)
    else:
        write_cv(path)
    return path


CASES = {
    "plain": "tif",
    "sized": "tif",
    "imagej": "tif",
    "ome": "ome.tif",
    "fei": "tif",
    "png": "png",
    "png16": "png",
    "bmp": "bmp",
}


@pytest.mark.parametrize("form", CASES)
def test_the_chain_of_accounts_stays(tmp_path, form):
    name = f"a.{CASES[form]}"
    place, told = write(tmp_path / "0" / name, form), []
    for number, method in enumerate(METHODS, 1):
        assert run(Request((str(place),), tmp_path / str(number), method=method)) == 0
        place = tmp_path / str(number) / name
        told.append(json.loads(place.with_name(f"{name}.json").read_text(encoding="utf-8")))
    assert [[one["method"] for one in account["earlier"]] for account in told] == [
        [],
        ["clahe"],
        ["clahe", "percentile-stretch"],
    ]
    first = told[2]["earlier"][0]
    assert first["input"] == told[0]["input"] and first["parameters"] == told[0]["parameters"]
    assert all("earlier" not in one and "seconds" not in one for one in told[2]["earlier"])
    assert "restored-before" in {warning["code"] for warning in told[2]["warnings"]}
    if form in ("plain", "sized"):
        assert first["input_description"] == "sample 7"
    kept = read(place).account
    assert kept["method"] == "dark-channel"
    assert [one["method"] for one in kept["earlier"]] == ["clahe", "percentile-stretch"]
    if form != "bmp":
        place.with_name(f"{name}.json").unlink()
        assert read(place).account["earlier"] == told[2]["earlier"]
        if form not in ("png", "png16"):
            with tifffile.TiffFile(place) as tiff:
                text = tiff.pages[0].description
            assert text.count("dark-channel") < 4  # its own account stands there once
            assert text.count(json.dumps(first["may_be_invented"])[1:-1]) == 3


def test_an_account_beside_another_image_is_not_its(tmp_path):
    place = write_cv(tmp_path / "a.bmp")
    beside = place.with_name("a.bmp.json")
    beside.write_text(json.dumps({"semclear": "1", "output": "b.bmp"}), encoding="utf-8")
    assert read(place).account is None
    beside.write_text(json.dumps({"semclear": "1", "output": "a.bmp"}), encoding="utf-8")
    assert read(place).account["semclear"] == "1"
    for text in ("", "{", "[1]", '{"output": "a.bmp"}'):
        beside.write_text(text, encoding="utf-8")
        assert read(place).account is None


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('{"semclear": "1", "x": NaN, "y": [Infinity, 1e999, 2.5]}', {"x": None, "y": [None, None, 2.5]}),
        ('{"semclear": "1", "x": ' + "[" * 40 + "]" * 40 + "}", None),
        ('{"semclear": "1", "x": ' + "[" * 100000 + "]" * 100000 + "}", None),
    ],
)
def test_hostile_accounts_can_be_written_again(text, wanted):
    found = account.parsed(text)
    if wanted is None:
        assert found is None
    else:
        assert found == {"semclear": "1"} | wanted
        json.dumps(found, allow_nan=False)


def test_the_oldest_are_left_out_of_the_image_where_there_is_no_room(tmp_path, monkeypatch):
    before = [{"semclear": "1", "method": f"m{number}", "text": "x" * 1000} for number in range(5)]
    told = {"semclear": "1", "method": "last", "earlier": before}
    monkeypatch.setattr(account.fitting, "__defaults__", (3500,))
    original = read(write_tiff(tmp_path / "a.tif"))
    notes = output.write(tmp_path / "b.tif", original, [original.pages[0].image], description=told)
    kept = read(tmp_path / "b.tif").account
    assert [one["method"] for one in kept["earlier"]] == ["m2", "m3", "m4"] and kept["earlier_left_out"] == 2
    assert "no room for 2 earlier accounts" in notes[0]
    assert [one["method"] for one in account.chain(kept)] == ["m2", "m3", "m4", "last"]


def test_a_description_without_room_loses_nothing_that_stands_beside(tmp_path, monkeypatch):
    """Nor the count of what is lost, where the JSON beside is lost, too."""
    monkeypatch.setattr(account.fitting, "__defaults__", (6000,))  # about two accounts
    place, told = write(tmp_path / "0" / "a.tif", "plain"), []
    for number in range(1, 6):
        assert (
            run(
                Request(
                    (str(place),),
                    tmp_path / str(number),
                    method="clahe",
                    changes=(f"clip_limit={number / 100}",),
                )
            )
            == 0
        )
        place = tmp_path / str(number) / "a.tif"
        told.append(json.loads(place.with_name("a.tif.json").read_text(encoding="utf-8")))
    clips = [
        [round(100 * one["parameters"]["clip_limit"]) for one in accounts["earlier"]] for accounts in told
    ]
    assert clips == [[], [1], [1, 2], [1, 2, 3], [1, 2, 3, 4]]
    with tifffile.TiffFile(place) as tiff:
        described = account.parsed(tiff.pages[0].description.partition("semclear=")[2].splitlines()[0])
    assert (
        described["earlier_left_out"] + len(described["earlier"]) == 4 and described["earlier_left_out"] > 1
    )
    assert "earlier_left_out" not in told[-1]
    place.with_name("a.tif.json").unlink()
    assert run(Request((str(place),), tmp_path / "6", method="clahe")) == 0
    last = json.loads((tmp_path / "6" / "a.tif.json").read_text(encoding="utf-8"))
    assert last["earlier_left_out"] + len(last["earlier"]) == 5
