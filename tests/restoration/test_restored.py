"""Restored micrographs on disk."""

import json

import numpy as np
import pytest

from semclear.errors import SemclearError
from semclear.restoration import restored

IMAGE = np.linspace(0, 1, 64).reshape(8, 8)


def write(path, images):
    restored.write(
        path, dataset="fog", model="fog", data_sha256="0" * 64, methods={"cyclegan": {}}, images=images
    )


def test_what_is_written_is_read(tmp_path):
    path = tmp_path / "fog" / "manifest.json"
    write(path, [("cyclegan", "a", IMAGE), ("cyclegan", "b", 1 - IMAGE)])
    made = restored.load(path, verify=True)
    assert [(e.method, e.id, e.image) for e in made.records] == [
        ("cyclegan", "a", "images/cyclegan/a.png"),
        ("cyclegan", "b", "images/cyclegan/b.png"),
    ]
    np.testing.assert_allclose(made.image(made.records[1]), 1 - IMAGE, atol=0.5 / 255 + 1e-6)
    assert str(tmp_path) not in path.read_text()


def test_a_failure_leaves_the_old_state(tmp_path):
    path = tmp_path / "manifest.json"
    write(path, [("cyclegan", "a", IMAGE)])
    before = path.read_bytes()
    with pytest.raises(SemclearError, match="NaN"):
        write(path, [("cyclegan", "a", 1 - IMAGE), ("cyclegan", "b", IMAGE * np.nan)])
    assert path.read_bytes() == before
    assert restored.load(path, verify=True).records[0].id == "a"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["images", "manifest.json"]


def test_damage_is_told_in_one_line(tmp_path):
    path = tmp_path / "manifest.json"
    with pytest.raises(SemclearError, match="cannot be read"):
        restored.load(path)
    write(path, [("cyclegan", "a", IMAGE)])
    write_elsewhere = tmp_path / "images" / "cyclegan" / "a.png"
    write_elsewhere.write_bytes(write_elsewhere.read_bytes()[:-1])
    restored.load(path)
    with pytest.raises(SemclearError, match="other contents"):
        restored.load(path, verify=True)
    write_elsewhere.unlink()
    with pytest.raises(SemclearError, match="is missing"):
        restored.load(path)
    path.write_text(json.dumps({**json.loads(path.read_text()), "format": 2}))
    with pytest.raises(SemclearError, match="format 1") as told:
        restored.load(path)
    assert "\n" not in str(told.value)


def test_checks_are_kept_and_must_be_numbers(tmp_path):
    path = tmp_path / "manifest.json"
    write(
        path,
        [
            ("cyclegan", "a", IMAGE, {"trust_flag": 1.0, "coverage": 0.123456789012345}),
            ("cyclegan", "b", IMAGE),
        ],
    )
    first, second = restored.load(path).records
    assert first.checks == {"trust_flag": 1.0, "coverage": 0.1234567890} and second.checks == {}
    assert path.read_text().count("checks") == 1
    with pytest.raises(SemclearError, match="coverage"):
        write(path, [("cyclegan", "a", IMAGE, {"coverage": np.nan})])


def test_maps_lie_beside_their_image_in_a_stated_scale(tmp_path):
    path = tmp_path / "manifest.json"
    maps = {"uncertainty": 0.3 * IMAGE, "residual": 0.5 * (IMAGE - 0.5)}
    write(path, [("cyclegan", "a", IMAGE, {}, maps), ("cyclegan", "b", IMAGE, {"x": 1.0})])
    made = restored.load(path, verify=True)
    first, second = made.records
    assert len(made.records) == 2, "maps are no restorations"
    assert first.maps["uncertainty"].image == "images/cyclegan-uncertainty/a.png"
    assert (first.maps["uncertainty"].black, first.maps["uncertainty"].white) == (0.0, 0.25)
    np.testing.assert_allclose(
        made.map(first, "uncertainty"), np.minimum(0.3 * IMAGE, 0.25), atol=0.25 / 255 / 2 + 1e-6
    )
    np.testing.assert_allclose(made.map(first, "residual"), maps["residual"], atol=0.25 / 127 / 2 + 1e-6)
    assert made.map(first, "residual").dtype == np.float32
    assert first.checks == {} and second.maps == {} and made.map(second, "residual") is None
    assert path.read_text().count('"maps"') == 1


def test_no_residual_is_stored_as_exactly_none(tmp_path):
    path = tmp_path / "manifest.json"
    write(
        path, [("cyclegan", "a", IMAGE, {}, {"residual": np.zeros((8, 8)), "uncertainty": np.zeros((8, 8))})]
    )
    made = restored.load(path)
    for name in restored.SCALES:
        assert np.abs(made.map(made.records[0], name)).max() < 1e-7


def test_null_tests_are_kept_apart_from_the_restorations(tmp_path):
    path, field = tmp_path / "manifest.json", np.full((8, 8), 0.5)
    restored.write(
        path,
        dataset="fog",
        model="fog",
        data_sha256="0" * 64,
        methods={"cyclegan": {}},
        images=[("cyclegan", "a", IMAGE)],
        nulls=[("cyclegan", "empty", "empty", IMAGE, field), ("cyclegan", "clear", "a", 1 - IMAGE, None)],
    )
    made = restored.load(path, verify=True)
    assert [entry.id for entry in made.records] == ["a"]
    empty, clear = made.nulls
    assert (empty.test, empty.image) == ("empty", "images/cyclegan-null/empty.png")
    assert (clear.test, clear.id, clear.image) == ("clear", "a", "images/cyclegan-null/clear-a.png")
    np.testing.assert_allclose(made.image(clear), 1 - IMAGE, atol=0.5 / 255 + 1e-6)
    np.testing.assert_allclose(made.before(empty), field, atol=0.5 / 255 + 1e-6)
    assert made.before(clear) is None
    (tmp_path / "images" / "cyclegan-null" / "empty-before.png").unlink()
    with pytest.raises(SemclearError, match=r"empty-before\.png: is missing"):
        restored.load(path)


def test_a_manifest_without_null_tests_is_read(tmp_path):
    path = tmp_path / "manifest.json"
    write(path, [("cyclegan", "a", IMAGE)])
    values = json.loads(path.read_text())
    assert values.pop("nulls") == []
    path.write_text(json.dumps(values))
    assert restored.load(path).nulls == ()


def test_damaged_and_missing_maps_are_told(tmp_path):
    path = tmp_path / "manifest.json"
    write(path, [("cyclegan", "a", IMAGE, {}, {"residual": IMAGE - 0.5})])
    file = tmp_path / "images" / "cyclegan-residual" / "a.png"
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(SemclearError, match=r"cyclegan-residual/a\.png: got other contents"):
        restored.load(path, verify=True)
    file.unlink()
    with pytest.raises(SemclearError, match=r"cyclegan-residual/a\.png: is missing"):
        restored.load(path)
    with pytest.raises(SemclearError, match="NaN"):
        write(path, [("cyclegan", "a", IMAGE, {}, {"residual": IMAGE * np.nan})])
