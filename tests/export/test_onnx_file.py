"""The ONNX file computes what Keras computes, for every generator and any size, and holds where it comes from."""

import json

import export_bundles as small
import numpy as np
import pytest

from semclear import __version__, files
from semclear.errors import SemclearError
from semclear.export import metadata as provenance
from semclear.export import onnx_file
from semclear.export.export import export
from semclear.models import catalogue
from semclear.models.onnx_restorer import OnnxNetwork
from semclear.networks import bundle as bundles

onnx = pytest.importorskip("onnx", reason='needs the extra: pip install "semclear[onnx]"')
onnxruntime = pytest.importorskip("onnxruntime", reason='needs the extra: pip install "semclear[onnx]"')

SIZES = [(1, 1), (3, 7), (16, 24), (37, 50)]


def _network(bundle, folder):
    bundles.save(bundle, folder / "small.semclear")
    metadata = provenance.metadata_of(bundle, folder / "small.semclear")
    (folder / "small.onnx").write_bytes(onnx_file.content_of(bundle, metadata))
    return OnnxNetwork(folder / "small.onnx", threads=1)


@pytest.mark.parametrize(("normalisation", "output", "extremes"), small.OPTIONS)
def test_equals_keras_for_all_options(tmp_path, normalisation, output, extremes):
    bundle = small.made(normalisation, output, extremes, levels=3, width=6, max_width=20)
    network = _network(bundle, tmp_path)
    for height, width in SIZES:
        images = small.images(2, height, width)
        truth = small.expected(bundle, images)
        np.testing.assert_allclose(network(images), truth, atol=1e-4)
    # What is compared is neither black, nor white, nor the input.
    assert truth.std() > 0.01 and np.abs(truth - images).max() > 0.05


@pytest.mark.parametrize(("levels", "width", "max_width"), [(2, 3, 3), (4, 5, 9), (5, 4, 8)])
@pytest.mark.parametrize("normalisation", ["instance", "none"])
def test_equals_keras_for_all_scales(tmp_path, normalisation, levels, width, max_width):
    bundle = small.made(normalisation, levels=levels, width=width, max_width=max_width, seed=levels)
    network = _network(bundle, tmp_path)
    images = small.images(1, 2**levels + 5, 2 ** (levels + 1) + 3)
    np.testing.assert_allclose(network(images), small.expected(bundle, images), atol=1e-4)


@pytest.mark.parametrize(("levels", "width", "max_width"), [(2, 3, 3), (3, 4, 8), (4, 5, 9)])
def test_equals_keras_for_the_residual_generator(tmp_path, levels, width, max_width):
    bundle = small.made(levels=levels, width=width, max_width=max_width, architecture="residual")
    network = _network(bundle, tmp_path)
    for height, wide in (*SIZES, (2**levels + 5, 2 ** (levels + 1) + 3)):
        images = small.images(2, height, wide)
        truth = small.expected(bundle, images)
        np.testing.assert_allclose(network(images), truth, atol=1e-4)
    assert truth.std() > 0.01 and np.abs(truth - images).max() > 0.05


def test_the_model_that_comes_along_can_be_exported(tmp_path):
    exported = export(catalogue.find().path, "onnx", tmp_path / "default.onnx")
    assert exported.difference < 1e-5


@pytest.mark.parametrize("seed", range(4))
def test_any_size(tmp_path, seed):
    rng = np.random.default_rng(seed)
    bundle = small.made(["instance", "none"][seed % 2])
    network = _network(bundle, tmp_path)
    for _ in range(6):
        batch, height, width = (int(n) for n in rng.integers(1, [4, 80, 80]))
        images = small.images(batch, height, width, seed)
        np.testing.assert_allclose(network(images), small.expected(bundle, images), atol=1e-4)


@pytest.mark.parametrize("normalisation", ["instance", "none"])
@pytest.mark.parametrize("grey", [0.0, 0.5, 1.0])
def test_flat_fields(tmp_path, normalisation, grey):
    bundle = small.made(normalisation, levels=3, width=8, max_width=16)
    images = np.full((1, 45, 33), grey, np.float32)
    np.testing.assert_allclose(_network(bundle, tmp_path)(images), small.expected(bundle, images), atol=1e-4)


def test_extension_is_that_of_numpy():
    from semclear.export import onnx_nodes

    for multiple in (1, 2, 8, 32):
        built = onnx_nodes.Graph()
        length = built.add("Gather", built.add("Shape", "x"), built.integers(2))
        built.add("Identity", built.mirrored("x", length, 2, multiple), output="y")
        model = built.model("extension", "x", "y", onnx_file.OPSET, ir_version=onnx_file.IR_VERSION)
        session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
        for height in range(1, 40):
            image = small.images(1, height, 2)[:, None]
            margins = ((0, 0), (0, 0), (0, -height % multiple), (0, 0))
            np.testing.assert_array_equal(
                session.run(None, {"x": image})[0], np.pad(image, margins, mode="symmetric")
            )


def test_equal_bundles_give_equal_bytes(tmp_path):
    bundle = small.made()
    path = small.saved(tmp_path)
    metadata = provenance.metadata_of(bundle, path)
    assert onnx_file.content_of(bundle, metadata) == onnx_file.content_of(small.made(), dict(metadata))
    assert onnx_file.content_of(bundle, metadata) != onnx_file.content_of(small.made(seed=1), metadata)


def test_metadata_of_the_file(tmp_path):
    bundle, path = small.made(levels=3), small.saved(tmp_path, levels=3)
    content = onnx_file.content_of(bundle, provenance.metadata_of(bundle, path))
    model = onnx.load_from_string(content)
    held = {entry.key: entry.value for entry in model.metadata_props}
    assert held["method"] == "cyclegan" and held["levels"] == "3" and held["data_sha256"] == "d" * 64
    assert held["bundle_sha256"] == files.sha256(path) and held["semclear_version"] == __version__
    assert held["normalisation"] == bundles.NORMALISATION
    assert json.loads(held["size"])["levels"] == 3 and json.loads(held["model"])["output"] == "affine"
    assert (model.producer_name, model.producer_version) == ("semclear", __version__)
    assert [(entry.domain, entry.version) for entry in model.opset_import] == [("", onnx_file.OPSET)]
    shapes = [
        [d.dim_param or d.dim_value for d in value.type.tensor_type.shape.dim]
        for value in (*model.graph.input, *model.graph.output)
    ]
    assert shapes == [["batch", 1, "height", "width"]] * 2


def test_weights_that_do_not_fit_the_settings():
    bundle = small.made()
    fewer = bundles.Bundle(
        bundle.method, bundle.size, bundle.model, "d" * 64, {"restorer": bundle.networks["restorer"][:-1]}
    )
    with pytest.raises(SemclearError, match=r"arrays, expected \d+ by its settings"):
        onnx_file.content_of(fewer, {})
    other = bundles.Bundle(
        bundle.method, bundle.size, small.made("instance").model, "d" * 64, bundle.networks
    )
    with pytest.raises(SemclearError, match=r"array \d+ of shape .* expected"):
        onnx_file.content_of(other, {})
    without = bundles.Bundle(bundle.method, bundle.size, bundle.model, "d" * 64, {"degrader": []})
    with pytest.raises(SemclearError, match="expected restorer"):
        onnx_file.content_of(without, {})
