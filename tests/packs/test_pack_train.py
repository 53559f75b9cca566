"""A training from a pack is the study's training to the byte, and leaves all in one folder."""

import json
from pathlib import Path

import pytest
import small_set

pytest.importorskip("tensorflow")
from semclear.datasets import manifest
from semclear.errors import Diverged, SemclearError
from semclear.networks import bundle as bundles
from semclear.packs import pack as packing
from semclear.packs import train
from semclear.params import overrides
from semclear.training import fitting, run

PARAMS = Path(__file__).parents[2] / "params.yaml"
CHANGES = ("scales.smoke.model.levels=2", "scales.smoke.train.steps_per_epoch=2")
WORDS = {"scale": "smoke", "method": "paired", "backend": "tensorflow", "params_file": PARAMS}


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return small_set.write(tmp_path_factory.mktemp("set") / "manifest.json")


@pytest.fixture(scope="module")
def pack(data):
    packing.pack(data, data.with_name("pack.npz"))
    return data.with_name("pack.npz")


@pytest.fixture(scope="module")
def trained(pack, tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained")
    record = train.train(pack, folder, **WORDS, changes=CHANGES, say=lambda text: None)
    return folder, record


@pytest.mark.slow
def test_the_bundle_is_that_of_a_training_on_the_folder(data, trained, tmp_path):
    folder, _ = trained
    words = {key: WORDS[key] for key in ("scale", "method", "backend")}
    values = overrides.slice_from(PARAMS, dataset="hybrid", changes=CHANGES, **words)
    fitted = fitting.fit(
        run.settings_of(values, overrides.NAME), manifest.load(data), None, lambda text: None
    )
    bundles.save(fitted.bundle, tmp_path / "b.semclear")
    assert (folder / "model.semclear").read_bytes() == (tmp_path / "b.semclear").read_bytes()


@pytest.mark.slow
def test_the_folder_holds_everything_and_no_checkpoint(data, trained):
    folder, record = trained
    assert sorted(p.name for p in folder.iterdir()) == [
        "history.csv",
        "model.semclear",
        "run.json",
        "steps.csv",
    ]
    assert json.loads((folder / "run.json").read_text()) == record
    assert record["data_sha256"] == manifest.load(data).digest
    assert record["settings"]["scales.smoke.model"]["levels"] == 2
    assert record["epochs_in_this_call"] == 2 and record["images_a_second"] > 0
    assert "CPU" in record["device"] and record["versions"]["keras"]
    assert len((folder / "history.csv").read_text().splitlines()) == 3
    assert len((folder / "steps.csv").read_text().splitlines()) == 5


@pytest.mark.slow
def test_called_again_it_does_nothing_and_overwrites_no_other(pack, trained):
    folder, record = trained
    said = []
    assert train.train(pack, folder, **WORDS, changes=CHANGES, say=said.append) == record
    assert said == [f"{folder}: finished already; nothing to do"]
    with pytest.raises(SemclearError, match="holds another finished training"):
        train.train(pack, folder, **WORDS, changes=(*CHANGES, "train.seed=1"), say=said.append)


@pytest.mark.slow
def test_an_interrupted_training_goes_on(pack, trained, tmp_path):
    folder, _ = trained

    def stop(text):
        if text.startswith("epoch 2"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train.train(pack, tmp_path, **WORDS, changes=CHANGES, say=stop)
    assert [p.name for p in tmp_path.iterdir()] == ["checkpoint"]
    said = []
    train.train(pack, tmp_path, **WORDS, changes=CHANGES, say=said.append)
    assert "resuming after epoch 1 of 2" in said
    assert (tmp_path / "model.semclear").read_bytes() == (folder / "model.semclear").read_bytes()


@pytest.mark.slow
def test_a_failed_training_names_the_option_that_helps(pack, tmp_path):
    changes = (*CHANGES, "train.recovery_attempts=0")
    advice = r"hybrid, paired: training diverged .*: the same command with -S (train\.learning_rate=1e\+11)$"
    with pytest.raises(Diverged, match=advice) as caught:
        train.train(
            pack, tmp_path, **WORDS, changes=(*changes, "train.learning_rate=1e12"), say=lambda text: None
        )
    assert caught.value.kind == "not a number" and caught.value.attempts == []
    assert not (tmp_path / "run.json").exists()
    option = caught.value.advice.rsplit(" ", 1)[1].replace("1e+11", "1e-3")
    record = train.train(pack, tmp_path, **WORDS, changes=(*changes, option), say=lambda text: None)
    assert record["recoveries"] == [] and (tmp_path / "run.json").is_file()


def test_data_of_another_scale_are_refused(pack, tmp_path):
    words = {**WORDS, "scale": "laptop"}
    with pytest.raises(SemclearError, match="got training micrographs of 64 x 64 pixels, expected 256 x 256"):
        train.train(pack, tmp_path, **words)
    (tmp_path / "run.json").write_text("{}")  # what is refused only after the size was taken
    changed = ("scales.laptop.data.size=64", "scales.laptop.train.crop=32")
    with pytest.raises(SemclearError, match="holds another finished training"):
        train.train(pack, tmp_path, **words, changes=changed)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"method": "cyclegan-physics", "precision": "mixed_bfloat16"}, "is float32 only; use float32, or"),
        ({"precision": "float16"}, "got 'float16', expected one of float32, mixed_bfloat16"),
    ],
)
def test_precisions_that_cannot_be_are_refused(tmp_path, words, said):
    with pytest.raises(SemclearError, match=said):
        train.train(tmp_path / "none.npz", tmp_path, **{**WORDS, **words})
