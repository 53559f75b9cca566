"""An export replaces nothing unasked, appears whole or not at all, and only if it computes what Keras does."""

import importlib.util
import sys

import export_bundles as small
import numpy as np
import pytest

from semclear.errors import SemclearError
from semclear.export.export import export
from semclear.networks import bundle as bundles

needs_onnx = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in ("onnx", "onnxruntime")),
    reason='needs the extra: pip install "semclear[onnx]"',
)


def _left(folder):
    return sorted(path.name for path in folder.iterdir())


@needs_onnx
def test_onnx_by_its_default_name(tmp_path, monkeypatch):
    path = small.saved(tmp_path)
    monkeypatch.chdir(tmp_path)
    made = export(path, "onnx")
    assert _left(tmp_path) == ["small.onnx", "small.semclear"]
    assert made.size == (tmp_path / "small.onnx").stat().st_size > 10_000
    assert made.difference < 1e-4 and made.metadata["method"] == "cyclegan"
    with pytest.raises(SemclearError, match=r"small\.onnx: exists already; say --overwrite"):
        export(path, "onnx")
    again = export(path, "onnx", overwrite=True, check=False)
    assert again.difference is None and again.size == made.size


@pytest.mark.slow
def test_saved_model_replaces_only_a_saved_model(tmp_path):
    pytest.importorskip("tensorflow")
    path, folder = small.saved(tmp_path), tmp_path / "holiday"
    folder.mkdir()
    (folder / "picture.jpg").write_bytes(b"dear")
    with pytest.raises(SemclearError, match="exists and is not a SavedModel, so it is not replaced"):
        export(path, "savedmodel", folder, overwrite=True)
    assert (folder / "picture.jpg").read_bytes() == b"dear"
    made = export(path, "savedmodel", tmp_path / "m")
    assert made.difference < 1e-4 and made.size > 10_000
    assert export(path, "savedmodel", tmp_path / "m", overwrite=True, check=False).path == tmp_path / "m"


@needs_onnx
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_weights_of_a_training_that_diverged(tmp_path, value):
    bundle = small.made()
    weights = [array.copy() for array in bundle.networks["restorer"]]
    weights[0][:] = value
    broken = bundles.Bundle(bundle.method, bundle.size, bundle.model, "d" * 64, {"restorer": weights})
    bundles.save(broken, tmp_path / "broken.semclear")
    with pytest.raises(SemclearError, match="weights of restorer are not all finite numbers"):
        export(tmp_path / "broken.semclear", "onnx", tmp_path / "m.onnx")
    assert _left(tmp_path) == ["broken.semclear"]


def test_unknown_format_and_ending(tmp_path):
    with pytest.raises(SemclearError, match="got 'torch', expected one of onnx, savedmodel, bioimageio"):
        export(tmp_path / "none.semclear", "torch")
    with pytest.raises(SemclearError, match=r"got the ending '\.zip', expected '\.onnx' for onnx"):
        export(tmp_path / "none.semclear", "onnx", tmp_path / "m.zip")


def test_the_bundle_is_no_output(tmp_path):
    path = small.saved(tmp_path)
    linked = tmp_path / "m.onnx"
    linked.symlink_to(path)
    with pytest.raises(SemclearError, match="is the bundle itself"):
        export(path, "onnx", linked, overwrite=True)
    folder = tmp_path / "folder.onnx"
    folder.mkdir()
    with pytest.raises(SemclearError, match="exists and is not a file"):
        export(path, "onnx", folder, overwrite=True)


def test_damaged_bundle(tmp_path):
    (tmp_path / "broken.semclear").write_bytes(b"PK\x03\x04 nothing")
    with pytest.raises(SemclearError, match=r"broken\.semclear: damaged or no release"):
        export(tmp_path / "broken.semclear", "onnx", tmp_path / "m.onnx")
    with pytest.raises(SemclearError, match="no such bundle"):
        export(tmp_path / "none.semclear", "savedmodel", tmp_path / "m")
    assert _left(tmp_path) == ["broken.semclear"]


@pytest.mark.parametrize(
    ("format", "package", "extra"),
    [("onnx", "onnx", "onnx"), ("bioimageio", "onnx", "bioimageio"), ("savedmodel", "tensorflow", "study")],
)
def test_missing_extra(tmp_path, monkeypatch, format, package, extra):
    path = small.saved(tmp_path)
    monkeypatch.setitem(sys.modules, package, None)
    output = tmp_path / {"onnx": "m.onnx", "bioimageio": "m.zip", "savedmodel": "m"}[format]
    with pytest.raises(SemclearError, match=rf'--format {format}: .* pip install "semclear\[{extra}\]"'):
        export(path, format, output)
    assert _left(tmp_path) == ["small.semclear"]


@needs_onnx
def test_output_that_cannot_be_written(tmp_path):
    path = small.saved(tmp_path)
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(SemclearError, match="cannot be written"):
        export(path, "onnx", tmp_path / "file" / "m.onnx", check=False)
