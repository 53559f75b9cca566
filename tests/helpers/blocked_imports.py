"""Packages that cannot be imported, as where they are not installed; for scripts that tests run."""

import sys


class Blocker:
    """Finds no module of a blocked package."""

    def __init__(self, names):
        self.names = names

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in self.names:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


def block(*names):
    """Let no package of these names be imported any more, loaded modules of Unix alone included."""
    for module in set(names) & set(sys.modules):
        del sys.modules[module]
    sys.meta_path.insert(0, Blocker(names))
