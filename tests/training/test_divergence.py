"""What counts as gone astray, what is said of it, and what a failure leaves."""

import json
from types import SimpleNamespace

import healing
import numpy as np
import pytest

keras = pytest.importorskip("keras")
from semclear.errors import Diverged, SemclearError  # noqa: E402
from semclear.training import failure, recovery  # noqa: E402
from semclear.training.callbacks import correlation  # noqa: E402
from semclear.training.divergence import Divergence, Watch  # noqa: E402

TRAIN = healing.PARAMS.train
TERMS = {"cycle": "nan", "edge": "inf"}


def watched(values, train=TRAIN):
    """Return the step at which a term with these values is refused, and its kind; None where it never is."""
    steps = []
    watch = Watch(train, steps)
    watch.on_epoch_begin(0)
    for number, value in enumerate(values, 1):
        try:
            watch.on_train_batch_end(number - 1, {"loss": float("nan"), "cycle": value, "edge": 0.1})
        except Divergence as met:
            return number, met.kind
        steps.append({"step": number, "cycle": value, "edge": 0.1})
    return None


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_what_is_no_number_is_refused_at_once(value):
    assert watched([value]) == (1, "not a number")
    assert watched([0.2] * 30 + [value]) == (31, "not a number")


def test_a_gan_that_jumps_is_left_alone():
    """Ten thousand steps with a heavy tail, whose largest are far above what trainings that went well had."""
    rng = np.random.default_rng(1)
    jumping = 0.25 * np.exp(rng.standard_normal(10_000))
    assert jumping.max() > 20 * np.median(jumping)
    assert watched(jumping) is None
    # A judge that has won: a median near zero, hence any factor; then it is fooled for a while.
    assert watched([0.3] * 20 + [1e-4] * 100 + [1.0] * 20) is None


@pytest.mark.parametrize("rate", [1.5, 3.0, 10.0])
def test_exponential_growth_is_found_whatever_its_rate(rate):
    growing = [*([0.2] * 50), *(0.2 * rate ** np.arange(1, 80))]
    step, kind = watched(growing)
    assert kind == "exploded"
    # By hand: the median is 0.2 in the first fifty steps of growth, so that 20 must be passed three times.
    passed = next(n for n in range(1, 80) if rate**n > 100)
    assert step == 50 + passed + 2


def test_a_term_explodes_after_enough_steps_alone_and_in_a_row():
    assert watched([0.2] * 19 + [1e6]) is None and watched([0.2] * 19 + [1e6] * 4) == (23, "exploded")
    assert watched([0.2] * 50 + [1e6, 1e6, 0.2] * 10) is None
    large = [5e3] * 50 + [2e5] * 10  # 40 times a median that is large itself
    assert watched(large) is None


def test_a_weight_that_is_no_number_makes_no_whole_epoch():
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, name="restorer")])
    model.compile("sgd")
    model.optimizer.build(model.trainable_variables)
    watch = Watch(TRAIN, [{"step": 1, "cycle": 0.2}])
    watch.set_model(model)
    watch.set_params({"epochs": 2})
    watch.on_epoch_begin(0)
    watch.on_epoch_end(0)
    model.layers[0].set_weights([np.array([[1.0], [np.nan]]), np.zeros(1)])
    with pytest.raises(Divergence) as caught:
        watch.on_epoch_end(0)
    assert list(caught.value.terms.values()) == ["nan"] and "weights of" in next(iter(caught.value.terms))


def test_rates_fall_by_the_factor_until_no_attempt_is_left():
    train = TRAIN.model_copy(update={"recovery_attempts": 2, "recovery_rate": 0.25})
    met = Divergence("exploded", 31, 4, {"cycle": 1.5e9})
    recoveries = []
    for number, rate in ((1, 0.25), (2, 0.0625)):
        recoveries.append(recovery.recovery_of(met, recoveries, 3, train))
        assert recovery.rate_of(recoveries) == rate
        text = recovery.warning_of(recoveries[-1], number, 2)
        assert text.startswith("warning: epoch 4, step 31: exploded: cycle 1.5e+09; back to epoch 3")
        assert f"{rate:g} of the learning rates (recovery {number} of at most 2)" in text
    with pytest.raises(Diverged) as caught:
        recovery.recovery_of(met, recoveries, 3, train)
    assert [attempt["rate"] for attempt in caught.value.attempts] == [0.25, 0.0625]


def failed():
    attempts = [{"epoch": 1, "step": 2, "terms": TERMS, "rate": 0.5, "kind": "not a number", "back_to": 0}]
    return Diverged(
        model="fog",
        step=7,
        epoch=3,
        terms=TERMS,
        kind="not a number",
        attempts=attempts,
        advice="change something",
    )


def test_a_failure_keeps_its_fields_whoever_tells_it():
    told = failed().told(model="hybrid", advice="lower it")
    assert isinstance(told, SemclearError)
    assert (told.model, told.advice, told.step, told.epoch) == ("hybrid", "lower it", 7, 3)
    assert told.terms == TERMS and told.attempts == failed().attempts
    assert str(told) == (
        "hybrid: training diverged in step 7 (epoch 3): not a number: cycle nan, edge inf; it went back 1 time, "
        "lastly to 0.5 of the learning rates; lower it"
    )


def test_the_file_of_a_failure_has_these_names(tmp_path):
    path = failure.path_of(tmp_path / "results" / "fog.semclear")
    assert path == tmp_path / "results" / "fog.failed.json"
    failure.write(path, failed(), "fog-set", "cyclegan")
    assert json.loads(path.read_text()) == {
        "model": "fog",
        "dataset": "fog-set",
        "method": "cyclegan",
        "step": 7,
        "epoch": 3,
        "terms": TERMS,
        "kind": "not a number",
        "attempts": [{"epoch": 1, "step": 2, "terms": TERMS, "rate": 0.5}],
        "advice": "change something",
    }


def test_correlation_is_numpys_and_unknown_for_one_grey():
    a, b = np.random.default_rng(1).random((2, 6, 7))
    assert correlation(a, b) == pytest.approx(np.corrcoef(a.ravel(), b.ravel())[0, 1])
    assert np.isnan(correlation(a, np.full_like(a, 0.5)))


def test_the_card_says_how_often_and_where_it_went_back():
    from semclear.evaluation.release import model_card

    training = {
        "budget": 1.0,
        "epochs": 2,
        "steps_per_epoch": 3,
        "batch": 1,
        "crop": 32,
        "seed": 0,
        "study_seed": 1,
    }
    data = {
        "data_set": "fog",
        "kind": "synthetic",
        "micrographs": {"degraded": 2, "clear": 1},
        "sources": {"degraded": 2, "clear": 1},
        "shows": [],
        "size": [64, 64],
        "pixel_size_nm": None,
        "degradation": None,
    }

    def row(more):
        card = {"trained_on": data, "training": training | more, "scale": "smoke"}
        return dict(model_card._trained_on(card)).get("recoveries")

    met = SimpleNamespace(kind="exploded", step=31, epoch=4, terms={"cycle": "1.5e+09"})
    one = recovery.recovery_of(met, [], 3, TRAIN)
    assert row({}) is None and row({"recoveries": []}) == "none"
    assert row({"recoveries": [one]}) == (
        "epoch 4, step 31: exploded (cycle 1.5e+09); back to epoch 3, from there with 0.5 of the learning rates"
    )
