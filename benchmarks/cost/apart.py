"""Work in a process of its own: what must be settled before the first heavy import, and memory that nobody else fills.

    python -m benchmarks.cost.apart MODULE:FUNCTION ANSWER < ARGUMENT

is how `call` runs a function that takes and returns JSON, with the code of this checkout or of another of its layout.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from semclear.errors import SemclearError

ROOT = Path(__file__).resolve().parents[2]

#: What a shell may have set and every call settles for itself.
NUMERIC = ("ONEDNN_MAX_CPU_ISA", "TF_ENABLE_ONEDNN_OPTS", "KERAS_BACKEND", "XLA_FLAGS")


def source_of(folder: Path) -> Path:
    """Return the folder of a checkout of the project.

    Raises
    ------
    SemclearError
        When it has no code of semclear.
    """
    folder = folder.resolve()
    if not (folder / "src" / "semclear" / "__init__.py").is_file():
        raise SemclearError(
            f"--source: got {folder}, expected a checkout of the project, with src/semclear; give its folder"
        )
    return folder


def call(
    function: str, given: Mapping[str, Any], source: Path = ROOT, environment: Mapping[str, str] | None = None
) -> Any:
    """Return what a function returns in a fresh process.

    Parameters
    ----------
    function : str
        ``module:name``, of a module of benchmarks/cost.
    given : mapping
        Its argument; argument and answer are JSON.
    source : Path
        Checkout whose semclear it imports.
    environment : mapping, optional
        Variables to set; those of `NUMERIC` are unset unless they stand here.

    Raises
    ------
    SemclearError
        When it fails, with its last line, or when another semclear was imported.
    """
    variables = {key: value for key, value in os.environ.items() if key not in NUMERIC}
    variables |= {"SEMCLEAR_TRACKING": "off", "TF_CPP_MIN_LOG_LEVEL": "3", **(environment or {})}
    variables["PYTHONPATH"] = os.pathsep.join(
        [str(source / "src"), str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    )
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "answer.json"
        done = subprocess.run(
            [sys.executable, "-P", "-m", "benchmarks.cost.apart", function, str(path)],
            input=json.dumps(given),
            capture_output=True,
            text=True,
            env=variables,
            check=False,
        )
        if done.returncode or not path.is_file():
            lines = (done.stderr or done.stdout).strip().splitlines() or ["it printed nothing"]
            raise SemclearError(f"{function}: ended with code {done.returncode} ({lines[-1]})")
        answer = json.loads(path.read_text(encoding="utf-8"))
    expected = source / "src" / "semclear"
    if Path(answer["semclear"]) != expected.resolve():
        raise SemclearError(
            f"{function}: got the code in {answer['semclear']}, expected {expected}; install the project so that "
            "PYTHONPATH comes first"
        )
    return answer["value"]


def main() -> int:
    """Run one function; an expected error is one line."""
    import semclear

    module, _, name = sys.argv[1].partition(":")
    try:
        value = getattr(importlib.import_module(f"benchmarks.cost.{module}"), name)(json.load(sys.stdin))
    except SemclearError as error:
        print(error, file=sys.stderr)
        return 1
    answer = {"semclear": str(Path(semclear.__file__).resolve().parent), "value": value}
    Path(sys.argv[2]).write_text(json.dumps(answer), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
