"""Settings of trainings on own micrographs are typed, and what they name is there."""

from pathlib import Path

import pytest
import yaml

from semclear import params
from semclear.errors import SemclearError

VALUES = yaml.safe_load((Path(__file__).parents[2] / "params.yaml").read_text(encoding="utf-8"))


def checked(**changes):
    return params.validate(params.Params, {**VALUES, "own": {**VALUES["own"], **changes}}, "params.yaml")


def test_a_file_without_the_block_is_one_of_the_study():
    values = {key: value for key, value in VALUES.items() if key != "own"}
    assert params.validate(params.Params, values, "params.yaml").own is None


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"family": "kitchen"}, "own.family is 'kitchen', expected one of .*add it to families"),
        ({"views": "kitchen"}, "own.views is 'kitchen', expected one of"),
        ({"networks": "kitchen"}, "own.networks is 'kitchen', expected one of"),
        ({"crop": 128}, "own.crop: unknown key"),
        ({"count": 0}, "own.count: got 0"),
        ({"train": {**VALUES["own"]["train"], "cycle_weight": 1.0}}, "own.train.cycle_weight: unknown key"),
        ({"train": {**VALUES["own"]["train"], "read_share": 1.5}}, "own.train.read_share: got 1.5"),
        ({"scratch": {"learning_rate": 1.0e-3}}, "own.scratch.encoder_learning_rate: this key is missing"),
    ],
)
def test_what_is_wrong_is_refused(changes, said):
    with pytest.raises(SemclearError, match=said):
        checked(**changes)
