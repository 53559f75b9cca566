"""Settings from params.yaml and the command line are those of the study, or refused in one line."""

from pathlib import Path

import pytest

from semclear import params
from semclear.errors import SemclearError
from semclear.portable.choice import slice_from

FILE = Path(__file__).parents[2] / "params.yaml"


def chosen(*changes, **others):
    words = {"dataset": "somewhere", "scale": "smoke", "method": "cyclegan", "backend": "jax", **others}
    return slice_from(FILE, changes=changes, **words)


def test_the_slice_is_params_yaml_with_the_changes():
    values = chosen("train.edge_weight=2.5", "scales.smoke.train.epochs=7")
    whole = params.load(FILE)
    assert values["train"] == {**whole.train.model_dump(), "edge_weight": 2.5}
    assert values["scales.smoke.train"]["epochs"] == 7
    assert values["scales.smoke.model"] == whole.scales["smoke"].model.model_dump()
    assert values["compute"]["backend"] == "jax"
    assert values["experiments.packed"] == {"dataset": "somewhere", "method": "cyclegan"}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("train.edge_wieght=2.0", "edge_wieght: unknown key"),
        ("train.edge_weight=-1.0", r"train\.edge_weight: got -1\.0"),
        ("training.edge_weight=1.0", "expected a key of params.yaml and a value"),
        ("train.edge_weight", "expected a key of params.yaml and a value"),
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
