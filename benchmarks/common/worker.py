"""A benchmark's own module called again in a process of its own, whose peak memory is that of the work alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.common.provenance import ROOT
from semclear.errors import SemclearError


def answer_of(
    module: str, words: Sequence[str], what: str, environment: Mapping[str, str] | None = None
) -> Any:
    """Return what a module called as a script prints last, which is JSON; its stderr goes where ours does.

    Parameters
    ----------
    module : str
        Dotted, of this package.
    words : sequence of str
        Of its command line.
    what : str
        That is measured, for the message.
    environment : mapping, optional
        Variables to set besides.

    Raises
    ------
    SemclearError
        When it fails.
    """
    path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    done = subprocess.run(
        [sys.executable, "-m", module, *words],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": path, **(environment or {})},
        check=False,
    )
    if done.returncode:
        raise SemclearError(f"{what}: ended with code {done.returncode}; its reason stands above")
    return json.loads(done.stdout.splitlines()[-1])
