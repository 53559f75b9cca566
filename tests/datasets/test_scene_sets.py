"""The clear scenes: balanced, reproducible to the byte, with their truth."""

from collections import Counter

import cv2
import numpy as np
import pytest

from semclear.datasets import manifest
from semclear.datasets.scenes import objects, plan, synthesize
from semclear.io.png import to_uint8
from semclear.params import DataScale, Scenes
from semclear.scenes import render
from semclear.seeds import generator

KINDS = ["spheres", "fibres", "porous", "polycrystal", "particles"]
SCENES = Scenes(kinds=KINDS, pixel_size_nm=[2.0, 12.0], dose=[150.0, 500.0], edge_width=[0.5, 0.9])
SMALL = DataScale(size=48, train=5, validation=2, test=3)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    target = tmp_path_factory.mktemp("data") / "scenes" / "manifest.json"
    synthesize(SCENES, SMALL, 3, target)
    return target


@pytest.fixture(scope="module")
def data(path):
    return manifest.load(path, verify=True)


def test_kinds_are_balanced_in_every_split():
    counts = Counter(
        (split, kind) for _, split, kind in plan(SCENES, DataScale(size=64, train=20, validation=10, test=7))
    )
    for split, each in (("clear", {4}), ("degraded", {4}), ("validation", {2}), ("test", {1, 2})):
        assert {counts[split, kind] for kind in KINDS} == each


def test_more_scenes_of_one_split_move_no_other():
    few, many = plan(SCENES, SMALL), plan(SCENES, DataScale(size=48, train=9, validation=4, test=3))
    assert set(few) < set(many)
    assert len(set(many)) == len(many) == 9 + 9 + 4 + 3


def test_counts_sources_and_sizes(data):
    assert Counter(r.split for r in data.records) == {"clear": 5, "degraded": 5, "validation": 2, "test": 3}
    assert len({r.source for r in data.records}) == 15
    for record in data.records:
        assert record.image().shape == (48, 48)
        assert record.truth() is None
        assert 2.0 <= record.pixel_size_nm <= 12.0
        assert record.kind in record.id


def test_an_image_is_the_scene_of_its_id(data):
    record = data.split("test")[2]
    scene = render(record.kind, 48, generator(3, "scene", record.id), SCENES)
    np.testing.assert_array_equal(np.rint(record.image() * 255), to_uint8(scene.image))
    np.testing.assert_array_equal(cv2.imread(str(record.labels_path), cv2.IMREAD_UNCHANGED), scene.labels)
    assert record.pixel_size_nm == scene.pixel_size_nm


def test_objects_stand_beside_their_labels(data):
    found = objects(data)
    assert set(found) == {r.id for r in data.records}
    assert sum(map(len, found.values())) > 15
    for record in data.records:
        labels = cv2.imread(str(record.labels_path), cv2.IMREAD_UNCHANGED)
        assert labels.dtype == np.uint16
        assert set(np.unique(labels)) - {0} <= {thing.label for thing in found[record.id]}
        assert all(thing.diameter > 0 for thing in found[record.id])


def test_two_runs_give_equal_bytes_and_another_seed_gives_others(path, tmp_path):
    again = tmp_path / "scenes" / "manifest.json"
    synthesize(SCENES, SMALL, 3, again)
    files = sorted(p.relative_to(path.parent) for p in path.parent.rglob("*") if p.is_file())
    assert len(files) == 15 * 2 + 2
    for name in files:
        assert (path.parent / name).read_bytes() == (again.parent / name).read_bytes()
    synthesize(SCENES, SMALL, 4, again)
    assert path.read_bytes() != again.read_bytes()


def test_only_the_manifest_lies_beside_the_images(path):
    assert sorted(p.name for p in path.parent.iterdir()) == ["images", "manifest.json"]
