"""``python -m semclear.cli``."""

from semclear.cli.main import main

main()
