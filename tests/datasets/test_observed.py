"""A data set of views: what stands where, what a picture's truth is, and that it is made again to the byte."""

import json

import numpy as np
import pytest
from laboratory import KINDS, family_with, views_with

from semclear import params
from semclear.datasets import manifest, observed, scenes
from semclear.degradation import instrument

SCALE = params.DataScale(size=64, train=11, validation=2, test=2)


def made(folder, family, seed=5):
    observed.observe(views_with(), KINDS, family, SCALE, seed, "laboratory", folder / "manifest.json")
    return manifest.load(folder / "manifest.json", verify=True)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    return made(tmp_path_factory.mktemp("observed"), family_with())


def test_splits_and_truths(dataset):
    counts = {split: len(dataset.split(split)) for split in ("clear", "degraded", "validation", "test")}
    assert counts == {"clear": 11, "degraded": 2, "validation": 2, "test": 2}
    assert all((record.truth() is None) == (record.split == "clear") for record in dataset.records)
    assert all(record.image().shape == (64, 64) for record in dataset.records)


def test_the_truth_is_what_the_instrument_was_shown(tmp_path):
    """Without blur, veil, charging and noise picture and truth are the same, whatever the tone."""
    nothing = family_with(
        sharp=1.0, veiled=0.0, charged=0.0, smeared=0.0, offset=0.0, strength=[1e-9, 1e-9], compressed=0.0
    )
    dataset = made(tmp_path, nothing)
    for record in [*dataset.split("degraded"), *dataset.split("test")]:
        np.testing.assert_allclose(record.image(), record.truth(), atol=1.01 / 255)


def test_each_picture_has_its_instrument_and_its_objects(dataset):
    folder = dataset.path.parent / "images"
    used = json.loads((folder / observed.INSTRUMENTS).read_text())
    assert set(used) == {record.id for record in dataset.records if record.split != "clear"}
    assert len({json.dumps(record) for record in used.values()}) == len(used)
    assert all(instrument.Instrument.of(record).record() == record for record in used.values())
    things = scenes.objects(dataset)
    assert sum(map(len, things.values())) > 0


def test_the_same_bytes_again(dataset, tmp_path):
    again = made(tmp_path, family_with())
    assert again.path.read_bytes() == dataset.path.read_bytes()
    assert made(tmp_path / "other", family_with(), seed=6).digest != again.digest
