"""A release gives back what was written, stays a bundle, and refuses what is damaged or foreign."""

import dataclasses
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from limits import CHOOSING, RECOMMENDING

from semclear import params
from semclear.errors import SemclearError
from semclear.models import release as releases
from semclear.models.release import Release
from semclear.networks import bundle as bundles
from semclear.restoration.checks.gain import Gain
from semclear.restoration.checks.invention import Invention
from semclear.restoration.checks.trust_flag import LOOKED_AT, Family

SIZE = params.ModelScale(levels=2, width=4, max_width=8, discriminator_width=2)
MODEL = params.load(Path(__file__).parents[2] / "params.yaml").model
RNG = np.random.default_rng(4)
WEIGHTS = {
    name: [RNG.random(shape).astype(np.float32) for shape in ((3, 3, 1, 4), (4,))]
    for name in ("restorer", "degrader", "oracle")
}
BUNDLE = bundles.Bundle("cyclegan-physics", SIZE, MODEL, "0" * 64, WEIGHTS, {"seed": 1})
ROWS = [{"input_noise": float(n), "input_band1": float(b)} for n, b in RNG.random((25, 2)) + 0.1]
CARD = {"trained_on": {"data_set": "fog", "pixel_size_nm": [2.0, 12.0]}, "limits": ["gr\u00fcn"]}
RELEASE = Release(BUNDLE, "fog", Family(ROWS, 0.05), 9.25, 96, CARD, True)


@pytest.fixture
def path(tmp_path):
    releases.write(tmp_path / "m.semclear", RELEASE)
    return tmp_path / "m.semclear"


def rewritten(path, **members):
    """Write the archive again with other members (None: without), and return its path."""
    with zipfile.ZipFile(path) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    content |= {name.replace("_", ".", 1): value for name, value in members.items()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, value in content.items():
            if value is not None:
                archive.writestr(name, value)
    return path


def header(path, **changes):
    with zipfile.ZipFile(path) as archive:
        return json.dumps(json.loads(archive.read("release.json")) | changes)


def refused(path):
    with pytest.raises(SemclearError) as told:
        releases.read(path)
    text = str(told.value)
    assert path.name in text and "\n" not in text
    return text


def test_what_is_written_is_read(path):
    made = releases.read(path)
    assert (made.name, made.interval_factor, made.side, made.ensemble) == ("fog", 9.25, 96, True)
    assert made.card == CARD
    assert (made.bundle.method, made.bundle.size, made.bundle.model) == ("cyclegan-physics", SIZE, MODEL)
    for row in ({"input_noise": 0.5, "input_band1": 0.7}, {"input_noise": 9.0, "input_band1": 0.7}):
        assert made.family.judge(row) == RELEASE.family.judge(row)
    assert made.family.judge({"input_noise": 9.0, "input_band1": 0.7}).flag


def test_it_is_a_bundle_without_the_oracle(path):
    loaded = bundles.load(path)
    assert loaded.networks.keys() == {"restorer", "degrader"} == releases.read(path).bundle.networks.keys()
    for name, weights in loaded.networks.items():
        for got, expected in zip(weights, WEIGHTS[name], strict=True):
            np.testing.assert_array_equal(got, expected)
            assert got.dtype == np.float32


def test_equal_releases_are_equal_bytes(path, tmp_path):
    releases.write(tmp_path / "again", dataclasses.replace(RELEASE, card=dict(reversed(CARD.items()))))
    assert (tmp_path / "again").read_bytes() == path.read_bytes()
    releases.write(tmp_path / "third", releases.read(path))
    assert (tmp_path / "third").read_bytes() == path.read_bytes()


def test_without_calibration(tmp_path):
    releases.write(tmp_path / "m", Release(BUNDLE, "fog", ensemble=False))
    made = releases.read(tmp_path / "m")
    assert (made.family, made.interval_factor, made.ensemble, made.card) == (None, None, False, {})


def test_what_tells_inventions_and_gains_is_kept_and_checked(path, tmp_path):
    told = Invention((0.1, 0.2, 0.3, 0.4), (1.0, 2.0, 3.0, 4.0)), Gain(0.65, 0.01, RECOMMENDING)
    known = {"invention": told[0], "gain": told[1], "choosing": CHOOSING}
    releases.write(tmp_path / "m", dataclasses.replace(RELEASE, **known))
    made = releases.read(tmp_path / "m")
    assert (made.invention, made.gain, made.choosing) == (*told, CHOOSING)
    plain = releases.read(path)
    assert (plain.invention, plain.gain, plain.choosing) == (None, None, None)
    for damage in ({"unsupported": [1.0], "spread": [1.0]}, {"unsupported": [-1.0] * 4, "spread": [1.0] * 4}):
        text = header(tmp_path / "m", invention=damage)
        with pytest.raises(releases.Damaged):
            releases.of_text(text, BUNDLE, path)


def test_a_gain_of_an_earlier_version_recommends_nothing_and_wrong_limits_are_damage(tmp_path):
    known = {"gain": Gain(0.65, 0.01, RECOMMENDING), "choosing": CHOOSING}
    releases.write(tmp_path / "m", dataclasses.replace(RELEASE, **known))
    text = header(tmp_path / "m", gain={"factor": 0.65, "margin": 0.01})
    assert releases.of_text(text, BUNDLE, tmp_path / "m").gain is None
    limits = CHOOSING.model_dump()
    for damage in ({"gain": {"factor": 0.65}}, {"choosing": limits | {"sharp_sigma": float("inf")}}):
        with pytest.raises(releases.Damaged):
            releases.of_text(header(tmp_path / "m", **damage), BUNDLE, tmp_path / "m")


def test_a_plain_bundle_is_a_release_without_calibration(tmp_path):
    bundles.save(BUNDLE, tmp_path / "plain.semclear")
    made = releases.read(tmp_path / "plain.semclear")
    assert (made.name, made.family, made.interval_factor, made.card) == ("plain", None, None, {})
    assert made.bundle.networks.keys() == {"restorer", "degrader"}


def test_unknown_members_are_ignored(path):
    assert releases.read(rewritten(path, notes_txt=b"hello", evil_py=b"raise SystemExit")).name == "fog"


def test_a_missing_file(tmp_path):
    assert "no such bundle" in refused(tmp_path / "none.semclear")


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.99])
def test_truncated(path, share):
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    assert "damaged" in refused(path)


