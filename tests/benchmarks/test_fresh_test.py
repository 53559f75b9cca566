"""Fresh test micrographs: made as the study's own are, and none of them."""

from pathlib import Path

import numpy as np

from benchmarks.quality.fresh_test import fresh
from semclear import params
from semclear.datasets import degraded, manifest, scenes

PARAMS = params.load(Path(__file__).parents[2] / "params.yaml")


def small(test: int) -> params.Params:
    scale = PARAMS.scales["smoke"]
    data = scale.data.model_copy(update={"test": test, "train": 1, "validation": 1})
    return PARAMS.model_copy(
        update={"scale": "smoke", "scales": {"smoke": scale.model_copy(update={"data": data})}}
    )


def test_they_go_on_where_the_study_ends_and_are_made_alike(tmp_path):
    more = small(test=4)
    scenes.synthesize(PARAMS.scenes, more.scales["smoke"].data, more.seed, tmp_path / "scenes/manifest.json")
    degraded.degrade(
        PARAMS.degradations["hybrid"],
        more.seed,
        "hybrid",
        tmp_path / "scenes/manifest.json",
        tmp_path / "hybrid/manifest.json",
    )
    expected = manifest.load(tmp_path / "hybrid/manifest.json").split("test")[2:]
    got = list(fresh(small(test=2), "hybrid", 2))
    assert [one.id for one in got] == [record.id for record in expected]
    for one, record in zip(got, expected, strict=True):
        np.testing.assert_array_equal(one.image, record.image())
        np.testing.assert_array_equal(one.truth, record.truth())
        assert one.parameters == record.parameters
