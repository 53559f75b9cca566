"""The degraded test sets of params.yaml are as hard as the study says they are."""

from pathlib import Path

import numpy as np
import pytest
from skimage.metrics import peak_signal_noise_ratio

from semclear import params
from semclear.datasets import manifest
from semclear.datasets.degraded import degrade
from semclear.datasets.scenes import synthesize

#: Mean PSNR of the degraded test set at laptop scale, dB.
BOUNDS = {"gaussian": (21.0, 24.0), "fog": (12.0, 15.0), "hybrid": (12.0, 14.0)}
STUDY = params.load(Path(__file__).parents[2] / "params.yaml")


@pytest.fixture(scope="module")
def scenes(tmp_path_factory):
    # Scenes are named by split and index: the test set is the study's own, without its training scenes.
    scale = STUDY.scales["laptop"].data.model_copy(update={"train": 1, "validation": 1})
    path = tmp_path_factory.mktemp("study") / "scenes" / "manifest.json"
    synthesize(STUDY.scenes, scale, STUDY.seed, path)
    return path


@pytest.mark.slow
@pytest.mark.parametrize("name", BOUNDS)
def test_mean_psnr_of_the_degraded_test_set(name, scenes):
    path = scenes.parent.parent / name / "manifest.json"
    degrade(STUDY.degradations[name], STUDY.seed, name, scenes, path)
    records = manifest.load(path).split("test")
    values = [peak_signal_noise_ratio(r.truth(), r.image(), data_range=1.0) for r in records]
    low, high = BOUNDS[name]
    assert len(values) >= 24
    assert low <= np.mean(values) <= high
    assert min(values) > 5.0


def test_laptop_scale_has_the_stated_number_of_sources():
    scale = STUDY.scales["laptop"].data
    assert scale.size == 256
    assert scale.train >= 100
    assert scale.validation >= 12
    assert scale.test >= 24
