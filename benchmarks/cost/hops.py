"""How many modules one `semclear restore` goes through, and how often it opens the model's file.

    python -m benchmarks.cost.hops

restores a drawn micrograph by the model that comes along. A hop is a pair of modules of semclear of which a function of
the one, directly or through a library, calls one of the other; imports, and generators that go on, do not count. It is
written to benchmarks/results/hops.md.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections import Counter
from itertools import groupby
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from benchmarks.common.provenance import ROOT, commit

RESULT = ROOT / "benchmarks" / "results" / "hops.md"


class Hops:
    """Which module of a package (its folder) called which, and which files were opened.

    It is what `sys.setprofile` takes.
    """

    def __init__(self, package: Path) -> None:
        self._package = str(package) + os.sep
        self._starts: dict[CodeType, int] = {}
        self.pairs: set[tuple[str, str]] = set()
        self.opened: Counter[str] = Counter()

    def _module(self, frame: FrameType | None) -> str:
        """Return the module of a frame; "" outside the package."""
        file = "" if frame is None else frame.f_code.co_filename
        inside = file.startswith(self._package) and file.endswith(".py")
        return file.removeprefix(self._package)[:-3].replace(os.sep, ".") if inside else ""

    def __call__(self, frame: FrameType, event: str, _: Any) -> None:
        """Count a call."""
        if event != "call" or not (callee := self._module(frame)) or frame.f_code.co_name == "<genexpr>":
            return
        if self._starts.setdefault(frame.f_code, frame.f_lasti) != frame.f_lasti:
            return  # a generator goes on
        above = frame.f_back
        while above is not None and not self._module(above):
            above = above.f_back
        pair = self._module(above), callee
        if "" not in pair and pair[0] != callee and pair not in self.pairs and not _is_import(frame):
            self.pairs.add(pair)

    def audit(self, event: str, values: tuple[Any, ...]) -> None:
        """Count a file that is opened: what `sys.addaudithook` takes."""
        if event == "open" and isinstance(values[0], str | os.PathLike):
            self.opened[os.fspath(values[0])] += 1


def _is_import(frame: FrameType | None) -> bool:
    """Return whether a frame runs because a module is being imported."""
    while frame is not None and not frame.f_code.co_filename.startswith("<frozen importlib"):
        frame = frame.f_back
    return frame is not None


def counted(words: list[str]) -> Hops:
    """Return what a command of semclear goes through; in this process, once."""
    import semclear
    from semclear.cli.main import main

    hops, sys.argv = Hops(Path(semclear.__file__).parent), ["semclear", *words]
    sys.addaudithook(hops.audit)
    sys.setprofile(hops)
    try:
        main()
    except SystemExit as end:
        if end.code:
            raise
    finally:
        sys.setprofile(None)
    return hops


def table(hops: Hops, model: str) -> str:
    """Return the page: how many hops, and openings of the file `model`; then who calls whom."""
    openings = sum(count for file, count in hops.opened.items() if Path(file).name == model)
    modules = {module for pair in hops.pairs for module in pair}
    lines = [
        "# What one `semclear restore in.tif -o out` goes through",
        "",
        f"Commit {commit()}: {len(hops.pairs)} hops in {len(modules)} modules; the model's file is opened "
        f"{openings} times.",
        "",
        "| Module | calls |\n|---|---|",
    ]
    for caller, pairs in groupby(sorted(hops.pairs), key=lambda pair: pair[0]):
        lines.append(f"| `{caller}` | {', '.join(f'`{callee}`' for _, callee in pairs)} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Draw, restore, count, write and print."""
    import tifffile

    from semclear.napari.sample_data import micrograph

    with tempfile.TemporaryDirectory() as folder:
        tifffile.imwrite(Path(folder, "in.tif"), micrograph()[0][0])
        words = ["restore", str(Path(folder, "in.tif")), "-o", str(Path(folder, "out"))]
        text = table(counted(words), "default.semclear")
    RESULT.write_text(text, encoding="utf-8")
    print(text, end="")


if __name__ == "__main__":
    main()
