"""The arithmetic of the benchmark of properties, on pictures whose properties are known."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from benchmarks.common.picture_properties import PROPERTIES, correlation_length, properties
from benchmarks.quality import properties as benchmark
from semclear.degradation.instrument import Instrument, ScanNoise, apply

FLAT = np.full((64, 64), 0.5)
DRAWN_ACROSS = benchmark.Drawn(FLAT, FLAT, FLAT, ScanNoise(smear_across=0.5))


def test_the_correlation_length_is_that_of_a_gaussian_field():
    # exp(-d^2 / (4 s^2)) is 1/e at d = 2 s.
    field = gaussian_filter(np.random.default_rng(1).standard_normal((512, 512)), 5.0, mode="wrap")
    assert correlation_length(field) == pytest.approx(10.0, rel=0.1)
    assert correlation_length(np.full((64, 64), 0.3)) == 0.0


def test_noise_does_not_shorten_the_correlation_much():
    rng = np.random.default_rng(2)
    field = gaussian_filter(rng.standard_normal((512, 512)), 5.0, mode="wrap")
    noisy = field / field.std() + 0.5 * rng.standard_normal(field.shape)
    assert correlation_length(noisy) == pytest.approx(correlation_length(field), rel=0.1)


def test_properties_of_half_a_texture_on_an_empty_field():
    rng = np.random.default_rng(3)
    image = np.full((256, 256), 0.5)
    image[:, 128:] += 0.1 * gaussian_filter(rng.standard_normal((256, 128)), 1.5) * 5
    image = np.clip(image + 4 / 255 * rng.standard_normal(image.shape), 0, 1)
    found = dict(zip(PROPERTIES, properties(image), strict=True))
    assert found["noise, grey of 255"] == pytest.approx(4.0, rel=0.05)
    assert found["noise, autocorrelation along the scan"] == pytest.approx(0.0, abs=0.05)
    assert found["16 px blocks without structure"] == pytest.approx(0.5, abs=0.05)
    assert found["texture in the flattest tenth, of the range"] < 0.01


def test_tiles_are_whole_squares_spread_over_the_image():
    image = np.arange(1024 * 900).reshape(1024, 900) % 256
    found = benchmark.tiles(image)
    assert len(found) == benchmark.TILES and {tile.shape for tile in found} == {(256, 256)}
    np.testing.assert_array_equal(found[0], image[:256, :256] / 255.0)
    np.testing.assert_array_equal(found[-1], image[768:, 512:768] / 255.0)
    assert len(benchmark.tiles(image[:300, :300])) == 1


def test_the_last_column_names_what_the_family_does_not_reach():
    rng = np.random.default_rng(4)
    new = rng.random((200, len(PROPERTIES)))
    within, beyond = np.full((3, len(PROPERTIES)), 0.5), np.full((3, len(PROPERTIES)), 0.5)
    beyond[:, 7] = 2.0
    rows = benchmark.table(new, new, {"near": within, "far": beyond}).splitlines()[2:]
    ends = [row.split("|")[-2].strip() for row in rows]
    assert ends == ["yes"] * 7 + ["not far"]


def test_the_known_noise_is_found_row_by_row_and_half_of_it_by_immerkaer():
    noise = ScanNoise(additive=0.02, shot=0.04, smear=0.7)
    shade = np.full((256, 256), 0.5)
    pictures = [apply(shade, Instrument(noise=noise), np.random.default_rng(i)) for i in range(3)]
    drawn = [benchmark.Drawn(shade, picture, shade, noise) for picture in pictures]
    for one in drawn:
        ours, allowed, theirs = benchmark.found_noise(one)
        assert (
            ours == pytest.approx(1.0, abs=0.05) and allowed == pytest.approx(1.0, abs=0.08) and theirs < 0.6
        )
    rows = benchmark.noise_table(
        [*drawn, benchmark.Drawn(shade, shade, shade, ScanNoise()), DRAWN_ACROSS]
    ).splitlines()
    assert [row.split("|")[2].strip() for row in rows[2:]] == ["1", "3", "1"]


def test_without_a_folder_of_micrographs_it_says_what_to_set(monkeypatch, capsys):
    monkeypatch.delenv("SEMCLEAR_SEM_IMAGES", raising=False)
    assert benchmark.main([]) == 1
    assert "SEMCLEAR_SEM_IMAGES: got nothing" in capsys.readouterr().err


def test_softness_is_the_width_of_a_blurred_step_and_the_table_tells_what_is_not_spanned():
    steps = gaussian_filter(np.kron(np.indices((4, 4)).sum(axis=0) % 2, np.ones((64, 64))), 2.0)
    assert benchmark.softness(0.2 + 0.6 * steps) == pytest.approx(2.563 * 2.0, rel=0.1)
    assert np.isnan(benchmark.softness(np.full((128, 128), 0.5)))
    views = np.array([1.0, 2.0, 3.0, np.nan])
    kinds = {"near": np.array([2.5]), "far": np.array([7.0, np.nan]), "unknown": np.array([np.nan])}
    rows = benchmark.softness_table(views, kinds).splitlines()[2:]
    assert [row.split("|")[-2].strip() for row in rows] == ["", "yes", "not"]
