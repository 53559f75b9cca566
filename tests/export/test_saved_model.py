"""The SavedModel runs where semclear is not installed, at any size, with the numbers of Keras."""

import json
import os
import subprocess
import sys
from pathlib import Path

import export_bundles as small
import numpy as np
import pytest

from semclear.errors import SemclearError
from semclear.export import saved_model

keras = pytest.importorskip("keras")
pytest.importorskip("tensorflow")

SIZES = [(1, 1, 1), (2, 3, 21), (1, 16, 16), (1, 33, 30)]


@pytest.mark.slow
@pytest.mark.parametrize("normalisation", ["instance", "none"])
def test_equals_keras_without_semclear(tmp_path, normalisation):
    bundle = small.made(normalisation, levels=3)
    saved_model.write(bundle, {"method": "cyclegan"}, tmp_path / "m")
    assert json.loads((tmp_path / "m" / saved_model.METADATA).read_text()) == {"method": "cyclegan"}
    images = {f"i{i}": small.images(*shape)[..., None] for i, shape in enumerate(SIZES)}
    np.savez(tmp_path / "images.npz", **images)
    script = Path(__file__).with_name("lone_saved_model.py")
    command = [sys.executable, script, tmp_path / "m", tmp_path / "images.npz", tmp_path / "result.npz"]
    environment = {**os.environ, "CUDA_VISIBLE_DEVICES": "-1"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    with np.load(tmp_path / "result.npz") as restored:
        for name, batch in images.items():
            truth = small.expected(bundle, batch[..., 0])
            np.testing.assert_allclose(restored[name][..., 0], truth, atol=1e-4)


@pytest.mark.slow
def test_equal_bundles_give_equal_bytes_from_process_to_process(tmp_path):
    bundle = small.saved(tmp_path)
    found = []
    for seed in ("1", "2"):
        folder = tmp_path / seed / "m"
        command = [
            sys.executable,
            "-m",
            "semclear.cli",
            "export",
            bundle,
            "--format",
            "savedmodel",
            "-o",
            folder,
        ]
        environment = {**os.environ, "CUDA_VISIBLE_DEVICES": "-1", "PYTHONHASHSEED": seed}
        folder.parent.mkdir()
        done = subprocess.run(
            [*command, "--no-check"], capture_output=True, text=True, env=environment, check=False
        )
        assert done.returncode == 0, done.stderr[-2000:]
        found.append(
            {
                file.relative_to(folder).as_posix(): file.read_bytes()
                for file in folder.rglob("*")
                if file.is_file()
            }
        )
    assert len(found[0]) >= 4 and found[0] == found[1]
    import tensorflow as tf

    read = tf.saved_model.experimental.read_fingerprint(str(tmp_path / "1" / "m"))
    assert read.saved_model_checksum > 0


def test_extension_is_that_of_numpy():
    for length in range(1, 20):
        image = small.images(1, length, 2)
        np.testing.assert_array_equal(
            saved_model.mirrored(image, 1, 8),
            np.pad(image, ((0, 0), (0, -length % 8), (0, 0)), mode="symmetric"),
        )


def test_another_backend_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    with pytest.raises(SemclearError, match="got Keras on 'jax', expected 'tensorflow'"):
        saved_model.write(small.made(), {}, tmp_path / "m")
