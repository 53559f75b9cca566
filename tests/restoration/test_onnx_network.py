"""An exported restorer under ONNX Runtime serves as a network and as a bundle, and refuses what it cannot do."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from semclear import params
from semclear.errors import SemclearError
from semclear.model import bundle as bundles
from semclear.portable.export import onnx_file, provenance
from semclear.restoration.onnx_network import OnnxNetwork
from semclear.restoration.restorer import Restorer

onnx = pytest.importorskip("onnx", reason='needs the extra: pip install "semclear[onnx]"')
pytest.importorskip("onnxruntime", reason='needs the extra: pip install "semclear[onnx]"')

SIZE = params.ModelScale(levels=2, width=4, max_width=8, discriminator_width=2)
MODEL = params.load(Path(__file__).parents[2] / "params.yaml").model
FOLDER = Path(__file__).parent


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """Return a bundle whose network changes the image, and its ONNX file."""
    from semclear.model.degraders import generator_of

    rng = np.random.default_rng(5)
    network = generator_of(SIZE, MODEL, "restorer")
    weights = [array + rng.normal(0, 0.1, array.shape).astype(np.float32) for array in network.get_weights()]
    bundle = bundles.Bundle("paired", SIZE, MODEL, "d" * 64, {"restorer": weights})
    folder = tmp_path_factory.mktemp("exported")
    bundles.save(bundle, folder / "m.semclear")
    metadata = provenance.metadata_of(bundle, folder / "m.semclear")
    (folder / "m.onnx").write_bytes(onnx_file.content_of(bundle, metadata))
    return bundle, folder / "m.onnx"


@pytest.fixture(scope="module")
def image():
    return np.random.default_rng(6).random((45, 34)).astype(np.float32)


def _run(script, *words, **variables):
    command = [sys.executable, str(FOLDER / script), *map(str, words)]
    return subprocess.run(
        command, capture_output=True, text=True, env={**os.environ, **variables}, check=False, timeout=300
    )


def test_takes_the_place_of_a_bundle(exported, image):
    bundle, path = exported
    network = OnnxNetwork(path, threads=1)
    assert (network.method, network.size, network.model) == ("paired", SIZE, MODEL)
    assert network.data_sha256 == "d" * 64 and "degrader" not in network.networks
    with_keras, alone = (Restorer(model).inspect(image) for model in (bundle, network))
    assert np.abs(with_keras.image - image).max() > 0.05
    np.testing.assert_allclose(alone.image, with_keras.image, atol=1e-4)
    np.testing.assert_allclose(alone.uncertainty, with_keras.uncertainty, atol=1e-4)
    assert alone.checks == pytest.approx(with_keras.checks, rel=1e-3)


@pytest.mark.slow
def test_the_file_alone_restores(exported, image, tmp_path):
    bundle, path = exported
    np.save(tmp_path / "image.npy", image)
    done = _run("lone_onnx.py", path, tmp_path / "image.npy", tmp_path / "result.npz")
    assert done.returncode == 0, done.stderr[-2000:]
    expected = Restorer(bundle).inspect(image)
    with np.load(tmp_path / "result.npz") as result:
        assert result["levels"] == 2
        np.testing.assert_allclose(result["mean"], expected.image, atol=1e-4)
        np.testing.assert_allclose(result["uncertainty"], expected.uncertainty, atol=1e-4)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="limits of memory are set and read as Linux has them")
def test_short_memory_is_a_memory_error(exported):
    done = _run("short_of_memory.py", exported[1], OMP_NUM_THREADS="1")
    assert done.returncode == 0, done.stderr[-2000:]
    assert "MemoryError:" in done.stdout and "after: (1, 64, 64)" in done.stdout


def test_wrong_shapes(exported):
    network = OnnxNetwork(exported[1])
    with pytest.raises(SemclearError, match=r"shape \(5, 5\), expected \(batch, height, width\)"):
        network(np.zeros((5, 5), np.float32))
    with pytest.raises(SemclearError, match="none of them 0"):
        network(np.zeros((1, 0, 5), np.float32))
    with pytest.raises(SemclearError, match=r"expected \(batch, height, width, 1\)"):
        network.predict_on_batch(np.zeros((1, 5, 5, 3), np.float32))


def test_batches_in_the_form_of_keras(exported, image):
    network = OnnxNetwork(exported[1], threads=1)
    batch = np.stack([image, image[::-1]])
    np.testing.assert_array_equal(network.predict_on_batch(batch[..., None])[..., 0], network(batch))


def test_there_is_no_other_network(exported):
    with pytest.raises(SemclearError, match="'degrader', but an ONNX file holds the restorer alone"):
        OnnxNetwork(exported[1]).network("degrader")


def test_missing_file(tmp_path):
    with pytest.raises(SemclearError, match="no such file; make it with `semclear export"):
        OnnxNetwork(tmp_path / "none.onnx")


@pytest.mark.parametrize("content", [b"", b"not a network", None])
def test_damaged_file(exported, tmp_path, content):
    path = tmp_path / "broken.onnx"
    path.write_bytes(exported[1].read_bytes()[:2000] if content is None else content)
    with pytest.raises(SemclearError, match=r"broken\.onnx: (damaged|got an ONNX file)"):
        OnnxNetwork(path)


def test_network_of_others(exported, tmp_path):
    model = onnx.load(exported[1])
    for key, value, message in (
        ("semclear_format", "99", "semclear_format '99', expected '1'"),
        ("size", "{}", "damaged metadata"),
    ):
        changed = onnx.ModelProto()
        changed.CopyFrom(model)
        onnx.helper.set_model_props(
            changed, {**{entry.key: entry.value for entry in model.metadata_props}, key: value}
        )
        onnx.save(changed, tmp_path / "other.onnx")
        with pytest.raises(SemclearError, match=message):
            OnnxNetwork(tmp_path / "other.onnx")


def test_missing_extra(exported, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(SemclearError, match=r'pip install "semclear\[onnx\]"'):
        OnnxNetwork(exported[1])
