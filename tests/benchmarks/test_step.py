"""The customary step has our losses, blocks are timed by turns, and rows are kept."""

import csv

import numpy as np
import pytest

from benchmarks.cost import apart, step, step_run
from benchmarks.cost.drawn import Drawn, texture
from semclear.params import overrides

GIVEN = step.parser_of().parse_args(["--scale", "smoke", "--blocks", "2", "--steps", "2"])


@pytest.mark.slow
@pytest.mark.parametrize("method", step.METHODS)
def test_the_customary_step_has_the_same_losses_and_moves_the_same_way(method):
    import keras

    if keras.backend.backend() != "tensorflow":
        pytest.skip("a gradient tape is TensorFlow's")
    from benchmarks.cost.customary import Customary
    from semclear.training import fitting
    from semclear.training.run import settings_of

    # The noise of artificial images is drawn from a stream of each one's own.
    given = step.parser_of().parse_args(["--scale", "smoke", "train.cycle_noise=0.0"])
    settings = settings_of(step.slice_for(given, method), overrides.NAME)
    batch = next(iter(fitting.batches_of(settings, Drawn(64, 2, 1)).endless(0)))
    ours = fitting.build(settings)
    theirs = Customary(fitting.build(settings), settings.train, method == "cyclegan-physics")
    for tolerance in (
        1e-4,
        2e-2,
    ):  # a first step of Adam goes by the gradient's sign: the second is only near
        expected = ours.train_on_batch(*batch, return_dict=True)
        found = theirs.train_on_batch(*batch, return_dict=True)
        assert set(found) <= set(expected) and "cycle" in found
        for name, value in found.items():
            assert float(value) == pytest.approx(float(expected[name]), rel=tolerance, abs=1e-6), name


def test_textures_are_micrographs_of_the_same_seed():
    first, again = Drawn(32, 2, 5), Drawn(32, 2, 5)
    for name in ("clear", "degraded"):
        for one, other in zip(first.split(name), again.split(name), strict=True):
            image = one.image()
            assert np.array_equal(image, other.image()) and image.shape == (32, 32)
            assert image.dtype == np.float32 and 0 <= image.min() < image.max() <= 1
    degraded = first.split("degraded")[0]
    assert np.std(np.diff(degraded.truth())) > np.std(np.diff(degraded.image())) and not first.split("test")
    assert texture(16, np.random.default_rng(0)).shape == (16, 16)


def test_medians_and_quartiles_are_of_the_ratios_of_neighbours():
    first = np.array([[2.0, 1.0], [4.0, 3.0], [6.0, 5.0]])
    second = np.array([[1.0, 1.0], [4.0, 1.0], [2.0, 1.0]])
    found = step_run.summary(first, second)
    assert (found["cpu_ratio"], found["cpu_low"], found["cpu_high"]) == (2.0, 1.5, 2.5)
    assert (found["ratio"], found["first_s"], found["second_cpu_s"]) == (3.0, 3.0, 2.0)
    order = []
    step_run.by_turns(lambda: order.append("a") or (1, 1), lambda: order.append("b") or (1, 1), 3)
    assert order == ["a", "b"] * 3


def test_a_row_a_comparison_and_the_tape_on_tensorflow_alone(tmp_path, monkeypatch, capsys):
    asked = []

    def call(function, given, *_):
        asked.append((function, given.get("way")))
        if "way" in given:
            seconds = {"ours": [2.0, 3.0], "customary": [4.0, 4.0]}[given["way"]]
            return {"seconds": seconds, "device": "none"}
        return dict.fromkeys(step.TIMES, 1.0) | {"device": "none"}

    monkeypatch.setattr(apart, "call", call)
    words = ["--scale", "smoke", "--methods", "cyclegan", "--results", str(tmp_path)]
    for more in ([], [], ["--backend", "jax"]):
        assert step.main([*words, *more]) == 0
    blocks = step.parser_of().get_default("blocks")
    assert asked == [
        ("step_run:customary", None),
        *[("step_run:training", "ours"), ("step_run:training", "customary")] * blocks,
        ("step_run:feeding", None),
        ("step_run:feeding", None),
    ]
    told = capsys.readouterr().err
    assert "customary: skipped" in told and "training: skipped" in told
    with (tmp_path / "step.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
        assert [(row["comparison"], row["backend"]) for row in rows] == [
            ("customary", "tensorflow"),
            ("training", "tensorflow"),
            ("feeding", "tensorflow"),
            ("feeding", "jax"),
        ]
        assert (rows[1]["cpu_ratio"], rows[1]["ratio"], rows[1]["device"]) == ("0.5", "0.75", "none")


def test_pace_is_told_by_two_lengths(tmp_path, monkeypatch):
    def call(function, given, *_):
        if function.endswith("prepare"):
            return {"kinds": {"fog": {"slice": {}, "name": "fog", "data": "x"}}, "skipped": {}, "code": "c"}
        assert (given["short"], given["steps"], given["recovery"]) == (10, 30, True)
        return {"method": "paired", "cpu_short": 8.0, "cpu_long": 12.0, "settings_sha256": "s"}

    monkeypatch.setattr(apart, "call", call)
    words = ["--pace", "--short", "10", "--long", "30", "--kinds", "fog", "--work", str(tmp_path / "w")]
    assert step.main([*words, "--results", str(tmp_path)]) == 0
    with (tmp_path / "step_pace.csv").open(newline="") as stream:
        (row,) = csv.DictReader(stream)
    assert (row["pace_cpu_s"], row["start_cpu_s"], row["method"]) == ("0.2", "6", "paired")
    assert step.main(["--pace", "--short", "30", "--long", "30"]) == 1


@pytest.mark.slow
def test_fit_is_fed_in_blocks():
    found = apart.call(
        "step_run:feeding", {"slice": step.slice_for(GIVEN, "cyclegan"), "side": 64, "blocks": 2, "steps": 2}
    )
    assert set(step.TIMES) <= set(found) and found["ratio"] > 0
