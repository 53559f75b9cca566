"""A family of instruments: drawn within its ranges, in its shares, the same from the same stream."""

import numpy as np
import pytest
from laboratory import family_with
from pydantic import ValidationError

from semclear.degradation.family import draw
from semclear.seeds import generator

COUNT = 3000


@pytest.fixture(scope="module")
def drawn():
    return [draw(family_with(bandwidth=0.0), generator(1, "family", i)) for i in range(COUNT)]


def share(values):
    return float(np.mean(list(values)))


def test_the_same_stream_gives_the_same_instrument():
    assert draw(family_with(), generator(1, 2)) == draw(family_with(), generator(1, 2))
    assert draw(family_with(), generator(1, 2)) != draw(family_with(), generator(1, 3))


def test_shares_are_those_of_the_family(drawn):
    family = family_with()
    for wanted, found in (
        (family.sharp, share(one.probe.equivalent_sigma == 0 for one in drawn)),
        (family.veiled, share(one.veil.transmission < 1 for one in drawn)),
        (family.charged, share(one.charging is not None for one in drawn)),
        (family.smeared, share(one.noise.smear > 0 for one in drawn)),
        (family.both_ways, share(one.noise.smear_across > 0 for one in drawn)),
        (family.offset, share(one.noise.row_offset > 0 for one in drawn)),
        (family.counted, share(one.noise.shot > 0 for one in drawn)),
        (family.flat, share(one.tone.contrast < 1 for one in drawn)),
        (family.harsh, share(one.tone.contrast > 1 for one in drawn)),
        (family.compressed, share(one.jpeg is not None for one in drawn)),
        ((1 - family.sharp) * family.shapes.disc, share(one.probe.radius > 0 for one in drawn)),
        ((1 - family.sharp) * family.shapes.skirt, share(one.probe.skirt > 0 for one in drawn)),
        (
            (1 - family.sharp) * family.shapes.astigmatic,
            share(one.probe.along > one.probe.across for one in drawn),
        ),
    ):
        assert found == pytest.approx(wanted, abs=0.03)


def test_strength_is_that_at_mid_grey_and_uniform_in_the_logarithm(drawn):
    family = family_with()
    strength = np.array([np.sqrt(one.noise.additive**2 + one.noise.shot**2 / 2) for one in drawn])
    assert strength.min() >= family.strength[0] * 0.999 and strength.max() <= family.strength[1] * 1.001
    assert np.median(strength) == pytest.approx(np.sqrt(np.prod(family.strength)), rel=0.1)


def test_an_astigmatic_probe_keeps_its_mean_variance():
    family = family_with(
        sharp=0.0,
        sigma=[2.0, 2.0],
        bandwidth=0.0,
        shapes={"gaussian": 0.0, "disc": 0.0, "astigmatic": 1.0, "skirt": 0.0},
    )
    for i in range(50):
        probe = draw(family, generator(2, i)).probe
        assert probe.equivalent_sigma == pytest.approx(2.0)
        assert 1.3 <= probe.along / probe.across <= 3.0001


def test_the_bandwidth_that_smears_noise_smears_the_specimen_in_half_of_the_pictures():
    family = family_with(sharp=1.0, smeared=1.0, bandwidth=0.5)
    drawn = [draw(family, generator(3, i)) for i in range(400)]
    both = [one for one in drawn if one.probe.along > 0]
    assert len(both) / len(drawn) == pytest.approx(0.5, abs=0.07)
    for one in both:
        assert (one.probe.along, one.probe.across) == pytest.approx((one.noise.smear, 0.0))
        assert np.sin(one.probe.angle) == pytest.approx(0.0, abs=1e-9)


def test_a_family_is_checked_like_all_settings():
    with pytest.raises(ValidationError, match="above the high end"):
        family_with(strength=[0.1, 0.01])
    with pytest.raises(ValidationError, match="extra"):
        family_with(grain=1.0)
