"""Properties that every degradation must have."""

import hashlib
import json

import numpy as np
import pytest

from semclear import seeds
from semclear.degradation import forward
from semclear.errors import SemclearError
from semclear.io.png import to_uint8
from semclear.params import Blur, Charging, Degradation, Fog, Noise, validate

NOISE = Noise(sigma=[0.005, 0.02], dose=[200.0, 800.0])
BLUR = Blur(sigma=[1.5, 3.0])
FILM = Fog(form="film", transmission=[0.2, 0.7], variation=0.4, correlation=[0.1, 0.5], airlight=[0.6, 0.95])
RADIAL = Fog(
    form="radial", transmission=[0.2, 0.7], variation=0.0, correlation=[0.1, 0.5], airlight=[0.6, 0.95]
)
CHARGING = Charging(
    halo=[0.2, 0.5],
    halo_width=[3.0, 8.0],
    streak=[0.2, 0.6],
    streak_length=[10.0, 60.0],
    rows=[0.02, 0.1],
    row_offset=[0.05, 0.15],
    baseline=[0.05, 0.2],
    drift=[0.0, 2.0],
)
ALL = {
    "gaussian": Degradation(blur=BLUR, fog=None, noise=NOISE),
    "fog": Degradation(blur=None, fog=FILM, noise=NOISE),
    "radial-fog": Degradation(blur=None, fog=RADIAL, noise=NOISE),
    "hybrid": Degradation(blur=BLUR, fog=FILM, noise=NOISE),
    "charging": Degradation(blur=None, fog=None, noise=NOISE, charging=CHARGING),
    "everything": Degradation(blur=BLUR, fog=FILM, noise=NOISE, charging=CHARGING),
}
SHAPES = [(64, 64), (37, 90), (81, 20)]

every = pytest.mark.parametrize("settings", ALL.values(), ids=ALL.keys())
shapes = pytest.mark.parametrize("shape", SHAPES, ids=str)


def _image(shape, seed=0):
    return np.random.default_rng(seed).random(shape, dtype=np.float32)


def _quiet(parameters):
    """The same degradation with noise that is too small to matter, and without charging."""
    quiet = {**parameters, "noise": {"sigma": 0.0, "dose": 1e12, "seed": 0}}
    quiet.pop("charging", None)
    return quiet


@every
@shapes
@pytest.mark.parametrize("seed", range(3))
def test_shape_type_and_range(settings, shape, seed):
    parameters = forward.draw(settings, np.random.default_rng(seed))
    degraded = forward.apply(_image(shape), parameters)
    assert degraded.shape == shape
    assert degraded.dtype == np.float32
    assert degraded.min() >= 0.0
    assert degraded.max() <= 1.0


@every
def test_is_a_pure_function_of_image_and_parameters(settings):
    image = _image((48, 31))
    before = image.copy()
    parameters = forward.draw(settings, np.random.default_rng(5))
    stored = json.loads(json.dumps(parameters))
    first = forward.apply(image, parameters)
    np.random.default_rng(1).random(10)
    assert np.array_equal(first, forward.apply(image, stored))
    assert stored == parameters
    assert np.array_equal(image, before)


@every
def test_draws_lie_in_their_ranges_and_differ(settings):
    rng = np.random.default_rng(3)
    drawn = [forward.draw(settings, rng) for _ in range(200)]
    for part in ("blur", "fog", "noise", "charging"):
        ranges = getattr(settings, part)
        if ranges is None:
            assert all(d.get(part) is None for d in drawn)
            continue
        for key, ends in ranges:
            if not isinstance(ends, list) or key not in drawn[0][part]:
                continue
            values = np.array([d[part][key] for d in drawn])
            if key in ("baseline", "drift"):
                assert 60 < np.sum(values > 0) < 140  # a fair coin, over five standard deviations
                values = np.abs(values)
            low, high = ends
            assert low <= values.min() < low + 0.1 * (high - low)
            assert high - 0.1 * (high - low) < values.max() <= high
    assert len({d["noise"]["seed"] for d in drawn}) == 200


@every
@shapes
def test_a_constant_image_becomes_the_veil_of_that_constant(settings, shape):
    # t c + A (1 - t), with blur or without: mirrored borders change no constant.
    parameters = _quiet(forward.draw(settings, np.random.default_rng(2)))
    t = forward.transmission(parameters, shape)
    airlight = 0.0 if parameters["fog"] is None else parameters["fog"]["airlight"]
    degraded = forward.apply(np.full(shape, 0.3), parameters)
    np.testing.assert_allclose(degraded, 0.3 * t + airlight * (1 - t), atol=1e-5)


@every
@shapes
def test_transmission_is_positive_and_at_most_one(settings, shape):
    for seed in range(5):
        t = forward.transmission(forward.draw(settings, np.random.default_rng(seed)), shape)
        assert t.shape == shape
        assert t.min() > 0.0
        assert t.max() <= 1.0


def test_without_fog_transmission_is_one():
    parameters = forward.draw(ALL["gaussian"], np.random.default_rng(0))
    assert np.array_equal(forward.transmission(parameters, (5, 7)), np.ones((5, 7)))


def test_blur_comes_before_the_veil():
    image = _image((40, 40))
    parameters = _quiet(forward.draw(ALL["hybrid"], np.random.default_rng(8)))
    t, airlight = forward.transmission(parameters, image.shape), parameters["fog"]["airlight"]
    blurred = forward.apply(image, {**parameters, "fog": None})
    np.testing.assert_allclose(forward.apply(image, parameters), t * blurred + airlight * (1 - t), atol=1e-5)


