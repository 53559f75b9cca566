"""The differentiable degradation against SciPy and the operator that made the data."""

import numpy as np
import pytest
from scipy import ndimage

keras = pytest.importorskip("keras")
from pathlib import Path  # noqa: E402

from semclear import params  # noqa: E402
from semclear.degradation import forward  # noqa: E402
from semclear.networks.forward import physics  # noqa: E402


def texture(shape=(64, 64), seed=1):
    image = ndimage.gaussian_filter(np.random.default_rng(seed).random(shape), 1.0, mode="wrap")
    return ((image - image.min()) / np.ptp(image)).astype(np.float32)


def batch(*images):
    return np.stack(images)[..., None]


def test_blur_against_scipy_a_micrograph_each():
    images, sigmas = (texture(seed=1), texture(seed=2)), (1.3, 2.6)
    got = np.asarray(physics.blur(batch(*images), np.array(sigmas, np.float32)[:, None]))
    for image, sigma, blurred in zip(images, sigmas, got, strict=True):
        expected = ndimage.gaussian_filter(image, sigma, mode="reflect", radius=physics.RADIUS)
        np.testing.assert_allclose(blurred[..., 0], expected, atol=3e-3)


def test_no_blur_at_sigma_zero():
    image = texture()
    np.testing.assert_allclose(
        physics.blur(batch(image), np.zeros((1, 1), np.float32))[0, ..., 0], image, atol=1e-5
    )


def test_uniform_veil_against_the_operator_that_makes_the_data():
    image = texture()
    parameters = {
        "transmission": np.full((1, 2, 2, 1), 0.4, np.float32),
        "airlight": np.array([[0.8]], np.float32),
        "sigma": np.array([[2.0]], np.float32),
    }
    known = {
        "blur": {"sigma": 2.0},
        "fog": {
            "form": "film",
            "transmission": 0.4,
            "variation": 0.0,
            "correlation": 0.3,
            "airlight": 0.8,
            "seed": 1,
        },
        "noise": {"sigma": 0.0, "dose": 1e12, "seed": 1},
    }
    got = np.asarray(physics.degrade(batch(image), parameters))[0, ..., 0]
    np.testing.assert_allclose(got, forward.apply(image, known), atol=3e-3)


@pytest.mark.parametrize("sigma", [0.01, 0.03])
def test_noise_is_measured_through_edges(sigma):
    rng = np.random.default_rng(3)
    image = np.where(np.add.outer(np.arange(128), np.arange(128)) % 64 < 32, 0.3, 0.7)
    noisy = (image + sigma * rng.standard_normal(image.shape)).astype(np.float32)
    assert float(physics.noise_of(batch(noisy))[0, 0]) == pytest.approx(sigma, rel=0.2)


def test_encoder_says_what_can_be_for_any_size():
    for side in (32, 96):
        read = physics.build_encoder(4).predict_on_batch(
            batch(texture((side, side)), texture((side, side), seed=2))
        )
        assert read["transmission"].shape == (2, side // 32, side // 32, 1)
        assert read["airlight"].shape == read["sigma"].shape == (2, 1)
        assert read["transmission"].min() >= 0.05 and read["transmission"].max() <= 1
        assert read["sigma"].min() >= 0 and read["sigma"].max() <= physics.MAX_SIGMA


def test_gradients_lead_back_to_the_true_parameters():
    tf = pytest.importorskip("tensorflow")
    image = batch(texture((96, 96)))
    true = {"transmission": np.full((1, 3, 3, 1), 0.5, np.float32), "airlight": [[0.9]], "sigma": [[2.0]]}
    true = {name: tf.constant(value, tf.float32) for name, value in true.items()}
    degraded = physics.degrade(image, true)
    found = {
        "transmission": tf.Variable(tf.fill((1, 3, 3, 1), 0.8)),
        "airlight": tf.Variable([[0.6]]),
        "sigma": tf.Variable([[1.0]]),
    }
    optimizer = tf.keras.optimizers.Adam(0.02)
    for _ in range(400):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((physics.degrade(image, found) - degraded) ** 2)
        optimizer.apply_gradients(zip(tape.gradient(loss, list(found.values())), found.values(), strict=True))
    for name, value in true.items():
        np.testing.assert_allclose(found[name].numpy(), value.numpy(), atol=0.05, err_msg=name)


def test_drawn_parameters_fill_their_ranges():
    settings = params.load(Path(__file__).parents[3] / "params.yaml").model.drawn
    drawn = physics.draw((400, 4, 4, 1), settings, keras.random.SeedGenerator(1))
    bounds = {"transmission": (0.05, 1.0), "airlight": (0.3, 1.0), "sigma": (0.0, 4.0)}
    for name, (low, high) in bounds.items():
        values = np.asarray(drawn[name])
        assert low <= values.min() < low + 0.1 * (high - low), name
        assert high >= values.max() > high - 0.1 * (high - low), name
    assert drawn["transmission"].shape == (400, 4, 4, 1)
    assert np.asarray(drawn["transmission"]).std(axis=(1, 2)).max() > 0.05
    for absent in (
        np.asarray(drawn["sigma"]) == 0,
        np.all(np.asarray(drawn["transmission"]) == 1, axis=(1, 2, 3)),
    ):
        # Four standard deviations of a share of 0.3 in 400 draws.
        assert absent.mean() == pytest.approx(settings.absent, abs=0.092)


def test_disagreement_by_hand():
    known = {
        "transmission": np.full((1, 2, 2, 1), 0.5),
        "airlight": np.array([[0.8]]),
        "sigma": np.array([[2.0]]),
    }
    read = {
        "transmission": np.full((1, 2, 2, 1), 0.6),
        "airlight": np.array([[0.6]]),
        "sigma": np.array([[1.0]]),
    }
    assert float(physics.disagreement(known, known)) == 0
    assert float(physics.disagreement(known, read)) == pytest.approx(
        0.1 + 0.5 * 0.2 + 1 / physics.MAX_SIGMA, rel=1e-5
    )
