"""A bundle gives back what was saved, byte-equally, and refuses what is none."""

import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("keras")
from semclear import params
from semclear.errors import SemclearError
from semclear.networks import bundle as bundles
from semclear.networks.generator import generator_of

SIZE = params.ModelScale(levels=2, width=4, max_width=8, discriminator_width=2)
MODEL = params.load(Path(__file__).parents[2] / "params.yaml").model


@pytest.fixture
def bundle():
    network = generator_of(SIZE, MODEL, "restorer")
    return bundles.Bundle("cyclegan", SIZE, MODEL, "0" * 64, {"restorer": network.get_weights()}, {"seed": 1})


def test_round_trip(bundle, tmp_path):
    bundles.save(bundle, tmp_path / "m.semclear")
    loaded = bundles.load(tmp_path / "m.semclear")
    assert (loaded.method, loaded.size, loaded.model) == ("cyclegan", SIZE, MODEL)
    image = np.random.default_rng(0).random((1, 16, 16, 1)).astype(np.float32)
    expected = bundle.network().predict_on_batch(image)
    np.testing.assert_array_equal(loaded.network().predict_on_batch(image), expected)


def test_half_precision_halves_the_file_and_rounds(bundle, tmp_path):
    half = replace(bundle, model=MODEL.model_copy(update={"stored": "half"}))
    for name, one in (("single", bundle), ("half", half)):
        bundles.save(one, tmp_path / name)
    networks = [bundles.load(tmp_path / name).networks["restorer"] for name in ("single", "half")]
    for exact, rounded in zip(*networks, strict=True):
        assert rounded.dtype == np.float32
        np.testing.assert_array_equal(rounded, exact.astype(np.float16))
    numbers = sum(array.size for array in networks[0])
    sizes = [(tmp_path / name).stat().st_size for name in ("single", "half")]
    assert sizes[0] - sizes[1] == pytest.approx(2 * numbers, abs=100)


def test_equal_bundles_are_equal_bytes(bundle, tmp_path):
    for name in ("a", "b"):
        bundles.save(bundle, tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_missing_bundle(tmp_path):
    with pytest.raises(SemclearError, match="no such bundle"):
        bundles.load(tmp_path / "none.semclear")


def test_truncated_bundle(bundle, tmp_path):
    path = tmp_path / "m.semclear"
    bundles.save(bundle, path)
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(SemclearError, match=r"m\.semclear: damaged"):
        bundles.load(path)


def test_bundle_of_another_version(tmp_path):
    path = tmp_path / "m.semclear"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("bundle.json", json.dumps({"format": 99}))
    with pytest.raises(SemclearError, match=f"format 99, expected {bundles.FORMAT}"):
        bundles.load(path)


def test_pickled_weights_are_refused(bundle, tmp_path):
    path = tmp_path / "m.semclear"
    bundles.save(bundle, path)
    with zipfile.ZipFile(path) as archive:
        header = archive.read("bundle.json")
    evil = tmp_path / "evil.npz"
    np.savez(evil, w0000=np.array([{"code": 1}], dtype=object))
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("bundle.json", header)
        archive.writestr("restorer.npz", evil.read_bytes())
    with pytest.raises(SemclearError, match="damaged or no bundle"):
        bundles.load(path)


@pytest.mark.parametrize("kind", [np.int64, np.float64, np.bool_])
def test_what_is_no_weight_is_refused(bundle, kind, tmp_path):
    path = tmp_path / "m.semclear"
    bundles.save(bundle, path)
    content = io.BytesIO()
    np.savez(content, w0000=np.ones(3, kind))
    with zipfile.ZipFile(path) as archive:
        header = archive.read("bundle.json")
        names = json.loads(header)["networks"]
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("bundle.json", header)
        for name in names:
            archive.writestr(f"{name}.npz", content.getvalue())
    with pytest.raises(SemclearError, match=f"got weights of {np.dtype(kind)}, expected float16 or float32"):
        bundles.load(path)
