"""Own images are trained with the study's settings, and the same order is known again."""

from pathlib import Path

import pytest
import yaml

from semclear import params
from semclear.errors import SemclearError
from semclear.tool.own_data import plan

STUDY = Path(__file__).parents[3] / "params.yaml"
WORDS = {
    "name": "own", "scale": "laptop", "method": "cyclegan-physics", "backend": "tensorflow", "threads": 2,
    "changes": (),
}  # fmt: skip


def settings(**more):
    return plan.settings_of(plan.shipped_params(), **{**WORDS, **more})


def test_a_checkout_takes_the_study_s_file():
    assert plan.shipped_params() == STUDY


def test_the_training_is_that_of_the_general_model():
    values, training = settings()
    line = yaml.safe_load(STUDY.read_text())["experiments"]["general"]
    assert training["experiments.packed"] == {"dataset": "own", "method": line["method"]}
    assert training["model"]["normalisation"] == "none" and line["learning_rate"] == 1e-3
    whole = params.load(STUDY)
    own = params.train_of(whole.train, whole.experiments["general"])
    assert training["train"] == own.model_dump(exclude_defaults=True)
    assert training["scales.laptop.train"] == whole.scales["laptop"].train.model_dump()
    assert training["compute"] == {"backend": "tensorflow", "threads": 2, "require_gpu": False}
    assert values["scale"] == "laptop"


def test_a_change_counts_more_than_the_line():
    _, training = settings(changes=("train.learning_rate=3e-4", "model.normalisation=instance"))
    assert training["train"]["learning_rate"] == 3e-4
    assert training["model"]["normalisation"] == "instance"


def test_the_plain_method_is_trained_as_in_the_study():
    _, training = settings(method="cyclegan")
    assert training["model"]["output"] == "grey"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            {"method": "paired"},
            "--method: got 'paired', expected one of instrument, cyclegan-physics, cyclegan",
        ),
        ({"scale": "tiny"}, "scale is 'tiny', expected one of"),
        ({"changes": ("train.budgte=1",)}, "budgte: unknown key"),
        ({"changes": ("scales.laptop.train.crop=100",)}, "no multiple of"),
    ],
)
def test_wrong_words_are_refused(words, said):
    with pytest.raises(SemclearError, match=said):
        settings(**words)


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("Silica 5 kV.semclear", "silica-5-kv"),
        ("Öl_é.semclear", "ol-e"),
        ("試料.semclear", "own"),
        ("a.b.semclear", "a-b"),
    ],
)
def test_names_inside_are_plain(file, name):
    assert plan.name_of(Path(file)) == name


def test_plans_tell_in_what_they_differ():
    _, one = settings()
    _, two = settings(changes=("train.budget=0.5",))
    inputs = [["clear", "a.png", "a", "0" * 64]]
    first = plan.plan_of(one, {"family": 48}, {"size": 256}, inputs)
    assert plan.differences(first, plan.plan_of(one, {"family": 48}, {"size": 256}, inputs)) == []
    other = plan.plan_of(two, {"family": 48}, {"size": 128}, [["clear", "b.png", "b", "0" * 64]])
    assert plan.differences(first, other) == [
        "data.size 256, now 128",
        "train.budget 1.0, now 0.5",
        "other micrographs",
    ]
    assert plan.differences({}, first) == ["made by another version of semclear"]
