"""What Keras can do without is spared, and can be imported afterwards."""

import subprocess
import sys

import pytest

from semclear import lean_import

STEP = """
import sys
from semclear.cli import steps
steps._configure({"compute": {"backend": BACKEND, "threads": 1, "require_gpu": False}})
print(sorted({"jax", "matplotlib", "pandas", "sklearn", "keras"} & set(sys.modules)))
import keras, numpy, pandas
import matplotlib.figure
print(keras.ops.convert_to_numpy(keras.ops.ones(2)).tolist(), pandas.DataFrame({"a": [1]}).a.sum())
"""


@pytest.mark.parametrize(("backend", "left"), [("tensorflow", ["keras"]), ("jax", ["jax", "keras"])])
def test_a_step_imports_keras_alone(backend, left):
    pytest.importorskip(backend)
    code = STEP.replace("BACKEND", repr(backend))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [str(left), "[1.0, 1.0] 1"]


def test_hidden_only_within_the_block_and_after_an_error():
    sys.modules.pop("colorsys", None)
    with pytest.raises(ModuleNotFoundError), lean_import.without(("colorsys",)):
        import colorsys
    import colorsys

    with lean_import.without(("colorsys",)):  # imported already: it stays
        import colorsys

    assert sys.modules["colorsys"] is colorsys
