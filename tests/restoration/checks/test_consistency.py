"""Re-degradation with what a bundle holds: the formula's encoder, or a degrading generator."""

from pathlib import Path

import numpy as np
import pytest

keras = pytest.importorskip("keras")
from scipy.ndimage import gaussian_filter  # noqa: E402

from semclear import params  # noqa: E402
from semclear.degradation import forward  # noqa: E402
from semclear.networks import bundle as bundles  # noqa: E402
from semclear.networks.apply import apply  # noqa: E402
from semclear.networks.forward import physics  # noqa: E402
from semclear.networks.generator import generator_of  # noqa: E402
from semclear.restoration.checks import consistency  # noqa: E402

SIZE = params.ModelScale(levels=2, width=4, max_width=8, discriminator_width=2)
MODEL = params.load(Path(__file__).parents[3] / "params.yaml").model
RNG = np.random.default_rng(9)
CLEAR = gaussian_filter(RNG.random((70, 50)), 2).astype(np.float32)
CLEAR = (CLEAR - CLEAR.min()) / np.ptp(CLEAR)


def bundle_of(method, **networks):
    weights = {name: network.get_weights() for name, network in networks.items()}
    return bundles.Bundle(method, SIZE, MODEL, "0" * 64, weights)


def test_the_formula_reads_with_the_bundles_encoder_and_applies_what_it_read():
    encoder = physics.build_encoder(SIZE.width, name="degrader")
    reading = consistency.reader_of(bundle_of("cyclegan-physics", degrader=encoder))(CLEAR)
    # Its first guess, see build_encoder, is moved a little by the micrograph.
    padded = np.pad(CLEAR, ((0, 26), (0, 14)), mode="symmetric")
    direct = encoder.predict_on_batch(padded[None, :, :, None])
    assert reading.parameters["sigma"] == pytest.approx(float(direct["sigma"][0, 0]), rel=1e-5)
    assert reading.parameters["transmission"].shape == CLEAR.shape
    # By hand, away from the padded border: blur, then veil.
    t, a = reading.parameters["transmission"], reading.parameters["airlight"]
    # The formula's kernel has 1e-2 / 2 added to sigma squared, for its gradient.
    sigma = np.sqrt(reading.parameters["sigma"] ** 2 + 0.005)
    expected = t * gaussian_filter(CLEAR, sigma, mode="reflect", radius=12) + a * (1 - t)
    np.testing.assert_allclose(reading.degrade(CLEAR)[:50, :32], expected[:50, :32], atol=1e-4)


def test_a_degrading_generator_is_applied():
    network = generator_of(SIZE, MODEL, "degrader")
    reading = consistency.reader_of(bundle_of("cyclegan", degrader=network))(CLEAR)
    assert reading.parameters == {} and consistency.summary_of(reading.parameters) == {}
    np.testing.assert_allclose(reading.degrade(CLEAR), apply(network, CLEAR, 4), atol=1e-6)


def test_paired_has_no_degradation():
    network = generator_of(SIZE, MODEL, "restorer")
    assert consistency.reader_of(bundle_of("paired", restorer=network)) is None


def test_errors_against_the_truth():
    known = {
        "blur": {"sigma": 2.0},
        "fog": {
            "form": "film",
            "transmission": 0.5,
            "variation": 0.2,
            "correlation": 0.3,
            "airlight": 0.8,
            "seed": 1,
        },
    }
    true = forward.transmission(known, (64, 64))
    read = {"sigma": 2.5, "transmission": true + 0.1, "airlight": 0.7}
    assert consistency.errors_of(read, known) == {
        "sigma_bias": pytest.approx(0.5),
        "transmission_bias": pytest.approx(0.1),
        "transmission_rms": pytest.approx(0.1),
        "airlight_bias": pytest.approx(-0.1),
    }
    clear = consistency.errors_of(read, {"blur": None, "fog": None})
    assert clear["sigma_bias"] == 2.5 and "airlight_bias" not in clear
    assert clear["transmission_bias"] == pytest.approx(true.mean() + 0.1 - 1)
    assert consistency.errors_of({}, known) == {} == consistency.errors_of(read, None)


def test_what_hides_in_small_differences_is_found():
    """A code of 1/1000 grey that F amplifies a thousandfold gives a perfect cycle, and amplifies noise as much."""
    plain = np.full_like(CLEAR, 0.5) + CLEAR / 1000
    reading = consistency.Reading(lambda clear: (clear - 0.5) * 1000)
    np.testing.assert_allclose(reading.degrade(plain), CLEAR, atol=1e-3)
    found = consistency.hiding_amplification(reading, plain, np.random.default_rng(0))
    assert found == pytest.approx(1000, rel=1e-3)
    clipped = consistency.Reading(lambda clear: np.clip((clear - 0.5) * 1000, 0, 1))
    assert consistency.hiding_amplification(clipped, plain, np.random.default_rng(0)) > 10


@pytest.mark.parametrize("sigma", [0.7, 2.0, 3.0])
@pytest.mark.parametrize("transmission", [0.3, 1.0])
def test_blur_and_veil_hide_nothing(sigma, transmission):
    """White noise under a Gaussian blur and a veil: t / (2 sigma sqrt(pi)), whatever is left of the micrograph."""
    reading = consistency.Reading(
        lambda clear: (
            transmission * gaussian_filter(clear, sigma, mode="wrap", truncate=8) + 0.8 * (1 - transmission)
        )
    )
    plain = np.tile(CLEAR, (3, 4))
    found = consistency.hiding_amplification(reading, plain, np.random.default_rng(0))
    assert found == pytest.approx(transmission / (2 * sigma * np.sqrt(np.pi)), rel=0.08)
    nothing = consistency.Reading(lambda clear: clear)
    assert consistency.hiding_amplification(nothing, plain, np.random.default_rng(0)) == pytest.approx(
        1, abs=1e-3
    )


def test_the_formula_amplifies_nothing():
    encoder = physics.build_encoder(SIZE.width, name="degrader")
    reading = consistency.reader_of(bundle_of("cyclegan-physics", degrader=encoder))(CLEAR)
    assert 0 < consistency.hiding_amplification(reading, CLEAR, np.random.default_rng(0)) <= 1
