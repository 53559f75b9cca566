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
