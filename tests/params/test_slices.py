"""Slices of params.yaml: what a line of experiments says of its networks reaches its training alone."""

import json
from pathlib import Path

import pytest
import yaml

from semclear import params
from semclear.errors import SemclearError
from semclear.params.slices import slice_of, write_settings

PARAMS = Path(__file__).parents[2] / "params.yaml"


def values_with(**line):
    values = yaml.safe_load(PARAMS.read_text(encoding="utf-8"))
    values["experiments"] = {
        "plain": {"dataset": "fog", "method": "cyclegan-physics"},
        "own": {"dataset": "fog", "method": "cyclegan-physics", **line},
    }
    return values


def test_a_line_changes_its_own_networks_alone():
    values = values_with(model={"normalisation": "none", "drawn": {"absent": 0.5}})
    params.validate(params.Params, values, "params.yaml")
    own = json.loads(slice_of("train", values, model="own"))["model"]
    assert own["normalisation"] == "none"
    assert own["drawn"] == {**values["model"]["drawn"], "absent": 0.5}
    defaults = {
        "architecture": "multi-block",
        "orientations": 8,
        "stored": "single",
        "veil": "lifted",
    }  # left out
    assert {**json.loads(slice_of("train", values, model="plain"))["model"], **defaults} == values["model"]


def test_a_training_gets_the_networks_of_its_line():
    from semclear.training.run import settings_of

    values = values_with(model={"normalisation": "none"}, output="grey")
    settings = settings_of(json.loads(slice_of("train", values, model="own")), "own")
    assert (settings.model.normalisation, settings.model.output) == ("none", "grey")


def slices_of(values):
    return {name: slice_of("train", values, model=name) for name in values["experiments"]}


def study_with(**train):
    values = yaml.safe_load(PARAMS.read_text(encoding="utf-8"))
    values["train"].update(train)
    return values


@pytest.mark.parametrize("key", ["edge_weight", "seed", "budget", "learning_rate"])
def test_a_key_of_train_reaches_the_lines_that_do_not_set_it(key):
    before, after = slices_of(study_with()), slices_of(study_with(**{key: 1}))
    lines = study_with()["experiments"]
    changed = {name for name, line in lines.items() if key not in line and study_with()["train"][key] != 1}
    assert {name for name in lines if before[name] != after[name]} == changed


def test_a_line_may_say_what_holds_anyway_and_change_its_study():
    before = slices_of(values_with())
    lines = ({"study": "some"}, {"edge_weight": 1.0}, {"edge_weight": 1}, {"model": {"local_extremes": True}})
    for line in (*lines, {"output": "affine"}):
        assert slices_of(values_with(**line)) == before


def test_a_new_key_with_its_default_changes_nothing(monkeypatch):
    class Longer(params.Train):
        clipped: float = 0.0

    before = slices_of(values_with())
    monkeypatch.setattr("semclear.params.slices.Train", Longer)
    monkeypatch.setattr("semclear.params.training.Train", Longer)
    values = values_with(clipped=1.0)
    values["train"]["clipped"] = 0.0
    after = slices_of(values)
    assert after["plain"] == before["plain"]
    assert json.loads(after["own"])["train"] == {**json.loads(before["own"])["train"], "clipped": 1.0}


def test_a_training_reads_its_settings_as_from_params_yaml():
    from semclear.training.run import settings_of

    values = study_with()
    whole = params.load(PARAMS)
    for name, experiment in whole.experiments.items():
        settings = settings_of(json.loads(slice_of("train", values, model=name)), name)
        assert settings.train == params.train_of(whole.train, experiment)
        assert settings.method == experiment.method


def test_settings_are_written_for_each_line_and_for_no_other(tmp_path):
    (tmp_path / "gone.json").write_text("{}")
    values = values_with(edge_weight=3.0)
    write_settings(json.loads(slice_of("settings", values)), tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"own.json", "plain.json"}
    for name, text in slices_of(values).items():
        assert json.loads((tmp_path / f"{name}.json").read_text()) == json.loads(text)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ({"model": {"normalization": "none"}}, "experiments.own.model.normalization: unknown key"),
        ({"model": {"drawn": {"absent": 2.0}}}, "experiments.own.model.drawn.absent: got 2.0"),
        ({"model": {"output": "grey"}, "output": "affine"}, "got output twice"),
    ],
)
def test_wrong_networks_of_a_line_are_refused(line, said):
    with pytest.raises(SemclearError, match=said):
        params.validate(params.Params, values_with(**line), "params.yaml")
