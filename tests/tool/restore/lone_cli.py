"""The command line where no backend and no Keras can be imported. Run as: lone_cli.py ARGUMENT..."""

import sys

BLOCKED = {"tensorflow", "keras", "jax", "torch", "onnx"}


class Blocker:
    """Finds no module of a blocked package, as where it is not installed."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if name.partition(".")[0] in BLOCKED:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


sys.meta_path.insert(0, Blocker)

from semclear.cli.main import main  # noqa: E402

main()
