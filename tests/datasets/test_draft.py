"""A data set appears whole or not at all."""

import errno
import json
from pathlib import Path

import numpy as np
import pytest

from semclear.datasets import manifest
from semclear.datasets.draft import draft
from semclear.datasets.record import Record
from semclear.errors import FileError, SemclearError


def _fill(made, names, split="clear"):
    for i, name in enumerate(names):
        image = np.full((6, 6), i / 10)
        made.records.append(Record(id=name, split=split, source=name, **made.add_image(f"{name}.png", image)))


def _listing(folder):
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*"))


@pytest.fixture
def path(tmp_path):
    target = tmp_path / "set" / "manifest.json"
    with draft(target, "set", "real") as made:
        _fill(made, ["old-1", "old-2"])
    return target


def test_new_images_replace_the_old_ones(path):
    with draft(path, "set", "real") as made:
        _fill(made, ["new"])
    assert _listing(path.parent) == ["images", "images/new.png", "manifest.json"]
    assert [r.id for r in manifest.load(path, verify=True).records] == ["new"]


@pytest.mark.parametrize(
    "error", [SemclearError("bad"), RuntimeError("defect"), KeyboardInterrupt()], ids=repr
)
def test_after_an_error_all_is_as_before(path, error):
    before = _listing(path.parent)
    with pytest.raises(type(error)), draft(path, "set", "real") as made:
        _fill(made, ["new"])
        raise error
    assert _listing(path.parent) == before
    assert len(manifest.load(path, verify=True).records) == 2


def test_after_a_first_failure_nothing_stands(tmp_path):
    with pytest.raises(SemclearError), draft(tmp_path / "set" / "manifest.json", "set", "real") as made:
        _fill(made, ["a"])
        raise SemclearError("bad")
    assert _listing(tmp_path) == ["set"]


def test_a_source_on_two_splits_is_never_written(path):
    before = path.read_bytes()
    with pytest.raises(SemclearError, match="stands in both"), draft(path, "set", "real") as made:
        for name, split in (("a", "clear"), ("b", "degraded")):
            image = np.full((4, 4), 0.1 if name == "a" else 0.2)
            made.records.append(
                Record(id=name, split=split, source="one", **made.add_image(f"{name}.png", image))
            )
    assert path.read_bytes() == before


def test_full_disk_leaves_nothing_and_names_the_image(path, monkeypatch):
    before = _listing(path.parent)
    real = Path.write_bytes

    def full(self, data):
        if "second" in self.name:
            real(self, data[:10])
            raise OSError(errno.ENOSPC, "No space left on device", str(self))
        return real(self, data)

    monkeypatch.setattr(Path, "write_bytes", full)
    with (
        pytest.raises(SemclearError, match=r"set/images/second.png: cannot be written \(No space left"),
        draft(path, "set", "real") as made,
    ):
        _fill(made, ["first", "second"])
    assert _listing(path.parent) == before


def test_full_disk_at_the_manifest_leaves_the_old_set(path, monkeypatch):
    before = _listing(path.parent)

    def full(self, *args, **kwargs):
        raise OSError(errno.ENOSPC, "No space left on device", str(self))

    with pytest.raises(SemclearError, match=r"No space left on device"), draft(path, "set", "real") as made:
        _fill(made, ["new"])
        monkeypatch.setattr(Path, "write_text", full)
    monkeypatch.undo()
    assert _listing(path.parent) == before
    assert len(manifest.load(path, verify=True).records) == 2


def test_nan_is_refused(path):
    with pytest.raises(SemclearError, match=r"set/images/n.png: got NaN"), draft(path, "set", "real") as made:
        made.add_image("n.png", np.full((4, 4), np.nan))
    assert len(manifest.load(path).records) == 2


def test_an_error_names_the_image_that_was_to_be(path):
    """Scratch names are nobody's; a file elsewhere keeps its own."""
    with pytest.raises(FileError) as caught, draft(path, "set", "real") as made:
        raise FileError(made.images / "labels" / "n.png", f"is not like {made.images.parent}")
    assert caught.value.path == path.parent / "images" / "labels" / "n.png"
    assert str(caught.value) == f"{caught.value.path}: is not like {path.parent}"
    with pytest.raises(FileError) as caught, draft(path, "set", "real"):
        raise FileError("elsewhere.tif", "is damaged")
    assert str(caught.value) == "elsewhere.tif: is damaged"


def test_files_elsewhere_are_named_from_the_manifests_folder(tmp_path):
    with pytest.raises(SemclearError), draft(tmp_path / "a" / "manifest.json", "a", "real") as made:
        assert made.relative(tmp_path / "b" / "x.png") == "../b/x.png"
        raise SemclearError("enough seen")


def test_manifest_is_sorted_json_with_a_final_newline(path):
    text = path.read_text()
    assert text == json.dumps(json.loads(text), sort_keys=True, indent=1) + "\n"
