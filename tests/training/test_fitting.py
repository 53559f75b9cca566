"""A training resumes as if never interrupted, repeats to the byte, and says what goes wrong."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

keras = pytest.importorskip("keras")
from semclear import params  # noqa: E402
from semclear.datasets import degraded, manifest, scenes  # noqa: E402
from semclear.errors import SemclearError  # noqa: E402
from semclear.networks import bundle as bundles  # noqa: E402
from semclear.training import fitting  # noqa: E402
from semclear.training.callbacks import Warnings  # noqa: E402
from semclear.training.checkpoint import Checkpoint, folder_of  # noqa: E402

PARAMS = params.load(Path(__file__).parents[2] / "params.yaml")
SCALE = PARAMS.scales["smoke"]


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    root = tmp_path_factory.mktemp("data")
    scenes.synthesize(PARAMS.scenes, SCALE.data, 1, root / "scenes/manifest.json")
    degraded.degrade(
        PARAMS.degradations["hybrid"], 1, "hybrid", root / "scenes/manifest.json", root / "h/manifest.json"
    )
    return manifest.load(root / "h/manifest.json")


def settings(method="cyclegan", **train):
    return fitting.Settings(
        seed=1,
        method=method,
        size=SCALE.model.model_copy(update={"levels": 2}),
        model=PARAMS.model,
        scale=SCALE.train,
        train=PARAMS.train.model_copy(update=train),
    )


@pytest.mark.slow
def test_resume_equals_an_uninterrupted_training(dataset, tmp_path):
    """In a process with the study's own number of threads, on which sums depend: this one has those of other tests."""
    words = [
        sys.executable,
        str(Path(__file__).with_name("resumed_training.py")),
        str(dataset.path),
        str(tmp_path),
    ]
    done = subprocess.run(words, capture_output=True, text=True, timeout=500, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    told = json.loads(done.stdout.splitlines()[-1])
    assert any("resuming after epoch 1" in text for text in told["said"])
    assert (
        told["resumed"] == told["whole"]
        and len(told["whole"]) == SCALE.train.steps_per_epoch * SCALE.train.epochs
    )
    assert (tmp_path / "whole.semclear").read_bytes() == (tmp_path / "resumed.semclear").read_bytes()
    whole = bundles.load(tmp_path / "whole.semclear")
    assert {"restorer", "degrader", "oracle"} == set(whole.networks)
    assert {"cycle", "edge", "discriminator_clear"} <= set(told["whole"][0])
    assert all(np.isfinite(list(row.values())).all() for row in told["whole"])


@pytest.mark.slow
def test_progress_is_shown_by_whom_it_is_given_to(dataset):
    ends, said = [], []

    class Ends(keras.callbacks.Callback):
        def __init__(self, epochs, row_of, say):
            super().__init__()
            self.epochs, self.row_of = epochs, row_of

        def on_epoch_end(self, epoch, logs=None):
            ends.append((epoch + 1, self.epochs, self.row_of()["epoch"]))

    fitting.fit(settings("paired"), dataset, say=said.append, progress=Ends)
    assert ends == [(1, 2, 1), (2, 2, 2)] and not any(text.startswith("epoch") for text in said)


@pytest.mark.slow
def test_paired_learns(dataset):
    long = settings("paired", learning_rate=5e-3)
    fitted = fitting.fit(
        fitting.Settings(
            **{**long.__dict__, "scale": SCALE.train.model_copy(update={"epochs": 6, "steps_per_epoch": 20})}
        ),
        dataset,
        None,
        lambda text: None,
    )
    assert fitted.epochs[-1]["absolute"] < 0.9 * fitted.epochs[0]["absolute"]


def test_crop_larger_than_an_image_is_refused(dataset):
    large = fitting.Settings(**{**settings().__dict__, "scale": SCALE.train.model_copy(update={"crop": 128})})
    with pytest.raises(SemclearError, match="expected at least the crop 128"):
        fitting.batches_of(large, dataset)


def test_unpaired_training_never_reads_truth(dataset, monkeypatch):
    records = dataset.split("degraded")
    monkeypatch.setattr(type(records[0]), "truth", lambda self: pytest.fail("truth was read"))
    fitting.batches_of(settings(), dataset)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"correlation": -0.4, "discriminator_clear": 0.2}, "contrast is inverted"),
        ({"correlation": 0.9, "discriminator_clear": 0.001}, "the discriminator has won"),
    ],
)
def test_warnings(row, words):
    said = []
    Warnings(lambda: row, said.append).on_epoch_end(0)
    assert len(said) == 1 and words in said[0]


def test_no_warning_without_cause():
    said = []
    Warnings(lambda: {"correlation": 0.9, "discriminator_clear": 0.2}, said.append).on_epoch_end(0)
    assert said == []


def test_checkpoint_is_keyed_by_slice_and_data():
    keys = {folder_of({"a": 1}, "x"), folder_of({"a": 2}, "x"), folder_of({"a": 1}, "y")}
    assert len(keys) == 3
    assert folder_of({"a": 1}, "x") in keys


def test_damaged_checkpoint_counts_as_none(tmp_path):
    (tmp_path / "state.npz").write_bytes(b"no archive")
    assert Checkpoint(tmp_path).load(object()) is None
