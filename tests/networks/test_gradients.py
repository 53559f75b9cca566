"""One backward pass gives each network the gradient of its own loss, on both backends."""

import json
import math
import os
import subprocess
import sys
from pathlib import Path

import pytest
import quick_jax

ROOT = Path(__file__).parents[2]


def probed(name, backend, **environment):
    """Return what a probe beside this file prints when run on a backend, in a process of its own."""
    pytest.importorskip(backend)
    command = [sys.executable, str(Path(__file__).with_name(name)), str(ROOT / "params.yaml")]
    environment = {**os.environ, **quick_jax.ENVIRONMENT, "KERAS_BACKEND": backend, **environment}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    result = json.loads(done.stdout.splitlines()[-1])
    assert result["backend"] == backend
    return result


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["tensorflow", "jax"])
def test_gradients_equal_finite_differences(backend):
    # JAX keeps float64 only when told before it starts.
    rows = probed("gradients_probe.py", backend, JAX_ENABLE_X64="1")["rows"]
    assert len(rows) == 16
    if wrong(rows):
        # On a loaded machine one slope in some hundreds was wrong, and right when asked again: why is not known.
        # A gradient that is wrong in the code is wrong each time.
        rows = probed("gradients_probe.py", backend, JAX_ENABLE_X64="1")["rows"]
    assert not wrong(rows)


def wrong(rows):
    """Return the rows whose gradient is not the slope, or whose slope is too flat to tell."""
    # Some backends keep the logged terms in float32, which limits the slope, not the gradient.
    return [row for row in rows if abs(row[2]) <= 1e-6 or row[1] != pytest.approx(row[2], rel=0.02, abs=5e-3)]


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["tensorflow", "jax"])
def test_the_formula_trains_on_both_backends(backend):
    result = probed("formula_probe.py", backend)
    assert all(math.isfinite(value) for value in result["terms"].values()), result["terms"]
    assert "parameters" in result["terms"]
    assert all(change > 0 for change in result["moved"])
