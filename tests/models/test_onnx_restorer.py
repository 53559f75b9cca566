"""An exported restorer under ONNX Runtime serves as a network and as a bundle, and refuses what it cannot do."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from semclear import params
from semclear.errors import SemclearError
from semclear.export import metadata as provenance
from semclear.export import onnx_file
from semclear.models import onnx_runtimes
from semclear.models.onnx_restorer import OnnxNetwork
from semclear.networks import bundle as bundles
from semclear.restoration.restorer import Restorer
from semclear.restoration.tiled.large import LargeRestorer

onnx = pytest.importorskip("onnx", reason='needs the extra: pip install "semclear[onnx]"')
pytest.importorskip("onnxruntime", reason='needs the extra: pip install "semclear[onnx]"')

SIZE = params.ModelScale(levels=2, width=4, max_width=8, discriminator_width=2)
MODEL = params.load(Path(__file__).parents[2] / "params.yaml").model
FOLDER = Path(__file__).parent


def _export(folder, model):
    """Return a bundle whose network changes the image, and its ONNX file."""
    from semclear.networks.generator import generator_of

    rng = np.random.default_rng(5)
    network = generator_of(SIZE, model, "restorer")
    weights = [array + rng.normal(0, 0.1, array.shape).astype(np.float32) for array in network.get_weights()]
    bundle = bundles.Bundle("paired", SIZE, model, "d" * 64, {"restorer": weights})
    bundles.save(bundle, folder / "m.semclear")
    metadata = provenance.metadata_of(bundle, folder / "m.semclear")
    (folder / "m.onnx").write_bytes(onnx_file.content_of(bundle, metadata))
    return bundle, folder / "m.onnx"


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    return _export(tmp_path_factory.mktemp("exported"), MODEL)


@pytest.fixture(scope="module")
def exact(tmp_path_factory):
    """Return a file whose network has no normalisation: tiles equal the whole."""
    folder = tmp_path_factory.mktemp("exact")
    return _export(folder, MODEL.model_copy(update={"normalisation": "none"}))[1]


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


@pytest.mark.parametrize("ensembling", [False, True])
@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "Fail",
            "BFCArena::AllocateRawInternal Failed to allocate memory for requested buffer of size 67108864",
        ),
        (
            "RuntimeException",
            "Non-zero status code returned while running Conv node. Status Message: std::bad_alloc",
        ),
        (
            "RuntimeException",
            "Non-zero status code returned while running Conv node. Status Message: bad allocation",
        ),
    ],
)
def test_when_memory_runs_out_the_tile_is_halved_and_the_work_goes_on(exact, name, text, ensembling):
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    kind, network = getattr(state, name), OnnxNetwork(exact, threads=1)
    image = np.random.default_rng(7).random((150, 131)).astype(np.float32)
    loaded, sides = network._loaded, []

    class Short:
        """What is loaded on a machine without memory for more than 96 x 96 pixels."""

        def run(self, batch):
            sides.append(max(batch.shape[2:]))
            if sides[-1] > 96:
                raise kind(text)
            return loaded.run(batch)

    network._loaded = Short()
    large = LargeRestorer(network, ensembling=ensembling)
    found = large.inspect(image)
    assert sides[0] >= 150 and sides[-1] <= 96 and large.tile <= 96
    whole = Restorer(OnnxNetwork(exact, threads=1), ensembling).inspect(image)
    np.testing.assert_allclose(found.image, whole.image, atol=1e-5)
    sides.clear()
    large.restore(image)
    assert max(sides) <= 96  # it learned


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


@pytest.mark.parametrize(("runtime", "extra"), onnx_runtimes.EXTRAS.items())
def test_missing_extra(exported, monkeypatch, runtime, extra):
    monkeypatch.setitem(sys.modules, runtime, None)
    with pytest.raises(SemclearError, match=rf'pip install "semclear\[{extra}\]"'):
        OnnxNetwork(exported[1], runtime=runtime)


@pytest.mark.extras
def test_openvino_restores_as_keras_does(exported, image):
    pytest.importorskip("openvino", reason='needs the extra: pip install "semclear[openvino]"')
    bundle, path = exported
    network = OnnxNetwork(path, threads=1, runtime="openvino")
    assert network.metadata == OnnxNetwork(path, threads=1).metadata
    with_keras, alone = (Restorer(model).inspect(image) for model in (bundle, network))
    np.testing.assert_allclose(alone.image, with_keras.image, atol=1e-4)
    np.testing.assert_allclose(alone.uncertainty, with_keras.uncertainty, atol=1e-4)
    first = network(image[None])
    network(1 - image[None])
    np.testing.assert_array_equal(network(image[None]), first)


@pytest.mark.extras
def test_openvino_refuses_what_is_no_network(tmp_path):
    pytest.importorskip("openvino", reason='needs the extra: pip install "semclear[openvino]"')
    (tmp_path / "broken.onnx").write_bytes(b"not a network")
    with pytest.raises(SemclearError, match=r"broken\.onnx: damaged or no ONNX file"):
        OnnxNetwork(tmp_path / "broken.onnx", runtime="openvino")
