"""Which clear scenes an unbalanced domain holds, and what counts as a shift."""

import balance_shift
import numpy as np
import pytest

from semclear import params
from semclear.datasets import manifest
from semclear.datasets.draft import draft
from semclear.datasets.record import Record
from semclear.errors import SemclearError
from semclear.scenes import Object


@pytest.fixture
def scenes(tmp_path):
    path, rng = tmp_path / "scenes" / "manifest.json", np.random.default_rng(0)
    with draft(path, "scenes", "scenes") as made:
        for number in range(8):
            name, kind = f"clear-{number}", ("spheres", "particles")[number % 2]
            image = made.add_image(f"{name}.png", rng.random((16, 16)))
            made.records.append(Record(id=name, split="clear", source=name, kind=kind, **image))
        image = made.add_image("test-0.png", rng.random((16, 16)))
        made.records.append(Record(id="test-0", split="test", source="test-0", kind="spheres", **image))
    return manifest.load(path)


OBJECTS = {f"clear-{n}": [Object(1, 0.0, 0.0, 10.0 + n), Object(2, 0.0, 0.0, 10.0 + n)] for n in range(8)}


def test_domains_by_truth(scenes):
    clear = scenes.split("clear")
    assert balance_shift.choose(clear, OBJECTS, "large", 1) == {f"clear-{n}" for n in (4, 5, 6, 7)}
    assert balance_shift.choose(clear, OBJECTS, "round", 1) == {f"clear-{n}" for n in (0, 2, 4, 6)}
    control = balance_shift.choose(clear, OBJECTS, "all", 1)
    assert len(control) == 4 and control == balance_shift.choose(clear, OBJECTS, "all", 1)
    with pytest.raises(SemclearError, match="got 'flat', expected one of all, large, round"):
        balance_shift.choose(clear, OBJECTS, "flat", 1)


def test_only_the_clear_domain_is_filtered(scenes, tmp_path):
    path = balance_shift.filtered(scenes, {"clear-3"}, tmp_path / "large" / "scenes" / "manifest.json")
    kept = manifest.load(path, verify=True)
    assert [record.id for record in kept.records] == ["clear-3", "test-0"]
    assert kept.records[0].image_path.resolve() == scenes.records[3].image_path.resolve()


def test_shift_by_hand_leaves_out_micrographs_without_objects():
    settings = params.Evaluation(bootstrap=40, confidence=0.9)
    truth = [{"diameter": d, "circularity": 0.9, "objects": 4.0} for d in (10.0, 20.0, 30.0)]
    nothing = {"diameter": float("nan"), "circularity": float("nan"), "objects": 0.0}
    restored = [
        {"diameter": 12.0, "circularity": 0.8, "objects": 5.0},
        {**truth[1], "diameter": 22.0},
        nothing,
    ]
    row = balance_shift.summarise(truth, restored, settings, 1)
    assert [row[f"diameter_{p}"] for p in ("truth", "restored", "shift", "low", "high")] == [15, 17, 2, 2, 2]
    assert row["objects_shift"] == pytest.approx((1 + 0 - 4) / 3)
    empty = balance_shift.summarise([nothing], [nothing], settings, 1)
    assert np.isnan(empty["diameter_shift"]) and empty["objects_shift"] == 0.0
