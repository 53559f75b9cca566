"""A training resumes as if never interrupted, repeats to the byte, and says what goes wrong."""

from pathlib import Path

import numpy as np
import pytest

keras = pytest.importorskip("keras")
from semclear import params  # noqa: E402
from semclear.datasets import degraded, manifest, scenes  # noqa: E402
from semclear.errors import SemclearError  # noqa: E402
from semclear.model import bundle as bundles  # noqa: E402
from semclear.training import fitting  # noqa: E402
from semclear.training.callbacks import Recorder, Warnings  # noqa: E402
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


class Killed(Exception):
    pass


class Killer(keras.callbacks.Callback):
    """Stands for a SIGKILL in the middle of the second epoch."""

    def on_train_batch_end(self, batch, logs=None):
        if self.model.optimizer.iterations == SCALE.train.steps_per_epoch + 1:
            raise Killed


@pytest.mark.slow
def test_resume_equals_an_uninterrupted_training(dataset, tmp_path, monkeypatch):
    whole = fitting.fit(settings(), dataset, None, lambda text: None)
    said = []
    with monkeypatch.context() as patch:
        original = keras.Model.fit

        def killed_fit(self, *args, callbacks, **kwargs):
            return original(self, *args, callbacks=[*callbacks, Killer()], **kwargs)

        patch.setattr(keras.Model, "fit", killed_fit)
        with pytest.raises(Killed):
            fitting.fit(settings(), dataset, tmp_path / "state", said.append)
    resumed = fitting.fit(settings(), dataset, tmp_path / "state", said.append)
    assert any("resuming after epoch 1" in text for text in said)
    assert resumed.steps == whole.steps
    for name, weights in whole.bundle.networks.items():
        for a, b in zip(weights, resumed.bundle.networks[name], strict=True):
            np.testing.assert_array_equal(a, b)
    bundles.save(whole.bundle, tmp_path / "a.semclear")
    bundles.save(resumed.bundle, tmp_path / "b.semclear")
    assert (tmp_path / "a.semclear").read_bytes() == (tmp_path / "b.semclear").read_bytes()
    assert {"restorer", "degrader", "oracle"} == set(whole.bundle.networks)
    assert {"cycle", "edge", "discriminator_clear"} <= set(whole.steps[0])
    assert all(np.isfinite(list(row.values())).all() for row in whole.steps)


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


def test_nan_stops_with_advice():
    with pytest.raises(SemclearError, match=r"cycle is not a number; lower train\.learning_rate"):
        Recorder().on_train_batch_end(0, {"cycle": float("nan"), "edge": 1.0})


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
