"""Noise measured row by row: constructed noise of known strength and correlation comes out as it was put in."""

import os
from pathlib import Path

import numpy as np
import pytest
from laboratory import views_with
from scipy.ndimage import gaussian_filter

from benchmarks.common.picture_properties import immerkaer
from semclear import row_noise, seeds
from semclear.degradation.charging import charge
from semclear.errors import SemclearError
from semclear.scenes.views.view import render_view

KINDS = ["spheres", "fibres", "porous", "polycrystal", "particles"]
IMAGES = os.environ.get("SEMCLEAR_SEM_IMAGES")


@pytest.fixture(scope="module")
def scenes():
    """Return drawn scenes as a broad probe shows them: any texture left would count as noise."""
    drawn = [
        render_view(
            256, KINDS, views_with(low=[0.2, 0.3], high=[0.7, 0.8]), seeds.generator(3, "row noise", i)
        ).image
        for i in range(6)
    ]
    return [gaussian_filter(image.astype(np.float64), 2.0) for image in drawn]


def grain(shape, smear, seed):
    """Return noise of variance 1 whose spectrum along rows is a Gaussian's, by Fourier transform."""
    white = np.random.default_rng(seed).standard_normal(shape)
    response = np.exp(-2 * (np.pi * smear * np.fft.rfftfreq(shape[1])) ** 2)
    smeared = np.fft.irfft(np.fft.rfft(white, axis=1) * response, shape[1], axis=1)
    return smeared / smeared.std()


def median_of(measured, name):
    return float(np.median([getattr(one, name) for one in measured]))


@pytest.mark.parametrize(("strength", "smear"), [(0.01, 0.0), (0.02, 0.8), (0.05, 0.6), (0.1, 1.2)])
def test_strength_and_smear_come_out_as_put_in(scenes, strength, smear):
    measured = [
        row_noise.measure(image + strength * grain(image.shape, smear, i)) for i, image in enumerate(scenes)
    ]
    assert median_of(measured, "strength") == pytest.approx(strength, rel=0.04)
    assert max(one.strength for one in measured) < 1.1 * strength
    assert median_of(measured, "smear") == pytest.approx(smear, abs=0.1 if smear == 0 else 0.04)
    expected = np.exp(-((np.arange(1, 5) / smear) ** 2) / 4) if smear else np.zeros(4)
    for one in measured:
        np.testing.assert_allclose(one.correlation, expected, atol=0.08)


def test_noise_of_limited_bandwidth_is_found_where_immerkaer_finds_a_third(scenes):
    noisy = [image + 0.03 * grain(image.shape, 0.85, i) for i, image in enumerate(scenes)]
    assert np.median([row_noise.measure(image).strength for image in noisy]) == pytest.approx(0.03, rel=0.03)
    assert np.median([immerkaer(image) for image in noisy]) < 0.4 * 0.03
    white = [image + 0.03 * grain(image.shape, 0, i) for i, image in enumerate(scenes)]
    assert np.median([immerkaer(image) for image in white]) == pytest.approx(0.03, rel=0.05)


def test_row_offsets_are_told_apart(scenes):
    rng = np.random.default_rng(1)
    offsets = [0.015 * rng.standard_normal((256, 1)) for _ in scenes]
    noisy = [image + 0.03 * grain(image.shape, 0.8, i) for i, image in enumerate(scenes)]
    without = [row_noise.measure(image) for image in noisy]
    measured = [row_noise.measure(image + shift) for image, shift in zip(noisy, offsets, strict=True)]
    assert median_of(measured, "strength") == pytest.approx(0.03, rel=0.03)
    assert median_of(measured, "row_offsets") == pytest.approx(0.015, rel=0.15)
    assert median_of(without, "row_offsets") < 0.004


def test_shot_and_additive_part_are_told_apart(scenes):
    for additive, shot in ((0.0, 0.08), (0.04, 0.0), (0.03, 0.06)):
        measured = []
        for i, image in enumerate(scenes):
            spread = np.sqrt(additive**2 + shot**2 * image)
            measured.append(row_noise.measure(image + spread * grain(image.shape, 0.6, i)))
        for grey in (0.25, 0.5, 0.75):
            # At a grey that a scene does not have, either part may stand for the other; in the median they do not.
            found = np.median([np.sqrt(one.additive**2 + one.shot**2 * grey) for one in measured])
            assert found == pytest.approx(np.sqrt(additive**2 + shot**2 * grey), rel=0.12)


