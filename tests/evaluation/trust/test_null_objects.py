"""Objects counted in null tests: drawn ones by hand, and noise before and after."""

import csv

import numpy as np
import pytest

from semclear.datasets import manifest
from semclear.datasets.draft import draft
from semclear.datasets.record import Record
from semclear.evaluation import scoring
from semclear.evaluation.trust import null_objects
from semclear.files import sha256
from semclear.restoration import restored

ROWS, COLUMNS = np.indices((96, 96))
CENTRES = [(24, 24), (24, 50), (24, 76), (62, 30), (62, 62)]


def labels_of(count):
    labels = np.zeros((96, 96), np.uint16)
    for number, (row, column) in enumerate(CENTRES[:count], start=1):
        labels[np.hypot(ROWS - row, COLUMNS - column) <= 10] = number
    return labels


def discs(count, low=0.3, high=0.7):
    return np.where(labels_of(count) > 0, high, low)


def test_drawn_discs_are_counted_with_their_contrast():
    found = null_objects.of_field(discs(4))
    assert found["objects"] == 4
    assert found["object_contrast"] == pytest.approx(0.4, abs=0.02)


def test_a_constant_field_has_none():
    assert null_objects.of_field(np.full((40, 50), 0.4)) == {"objects": 0.0, "object_contrast": 0.0}


def test_noise_has_the_segmentations_own_at_a_contrast_under_the_noise():
    noise = 0.5 + 0.03 * np.random.default_rng(3).standard_normal((96, 96))
    found = null_objects.of_field(noise)
    assert found["objects"] > 10, "a threshold amid the greys cuts noise into blobs"
    assert 0 < found["object_contrast"] < 0.03


def test_clear_by_hand():
    assert null_objects.of_clear(discs(5), labels_of(5)) == {"objects_invented": 0.0, "objects_missed": 0.0}
    fewer = null_objects.of_clear(discs(3), labels_of(5))
    assert fewer == {"objects_invented": 0.0, "objects_missed": pytest.approx(0.4)}
    more = null_objects.of_clear(discs(5), labels_of(4))
    assert more == {"objects_invented": pytest.approx(0.2), "objects_missed": 0.0}
    assert "objects_missed" not in null_objects.of_clear(discs(5), labels_of(0))


@pytest.fixture
def study(tmp_path):
    """A test set of one scene of spheres and one of fibres, and a method that draws two discs and loses one."""
    scenes, data, out = (tmp_path / "data" / name / "manifest.json" for name in ("scenes", "fog", "out"))
    with draft(scenes, "scenes", "scenes") as made:
        for name, kind in (("a", "spheres"), ("b", "fibres")):
            fields = made.add_image(f"{name}.png", discs(5)) | made.add_labels(
                f"labels/{name}.png", labels_of(5)
            )
            made.records.append(Record(id=name, split="test", source=name, kind=kind, **fields))
    with draft(data, "fog", "synthetic") as made:
        for scene in manifest.load(scenes).records:
            truth = {"truth_file": made.relative(scene.image_path), "truth_sha256": scene.sha256}
            fields = made.add_image(f"{scene.id}.png", scene.image() * 0.5 + 0.2) | truth
            made.records.append(Record(id=scene.id, split="test", source=scene.id, kind=scene.kind, **fields))
    restored.write(
        out,
        dataset="fog",
        model="fog",
        data_sha256=sha256(data),
        methods={"cyclegan": {"nulls": {"empty": {"change": 0.1}}}},
        images=[("cyclegan", name, discs(5)) for name in "ab"],
        nulls=[
            ("cyclegan", "empty", "empty", discs(2), np.full((96, 96), 0.5)),
            ("cyclegan", "clear", "a", discs(4), None),
            ("cyclegan", "clear", "b", discs(4), None),
        ],
    )
    return data, out


def test_scores_hold_the_objects_of_null_tests(study, tmp_path):
    scoring.score(*study, tmp_path / "fog.csv")
    with (tmp_path / "fog.csv").open(newline="") as stream:
        found = {
            (row["micrograph"], row["metric"]): float(row["value"])
            for row in csv.DictReader(stream)
            if row["micrograph"].startswith("null-")
        }
    assert found == {
        ("null-empty", "null_empty_change"): 0.1,
        ("null-empty", "null_empty_objects"): 2.0,
        ("null-empty", "null_empty_objects_before"): 0.0,
        ("null-empty", "null_empty_object_contrast"): pytest.approx(0.4, abs=0.02),
        ("null-empty", "null_empty_object_contrast_before"): 0.0,
        ("null-clear-a", "null_clear_objects_invented"): 0.0,
        ("null-clear-a", "null_clear_objects_invented_before"): 0.0,
        ("null-clear-a", "null_clear_objects_missed"): pytest.approx(0.2),
        ("null-clear-a", "null_clear_objects_missed_before"): 0.0,
    }, "fibres are no separate objects"
