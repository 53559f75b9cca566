"""Restoring and checking in bounded memory: equal to the whole where that is promised, without seams elsewhere."""

import numpy as np
import pytest

pytest.importorskip("keras")
import random_generator as made
from scipy.ndimage import gaussian_filter

from semclear.errors import SemclearError
from semclear.networks.forward import physics
from semclear.restoration.checks import consistency
from semclear.restoration.restorer import Restorer
from semclear.restoration.tiled import degradation_by_parts, encoder_by_parts, strips
from semclear.restoration.tiled.large import LargeRestorer

EXACT, PLAIN = made.bundle_of(made.NONE), made.bundle_of(made.INSTANCE, "cyclegan")


@pytest.fixture(scope="module")
def compared():
    """Return both restorations of a micrograph that takes four tiles."""
    image = made.micrograph((117, 131))
    restorer, seen = LargeRestorer(EXACT, tile=108), []
    assert restorer.exact
    found = restorer.inspect(image, progress=lambda done, total: seen.append((done, total)))
    # Four tiles, eight orientations each; the checks are left.
    assert seen == [(8 * step, 320) for step in range(1, 33)]
    assert (restorer.tile, restorer.overlap, restorer.exact) == (108, 20, True)
    return found, Restorer(EXACT).inspect(image)


def test_tiles_equal_the_whole_in_eight_orientations(compared):
    found, whole = compared
    assert whole.uncertainty.mean() > 0.003
    for name in ("image", "uncertainty", "residual"):
        values = getattr(found, name)
        assert values.dtype == np.float32
        np.testing.assert_allclose(values, getattr(whole, name), atol=1e-5)


def test_checks_by_parts_equal_those_of_the_whole(compared):
    found, whole = compared
    assert list(found.checks) == list(whole.checks)
    probed = "hiding_amplification"
    rest = {name: value for name, value in whole.checks.items() if name != probed}
    assert {name: found.checks[name] for name in rest} == pytest.approx(rest, rel=1e-3, abs=1e-5)
    # Another draw of the noise, on fewer pixels.
    assert found.checks[probed] == pytest.approx(whole.checks[probed], rel=0.1)


@pytest.mark.parametrize("bundle", [EXACT, PLAIN])
def test_what_fits_is_as_from_the_restorer(bundle):
    image = made.micrograph((66, 79))
    large = LargeRestorer(bundle)
    found, whole = large.inspect(image), Restorer(bundle).inspect(image)
    np.testing.assert_array_equal(found.image, whole.image)
    np.testing.assert_array_equal(found.uncertainty, whole.uncertainty)
    assert found.checks == whole.checks and large.exact
    np.testing.assert_array_equal(large.restore(image), whole.image)
    # Orientations one by one, as little memory asks for.
    large._planner.allowed = large._planner.needs.bytes(66 * 79, 2)
    np.testing.assert_allclose(large(image), whole.image, atol=1e-6)


def test_instance_normalisation_by_tiles_is_near_and_said_to_be_inexact():
    image = made.micrograph((150, 170))
    large = LargeRestorer(PLAIN, tile=128)
    found, whole = large.inspect(image), Restorer(PLAIN).inspect(image)
    assert not large.exact and (large.tile, large.overlap) == (128, 32)
    assert list(found.checks) == list(whole.checks)
    # With random weights the statistics of a tile matter more than with trained ones.
    assert np.abs(found.image - whole.image).max() > 1 / 255
    assert np.corrcoef(found.image.ravel(), whole.image.ravel())[0, 1] > 0.9
    assert found.checks["redegradation_rms"] == pytest.approx(whole.checks["redegradation_rms"], abs=0.05)


