"""Keeping the remarks of libraries off the terminal, unless something goes wrong."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

STDERR = 2


@contextmanager
def quiet() -> Iterator[None]:
    """Hold back what is written to the process's stderr, by compiled code, too; when the block fails, show it.

    TensorFlow remarks on its arithmetic and on missing GPUs before its own
    settings can silence it.
    """
    sys.stderr.flush()
    try:
        kept = os.dup(STDERR)
    except OSError:  # there is no stderr, as in a windowed program
        yield
        return
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), STDERR)
        failed = True
        try:
            yield
            failed = False
        except KeyboardInterrupt:  # somebody's wish, which no remark of a library explains
            failed = False
            raise
        finally:
            sys.stderr.flush()
            os.dup2(kept, STDERR)
            os.close(kept)
            if failed:
                held.seek(0)
                sys.stderr.write(held.read().decode(errors="replace"))
