"""Slices of params.yaml: what a line of experiments says of its networks reaches its training alone."""

import json
from pathlib import Path

import pytest
import yaml

from semclear import params
from semclear.errors import SemclearError
from semclear.slices import slice_of

PARAMS = Path(__file__).parents[1] / "params.yaml"


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
    assert json.loads(slice_of("train", values, model="plain"))["model"] == values["model"]


def test_a_training_gets_the_networks_of_its_line():
    from semclear.training.run import settings_of

    values = values_with(model={"normalisation": "none"}, output="grey")
    settings = settings_of(json.loads(slice_of("train", values, model="own")), "own")
    assert (settings.model.normalisation, settings.model.output) == ("none", "grey")


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
