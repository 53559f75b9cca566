"""The command line where no module of Unix alone can be imported, as on Windows. Run as: unixless_cli.py ARGUMENT..."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "helpers"))

from blocked_imports import block

block("fcntl", "grp", "pwd", "resource", "syslog", "termios", "tty")

from semclear.cli.main import main  # noqa: E402

main()
