"""The time left follows the clock: nothing before a minute, then steps at their pace plus what comes after."""

import pytest

from semclear.tool.own_data.progress import Estimate
from semclear.tool.terminal import span_text


class Clock:
    """Seconds that pass when told to."""

    now = 1000.0

    def __call__(self):
        return self.now


def stepped(estimate, clock, steps, seconds):
    for _ in range(steps):
        clock.now += seconds
        estimate.step()


def test_compiling_and_the_first_minute_are_left_out():
    clock = Clock()
    estimate = Estimate(steps=1000, epoch=100, after=120.0, clock=clock)
    stepped(estimate, clock, 1, 45.0)  # with compilation
    assert not estimate.ready and not estimate.first()
    stepped(estimate, clock, 59, 1.0)
    assert not estimate.first()
    stepped(estimate, clock, 1, 1.0)
    assert estimate.first() and not estimate.first()
    assert estimate.pace == pytest.approx(1.0)
    assert estimate.left == pytest.approx(1000 - 61 + 120)
    text = estimate.text()
    assert text.startswith("about 18 min left, until ")
    assert (
        "939 of 1000 steps are left, at 1 s each as the last 60 took" in text
        and "then 2 min for restoring" in text
    )


def test_the_pace_is_that_of_the_last_steps():
    clock = Clock()
    estimate = Estimate(steps=1000, epoch=50, after=0.0, clock=clock)
    stepped(estimate, clock, 200, 5.0)
    stepped(estimate, clock, 101, 0.5)
    assert estimate.pace == pytest.approx(0.5)


def test_what_an_epochs_end_takes_is_in_the_pace():
    clock = Clock()
    estimate = Estimate(steps=600, epoch=100, after=0.0, clock=clock)
    stepped(estimate, clock, 100, 1.0)
    clock.now += 50.0  # validation and checkpoint
    stepped(estimate, clock, 100, 1.0)
    assert estimate.pace == pytest.approx(1.5)


def test_a_resumed_training_has_less_left():
    clock = Clock()
    estimate = Estimate(steps=100, epoch=10, after=7.0, clock=clock)
    estimate.resume(90)
    stepped(estimate, clock, 6, 20.0)
    assert estimate.ready and estimate.left == pytest.approx(4 * 20 + 7)


@pytest.mark.parametrize(
    ("seconds", "text"), [(7.4, "7 s"), (89, "89 s"), (100, "2 min"), (5000, "83 min"), (11100, "3 h 5 min")]
)
def test_spans_are_said_as_people_say_them(seconds, text):
    assert span_text(seconds) == text


def test_when_the_computer_slows_down_so_will_the_end():
    clock = Clock()
    estimate = Estimate(steps=1000, epoch=50, after=30.0, clock=clock)
    assert estimate.afterwards == 30.0
    stepped(estimate, clock, 121, 0.5)
    assert estimate.first() and estimate.afterwards == pytest.approx(30.0)
    stepped(estimate, clock, 101, 1.5)
    assert estimate.afterwards == pytest.approx(90.0)
    assert estimate.left == pytest.approx((1000 - 222) * 1.5 + 90.0)
