"""`semclear restore` by a model, and what it writes, for tests of the tool."""

import json
from pathlib import Path

from semclear.tool.restore.request import Request
from semclear.tool.restore.run import run


def restore(source, out, model, **more):
    """Restore by a model's file on one thread and return the exit code."""
    return run(Request((str(source),), Path(out), **{"model": str(model), "threads": 1} | more))


def account(path):
    """Return what was written beside a result."""
    return json.loads(path.read_text(encoding="utf-8"))
