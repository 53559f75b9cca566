"""The benchmarks of files: their recipes can be written, damage is the same each time, and a fault is counted."""

import dataclasses
import os
import signal

import numpy as np
import pytest

from benchmarks.files import damage, fuzz, recipes, round_trips


def test_recipes_are_the_same_each_time_and_what_cannot_be_becomes_the_nearest():
    assert recipes.drawn(3) == recipes.drawn(3) != recipes.drawn(4)
    wide = dataclasses.replace(
        recipes.drawn(0), container="bmp", dtype="float32", layout="two", pages=4, flaw="nan"
    )
    settled = wide.settled()
    assert (settled.dtype, settled.layout, settled.pages, settled.flaw) == ("uint8", "gray", 1, None)
    assert settled.refusal is None and wide.refusal == "unknown meaning"


def test_round_trips_count_each_file_and_a_fault(tmp_path, monkeypatch, capsys):
    counts = round_trips.run(0, 3)
    assert sum(found["files"] for found in counts.values()) == 3
    assert not sum(found["faults"] for found in counts.values())

    def fail(folder, recipe):
        raise AssertionError("other pixels")

    monkeypatch.setattr(round_trips, "tried", fail)
    assert sum(found["faults"] for found in round_trips.run(0, 1).values()) == 1
    assert "0: AssertionError: other pixels" in capsys.readouterr().err


def test_damage_changes_a_file_and_is_the_same_each_time():
    data = bytes(range(256)) * 8
    made = [damage.damaged(data, np.random.default_rng(number)) for number in range(40)]
    assert made == [damage.damaged(data, np.random.default_rng(number)) for number in range(40)]
    assert sum(one != data for one in made) > 30 and min(map(len, made)) < len(data) < max(map(len, made))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_child_that_hangs_crashes_or_breaks_is_told(tmp_path, monkeypatch):
    path = tmp_path / "f.tif"
    path.write_bytes(b"II*\0")
    assert fuzz.in_a_child(path, 512)["outcome"] == "refused"
    monkeypatch.setattr(fuzz, "CPU_S", 1)

    def busy(_):
        while True:
            pass

    for work, outcome in (
        (busy, "hang"),
        (lambda _: os.kill(os.getpid(), signal.SIGKILL), "crash"),
        (lambda _: ("read", str(len(bytearray(2**30)))), "crash"),
    ):
        monkeypatch.setattr(fuzz, "attempt", work)
        assert fuzz.in_a_child(path, 512)["outcome"] == outcome
    monkeypatch.undo()
    monkeypatch.setattr(fuzz.one_file, "read", lambda *_: 1 / 0)
    outcome, text = fuzz.attempt(path)
    assert outcome == "traceback" and "ZeroDivisionError" in text
