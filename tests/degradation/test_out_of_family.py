"""Variants of a degradation: one cause differs, everything else is the micrograph's own."""

import json
from pathlib import Path

import numpy as np
import pytest

from semclear import params
from semclear.degradation import forward
from semclear.degradation.fog import patches
from semclear.degradation.out_of_family import IN_FAMILY, stronger_noise, variants
from semclear.params import Blur, Degradation, Fog, Noise

SETTINGS = params.load(Path(__file__).parents[2] / "params.yaml").out_of_family
NOISE = Noise(sigma=[0.005, 0.02], dose=[200.0, 800.0])
FILM = Fog(form="film", transmission=[0.3, 0.6], variation=0.3, correlation=[0.1, 0.5], airlight=[0.6, 0.9])
SETS = {
    "gaussian": Degradation(blur=Blur(sigma=[1.5, 3.0]), fog=None, noise=NOISE),
    "fog": Degradation(blur=None, fog=FILM, noise=NOISE),
    "hybrid": Degradation(blur=Blur(sigma=[1.5, 3.0]), fog=FILM, noise=NOISE),
}
every = pytest.mark.parametrize("settings", SETS.values(), ids=SETS)
CHANGED = {
    "defocus": "blur",
    "astigmatism": "blur",
    "motion": "blur",
    "drift": "drift",
    "charging": "charging",
} | {"sharp veil": "fog"}


def _own(settings, seed=0):
    return forward.draw(settings, np.random.default_rng(seed))


@every
def test_one_part_differs_and_the_first_is_the_micrographs_own(settings):
    own = _own(settings)
    made = variants(own, SETTINGS, 7, "test-0")
    assert next(iter(made)) == IN_FAMILY and made[IN_FAMILY] == own
    for name, varied in made.items():
        part = CHANGED.get(name, name.split()[0].replace("sigma", "blur"))
        assert {k: v for k, v in varied.items() if k != part} == {k: v for k, v in own.items() if k != part}
        assert name == IN_FAMILY or varied[part] != own.get(part)


@every
def test_variants_stay_in_range_are_plain_json_and_seeded(settings):
    image = np.random.default_rng(3).random((40, 56), dtype=np.float32)
    made = variants(_own(settings), SETTINGS, 7, "test-0")
    assert json.loads(json.dumps(made)) == made == variants(_own(settings), SETTINGS, 7, "test-0")
    degraded = {name: forward.apply(image, parameters) for name, parameters in made.items()}
    for name, first in degraded.items():
        assert first.shape == image.shape and first.dtype == np.float32
        assert 0.0 <= first.min() <= first.max() <= 1.0
        assert np.array_equal(first, forward.apply(image, made[name]))
        assert name == IN_FAMILY or np.abs(first - degraded[IN_FAMILY]).max() > 0.01
    other = variants(_own(settings), SETTINGS, 7, "test-1")
    assert all(other[name] != made[name] for name in CHANGED)


def test_factors_on_sigma_need_a_blur():
    names = [name for name in variants(_own(SETS["fog"]), SETTINGS, 7, "a") if name.startswith("sigma")]
    assert names == []
    made = variants(_own(SETS["gaussian"]), SETTINGS, 7, "a")
    own = made[IN_FAMILY]["blur"]["sigma"]
    assert made["sigma x 0.5"]["blur"]["sigma"] == pytest.approx(own / 2)
    assert made["sigma x 2"]["blur"]["sigma"] == pytest.approx(own * 2)


def test_stronger_noise_multiplies_the_standard_deviation_at_every_brightness():
    noise = {"sigma": 0.01, "dose": 900.0, "seed": 1}
    made = stronger_noise(noise, 3.0)
    for brightness in (0.0, 0.3, 1.0):
        before = brightness / noise["dose"] + noise["sigma"] ** 2
        assert brightness / made["dose"] + made["sigma"] ** 2 == pytest.approx(9 * before)


def test_patches_cover_their_share_with_sharp_borders():
    t = patches((50, 80), 0.4, 0.35, 0.1, 3)
    assert set(np.unique(t)) == {0.4, 1.0}
    assert np.mean(t == 0.4) == pytest.approx(0.35, abs=1e-3)
    assert np.array_equal(t, patches((50, 80), 0.4, 0.35, 0.1, 3))
    assert not np.array_equal(t, patches((50, 80), 0.4, 0.35, 0.1, 4))


@pytest.mark.parametrize(("mean", "coverage"), [(1.0, 0.5), (0.4, 0.0)])
def test_patches_without_strength_are_clear(mean, coverage):
    assert np.array_equal(patches((9, 12), mean, coverage, 0.2, 0), np.ones((9, 12)))
