"""What speaks against a training is told of all of it, from its rows."""

import subprocess
import sys

import pytest


def test_keras_is_not_loaded_before_its_backend_is_chosen():
    # Loaded before, it would be on the backend of its own choice, and "--backend jax" would be refused.
    script = "import sys; from semclear.tool.own_data import train; sys.exit('keras' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], timeout=120).returncode == 0


def test_every_epoch_and_every_recovery_speaks():
    pytest.importorskip("keras")
    from semclear.tool.own_data.train import warnings_of
    from semclear.training.callbacks import DISCRIMINATOR_TERMS
    from semclear.training.fitting import Fitted

    name = next(iter(DISCRIMINATOR_TERMS))
    rows = [{"correlation": 0.9}, {"correlation": -0.5}, {"correlation": 0.9, name: 0.001}]
    gone_back = {
        "epoch": 2,
        "step": 7,
        "kind": "not a number",
        "terms": {"cycle": "nan"},
        "back_to": 1,
        "rate": 0.5,
    }
    told = warnings_of(Fitted(None, rows, [], None, [gone_back]), 3)
    assert [text.split(":")[1] for text in told] == [" epoch 2, step 7", " epoch 2", " epoch 3"]
    assert "recovery 1 of at most 3" in told[0] and "contrast is inverted" in told[1] and name in told[2]
    assert warnings_of(Fitted(None, rows[:1], [], None), 3) == []
