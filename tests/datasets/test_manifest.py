"""Manifests: round trip, and one clear line for each way they can be wrong."""

import json

import cv2
import numpy as np
import pytest

from semclear.datasets import manifest
from semclear.datasets.draft import draft
from semclear.datasets.record import Record
from semclear.errors import SemclearError
from semclear.files import sha256

LEVELS = np.arange(256, dtype=np.float32).reshape(8, 32) / 255


def _write(home, **change):
    path = home / "silica" / "manifest.json"
    with draft(path, "silica", "real") as made:
        for name, split, image in (("a", "clear", LEVELS), ("b", "test", LEVELS[::-1])):
            values = {"id": name, "split": split, "source": name, **made.add_image(f"{name}.png", image)}
            if split == "test":
                values |= made.add_truth("truth/b.png", LEVELS[:, ::-1])
                values |= made.add_labels("labels/b.png", np.full((8, 32), 700, np.uint16))
                values |= {"parameters": {"blur": None}, "pixel_size_nm": 2.5}
            made.records.append(Record(**values | change.get(name, {})))
        made.add_text("objects.csv", "id\n")
        made.notes["crop"] = 8
    return path


@pytest.fixture
def stored(tmp_path):
    return _write(tmp_path)


def _edit(path, change):
    values = json.loads(path.read_text())
    change(values)
    path.write_text(json.dumps(values))


def test_round_trip(stored):
    data = manifest.load(stored, verify=True)
    assert (data.name, data.kind, data.path, data.notes) == ("silica", "real", stored, {"crop": 8})
    assert data.digest == sha256(stored)
    assert data.files == {"images/objects.csv": sha256(stored.parent / "images" / "objects.csv")}
    assert [record.id for record in data.split("test")] == ["b"]
    assert data.split("validation") == []
    clear, test = data.records
    assert clear.truth() is None and clear.truth_path is None and clear.labels_path is None
    assert test.parameters == {"blur": None} and test.pixel_size_nm == 2.5
    assert cv2.imread(str(test.labels_path), cv2.IMREAD_UNCHANGED).max() == 700


def test_every_grey_level_survives_as_float32(stored):
    clear, test = manifest.load(stored).records
    assert clear.image().dtype == np.float32
    np.testing.assert_array_equal(clear.image(), LEVELS)
    np.testing.assert_array_equal(test.truth(), LEVELS[:, ::-1])


def test_two_writings_give_equal_bytes(tmp_path):
    first, second = _write(tmp_path / "1"), _write(tmp_path / "2")
    names = sorted(p.relative_to(first.parent) for p in first.parent.rglob("*") if p.is_file())
    assert len(names) == 6
    assert names == sorted(p.relative_to(second.parent) for p in second.parent.rglob("*") if p.is_file())
    for name in names:
        assert (first.parent / name).read_bytes() == (second.parent / name).read_bytes()


def test_a_folder_may_be_moved(stored, tmp_path):
    moved = tmp_path / "elsewhere"
    stored.parent.rename(moved)
    assert manifest.load(moved / "manifest.json", verify=True).records[0].image().shape == (8, 32)
    assert str(tmp_path) not in (moved / "manifest.json").read_text()


def test_missing_manifest(tmp_path):
    with pytest.raises(SemclearError, match=r"none.json: cannot be read .* run the step that makes it"):
        manifest.load(tmp_path / "none.json")


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
def test_truncated_manifest(stored, share):
    text = stored.read_text()
    stored.write_text(text[: int(len(text) * share)])
    with pytest.raises(SemclearError, match=r"manifest.json: is not whole JSON .* delete it and run"):
        manifest.load(stored)


def test_manifest_that_is_no_text(stored):
    stored.write_bytes(b"\xff\xfe\x00{}")
    with pytest.raises(SemclearError, match="is not whole JSON"):
        manifest.load(stored)


@pytest.mark.parametrize("version", [0, 2, "1", None])
def test_another_format(stored, version):
    _edit(stored, lambda values: values.update(format=version))
    with pytest.raises(SemclearError, match=r"got manifest format .*, expected 1; make the data set again"):
        manifest.load(stored)


def test_json_that_is_no_manifest(stored):
    stored.write_text("[1, 2]\n")
    with pytest.raises(SemclearError, match="got manifest format 'list', expected 1"):
        manifest.load(stored)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda v: v["records"][0].update(split="training"), r"records\.0\.split: got 'training'"),
        (lambda v: v["records"][0].pop("sha256"), r"records\.0\.sha256: this key is missing"),
        (lambda v: v["records"][0].update(colour=3), r"records\.0\.colour: unknown key"),
        (lambda v: v["records"][1].update(truth_sha256=None), r"b: give both truth and truth_sha256"),
        (lambda v: v.update(records=[]), r"records: got \[\]"),
        (lambda v: v["records"][1].update(source="a"), r"source a stands in both clear and test"),
    ],
    ids=["split", "no-hash", "unknown", "half-truth", "empty", "source-twice"],
)
def test_wrong_contents(stored, change, message):
    _edit(stored, change)
    with pytest.raises(SemclearError, match=message) as caught:
        manifest.load(stored)
    assert "manifest.json" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["a.png", "truth/b.png", "labels/b.png", "objects.csv"])
def test_missing_file(stored, name):
    (stored.parent / "images" / name).unlink()
    with pytest.raises(
        SemclearError, match=rf"{name}: is missing, expected because .*manifest.json names it"
    ):
        manifest.load(stored)


@pytest.mark.parametrize("name", ["a.png", "truth/b.png", "labels/b.png", "objects.csv"])
def test_changed_file_is_found_when_hashed(stored, name):
    with (stored.parent / "images" / name).open("ab") as stream:
        stream.write(b"\0")
    manifest.load(stored)
    with pytest.raises(SemclearError, match=rf"{name}: got contents with hash .* as in .*manifest.json"):
        manifest.load(stored, verify=True)


@pytest.mark.parametrize("damage", [b"", b"\x89PNG\r\n\x1a\n junk"], ids=["zero-byte", "truncated"])
def test_damaged_image(stored, damage):
    record = manifest.load(stored).records[0]
    record.image_path.write_bytes(damage)
    with pytest.raises(SemclearError, match=r"a.png: got no readable image, expected an 8-bit gray PNG"):
        record.image()


def test_image_of_another_depth(stored):
    record = manifest.load(stored).records[1]
    record.image_path.write_bytes(record.labels_path.read_bytes())
    with pytest.raises(SemclearError, match=r"b.png: got uint16 of shape \(8, 32\), expected 8-bit gray"):
        record.image()
