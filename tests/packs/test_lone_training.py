"""The extra `jax` is enough: a training from a pack where TensorFlow, OpenCV and the workflow's tools are absent."""

import csv
import json
import math
import os
import subprocess
import sys
from pathlib import Path

import pytest
import quick_jax
import small_set

from semclear.packs import pack

PARAMS = Path(__file__).parents[2] / "params.yaml"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("method", "precision"), [("cyclegan-physics", "float32"), ("cyclegan", "mixed_bfloat16")]
)
def test_a_pack_trains_on_jax_alone(tmp_path, method, precision):
    pytest.importorskip("jax")
    pack.pack(small_set.write(tmp_path / "set" / "manifest.json"), tmp_path / "a.npz")
    script = Path(__file__).with_name("lone_training.py")
    command = [
        sys.executable,
        str(script),
        str(tmp_path / "a.npz"),
        str(PARAMS),
        str(tmp_path / "out"),
        method,
        precision,
    ]
    environment = {**os.environ, **quick_jax.ENVIRONMENT}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert "Keras" in done.stderr and "on jax" in done.stderr and "images a second" in done.stderr
    record = json.loads((tmp_path / "out" / "run.json").read_text())
    assert record["precision"] == precision and record["settings"]["experiments.packed"]["method"] == method
    assert record["settings"]["compute"]["backend"] == "jax" and "jax" in record["versions"]
    with (tmp_path / "out" / "steps.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 4 and all(math.isfinite(float(value)) for row in rows for value in row.values())
    assert (tmp_path / "out" / "model.semclear").is_file()
