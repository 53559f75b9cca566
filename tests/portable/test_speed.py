"""Operations are counted as by hand, and images a second leave the first epoch out."""

import pytest

from semclear.portable import speed


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