def test_rounding_saturation_and_streaks_do_no_harm(scenes):
    streaks = {
        **{"halo": 0.0, "halo_width": 3.0, "streak": 0.3, "streak_length": 30.0},
        **{"rows": 0.05, "row_offset": 0.1, "baseline": 0.1, "drift": 0.0, "seed": 5},
    }
    measured = []
    for i, image in enumerate(scenes):
        charged = charge(image, streaks)
        # A quarter of the picture is white.
        burnt = np.where(np.arange(256) < 64, 1.4, charged)
        picture = np.clip(burnt + 0.02 * grain(image.shape, 0.8, i), 0.0, 1.0)
        measured.append(row_noise.measure(np.round(picture * 255.0) / 255.0))
    assert median_of(measured, "strength") == pytest.approx(0.02, rel=0.06)
    assert median_of(measured, "smear") == pytest.approx(0.8, abs=0.05)


def test_it_scales_with_the_greys_and_does_not_mind_a_brightness(scenes):
    image = scenes[0] + 0.03 * grain((256, 256), 0.8, 1)
    first, doubled = row_noise.measure(image), row_noise.measure(2.0 * image + 0.5)
    assert doubled.strength == pytest.approx(2.0 * first.strength)
    assert doubled.correlation == pytest.approx(first.correlation)


def test_rows_that_depend_on_each_other_show_and_can_be_allowed_for(scenes):
    for i, image in enumerate(scenes):
        smooth = gaussian_filter(grain((256, 256), 0, i), 0.7, mode="wrap")
        measured = row_noise.measure(image + 0.05 * smooth / smooth.std())
        correlation = np.mean(smooth[1:] * smooth[:-1]) / np.mean(smooth**2)
        assert measured.across == pytest.approx(correlation, abs=0.05)
        assert measured.strength < 0.75 * 0.05
        assert measured.strength_where_rows_depend == pytest.approx(0.05, rel=0.1)
        alone = row_noise.measure(image + 0.05 * grain((256, 256), 0.8, i))
        assert abs(alone.across) < 0.05
        assert alone.strength_where_rows_depend == pytest.approx(alone.strength, rel=0.04)


def test_a_constant_image_has_no_noise():
    measured = row_noise.measure(np.full((64, 64), 0.4))
    assert (measured.strength, measured.row_offsets, measured.shot, measured.smear) == (0, 0, 0, 0)


@pytest.mark.parametrize("image", [np.zeros((17, 64)), np.zeros((64, 15)), np.zeros((3, 64, 64))])
def test_what_is_too_small_is_refused(image):
    with pytest.raises(SemclearError, match="measure a larger part"):
        row_noise.measure(image)


def test_what_is_no_number_is_refused():
    with pytest.raises(SemclearError, match="not finite"):
        row_noise.measure(np.full((64, 64), np.nan))


@pytest.mark.parametrize("shape", [(18, 16), (256, 256), (203, 331), (1024, 1024)])
def test_up_to_a_million_pixels_the_strength_is_that_of_measure(shape):
    image = 0.5 + 0.03 * grain(shape, 0.8, 2)
    whole = row_noise.measure(image)
    assert row_noise.strength(image) == whole.strength
    assert row_noise.strength_and_correlation(image) == (whole.strength, whole.correlation[0])


@pytest.mark.parametrize("shape", [(1025, 1024), (2048, 1536), (40, 30000), (70000, 16)])
@pytest.mark.parametrize("smear", [0.0, 0.8])
def test_the_strength_of_large_pictures_comes_out_as_put_in(shape, smear):
    shade = 0.5 + 0.3 * np.sin(np.arange(shape[0]) / 200)[:, None] * np.cos(np.arange(shape[1]) / 150)
    image = (shade + 0.02 * grain(shape, smear, 4)).astype(np.float32)
    strength, correlation = row_noise.strength_and_correlation(image)
    # The median of a row, which is taken off, holds pi / 2 / 16 of the variance where there are 16 columns, more where
    # these are correlated.
    lost = 0.1 if shape[1] == 16 else 0.02
    assert strength == pytest.approx(0.02, rel=lost if smear == 0 else 2 * lost)
    if shape[1] > 16:
        assert correlation == pytest.approx(np.exp(-1 / (4 * smear**2)) if smear else 0.0, abs=0.02)
    whole = row_noise.measure(image)
    assert strength == pytest.approx(whole.strength, rel=0.02)
    assert correlation == pytest.approx(whole.correlation[0], abs=0.02)


def test_the_flat_blocks_of_a_large_picture_are_chosen_among_all_bands():
    """Below the upper 1,100 rows there is fine texture alone, which a choice within each band would take for noise."""
    texture = gaussian_filter(grain((2048, 1024), 0, 5), 1.0)
    texture[:1100] = 0.0
    image = 0.5 + 0.2 * texture / texture.std() + 0.02 * grain(texture.shape, 0.8, 6)
    assert row_noise.strength(image[1200:1800]) > 0.06
    assert row_noise.strength(image) == pytest.approx(0.02, rel=0.03)


