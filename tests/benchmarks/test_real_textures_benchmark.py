"""What the benchmark on real textures reports, and where its pictures may lie."""

from pathlib import Path

import pytest
import yaml

from benchmarks.common.trainings import digest, outside, slice_for
from benchmarks.trust import real_textures
from semclear import params
from semclear.datasets.record import Record
from semclear.errors import SemclearError

ROOT = Path(__file__).parents[2]
VALUES = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))


def _record(name, material):
    return Record(
        id=name, split="test", source=name, kind=material, image_file=f"{name}.png", sha256="0" * 64
    )


def test_means_are_over_sources():
    before = {metric: {"a": 1.0, "b": 3.0} for metric in ("psnr", "ssim")}
    after = {metric: {"b": 4.0, "a": 2.0} for metric in ("psnr", "ssim")}
    row = real_textures.summarise(before, after, params.Evaluation(bootstrap=50, confidence=0.9), 1)
    assert [row[f"psnr_{part}"] for part in real_textures.OF_METRIC] == [2.0, 3.0, 1.0, 1.0, 1.0]


def test_all_and_each_material_are_reported_and_one_material_once():
    records = [_record("a", "glass"), _record("b", "powder")]
    assert {name: len(part) for name, part in real_textures.tested_sets(records).items()} == {
        "all": 2,
        "glass": 1,
        "powder": 1,
    }
    assert list(real_textures.tested_sets(records[:1])) == ["glass"]


def test_pictures_never_lie_in_the_repository(tmp_path):
    assert outside(tmp_path, ROOT) == tmp_path.resolve()
    for folder in (ROOT, ROOT / "data" / "x", tmp_path / ".." / ".." / ROOT):
        with pytest.raises(SemclearError, match="expected a folder outside the repository"):
            outside(folder, ROOT)


def test_slice_of_a_benchmarks_training():
    piece = slice_for(VALUES, "mine", "hybrid", "paired", seed=3, budget=None)
    assert piece["experiments.mine"] == {"dataset": "hybrid", "method": "paired"}
    assert piece["seed"] == VALUES["seed"] and piece["train"] == {**VALUES["train"], "seed": 3}
    other = slice_for(VALUES, "mine", "elsewhere", "cyclegan", budget=0.25)
    assert other["experiments.mine"] == {"dataset": "elsewhere", "method": "cyclegan"}
    own = VALUES["experiments"]["gaussian-plain"]
    assert other["train"]["budget"] == 0.25
    assert other["train"]["adversarial_weight"] == own["adversarial_weight"]
    assert other["model"]["output"] == own["output"]
    assert digest(piece) != digest(slice_for(VALUES, "mine", "hybrid", "paired", seed=4))