def test_fog_without_noise_is_undone_by_its_formula():
    image = _image((50, 70))
    parameters = _quiet(forward.draw(ALL["fog"], np.random.default_rng(4)))
    t, airlight = forward.transmission(parameters, image.shape), parameters["fog"]["airlight"]
    degraded = forward.apply(image, parameters).astype(float)
    np.testing.assert_allclose((degraded - airlight * (1 - t)) / t, image, atol=1e-4)


def test_noise_is_added_to_a_pure_blur_too():
    parameters = forward.draw(ALL["gaussian"], np.random.default_rng(4))
    assert forward.apply(np.full((64, 64), 0.5), parameters).std() > 0.01


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((4, 4, 3)),
        np.full((4, 4), 1.5),
        np.full((4, 4), -0.1),
        np.full((4, 4), np.nan),
        np.zeros((0, 4)),
    ],
    ids=["colour", "above", "below", "nan", "empty"],
)
def test_wrong_images_are_refused(image):
    parameters = forward.draw(ALL["gaussian"], np.random.default_rng(0))
    with pytest.raises(SemclearError, match=r"expected \(H, W\) in \[0, 1\]"):
        forward.apply(image, parameters)


def test_charging_comes_last_and_leaves_the_other_draws_alone():
    charged = forward.draw(ALL["everything"], np.random.default_rng(6))
    assert {k: v for k, v in charged.items() if k != "charging"} == forward.draw(
        ALL["hybrid"], np.random.default_rng(6)
    )
    assert "charging" not in forward.draw(ALL["hybrid"], np.random.default_rng(6))


@pytest.mark.parametrize(
    ("blur", "fog", "digest"),
    [
        (True, False, "d1c0ca0664b38eaa8080dfe39c6e910abae1daec953137e3124596e71d02574e"),
        (False, True, "bfd773f13203e23778583a8d148a6ea27aa18ab597a5c575703cbdecc9f312bc"),
        (True, True, "cfe27f88f42c082f5d3276c5c18df281d6c2e3f65c24871dc1d58b4939994997"),
    ],
    ids=["gaussian", "fog", "hybrid"],
)
def test_the_three_data_sets_are_what_they_always_were(request, blur, fog, digest):
    # Digests of version 0.1.0, before there was any other operator: parameters and 8-bit images of three micrographs.
    film = Fog(
        form="film", transmission=[0.3, 0.6], variation=0.3, correlation=[0.15, 0.5], airlight=[0.62, 0.92]
    )
    noise = Noise(sigma=[0.005, 0.015], dose=[400.0, 1200.0])
    settings = Degradation(blur=BLUR if blur else None, fog=film if fog else None, noise=noise)
    name, found = request.node.callspec.id, hashlib.sha256()
    for index in range(3):
        rng = seeds.generator(20240318, "degrade", name, f"test-{index:04d}")
        parameters = forward.draw(settings, rng)
        found.update(json.dumps(parameters, sort_keys=True).encode())
        found.update(to_uint8(forward.apply(_image((48, 64)), parameters)).tobytes())
    assert found.hexdigest() == digest


def test_unknown_blur_form_is_refused():
    parameters = forward.draw(ALL["gaussian"], np.random.default_rng(0))
    parameters["blur"]["form"] = "star"
    with pytest.raises(SemclearError, match="got 'star', expected 'gaussian'"):
        forward.apply(np.zeros((8, 8)), parameters)


def test_unknown_fog_form_is_refused():
    parameters = forward.draw(ALL["fog"], np.random.default_rng(0))
    parameters["fog"]["form"] = "steam"
    with pytest.raises(SemclearError, match="got 'steam', expected 'film', 'radial' or 'patches'"):
        forward.transmission(parameters, (8, 8))


@pytest.mark.parametrize(
    ("part", "key", "value", "message"),
    [
        ("fog", "transmission", [0.0, 0.5], r"fog\.transmission\.0: got 0\.0.*0\.05"),
        ("fog", "airlight", [0.5, 1.5], r"fog\.airlight\.1: got 1\.5"),
        ("fog", "correlation", [0.0, 0.1], r"fog\.correlation\.0: got 0\.0"),
        ("blur", "sigma", [3.0, 1.5], r"blur\.sigma: the low end 3\.0 is above"),
        ("noise", "dose", [0.0, 10.0], r"noise\.dose\.0: got 0\.0"),
        ("noise", "strength", 1.0, r"noise\.strength: unknown key"),
        ("charging", "rows", [0.5, 1.5], r"charging\.rows\.1: got 1\.5"),
        ("charging", "halo", [0.5, 0.1], r"charging\.halo: the low end 0\.5 is above"),
        ("charging", "streak_length", [0.0, 9.0], r"charging\.streak_length\.0: got 0\.0"),
    ],
)
def test_settings_out_of_range_are_refused_by_name(part, key, value, message):
    values = ALL["everything"].model_dump()
    values[part][key] = value
    with pytest.raises(SemclearError, match=message):
        validate(Degradation, values, "params.yaml")


def test_a_degradation_that_does_nothing_is_refused():
    with pytest.raises(SemclearError, match="give blur, fog, charging or several"):
        validate(Degradation, {"blur": None, "fog": None, "noise": NOISE.model_dump()}, "params.yaml")