def test_bands_of_large_pictures_are_bounded_and_evenly_spaced():
    for height, width in ((1025, 1024), (10**5, 10**5), (10**6, 20), (20, 10**6), (35, 10**5), (40, 10**6)):
        bands = row_noise._bands(height, width)
        starts = np.array([band.start for band in bands])
        assert {band.stop - band.start for band in bands} == {18} and bands[-1].stop <= height
        assert len(bands) == 1 or (np.diff(starts).min() >= 18 and np.ptp(np.diff(starts)) <= 1)
        assert len(bands) == 1 or (starts[0] == 0 and bands[-1].stop == height)
        assert len(bands) * 18 * width <= max(2**20, 4 * 18 * width)


def test_the_strength_of_small_pictures_is_the_median_size_of_differences_from_row_to_row():
    rows = np.array([[0.0, 5.0, 1.0], [0.5, 5.0, 0.0], [0.0, 5.0, 3.0], [9.0, 9.0, 9.0], [9.0, 9.0, 9.0]])
    # Places 0 and 2 of rows 1 and 3: -1 and 4 of the former, and -9 and -6.
    assert row_noise.strength(rows) == pytest.approx(5.0 / (0.6745 * np.sqrt(6)))
    assert row_noise.strength_and_correlation(rows)[1] is None
    for shape in ((17, 4000), (3, 20000), (20000, 3), (16, 16), (3, 3)):
        found = [row_noise.strength(0.4 + 0.03 * grain(shape, 0.0, seed)) for seed in range(40)]
        assert np.median(found) == pytest.approx(0.03, rel=0.35 if shape == (3, 3) else 0.05)


@pytest.mark.parametrize("shape", [(3, 3), (17, 40), (64, 64), (1100, 1000)])
def test_a_constant_picture_of_any_size_has_strength_0(shape):
    assert row_noise.strength(np.full(shape, 0.3, np.float32)) == 0


@pytest.mark.parametrize("image", [np.zeros((2, 64)), np.zeros((64, 0)), np.zeros((3, 64, 64))])
def test_two_rows_have_no_strength(image):
    with pytest.raises(SemclearError, match="expected \\(H, W\\) with H >= 3; measure a larger part"):
        row_noise.strength(image)


@pytest.mark.parametrize("shape", [(9, 9), (64, 64), (1100, 1000)])
def test_a_value_that_is_no_number_is_refused_wherever_it_is(shape):
    image = np.full(shape, 0.5)
    image[5, 7] = np.inf
    with pytest.raises(SemclearError, match="not finite"):
        row_noise.strength(image)


def test_row_weights_keep_the_variance_and_give_the_known_correlations():
    for smear in (0.6, 0.8, 1.5):
        weights = row_noise.row_weights(smear)
        assert np.sum(weights**2) == pytest.approx(1.0)
        assert np.sum(weights[1:] * weights[:-1]) == pytest.approx(np.exp(-1 / (4 * smear**2)), abs=0.02)
        assert row_noise.smear_of(np.sum(weights[1:] * weights[:-1])) == pytest.approx(smear, abs=1e-3)
    for memory in (0.3, 0.6):
        weights = row_noise.row_weights(0.0, memory)
        for lag in (1, 2, 3):
            assert np.sum(weights[lag:] * weights[:-lag]) == pytest.approx(memory**lag, abs=0.01)
    np.testing.assert_allclose(row_noise.row_weights(0.0), np.arange(33) == 16, atol=1e-12)


@pytest.mark.skipif(
    not IMAGES, reason="SEMCLEAR_SEM_IMAGES is not set: no folder of real micrographs to measure"
)
def test_real_scans_smear_their_noise_along_rows_alone():
    import cv2

    folder = Path(IMAGES) / "blurry"
    files = sorted(folder.glob("silica*.png"))[:4] + sorted(folder.glob("superalloy*.png"))
    if not files:
        pytest.skip(f"{folder} holds neither silica nor superalloy")
    for path in files:
        image = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE) / 255.0
        measured = row_noise.measure(image)
        ratio = measured.strength / immerkaer(image)
        assert abs(measured.across) < 0.03
        if path.name.startswith("silica"):
            # One detector, one bandwidth, whatever the strength.
            assert measured.smear == pytest.approx(0.84, abs=0.03) and 2.8 < ratio < 3.5
            assert measured.shot > 0.01
        else:
            assert measured.smear < 0.15 and ratio == pytest.approx(1.0, abs=0.03)
        assert row_noise.strength(image) == measured.strength
        large = np.tile(image, (3, 3))
        assert large.size > row_noise.PIXELS
        assert row_noise.strength(large) == pytest.approx(measured.strength, rel=0.05)
