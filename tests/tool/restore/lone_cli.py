"""The command line where no backend and no Keras can be imported. Run as: lone_cli.py ARGUMENT..."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "helpers"))

from blocked_imports import block

block("tensorflow", "keras", "jax", "torch", "onnx")

from semclear.cli.main import main  # noqa: E402

main()
