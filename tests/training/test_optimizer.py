"""NetworkAdam is Keras' Adam with a rate a network."""

import numpy as np
import pytest

keras = pytest.importorskip("keras")
from semclear.training.optimizer import ConstantThenLinear, NetworkAdam  # noqa: E402


def variables(seed=1):
    rng = np.random.default_rng(seed)
    values = rng.standard_normal((2, 5)).astype("float32")
    return [
        keras.Variable(value, name=f"{name}_kernel")
        for name, value in zip(("first", "second"), values, strict=True)
    ]


def descend(optimizer, steps=7):
    weights = variables()
    optimizer.build(weights)
    for step in range(steps):
        rng = np.random.default_rng(step)
        gradients = [keras.ops.convert_to_tensor(rng.standard_normal(5).astype("float32")) for _ in weights]
        optimizer.apply(gradients, weights)
    return [np.array(weight) for weight in weights]


def test_equal_to_adam_with_factors_of_one():
    ours = descend(NetworkAdam(0.01, {"first": 1.0, "second": 1.0}, epsilon=1e-10))
    theirs = descend(keras.optimizers.Adam(0.01, beta_1=0.5, epsilon=1e-10))
    np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-6)


def test_factor_scales_the_rate_of_one_network_alone():
    ours = descend(NetworkAdam(0.01, {"first": 1.0, "second": 0.5}, epsilon=1e-10))
    whole = descend(keras.optimizers.Adam(0.01, beta_1=0.5, epsilon=1e-10))
    half = descend(keras.optimizers.Adam(0.005, beta_1=0.5, epsilon=1e-10))
    np.testing.assert_allclose(ours[0], whole[0], rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(ours[1], half[1], rtol=1e-4, atol=1e-6)


def test_one_variable_scales_every_rate_and_is_saved():
    slowed = NetworkAdam(0.01, {"first": 1.0, "second": 0.5}, epsilon=1e-10)
    slowed.rate_factor.assign(0.5)
    usual = NetworkAdam(0.005, {"first": 1.0, "second": 0.5}, epsilon=1e-10)
    np.testing.assert_array_equal(descend(slowed), descend(usual))
    assert sum("rate_factor" in variable.path for variable in slowed.variables) == 1


def test_a_variable_of_no_network_is_refused():
    with pytest.raises(ValueError, match="belongs to 0 of the networks"):
        NetworkAdam(0.01, {"first": 1.0}).build(variables())


def test_schedule_by_hand():
    rate = ConstantThenLinear(2.0, 100, 0.5)
    assert [float(rate(step)) for step in (0, 50, 75, 100, 200)] == pytest.approx([2, 2, 1, 0, 0])


def test_warm_up_by_hand():
    rate = ConstantThenLinear(2.0, 100, 0.5, warm_up=0.1)
    assert [float(rate(step)) for step in (0, 4, 9, 10, 75)] == pytest.approx([0.2, 1, 2, 2, 1])


def test_a_long_gradient_is_shortened_to_the_norm_network_by_network():
    optimizer = NetworkAdam(0.01, {"first": 1.0, "second": 1.0}, gradient_norm=2.0)
    long, short = np.array([30.0, 40.0], np.float32), np.array([0.6, 0.8], np.float32)
    np.testing.assert_allclose(np.asarray(optimizer.shortened(long)), [1.2, 1.6], rtol=1e-5)
    np.testing.assert_allclose(np.asarray(optimizer.shortened(short)), short, rtol=1e-6)


def test_a_large_step_is_shortened_variable_by_variable():
    optimizer = NetworkAdam(0.01, {"first": 1.0}, step_size=2.0)
    # Root mean squares 5 and 1: of two values, and of three.
    move, variable = np.array([7.0, 1.0, 1.0, -1.0, 1.0], np.float32), np.array([0, 0, 1, 1, 1], np.int32)
    np.testing.assert_allclose(np.asarray(optimizer.bounded(move, variable)), [2.8, 0.4, 1, -1, 1], rtol=1e-6)


@pytest.mark.parametrize("step_size", [None, 1.0])
def test_after_small_gradients_a_long_one_moves_at_most_the_step_size(step_size):
    weights, steps = variables(), 100
    optimizer = NetworkAdam(0.01, {"first": 1.0, "second": 1.0}, step_size=step_size, epsilon=1e-30)
    optimizer.build(weights)
    rng = np.random.default_rng(0)
    for step in range(steps):
        size = 1e4 if step == steps - 1 else 1e-2
        before = np.array(weights[0])
        gradients = (size * rng.standard_normal((2, 5))).astype("float32")
        optimizer.apply([keras.ops.convert_to_tensor(one) for one in gradients], weights)
    moved = np.sqrt(np.mean((np.array(weights[0]) - before) ** 2)) / 0.01
    # (1 - b_1) g / sqrt((1 - b_2) g^2 / (1 - b_2^n)): all that went before is forgotten.
    alone = 0.5 / np.sqrt(0.001 / (1 - 0.999**steps))
    assert moved == pytest.approx(step_size or alone, rel=0.01)


def test_one_spike_does_not_end_the_learning():
    """Adam divides by what it has seen: after a gradient of 1e6 whose norm is not cut it hardly moves any more."""

    def moved_after_the_spike(norm):
        weights = variables()
        optimizer = NetworkAdam(0.01, {"first": 1.0, "second": 1.0}, norm)
        optimizer.build(weights)
        for step in range(15):
            if step == 5:
                before = np.array(weights[0])
            size = 1e6 if step == 4 else 1.0
            optimizer.apply(
                [keras.ops.convert_to_tensor(np.full(5, size, np.float32)) for _ in weights], weights
            )
        return np.abs(np.array(weights[0]) - before).max()

    calm = 10 * 0.01  # ten steps of the rate each
    assert moved_after_the_spike(3.0) == pytest.approx(calm, rel=0.2)
    # The spike's own momentum, halved a step, is all that is left.
    assert moved_after_the_spike(None) < 0.5 * calm
