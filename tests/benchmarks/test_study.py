"""A study's model stands for a benchmark's training only where settings, data, code and dvc.lock agree."""

import json
import shutil
from pathlib import Path

import pytest
import yaml

from benchmarks.common import study
from benchmarks.common.provenance import ROOT
from benchmarks.common.trainings import slice_for
from semclear.files import sha256
from semclear.params.slices import slice_of

VALUES = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))


def test_settings_count_wherever_they_stand():
    mine = slice_for(VALUES, "mine", "fog", "cyclegan", seed=0)
    theirs = json.loads(slice_of("train", VALUES, model="fog-plain"))
    assert study.effective(mine, "mine") == study.effective(theirs, "fog-plain")
    assert study.effective(mine, "mine")["model"]["output"] == "grey"
    compute = {**mine["compute"], "threads": mine["compute"]["threads"] + 1}
    for other in (
        slice_for(VALUES, "mine", "fog", "cyclegan", seed=1),
        slice_for(VALUES, "mine", "hybrid", "cyclegan"),
        {**mine, "compute": compute},
        {**mine, "model": {**mine["model"], "local_extremes": False}},
    ):
        assert study.effective(other, "mine") != study.effective(theirs, "fog-plain")


@pytest.fixture
def finished(tmp_path, monkeypatch):
    """A study's folder with one model, for which dvc.lock is said to vouch."""
    shutil.copy(ROOT / "params.yaml", tmp_path)
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("data/fog/manifest.json", "results/models/fog-plain.semclear"):
        (tmp_path / file).parent.mkdir(parents=True)
        (tmp_path / file).write_text(file)
    asked = []
    monkeypatch.setattr(study, "unchanged", lambda folder, stage: asked.append(stage) or stage != "train@no")
    return tmp_path, asked


def test_a_bundle_needs_settings_data_and_code(finished, monkeypatch):
    folder, asked = finished
    data = sha256(folder / "data/fog/manifest.json")
    piece = slice_for(VALUES, "mine", "fog", "cyclegan", seed=0)
    bundle = folder / "results/models/fog-plain.semclear"
    assert study.bundle_of(folder, piece, "mine", data) == bundle and asked == ["train@fog-plain"]
    assert study.bundle_of(folder, piece, "mine", "0" * 64) is None
    other = slice_for(VALUES, "mine", "fog", "cyclegan", seed=1)
    assert study.bundle_of(folder, other, "mine", data) is None
    monkeypatch.setattr(study, "unchanged", lambda folder, stage: False)
    assert study.bundle_of(folder, piece, "mine", data) is None
    monkeypatch.setattr(study, "unchanged", lambda folder, stage: True)
    (folder / "src/semclear/seeds.py").write_text("changed = True\n")
    assert study.bundle_of(folder, piece, "mine", data) is None
    assert study.bundle_of(folder / "nowhere", piece, "mine", data) is None


def test_data_need_settings_and_code(finished):
    folder, asked = finished
    assert study.data_of(folder, VALUES, "fog") == folder / "data/fog/manifest.json"
    assert asked == ["synthesize", "degrade@fog"]
    assert study.data_of(folder, VALUES, "hybrid") is None
    assert study.data_of(folder, {**VALUES, "seed": 1}, "fog") is None
    (folder / "src/semclear/degradation/forward.py").write_text("changed = True\n")
    assert study.data_of(folder, VALUES, "fog") is None


@pytest.mark.slow
def test_dvc_knows_what_has_changed(tmp_path, monkeypatch, capsys):
    from dvc.repo import Repo

    Repo.init(str(tmp_path), no_scm=True)
    (tmp_path / "code.py").write_text("a")
    (tmp_path / "params.yaml").write_text("rate: 1\n")
    stages = {
        "train": {
            "foreach": ["x"],
            "do": {
                "cmd": "cp code.py ${item}.out",
                "deps": ["code.py"],
                "params": ["rate"],
                "outs": ["${item}.out"],
            },
        }
    }
    (tmp_path / "dvc.yaml").write_text(yaml.safe_dump({"stages": stages}))
    assert not study.unchanged(tmp_path, "train@x")  # never made
    Path(tmp_path / "x.out").write_text("a")
    with monkeypatch.context() as inside:
        inside.chdir(tmp_path)
        with Repo() as repo:
            repo.commit("train@x", force=True)
    assert study.unchanged(tmp_path, "train@x")
    for file, content in (("code.py", "b"), ("params.yaml", "rate: 2\n"), ("x.out", "b")):
        before = (tmp_path / file).read_text()
        (tmp_path / file).unlink()
        (tmp_path / file).write_text(content)
        assert not study.unchanged(tmp_path, "train@x")
        (tmp_path / file).unlink()
        (tmp_path / file).write_text(before)
    assert study.unchanged(tmp_path, "train@x")
    assert not study.unchanged(tmp_path, "train@none")
    assert not study.unchanged(tmp_path / "nowhere", "train@x")
    assert "not taken" in capsys.readouterr().err
