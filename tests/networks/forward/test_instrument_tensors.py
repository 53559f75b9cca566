"""The instrument for tensors against the one for arrays, with the same draws."""

import numpy as np
import pytest
from scipy.special import j1

keras = pytest.importorskip("keras")
from laboratory import family_with  # noqa: E402
from scipy import ndimage  # noqa: E402

from semclear.degradation import instrument as arrays  # noqa: E402
from semclear.degradation.family import draw  # noqa: E402
from semclear.degradation.transfer import Probe  # noqa: E402
from semclear.networks.forward import instrument as tensors  # noqa: E402
from semclear.row_noise import row_weights  # noqa: E402

SHAPE, COSINES = (48, 64), 10


def scene(seed):
    image = ndimage.gaussian_filter(np.random.default_rng(seed).random(SHAPE), 1.0)
    return (image - image.min()) / np.ptp(image)


ALL = arrays.Instrument(
    tone=arrays.Tone(0.8, 0.7, 0.4),
    probe=Probe(2.5, 0.8, 0.6, 1.5, 0.3, 4.0),
    veil=arrays.Veil(0.6, 0.2, 20.0, 0.8),
    noise=arrays.ScanNoise(0.02, 0.05, 0.8, 0.3, 0.4, 0.01),
    levels=None,
)
NOTHING = arrays.Instrument(levels=None)
DISC = arrays.Instrument(probe=Probe(0.5, 0.5, radius=5.0), noise=arrays.ScanNoise(shot=0.1), levels=None)
SKIRT = arrays.Instrument(
    probe=Probe(1.0, 1.0, skirt=0.5, skirt_length=6.0), veil=arrays.Veil(0.9, 0.0, 300.0, 0.5), levels=None
)


def both(instruments):
    """Return the pictures of both, the truths of both."""
    drawn = [arrays.draws(SHAPE, np.random.default_rng(i), COSINES) for i in range(len(instruments))]
    scenes = [scene(i) for i in range(len(instruments))]
    truths = [arrays.exposed(x, one.tone) for x, one in zip(scenes, instruments, strict=True)]
    expected = [arrays.recorded(*each) for each in zip(truths, instruments, drawn, strict=True)]
    batch = {
        name: np.stack([getattr(d, name) for d in drawn]).astype(np.float32)
        for name in ("scan", "rows", "film")
    }
    parameters = arrays.stacked(instruments)
    truth = tensors.exposed(np.stack(scenes)[..., None].astype(np.float32), parameters)
    got = tensors.recorded(truth, parameters, batch)
    return np.asarray(got)[..., 0], np.stack(expected), np.asarray(truth)[..., 0], np.stack(truths)


def test_both_make_the_same_pictures_of_the_same_draws():
    got, expected, truth, true = both([ALL, NOTHING, DISC, SKIRT])
    np.testing.assert_allclose(truth, true, atol=1e-4)
    np.testing.assert_allclose(got, expected, atol=1e-4)


def test_both_make_the_same_pictures_of_drawn_instruments():
    family = family_with(rounded=False, charged=0.0, compressed=0.0, correlation=[30.0, 120.0])
    rng = np.random.default_rng(5)
    got, expected, *_ = both([draw(family, rng) for _ in range(12)])
    np.testing.assert_allclose(got, expected, atol=1e-4)


def test_the_disc_s_transfer_function_is_that_of_scipy():
    x = np.concatenate([[1e-3], np.linspace(0.01, 60, 999)]).astype(np.float32)
    np.testing.assert_allclose(np.asarray(tensors.jinc(x)), 2 * j1(x) / x, atol=1e-6)
    assert float(tensors.jinc(np.zeros(1, np.float32))[0]) == 1.0


def test_row_weights_are_those_for_arrays():
    smear, memory = np.array([[0.0], [0.7], [1.3]], np.float32), np.array([[0.0], [0.5], [0.0]], np.float32)
    got = np.asarray(tensors.row_weights(smear, memory))
    for weights, s, m in zip(got, smear[:, 0], memory[:, 0], strict=True):
        np.testing.assert_allclose(weights, row_weights(s, m), atol=1e-6)


def test_draws_have_the_shapes_that_the_formula_takes():
    drawn = tensors.draws((2, *SHAPE), COSINES, keras.random.SeedGenerator(1))
    parameters = arrays.stacked([ALL, DISC])
    truth = np.full((2, *SHAPE, 1), 0.5, np.float32)
    picture = np.asarray(tensors.recorded(truth, parameters, drawn))
    assert picture.shape == truth.shape and picture.std() > 0.01


def test_it_runs_inside_a_training_and_its_gradients_are_numbers():
    # A layer that learns the blur of a batch: the loss falls, so gradients reach the parameter.
    class Learner(keras.Model):
        def __init__(self):
            super().__init__()
            self.draws = keras.random.SeedGenerator(1)
            self.sigma = self.add_weight(shape=(1, 1), initializer=keras.initializers.Constant(0.7))

        def call(self, inputs):
            count = inputs.shape[0] or 4
            zero = 0.0 * keras.ops.ones((count, 1))
            parameters = dict.fromkeys(arrays.stacked([NOTHING]), zero)
            parameters |= {"along": zero + self.sigma, "across": zero + self.sigma}
            parameters |= {"transmission": zero + 0.8, "correlation": zero + 50.0, "additive": zero + 0.001}
            drawn = tensors.draws((4, *SHAPE), 4, self.draws)
            return tensors.recorded(inputs, parameters, drawn)

    x = np.stack([scene(i) for i in range(4)])[..., None].astype(np.float32)
    goal = arrays.Instrument(probe=Probe(2.0, 2.0), veil=arrays.Veil(0.8, 0.0, 50.0, 0.0), levels=None)
    drawn = arrays.draws(SHAPE, np.random.default_rng(0), 4)
    y = np.stack([arrays.recorded(image[..., 0], goal, drawn) for image in x])[..., None]
    model = Learner()
    model.compile(optimizer=keras.optimizers.Adam(0.1), loss="mse")
    model.fit(x, y, batch_size=4, epochs=60, verbose=0)
    assert float(np.asarray(model.sigma)[0, 0]) == pytest.approx(2.0, abs=0.1)


@pytest.mark.slow
@pytest.mark.parametrize("start", [NOTHING, ALL, SKIRT])
def test_every_parameter_has_a_gradient_that_is_a_number_even_where_it_does_nothing(start):
    class Learner(keras.Model):
        def __init__(self):
            super().__init__()
            self.draws = keras.random.SeedGenerator(1)
            self.numbers = {
                name: self.add_weight(
                    name=name, shape=(1, 1), initializer=keras.initializers.Constant(float(value[0, 0]))
                )
                for name, value in arrays.stacked([start]).items()
            }

        def call(self, inputs):
            parameters = {name: keras.ops.ones((2, 1)) * weight for name, weight in self.numbers.items()}
            drawn = tensors.draws((2, *SHAPE), 8, self.draws)
            return tensors.recorded(tensors.exposed(inputs, parameters), parameters, drawn)

    model = Learner()
    model.compile(optimizer=keras.optimizers.SGD(1e-3), loss="mse")
    x = np.stack([scene(i) for i in range(2)])[..., None].astype(np.float32)
    model.fit(x, 0.5 * x, batch_size=2, epochs=2, verbose=0)
    moved = {name: float(np.asarray(weight)[0, 0]) for name, weight in model.numbers.items()}
    assert np.isfinite(list(moved.values())).all()
    assert moved["gamma"] != arrays.stacked([start])["gamma"][0, 0]
