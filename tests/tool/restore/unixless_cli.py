"""The command line where no module of Unix alone can be imported, as on Windows. Run as: unixless_cli.py ARGUMENT..."""

import sys

BLOCKED = {"fcntl", "grp", "pwd", "resource", "syslog", "termios", "tty"}


class Blocker:
    """Finds no blocked module, as where the system has none."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if name in BLOCKED:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


for module in BLOCKED & set(sys.modules):
    del sys.modules[module]
sys.meta_path.insert(0, Blocker)

from semclear.cli.main import main  # noqa: E402

main()
