"""Clear views are drawn once, each from its own stream, whatever interrupted the drawing."""

from pathlib import Path

import numpy as np

from semclear import params
from semclear.datasets import views
from semclear.scenes.views.view import render_view
from semclear.seeds import generator

PARAMS = params.load(Path(__file__).parents[2] / "params.yaml")
LOOK, KINDS = PARAMS.views["laboratory"], PARAMS.scenes.kinds


def draw(folder, count=3, seed=1, told=None):
    return views.draw(LOOK, KINDS, 48, count, seed, "own", folder, (lambda n: None) if told is None else told)


def test_a_view_is_the_one_of_its_stream(tmp_path):
    scene = render_view(48, KINDS, LOOK, generator(1, "view", "own", "clear-0002"))
    made = draw(tmp_path)[2]
    assert np.abs(made.image - np.clip(scene.image, 0, 1)).max() <= 0.5 / 255 + 1e-6
    assert made.kind == scene.kind and made.pixel_size_nm == scene.pixel_size_nm


def test_what_is_there_is_taken_and_what_is_damaged_drawn_again(tmp_path):
    whole, told = draw(tmp_path), []
    assert [one.name for one in draw(tmp_path, told=told.append)] == [
        one.name for one in whole
    ] and told == []
    (tmp_path / "clear-0000.json").unlink()
    (tmp_path / "clear-0001.png").write_bytes(b"half")
    again = draw(tmp_path, told=told.append)
    assert told == [1, 2]
    for one, other in zip(whole, again, strict=True):
        assert np.array_equal(one.image, other.image)
        assert (one.kind, one.pixel_size_nm) == (other.kind, other.pixel_size_nm)


def test_another_seed_draws_others(tmp_path):
    one, other = draw(tmp_path / "a", count=1)[0], draw(tmp_path / "b", count=1, seed=2)[0]
    assert not np.array_equal(one.image, other.image)
