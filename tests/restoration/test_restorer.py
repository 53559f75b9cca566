"""What a restorer that keeps veil and structure apart does at the end: lift, keep, or leave alone."""

import numpy as np
import pytest

pytest.importorskip("keras")
from limits import CHOOSING
from random_generator import NONE, bundle_of, micrograph

from semclear.errors import SemclearError
from semclear.restoration.checks.consistency import Reading
from semclear.restoration.checks.invention import Invention
from semclear.restoration.restorer import Restorer, is_sharp
from semclear.restoration.tiled.large import LargeRestorer

KEPT = NONE.model_copy(update={"architecture": "residual", "veil": "kept", "orientations": 2})
IMAGE = micrograph((64, 64))
HALF = Invention((0.5,) * 4, (0.5,) * 4)
#: To which every noise is little.
NOISY = CHOOSING.model_copy(update={"sharp_noise": 1.0})


def made(transmission, sigma, **options):
    """Return a restorer whose encoder reads this, and its outcome of `IMAGE`."""
    restorer = Restorer(bundle_of(KEPT, "instrument"), **{"choosing": CHOOSING, **options})
    read = {"sigma": sigma, "airlight": 0.8, "transmission": np.full(IMAGE.shape, transmission)}
    restorer._reader = lambda image: Reading(lambda clear: clear, read)
    return restorer, restorer.inspect(IMAGE)


def test_a_veil_is_lifted_where_it_is_found_or_asked_for():
    found, not_found = CHOOSING.veil_found - 0.1, CHOOSING.veil_found + 0.1
    restorer, kept = made(found, 2.0, veil="keep")
    assert kept.lifted is False and kept.left_alone is False
    np.testing.assert_array_equal(restorer(IMAGE), kept.image)
    for transmission, veil in ((found, "auto"), (not_found, "lift")):
        restorer, lifted = made(transmission, 2.0, veil=veil)
        assert lifted.lifted is True
        expected = np.clip((kept.image - 0.8 * (1 - transmission)) / transmission, 0, 1)
        np.testing.assert_allclose(lifted.image, expected, atol=1e-6)
        np.testing.assert_allclose(lifted.uncertainty, kept.uncertainty / transmission, rtol=1e-5)
        np.testing.assert_array_equal(restorer(IMAGE), lifted.image)
    assert made(not_found, 2.0)[1].lifted is False


def test_without_limits_nothing_is_found():
    for transmission, sigma in ((CHOOSING.veil_found - 0.1, 2.0), (1.0, 0.1)):
        assert made(transmission, sigma, choosing=None)[1].lifted is False
        assert made(transmission, sigma, choosing=None)[1].left_alone is False


def test_what_is_sharp_comes_back_as_it_came():
    restorer, left = made(1.0, 0.1, choosing=NOISY)
    assert left.left_alone is True and left.lifted is False and not left.uncertainty.any()
    np.testing.assert_array_equal(left.image, IMAGE)
    np.testing.assert_array_equal(restorer(IMAGE), IMAGE)
    _, restored = made(1.0, 0.1, leave_sharp=False, choosing=NOISY)
    assert restored.left_alone is False and np.abs(restored.image - IMAGE).max() > 0.01


def test_a_veil_is_lifted_from_what_is_sharp_too():
    for transmission, veil in ((CHOOSING.veil_found - 0.1, "auto"), (0.9, "lift")):
        _, lifted = made(transmission, 0.1, veil=veil, choosing=NOISY)
        assert lifted.lifted is True and lifted.left_alone is False


def test_sharp_needs_little_blur_and_little_noise():
    ramp = np.linspace(0, 1, 4096).reshape(64, 64)
    assert is_sharp(ramp, 0.01, 0.2, CHOOSING)
    assert not is_sharp(ramp, 0.01, 2.0, CHOOSING)
    assert not is_sharp(ramp, 0.1, 0.2, CHOOSING)
    # Of little contrast the same noise is much.
    assert not is_sharp(0.1 * ramp, 0.01, 0.2, CHOOSING)


def test_other_models_are_asked_nothing():
    restorer = Restorer(bundle_of(NONE, "cyclegan-physics"), veil="lift")
    outcome = restorer.inspect(IMAGE)
    assert outcome.lifted is None and outcome.left_alone is None


@pytest.mark.parametrize("veil", ["keep", "lift"])
def test_by_parts_as_whole(veil):
    bundle, image = bundle_of(KEPT, "instrument"), micrograph((200, 168), seed=3)
    options = {"veil": veil, "leave_sharp": False, "invention": HALF, "conservative": True}
    whole = Restorer(bundle, **options).inspect(image)
    large = LargeRestorer(bundle, tile=128, **options)
    parts = large._inspect_parts(image, None, 16, None)
    assert parts.lifted is whole.lifted
    np.testing.assert_allclose(parts.image, whole.image, atol=2e-5)
    np.testing.assert_allclose(parts.residual, whole.residual, atol=2e-5)
    np.testing.assert_allclose(parts.invented, whole.invented, atol=2e-5)
    np.testing.assert_allclose(large.restore(image), whole.image, atol=2e-5)


def test_what_may_be_invented_is_told_and_left_out_by_the_conservative_mode():
    known = {"veil": "keep", "leave_sharp": False, "invention": HALF}
    plain, (restorer, kept) = made(1.0, 2.0, veil="keep", leave_sharp=False)[1], made(1.0, 2.0, **known)
    assert plain.invented is None and "similarity" not in plain.checks
    np.testing.assert_array_equal(kept.image, plain.image)
    assert kept.invented.shape == IMAGE.shape and kept.invented.max() > 0
    conservative, less = made(1.0, 2.0, conservative=True, **known)
    restored, spread, conditions = restorer.shown(IMAGE)
    found, left = HALF.judged(restored, spread, conditions, without=True)
    np.testing.assert_array_equal(kept.invented, found)
    np.testing.assert_array_equal(less.image, left)
    np.testing.assert_array_equal(conservative(IMAGE), left)
    assert less.checks == kept.checks and np.abs(less.image - kept.image).max() > 0.001


def test_the_map_follows_what_becomes_of_the_restoration():
    kept, lifted = (made(0.5, 2.0, veil=veil, invention=HALF)[1] for veil in ("keep", "lift"))
    np.testing.assert_allclose(lifted.invented, kept.invented / 0.5, rtol=1e-5)
    assert lifted.checks["similarity"] == kept.checks["similarity"]
    assert not made(1.0, 0.1, invention=HALF, choosing=NOISY)[1].invented.any()


def test_nothing_is_told_of_a_model_that_takes_the_veil_off_or_has_one_orientation():
    lifting = Restorer(bundle_of(NONE, "cyclegan-physics"), invention=HALF)
    assert lifting.inspect(IMAGE).invented is None and lifting.shown(IMAGE) is None
    for options in ({"invention": HALF, "ensembling": False}, {}):
        with pytest.raises(SemclearError, match="conservative"):
            Restorer(bundle_of(KEPT, "instrument"), conservative=True, **options)
