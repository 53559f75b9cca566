"""Freed memory stays with the process: its pages are not faulted in again."""

import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="glibc's allocator alone is told"
)

PROBE = """
import ctypes, resource
import numpy as np
from semclear.training.allocator import KeepFreed, keep_freed

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(50):
        np.ones(2**17, np.float64)  # 1 MiB
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

try:
    ctypes.CDLL(None).mallopt(-1, 2**17)  # as TensorFlow's input pipeline does
except AttributeError:
    raise SystemExit("no glibc")
trimmed = faults()
callback = KeepFreed()
callback.on_train_batch_end(1)
later = faults()
callback.on_train_batch_end(0)
np.ones(2**17, np.float64)
print(trimmed, later, faults())
"""


def test_what_is_freed_is_taken_again_from_the_first_step_of_an_epoch_on():
    pytest.importorskip("keras")
    done = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, text=True)
    if "no glibc" in done.stderr:
        pytest.skip("another C library than glibc")
    trimmed, later, kept = map(int, done.stdout.split()[-3:])
    assert trimmed >= 50 and later > 0.9 * trimmed and kept < trimmed / 10


def test_a_training_keeps_what_its_steps_free():
    """With TensorFlow's input pipeline, as in a training: steps after the first fault in hardly anything."""
    pytest.importorskip("tensorflow")
    done = subprocess.run(
        [sys.executable, "-c", TRAINING], capture_output=True, text=True, check=True, env=ON_TENSORFLOW
    )
    with_it, without = map(int, done.stdout.split()[-2:])
    assert with_it < without / 3


ON_TENSORFLOW = {**os.environ, "KERAS_BACKEND": "tensorflow"}
TRAINING = """
import resource
import keras
import numpy as np
from keras import layers
from semclear.training.allocator import KeepFreed

class Faults(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.seen = []
    def on_train_batch_end(self, batch, logs=None):
        self.seen.append(resource.getrusage(resource.RUSAGE_SELF).ru_minflt)

def batches():
    rng = np.random.default_rng(0)
    while True:
        x = rng.random((4, 96, 96, 1), np.float32)
        yield x, x

def faults(*callbacks):
    model = keras.Sequential([layers.Conv2D(16, 3, padding="same"), layers.Conv2D(1, 3, padding="same")])
    model.compile("adam", "mse")
    counter = Faults()
    model.fit(batches(), steps_per_epoch=30, epochs=1, callbacks=[*callbacks, counter], verbose=0)
    return counter.seen[-1] - counter.seen[9]

without = faults()
print(faults(KeepFreed()), without)
"""
