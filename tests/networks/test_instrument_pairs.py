"""Pairs made in a training: what is put onto clear crops, what the loss compares, and that it learns."""

from pathlib import Path

import numpy as np
import pytest

keras = pytest.importorskip("keras")
from laboratory import family_with  # noqa: E402
from random_generator import NONE, micrograph  # noqa: E402

from semclear import params  # noqa: E402
from semclear.degradation import family as families  # noqa: E402
from semclear.degradation import instrument as arrays  # noqa: E402
from semclear.networks import instrument_pairs  # noqa: E402
from semclear.networks.forward import instrument  # noqa: E402
from semclear.networks.instrument_pairs import InstrumentPairs  # noqa: E402

TRAIN = params.load(Path(__file__).parents[2] / "params.yaml").train
SIZE = params.ModelScale(levels=2, width=4, max_width=8, discriminator_width=2)
SHAPE = (4, 64, 64, 1)


def model(veil="kept", **train):
    keras.utils.set_random_seed(3)
    settings = NONE.model_copy(update={"architecture": "residual", "veil": veil})
    return InstrumentPairs(SIZE, settings, TRAIN.model_copy(update=train), SHAPE)


def batch(family, seed=0):
    crops = np.stack([micrograph(SHAPE[1:3], 10 * seed + i) for i in range(8)])[..., None]
    rng = np.random.default_rng(seed)
    drawn = arrays.stacked([families.draw(family, rng) for _ in range(4)])
    return {"degraded": crops[:4], "instrument": instrument.packed(drawn)}, crops[4:]


def test_packed_parameters_come_back():
    drawn = arrays.stacked([families.draw(family_with(), np.random.default_rng(i)) for i in range(3)])
    assert set(drawn) == set(instrument.NAMES)
    again = instrument.unpacked(instrument.packed(drawn))
    for name, value in drawn.items():
        np.testing.assert_array_equal(np.asarray(again[name]), value)


@pytest.mark.parametrize("smear", [0.5, 0.8, 1.2])
def test_a_smear_is_read_from_the_correlation_it_makes(smear):
    drawn = arrays.draws((400, 400), np.random.default_rng(1), 2)
    noise = arrays.noise(np.zeros((400, 400)), arrays.ScanNoise(additive=1.0, smear=smear), drawn)
    correlation = np.mean(noise[:, 1:] * noise[:, :-1]) / np.mean(noise**2)
    found = float(np.asarray(instrument_pairs.smear_of(np.float32([[correlation]])))[0, 0])
    assert found == pytest.approx(smear, rel=0.05)
    assert float(np.asarray(instrument_pairs.smear_of(np.float32([[0.01]])))[0, 0]) == 0.0


def test_drawn_instruments_make_the_pictures_that_arrays_make():
    """All but the random numbers: without noise and veil a picture is the exposed crop, blurred."""
    family = family_with(veiled=0.0, strength=[1e-9, 1e-9], offset=0.0, charged=0.0, compressed=0.0)
    x, clear = batch(family)
    picture, truth, veil, _ = model(read_share=0.0).recorded(x["degraded"], clear, x["instrument"])
    assert np.all(np.asarray(veil) == 1.0)
    for i in range(4):
        rng = np.random.default_rng(0)
        ones = [families.draw(family, rng) for _ in range(4)]
        exposed = arrays.exposed(clear[i, :, :, 0], ones[i].tone)
        np.testing.assert_allclose(np.asarray(truth)[i, :, :, 0], exposed, atol=1e-4)
        expected = arrays.recorded(exposed, ones[i], arrays.draws((64, 64), rng, 8))
        np.testing.assert_allclose(np.asarray(picture)[i, :, :, 0], expected, atol=1.5 / 255)


def test_read_instruments_put_the_noise_of_the_degraded_crop_onto_the_clear_one():
    family = family_with(strength=[1e-9, 1e-9], offset=0.0)
    x, clear = batch(family)
    rng = np.random.default_rng(4)
    x["degraded"] = np.clip(0.5 + 0.1 * rng.standard_normal(SHAPE), 0, 1).astype(np.float32)
    whole = model(read_share=1.0)
    _, truth, veil, parameters = whole.recorded(x["degraded"], clear, x["instrument"])
    strength = np.sqrt(np.asarray(parameters["additive"]) ** 2 + np.asarray(parameters["shot"]) ** 2 / 2)
    np.testing.assert_allclose(strength, 0.1, rtol=0.2)
    np.testing.assert_allclose(np.asarray(truth), clear, atol=1e-6)
    assert np.asarray(veil).min() >= 0.05 and np.asarray(veil).max() < 1.0


def test_lifting_the_veil_is_exact():
    clear, field = np.random.default_rng(2).random(SHAPE), np.full(SHAPE, 0.5)
    veiled = field * clear + 0.8 * (1 - field)
    np.testing.assert_allclose(instrument_pairs.lifted(veiled, field, 0.8), clear)


@pytest.mark.slow
@pytest.mark.parametrize("veil", ["kept", "lifted"])
def test_it_learns(veil):
    """A few steps on one batch lower every term."""
    learner = model(veil, read_share=0.5)
    learner.compile(optimizer=keras.optimizers.Adam(2e-3))
    x, y = batch(family_with(strength=[0.05, 0.08]))
    losses = [learner.train_on_batch(x, y, return_dict=True) for _ in range(60)]
    for term in ("absolute", "ssim", "parameters"):
        first, last = (np.mean([float(row[term]) for row in part]) for part in (losses[:10], losses[-10:]))
        assert np.isfinite(last) and last < first