@pytest.mark.parametrize("model", [made.NONE, made.INSTANCE])
def test_a_flat_field_shows_no_seam(model):
    """Steps between neighbouring columns, averaged along the seam, are no larger at borders of tiles than elsewhere."""
    rng = np.random.default_rng(4)
    image = (0.5 + 0.01 * rng.standard_normal((128, 420))).astype(np.float32)
    large = LargeRestorer(made.bundle_of(model, "paired"), ensembling=False, tile=128)
    restored = large.restore(image)
    borders, end = set(), 420
    for piece in large._tiled.pieces(large._tiled.all_of(image.shape), image.shape, 128):
        borders |= {piece.columns[0], piece.columns[1]} - {0, end}
    assert len(borders) >= 4
    steps = np.abs(np.diff(restored, axis=1).mean(axis=0))
    at = np.array(sorted(borders)) - 1
    elsewhere = np.delete(steps[16:-16], np.clip(at - 16, 0, steps.size - 33))
    assert steps[at].max() <= elsewhere.max()
    # Nor in the level of tiles: coarse grey varies no more than the whole's.
    coarse = gaussian_filter(restored.mean(axis=0), 8)[16:-16]
    assert np.ptp(coarse) < 4 / 255


def test_reading_by_parts_is_reading_the_whole():
    encoder = physics.build_encoder(made.SIZE.width, name="degrader")
    encoder.set_weights(EXACT.networks["degrader"])
    image = made.micrograph((470, 500))
    whole = consistency.reader_of(EXACT)(image)
    read = encoder_by_parts.Encoder(encoder).read(image)
    by_parts = degradation_by_parts.FormulaReading(read, image.shape)
    assert len(list(encoder_by_parts.Encoder._parts((480, 512)))) == 4
    found = by_parts.parameters()
    assert found["sigma"] == pytest.approx(whole.parameters["sigma"], rel=1e-4)
    assert found["airlight"] == pytest.approx(whole.parameters["airlight"], rel=1e-4)
    np.testing.assert_allclose(found["transmission"], whole.parameters["transmission"], atol=1e-5)
    assert np.ptp(found["transmission"]) > 0.01
    assert by_parts.summary() == pytest.approx(consistency.summary_of(whole.parameters), rel=1e-4)
    # A part within, with the blur's margin, is degraded as it is in the whole.
    again = whole.degrade(image)
    part = by_parts.degrade_at(image[87:300, 201:433], 87, 201)
    np.testing.assert_allclose(part[12:-12, 12:-12], again[99:288, 213:421], atol=1e-5)
    np.testing.assert_allclose(by_parts.left_of(image, image), image - again, atol=1e-5)


def test_parts_degraded_again_join_without_seams(monkeypatch):
    monkeypatch.setattr(degradation_by_parts, "PART", 64)
    monkeypatch.setattr(strips, "PIXELS", 2000)
    image = made.micrograph((150, 97))
    encoder = physics.build_encoder(made.SIZE.width, name="degrader")
    encoder.set_weights(EXACT.networks["degrader"])
    by_parts = degradation_by_parts.FormulaReading(encoder_by_parts.Encoder(encoder).read(image), image.shape)
    whole = consistency.reader_of(EXACT)(image)
    np.testing.assert_allclose(by_parts.left_of(image, image), image - whole.degrade(image), atol=1e-5)
    assert by_parts.summary() == pytest.approx(consistency.summary_of(whole.parameters), rel=1e-4)


def test_a_tile_that_is_too_small_is_refused():
    with pytest.raises(SemclearError, match="tile: got 40 pixels, expected at least 52"):
        LargeRestorer(EXACT, tile=40)


def test_memory_that_runs_out_halves_the_tile_for_the_micrographs_to_come(monkeypatch):
    image = made.micrograph((117, 131))
    whole = Restorer(EXACT, ensembling=False)(image)
    large = LargeRestorer(EXACT, ensembling=False)
    predict = large._network.predict_on_batch

    def small(images):
        if images.shape[1] > 108:
            raise MemoryError
        return predict(images)

    monkeypatch.setattr(large._network, "predict_on_batch", small)
    np.testing.assert_allclose(large.restore(image), whole, atol=1e-5)
    assert large.tile == 68 and large.plan((117, 131)).tile <= 68 and large.exact
