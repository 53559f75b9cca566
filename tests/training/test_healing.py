"""A training that goes wrong goes back and goes on; one that cannot says so."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import healing
import numpy as np
import pytest

pytest.importorskip("tensorflow")
from semclear.errors import Diverged
from semclear.networks import bundle as bundles
from semclear.training import fitting

METHODS = ("cyclegan", "cyclegan-physics", "paired")


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    return healing.load(healing.write(tmp_path_factory.mktemp("data")))


def all_numbers(fitted):
    networks = [weights for network in fitted.bundle.networks.values() for weights in network]
    rows = [value for row in fitted.steps for value in row.values()]
    return all(np.isfinite(weights).all() for weights in networks) and np.isfinite(rows).all()


@pytest.mark.slow
def test_it_goes_back_with_half_the_rates_and_the_same_bytes_each_time(dataset, tmp_path):
    """In a process with the study's own number of threads, on which sums depend."""
    script = Path(__file__).with_name("healed_training.py")
    words = [sys.executable, str(script), str(dataset.path), str(tmp_path), "cyclegan-physics"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    told = json.loads(done.stdout.splitlines()[-1])
    whole = told["whole"]
    assert [row["rate"] for row in whole["epochs"]] == [1, 0.5, 0.25]
    assert [row["step"] for row in whole["steps"]] == list(range(1, 13))
    assert [row["epoch"] for row in whole["epochs"]] == [1, 2, 3]
    first, second = whole["recoveries"]
    assert (first["epoch"], first["step"], first["back_to"], first["rate"]) == (2, 6, 1, 0.5)
    assert (second["epoch"], second["step"], second["back_to"], second["rate"]) == (3, 9, 2, 0.25)
    assert first["kind"] == "not a number" and {"identity", "cycle"} <= set(first["terms"])
    assert set(first["terms"].values()) <= {"nan", "inf"}
    warned = [text for text in whole["said"] if text.startswith("warning: epoch 2, step 6: not a number")]
    assert len(warned) == 1 and "back to epoch 1, from there with 0.5 of the learning rates" in warned[0]
    # The same each time, and where it is interrupted.
    content = (tmp_path / "whole.semclear").read_bytes()
    for name in ("again", "resumed-before", "resumed-after"):
        assert (tmp_path / f"{name}.semclear").read_bytes() == content
        assert told[name]["steps"] == whole["steps"] and told[name]["epochs"] == whole["epochs"]
    assert any("resuming after epoch 1 of 3" in text for text in told["resumed-after"]["said"])
    assert bundles.load(tmp_path / "whole.semclear").training["recoveries"] == whole["recoveries"]
    # What models of these rates come to that were never in trouble.
    by_hand = told["by hand"]
    for row, other in zip(whole["steps"], by_hand["terms"], strict=True):
        assert {name: row[name] for name in other} == pytest.approx(other, rel=1e-4)
    # Adam makes much of gradients that are near zero; another rate would be apart by a half.
    assert by_hand["apart"] < 0.05 * by_hand["moved"]


@pytest.mark.slow
def test_an_explosion_is_gone_back_from_and_a_single_odd_step_is_not(dataset):
    settings = healing.settings("paired", epochs=2, steps=8)
    sound = fitting.batches_of(settings, dataset)
    said = []
    fitted = fitting.fit(settings, dataset, None, said.append, healing.Faulty(sound, [(1, 2, 3e3)]))
    (recovery,) = fitted.recoveries
    assert recovery["kind"] == "exploded" and (recovery["epoch"], recovery["step"]) == (2, 8 + 5)
    assert recovery["back_to"] == 1 and "absolute" in recovery["terms"]
    assert [row["rate"] for row in fitted.epochs] == [1, 0.5] and all_numbers(fitted)
    # Wrong in the last step alone: nothing tells whether it would pass, so that it counts.
    last = fitting.fit(settings, dataset, None, said.append, healing.Faulty(sound, [(1, 7, 3e3)]))
    assert [r["step"] for r in last.recoveries] == [16]
    # Wrong in the last step of an epoch that is not the last: it passes.
    odd = fitting.fit(settings, dataset, None, said.append, healing.Faulty(sound, [(0, 7, 3e3)]))
    assert odd.recoveries == [] and odd.steps[7]["absolute"] > 100 and all_numbers(odd)


@pytest.mark.slow
def test_a_rate_that_is_too_high_heals(dataset):
    # Gain and gradient are bounded: it takes a rate like this to go astray, and more than halves to come back.
    settings = healing.settings("paired", epochs=2, steps=8, learning_rate=1e20, recovery_rate=1e-8)
    fitted = fitting.fit(settings, dataset, None, lambda text: None)
    assert 1 <= len(fitted.recoveries) <= 3 and all_numbers(fitted)
    assert fitted.epochs[-1]["rate"] == pytest.approx(1e-8 ** len(fitted.recoveries))


@pytest.mark.slow
@pytest.mark.parametrize("method", METHODS)
def test_an_absurd_rate_fails_with_what_was_tried(dataset, method, tmp_path):
    names = ("learning_rate", "discriminator_learning_rate", "encoder_learning_rate")
    settings = healing.settings(method, recovery_attempts=1, **dict.fromkeys(names, 1e12))
    with pytest.raises(Diverged) as caught:
        fitting.fit(settings, dataset, tmp_path, lambda text: None)
    error = caught.value
    assert error.kind == "not a number" and error.epoch == 1 and error.step in (2, 3)
    assert set(error.terms.values()) <= {"nan", "inf"}
    (attempt,) = error.attempts
    assert attempt["rate"] == 0.5 and set(attempt) == {"epoch", "step", "terms", "rate"}
    assert "\n" not in str(error) and "it went back 1 time, lastly to 0.5 of the learning rates" in str(error)
    # Called again it fails at once, with the same: what was tried is not forgotten.
    with pytest.raises(Diverged) as again:
        fitting.fit(settings, dataset, tmp_path, lambda text: None)
    assert str(again.value) == str(error)


def wild(images):
    """Return floats far outside [0, 1], a constant, a chessboard, and a hot pixel, in the places of images."""
    board = (np.indices(images[0].shape).sum(axis=0) // 4 % 2).astype(np.float32)
    dark = np.zeros_like(images[0])
    dark[20, 20] = 1e4
    return [1e4 * (images[0] - 0.5), np.full_like(images[0], 0.5), board, dark]


@pytest.mark.slow
@pytest.mark.parametrize("method", METHODS)
def test_wild_data_end_in_numbers(dataset, method):
    settings = healing.settings(method, epochs=2)
    usual = fitting.batches_of(settings, dataset)
    batches = replace(usual, degraded=wild(usual.degraded), clear=wild(usual.clear))
    fitted = fitting.fit(settings, dataset, None, lambda text: None, batches)
    assert all_numbers(fitted) and len(fitted.steps) == 8


@pytest.mark.slow
@pytest.mark.parametrize("method", METHODS)
def test_data_that_no_data_set_holds_never_give_a_model_that_is_no_number(dataset, method):
    settings = healing.settings(method, epochs=2, recovery_attempts=1)
    batches = healing.Faulty(fitting.batches_of(settings, dataset), [(0, 0, 1e4)] * 2)
    try:
        fitted = fitting.fit(settings, dataset, None, lambda text: None, batches)
    except Diverged as error:
        assert error.terms and len(error.attempts) == 1
    else:
        assert all_numbers(fitted)