def test_a_flipped_byte_is_seen_wherever_it_is(path):
    """Every byte of contents is under a checksum; in the archive's own fields a flip may also be harmless."""
    whole = path.read_bytes()
    start = whole.index(b"release.json") + len("release.json")
    for place in (*range(start, start + 400, 7), whole.index(b"bundle.json") + 60):
        broken = bytearray(whole)
        broken[place] ^= 0x10
        path.write_bytes(bytes(broken))
        refused(path)


def test_another_format_is_named(path):
    text = refused(rewritten(path, release_json=header(path, format=2)))
    assert "format 2, expected 1" in text


@pytest.mark.parametrize(
    "changes",
    [
        {"side": "large"},
        {"side": 0},
        {"interval_factor": -1.0},
        {"unknown": 1},
        {"flag": {"level": 0.05, "members": {"input_noise": [1.0, 2.0, 3.0], "input_band1": [1.0]}}},
        {"flag": {"level": 0.05, "members": {"input_noise": [1.0]}}},
        {"flag": {"level": 0.05, "members": {"input_noise": [1.0, float("nan"), 2.0]}}},
    ],
)
def test_wrong_values_are_refused(path, changes):
    assert "damaged" in refused(rewritten(path, release_json=header(path, **changes)))


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b"3", b"\xff\xfe", b"null"])
def test_a_header_that_is_none(path, text):
    assert "damaged" in refused(rewritten(path, release_json=text))


@pytest.mark.parametrize("text", [b"[]", b'{"format": 2}', b'{"format": 2, "networks": 3}', b"\xff"])
def test_a_bundle_header_that_is_none(path, text):
    assert "damaged" in refused(rewritten(path, bundle_json=text))


def test_code_is_never_read(path, tmp_path):
    np.savez(tmp_path / "evil.npz", w0000=np.array([{"code": 1}], dtype=object))
    assert "damaged" in refused(rewritten(path, restorer_npz=(tmp_path / "evil.npz").read_bytes()))


@pytest.mark.parametrize(
    "values", [np.array([np.nan], np.float32), np.array(["x"]), np.array([1]), np.array([np.inf])]
)
def test_weights_must_be_finite_numbers(path, tmp_path, values):
    np.savez(tmp_path / "odd.npz", w0000=values)
    assert "finite" in refused(rewritten(path, restorer_npz=(tmp_path / "odd.npz").read_bytes()))


def test_without_a_restorer(path):
    with zipfile.ZipFile(path) as archive:
        values = json.loads(archive.read("bundle.json"))
    assert "restorer" in refused(rewritten(path, bundle_json=json.dumps(values | {"networks": ["degrader"]})))


@pytest.mark.parametrize("outside", [True, False])
def test_what_would_fill_the_memory_is_refused_unread(tmp_path, outside):
    path = tmp_path / "bomb.semclear"
    zeros = {"w0000": np.zeros(4_000_000, np.float32)}
    (np.savez if outside else np.savez_compressed)(tmp_path / "z.npz", **zeros)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bundle.json", "{}")
        archive.write(tmp_path / "z.npz", "restorer.npz")
    assert "claims to unpack to" in refused(path)


def test_what_json_cannot_hold_is_told_and_leaves_nothing(tmp_path):
    for card in ({"psnr": float("nan")}, {"path": Path("x")}):
        with pytest.raises(SemclearError, match="JSON cannot hold"):
            releases.write(tmp_path / "m", dataclasses.replace(RELEASE, card=card))
    assert not list(tmp_path.iterdir())


def test_no_keras_is_needed_to_read(path):
    import subprocess
    import sys

    code = (
        "import sys; from semclear.models import release; "
        f"release.read({str(path)!r}); print([m for m in ('keras', 'tensorflow') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("method", ["cyclegan-physics", "cyclegan"])
def test_at_laptop_scale_a_release_has_at_most_5_mb(tmp_path, method):
    pytest.importorskip("keras")
    from semclear.networks.forward import physics
    from semclear.networks.generator import generator_of

    size = params.load(Path(__file__).parents[2] / "params.yaml").scales["laptop"].model
    restorer = generator_of(size, MODEL, "restorer").get_weights()
    degrader = physics.build_encoder(size.width, name="degrader").get_weights()
    networks = {"restorer": restorer, "oracle": restorer}
    networks["degrader"] = degrader if method == "cyclegan-physics" else restorer
    rows = [{name: float(value) for name in LOOKED_AT for value in RNG.random(1)} for _ in range(48)]
    bundle = bundles.Bundle(method, size, MODEL, "0" * 64, networks, {})
    path = tmp_path / "m.semclear"
    releases.write(path, Release(bundle, "m", Family(rows, 0.05), 9.0, 128, CARD))
    assert path.stat().st_size <= 5_000_000
