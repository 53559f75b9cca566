"""One backward pass gives each network the gradient of its own loss, on both backends."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("backend", ["tensorflow", "jax"])
def test_gradients_equal_finite_differences(backend):
    pytest.importorskip(backend)
    # JAX keeps float64 only when told before it starts.
    environment = {**os.environ, "KERAS_BACKEND": backend, "JAX_ENABLE_X64": "1", "JAX_PLATFORMS": "cpu"}
    probe = [sys.executable, str(Path(__file__).with_name("gradients_probe.py")), str(ROOT / "params.yaml")]
    done = subprocess.run(probe, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    result = json.loads(done.stdout.splitlines()[-1])
    assert result["backend"] == backend
    assert len(result["rows"]) == 16
    for network, gradient, slope in result["rows"]:
        assert abs(slope) > 1e-6, network
        # Some backends keep the logged terms in float32, which limits the slope, not the gradient.
        assert gradient == pytest.approx(slope, rel=0.02, abs=5e-3), network
