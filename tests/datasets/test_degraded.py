"""Synthetic data sets: unpaired training, paired validation and test, recorded parameters."""

import json
from collections import Counter

import numpy as np
import pytest

from semclear.datasets import manifest
from semclear.datasets.degraded import degrade
from semclear.datasets.draft import draft
from semclear.datasets.record import Record
from semclear.degradation import forward
from semclear.errors import SemclearError
from semclear.params import Blur, Charging, Degradation, Fog, Noise

COUNTS = {"clear": 4, "degraded": 4, "validation": 2, "test": 3}
NOISE = Noise(sigma=[0.005, 0.02], dose=[200.0, 800.0])
FOG = Fog(form="film", transmission=[0.3, 0.6], variation=0.3, correlation=[0.1, 0.4], airlight=[0.6, 0.9])
HYBRID = Degradation(blur=Blur(sigma=[1.5, 3.0]), fog=FOG, noise=NOISE)


@pytest.fixture
def scenes(tmp_path):
    rng = np.random.default_rng(0)
    path = tmp_path / "data" / "scenes" / "manifest.json"
    with draft(path, "scenes", "scenes") as made:
        for split, count in COUNTS.items():
            for index in range(count):
                name = f"{split}-{index}"
                image = made.add_image(f"{name}.png", rng.random((40, 52)))
                made.records.append(
                    Record(id=name, split=split, source=name, kind="porous", pixel_size_nm=3.0, **image)
                )
    return path


@pytest.fixture
def made(scenes):
    path = scenes.parent.parent / "hybrid" / "manifest.json"
    degrade(HYBRID, 7, "hybrid", scenes, path)
    return path


def test_counts_and_pairs(made):
    data = manifest.load(made, verify=True)
    assert (data.name, data.kind) == ("hybrid", "synthetic")
    assert Counter(r.split for r in data.records) == COUNTS
    for record in data.records:
        paired = record.split != "clear"
        assert (record.truth_file is not None) == paired
        assert (record.parameters is not None) == paired
        assert (record.kind, record.pixel_size_nm) == ("porous", 3.0)


def test_training_is_unpaired_and_the_test_unseen(made):
    """No source, no image and no truth of one split is found on another: shown on names, bytes and pixels."""
    data = manifest.load(made)
    for key in (
        lambda r: {r.source},
        lambda r: {r.image_path.resolve(), *([r.truth_path.resolve()] if r.truth_path else [])},
        lambda r: {r.image().tobytes(), *([r.truth().tobytes()] if r.truth_path else [])},
    ):
        seen = {split: set().union(*(key(r) for r in data.split(split))) for split in COUNTS}
        for first in COUNTS:
            for second in COUNTS:
                assert first == second or not seen[first] & seen[second]


def test_recorded_parameters_make_the_image_again(made):
    for record in manifest.load(made).split("test"):
        expected = forward.apply(record.truth(), record.parameters)
        # Half a grey level of rounding, and single precision.
        np.testing.assert_allclose(record.image(), expected, atol=0.5 / 255 + 1e-6)


def test_parameters_differ_from_image_to_image(made):
    sigmas = [r.parameters["blur"]["sigma"] for r in manifest.load(made).records if r.parameters]
    assert len(set(sigmas)) == 9


def test_clear_images_are_the_scenes_themselves(made, scenes):
    for record in manifest.load(made).split("clear"):
        assert record.image_path.resolve().parent == scenes.parent / "images"
    assert not (made.parent / "images" / "clear-0.png").exists()


def test_two_runs_give_equal_bytes_and_another_seed_gives_others(made, scenes):
    again = scenes.parent.parent / "again" / "manifest.json"
    degrade(HYBRID, 7, "hybrid", scenes, again)
    assert again.read_bytes() == made.read_bytes()
    for file in (made.parent / "images").iterdir():
        assert file.read_bytes() == (again.parent / "images" / file.name).read_bytes()
    degrade(HYBRID, 8, "hybrid", scenes, again)
    assert again.read_bytes() != made.read_bytes()


def test_a_changed_range_keeps_the_other_draws(made, scenes):
    other = HYBRID.model_copy(update={"blur": Blur(sigma=[2.0, 4.0])})
    path = scenes.parent.parent / "other" / "manifest.json"
    degrade(other, 7, "hybrid", scenes, path)
    for first, second in zip(manifest.load(made).records, manifest.load(path).records, strict=True):
        if first.parameters:
            assert first.parameters["fog"] == second.parameters["fog"]
            assert first.parameters["blur"] != second.parameters["blur"]


def test_charging_is_recorded_and_leaves_the_other_draws_alone(made, scenes):
    charging = Charging(
        halo=[0.2, 0.5],
        halo_width=[3.0, 8.0],
        streak=[0.2, 0.6],
        streak_length=[10.0, 60.0],
        rows=[0.02, 0.1],
        row_offset=[0.05, 0.15],
        baseline=[0.05, 0.2],
        drift=[0.0, 2.0],
    )
    path = scenes.parent.parent / "charged" / "manifest.json"
    degrade(HYBRID.model_copy(update={"charging": charging}), 7, "hybrid", scenes, path)
    for plain, charged in zip(
        manifest.load(made).records, manifest.load(path, verify=True).records, strict=True
    ):
        if charged.parameters:
            assert charged.parameters == {**plain.parameters, "charging": charged.parameters["charging"]}
            expected = forward.apply(charged.truth(), charged.parameters)
            np.testing.assert_allclose(charged.image(), expected, atol=0.5 / 255 + 1e-6)
            assert charged.sha256 != plain.sha256
    assert "charging" not in made.read_text()


def test_damaged_scenes_are_refused_and_nothing_appears(scenes):
    (scenes.parent / "images" / "test-0.png").write_bytes(b"")
    path = scenes.parent.parent / "hybrid" / "manifest.json"
    with pytest.raises(SemclearError, match=r"test-0.png: got contents with hash"):
        degrade(HYBRID, 7, "hybrid", scenes, path)
    assert not path.parent.exists()


def test_missing_scenes_are_refused(tmp_path):
    with pytest.raises(SemclearError, match=r"none.json: cannot be read"):
        degrade(HYBRID, 7, "hybrid", tmp_path / "none.json", tmp_path / "x" / "manifest.json")


def test_manifest_is_plain_json_without_machine_names(made, tmp_path):
    text = made.read_text()
    assert str(tmp_path) not in text
    assert json.loads(text)["records"][0]["image"] == "../scenes/images/clear-0.png"
