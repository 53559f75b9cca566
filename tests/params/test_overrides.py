"""Settings from params.yaml and the command line are those of the study, or refused in one line."""

import json
from pathlib import Path

import pytest
import yaml

from semclear import params
from semclear.errors import SemclearError
from semclear.params.overrides import line_of, put, slice_from
from semclear.params.slices import slice_of

FILE = Path(__file__).parents[2] / "params.yaml"


def chosen(*changes, **others):
    words = {"dataset": "somewhere", "scale": "smoke", "method": "cyclegan", "backend": "jax", **others}
    return slice_from(FILE, changes=changes, **words)


def test_the_slice_is_params_yaml_with_the_changes():
    values = chosen("train.edge_weight=2.5", "scales.smoke.train.epochs=7")
    whole = params.load(FILE)
    assert values["train"]["edge_weight"] == 2.5
    assert values["train"]["ssim_weight"] == whole.train.ssim_weight
    assert values["scales.smoke.train"]["epochs"] == 7
    assert values["scales.smoke.model"] == whole.scales["smoke"].model.model_dump()
    assert values["compute"]["backend"] == "jax"


@pytest.mark.parametrize(("dataset", "name"), [("hybrid", "hybrid-plain"), ("somewhere", "gaussian-plain")])
def test_the_training_is_that_of_the_studys_line(dataset, name):
    values = chosen(dataset=dataset)
    line = yaml.safe_load(FILE.read_text())["experiments"][name]
    assert line["output"] == "grey" == values["model"]["output"]
    assert values["experiments.packed"] == {"dataset": dataset, "method": "cyclegan"}
    own = {key: value for key, value in line.items() if key not in ("dataset", "method", "output")}
    assert own and own.items() <= values["train"].items()


def test_the_studys_own_slice_differs_in_the_name_alone():
    whole = {**yaml.safe_load(FILE.read_text()), "scale": "smoke"}
    for name in ("fog", "fog-plain", "fog-paired"):
        line = whole["experiments"][name]
        ours = chosen(dataset="fog", method=line["method"], backend="tensorflow")
        theirs = json.loads(slice_of("train", whole, model=name))
        assert ours.pop("experiments.packed") == theirs.pop(f"experiments.{name}")
        assert ours == theirs


def test_what_is_given_counts_more_than_the_line():
    values = chosen("train.learning_rate=3e-4", "model.output=affine")
    assert values["train"]["learning_rate"] == 3e-4 and values["model"]["output"] == "affine"
    assert values["train"]["adversarial_weight"] == 1.0


def test_lines_of_a_study_are_not_taken_nor_made_up():
    lines = {
        "a": {"dataset": "x", "method": "paired", "study": "rate", "budget": 0.5},
        "b": {"dataset": "y", "method": "paired", "seed": 3},
    }
    assert line_of(lines, "x", "paired") == {"dataset": "x", "method": "paired", "seed": 3}
    assert line_of(lines, "x", "cyclegan") == {"dataset": "x", "method": "cyclegan"}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 1e-3),
        ("-2E5", -2e5),
        ("1.5", 1.5),
        ("7", 7),
        ("true", True),
        ("grey", "grey"),
        ("inf", "inf"),
    ],
)
def test_numbers_are_numbers_whatever_yaml_says(text, value):
    values = {"train": {}, "experiments": {}}
    put(values, f"train.x={text}")
    assert values["train"]["x"] == value and type(values["train"]["x"]) is type(value)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("train.edge_wieght=2.0", "edge_wieght: unknown key"),
        ("train.edge_weight=-1.0", r"train\.edge_weight: got -1\.0"),
        ("training.edge_weight=1.0", "expected a key of params.yaml and a value"),
        ("train.edge_weight", "expected a key of params.yaml and a value"),
        ("experiments.hybrid.seed=1", "got a line of experiments, expected a key of what all share"),
        ("train.edge_weight=[1", "got a value that is not YAML"),
    ],
)
def test_wrong_changes_are_refused(change, said):
    with pytest.raises(SemclearError, match=said) as error:
        chosen(change)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"scale": "tiny"}, "scale is 'tiny', expected one of"),
        ({"method": "gan"}, "--method: method: got 'gan'"),
        ({"backend": "theano"}, "compute.backend: got 'theano'"),
    ],
)
def test_wrong_words_are_refused(words, said):
    with pytest.raises(SemclearError, match=said):
        chosen(**words)


def test_a_change_of_the_networks_counts_more_than_what_a_line_says_of_them():
    values = {
        "model": {"normalisation": "instance", "drawn": {"absent": 0.3}},
        "experiments": {
            "a": {"model": {"normalisation": "none", "drawn": {"absent": 0.1, "variation": 0.2}}}
        },
    }
    put(values, "model.drawn.absent=0.4")
    assert values["model"]["drawn"]["absent"] == 0.4
    assert values["experiments"]["a"]["model"] == {"normalisation": "none", "drawn": {"variation": 0.2}}
    put(values, "model={normalisation: instance}")
    assert values["experiments"]["a"] == {}
