"""Transmission fields and the veil, against hand-made figures and the stated statistics."""

import numpy as np
import pytest

from semclear.degradation.fog import LEAST_TRANSMISSION, distance, film, gaussian_field, radial, veil


def test_film_has_the_mean_and_spread_that_are_asked_for():
    t = film((200, 150), mean=0.5, variation=0.1, correlation=0.1, seed=3)
    # 0.1 relative never reaches the clip at 0.05 or 1 within 4.5 standard deviations.
    assert t.mean() == pytest.approx(0.5, abs=1e-12)
    assert t.std() == pytest.approx(0.05, abs=1e-12)


def test_film_is_clipped_where_the_field_goes_further():
    t = film((64, 64), mean=0.5, variation=1.0, correlation=0.2, seed=0)
    assert t.min() == LEAST_TRANSMISSION
    assert t.max() <= 1.0


def test_film_without_variation_is_uniform():
    assert np.array_equal(film((6, 9), 0.4, 0.0, 0.3, 0), np.full((6, 9), 0.4))


def test_seed_names_the_field():
    first = gaussian_field((40, 60), 0.2, 7)
    assert np.array_equal(first, gaussian_field((40, 60), 0.2, 7))
    assert abs(np.corrcoef(first.ravel(), gaussian_field((40, 60), 0.2, 8).ravel())[0, 1]) < 0.9


@pytest.mark.parametrize("correlation", [0.02, 0.05])
def test_field_is_correlated_as_a_gaussian_filter_says(correlation):
    # White noise filtered by a Gaussian of standard deviation s has correlation exp(-r^2 / (4 s^2)) at distance r.
    size = 256
    s = correlation * size
    lag = round(s)
    pairs = []
    for seed in range(12):
        field = gaussian_field((size, size), correlation, seed)
        pairs.append(np.mean(field[:, lag:] * field[:, :-lag]))
    assert np.mean(pairs) == pytest.approx(np.exp(-(lag**2) / (4 * s**2)), abs=0.06)


def test_field_does_not_wrap_round():
    differences = [
        gaussian_field((64, 64), 0.1, seed)[0] - gaussian_field((64, 64), 0.1, seed)[-1] for seed in range(40)
    ]
    assert np.std(differences) > 0.8


@pytest.mark.parametrize("correlation", [0.001, 1.0, 50.0, 1e4])
def test_field_stays_finite_for_any_correlation(correlation):
    field = gaussian_field((32, 48), correlation, 1)
    assert np.isfinite(field).all()
    assert field.std() == pytest.approx(1.0)


def test_distance_by_hand():
    d = distance((3, 5), (0.0, 0.0))
    assert d[0, 0] == 0.0
    assert d[2, 4] == pytest.approx(np.sqrt(2**2 + 4**2) / 5)
    assert distance((3, 5), (0.5, 0.5))[1, 2] == 0.0


def test_radial_form_by_hand():
    t = radial((48, 80), 0.45, (0.25, 0.75))
    assert t.mean() == pytest.approx(0.45, abs=1e-9)
    rows, columns = np.mgrid[:48, :80]
    d = np.sqrt((rows - 0.25 * 47) ** 2 + (columns - 0.75 * 79) ** 2) / 80
    betas = -np.log(t) / d
    np.testing.assert_allclose(betas, betas[0, 0], rtol=1e-9)


@pytest.mark.parametrize("mean", [0.05, 0.3, 0.9999, 1.0])
@pytest.mark.parametrize("centre", [(0.0, 0.0), (0.5, 0.5), (1.0, 0.3)])
def test_radial_form_holds_its_mean_everywhere(mean, centre):
    t = radial((32, 47), mean, centre)
    assert t.mean() == pytest.approx(mean, abs=1e-8)
    assert 0.0 < t.min() <= t.max() <= 1.0


def test_veil_by_hand():
    image = np.array([[0.0, 1.0]])
    np.testing.assert_allclose(veil(image, np.array([[0.5, 0.25]]), 0.8), [[0.4, 0.85]])
