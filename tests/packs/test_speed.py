"""Operations are counted as by hand, and images a second leave the first epoch out."""

import os
import subprocess
import sys

import pytest

from semclear.packs import speed


def test_images_a_second_leave_the_first_epoch_out(monkeypatch):
    said, now = [], iter([0.0, 30.0, 31.0, 32.0, 40.0])
    monkeypatch.setattr(speed.time, "monotonic", lambda: next(now))
    clock = speed.Clock(said.append)
    for text in ("epoch 1/3: a", "epoch 2/3: a", "warning: epoch 2", "epoch 3/3: a"):
        clock(text)
        if text == "epoch 1/3: a":
            assert clock.images_a_second(8) is None
    assert clock.images_a_second(8) == pytest.approx(8.0)
    assert clock.seconds() == 40.0
    assert len(said) == 4


def test_peak_of_small_products_is_a_plausible_rate():
    pytest.importorskip("jax")
    rate = speed.matmul_peak(edge=64, repeats=2, dtype="float32")
    assert 1e6 < rate < 1e16


PROBE = """
import keras, numpy as np
from semclear.packs import speed
inputs = keras.Input((16, 16, 1))
net = keras.Model(inputs, keras.layers.Conv2D(8, 3, padding="valid", use_bias=False)(inputs))
net.compile(optimizer=keras.optimizers.SGD(0.1), loss="mse")
net.optimizer.build(net.trainable_variables)
x, y = np.zeros((2, 16, 16, 1), np.float32), np.zeros((2, 14, 14, 8), np.float32)
net.train_on_batch(x, y)
print(speed.step_operations(net, x, y))
"""


@pytest.mark.slow
def test_operations_of_a_step_are_about_those_of_its_convolution():
    pytest.importorskip("jax")
    environment = {**os.environ, "KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"}
    done = subprocess.run(
        [sys.executable, "-c", PROBE], capture_output=True, text=True, env=environment, check=True
    )
    # A multiplication and an addition for each of 2 * 14 * 14 * 8 outputs and 9 weights, once forward and once
    # for the gradient of the weights; loss and update work on single pixels and add less than a quarter.
    convolution = 2 * (2 * 2 * 14 * 14 * 8 * 9)
    assert convolution <= float(done.stdout) < 1.25 * convolution
