"""A training from a model begins with its weights, is another one than from nothing, and resumes exactly."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

keras = pytest.importorskip("keras")
from semclear import params  # noqa: E402
from semclear.datasets import degraded, manifest, scenes  # noqa: E402
from semclear.errors import SemclearError  # noqa: E402
from semclear.networks.bundle import Bundle  # noqa: E402
from semclear.training import checkpoint, fitting, start  # noqa: E402

PARAMS = params.load(Path(__file__).parents[2] / "params.yaml")
SCALE = PARAMS.scales["smoke"]
LINE = PARAMS.pretrained["default"]
SETTINGS = fitting.Settings(
    seed=1,
    method="instrument",
    size=SCALE.model.model_copy(update={"levels": 2}),
    model=params.model_of(PARAMS.model, LINE),
    scale=SCALE.train,
    train=PARAMS.train.model_copy(update={"learning_rate": 1e-3, "gradient_norm": 1.0}),
    family=PARAMS.families["laboratory"],
)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    root = tmp_path_factory.mktemp("data")
    scenes.synthesize(PARAMS.scenes, SCALE.data, 1, root / "scenes/manifest.json")
    degraded.degrade(
        PARAMS.degradations["gaussian"], 1, "g", root / "scenes/manifest.json", root / "g/manifest.json"
    )
    return manifest.load(root / "g/manifest.json")


@pytest.fixture(scope="module")
def known():
    """A model whose weights no seed of a training draws."""
    rng = np.random.default_rng(5)
    built = fitting.build(SETTINGS)
    networks = {
        name: [0.1 * rng.standard_normal(w.shape).astype(np.float32) for w in network.get_weights()]
        for name, network in (("restorer", built.restorer), ("degrader", built.degrader))
    }
    return Bundle("instrument", SETTINGS.size, SETTINGS.model, "d" * 64, networks)


class Killed(Exception):
    """Stands for a SIGKILL."""


class Killer(keras.callbacks.Callback):
    """Kills in the second epoch."""

    def __init__(self, *words):
        super().__init__()

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 1:
            raise Killed


def equal(one, other):
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def test_the_first_weights_are_those_of_the_model(dataset, known):
    attempt = fitting.Attempt(SETTINGS, dataset, checkpoint.Memory(), print, start=known)
    image = np.random.default_rng(0).random((1, 32, 32, 1)).astype(np.float32)
    expected = np.asarray(known.network("restorer")(image))
    assert np.ptp(expected) > 0 and not np.allclose(expected, image, atol=1e-3)
    for network in (attempt.model.restorer, attempt.model.averaged):
        assert np.allclose(np.asarray(network(image)), expected, atol=1e-5)
    read = known.network("degrader")(image)
    for name, value in attempt.model.degrader(image).items():
        assert np.allclose(np.asarray(value), np.asarray(read[name]), atol=1e-5)
    assert int(attempt.model.optimizer.iterations) == 0


def test_it_ends_elsewhere_than_from_nothing_and_says_where_it_began(dataset, known):
    one = fitting.fit(SETTINGS, dataset, None, lambda text: None, start=known).bundle
    other = fitting.fit(SETTINGS, dataset, None, lambda text: None).bundle
    assert not equal(one.networks["restorer"], other.networks["restorer"])
    assert not equal(one.networks["restorer"], known.networks["restorer"])
    assert one.training["start"] == {"weights_sha256": start.digest(known)}
    assert "start" not in other.training
    moved = [
        np.abs(a - b).max() for a, b in zip(one.networks["restorer"], known.networks["restorer"], strict=True)
    ]
    assert max(moved) < 0.1  # six steps of at most 1e-3 lead nowhere else


def test_killed_it_goes_on_and_ends_the_same(dataset, known, tmp_path):
    whole = fitting.fit(SETTINGS, dataset, None, lambda text: None, start=known)
    with pytest.raises(Killed):
        fitting.fit(SETTINGS, dataset, tmp_path, lambda text: None, progress=Killer, start=known)
    said = []
    resumed = fitting.fit(SETTINGS, dataset, tmp_path, said.append, start=known)
    assert "resuming after epoch 1 of 2" in said
    assert resumed.steps == whole.steps
    for name in ("restorer", "degrader"):
        assert equal(resumed.bundle.networks[name], whole.bundle.networks[name])


def test_the_hash_is_of_the_weights_alone(known):
    assert start.digest(replace(known, data_sha256="e" * 64, training={"seed": 9})) == start.digest(known)
    changed = {name: [np.copy(w) for w in weights] for name, weights in known.networks.items()}
    changed["degrader"][0].flat[0] += 1e-3
    assert start.digest(replace(known, networks=changed)) != start.digest(known)


def test_the_start_is_part_of_what_a_checkpoint_is_of():
    folders = {checkpoint.folder_of({"a": 1}, "d", begun) for begun in (None, "1" * 64, "2" * 64)}
    assert len(folders) == 3 and checkpoint.folder_of({"a": 1}, "d") in folders


@pytest.mark.parametrize(
    ("settings", "changes", "said"),
    [
        ({"method": "cyclegan"}, {}, "a training by cyclegan, expected instrument for both"),
        ({}, {"method": "cyclegan-physics"}, "got a model of cyclegan-physics"),
        ({"size": SCALE.model}, {}, "networks are built otherwise"),
        ({"model": PARAMS.model}, {}, "networks are built otherwise"),
        ({}, {"networks": {"restorer": []}}, "got a model without degrader"),
    ],
)
def test_a_start_that_does_not_fit_is_refused(known, settings, changes, said):
    with pytest.raises(SemclearError, match=said):
        start.check(replace(SETTINGS, **settings), replace(known, **changes))
