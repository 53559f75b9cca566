"""Random files of every form that is read: is each written as it was, or refused in one line?

    python -m benchmarks.files.round_trips --files 2000

File number N is drawn from N (see `recipes`), so that a fault is found again: ``--first N --files 1``. Writes a row a
container to benchmarks/results/round_trips.csv, and every fault, with its recipe, to the terminal. Exit code 1 where
there is one.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from benchmarks.common.ledger import Ledger
from benchmarks.common.provenance import ROOT, commit, machine
from benchmarks.files.recipes import available, drawn, tried

COLUMNS = ("container", "first", "files", "written", "refused", "faults", "seconds", "commit", "machine")


def run(first: int, files: int) -> dict[str, Counter[str]]:
    """Try files of consecutive numbers and return the counts of outcomes by container; tell each fault at once."""
    counts: dict[str, Counter[str]] = {name: Counter() for name in dict.fromkeys(available())}
    for number in range(first, first + files):
        recipe, began = drawn(number), time.perf_counter()
        with tempfile.TemporaryDirectory() as folder:
            try:
                outcome = tried(Path(folder), recipe)
            except Exception as error:  # whatever it is, it is a fault to be told
                outcome = "faults"
                told = " ".join(str(error).replace(folder, "").split())[:300]
                print(f"{number}: {type(error).__name__}: {told}\n  {recipe}", file=sys.stderr, flush=True)
        counts[recipe.container].update({"files": 1, outcome: 1})
        counts[recipe.container]["us"] += round(1e6 * (time.perf_counter() - began))
    return counts


def main() -> int:
    """Try as many files as asked for and write the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--first", type=int, default=0, help="number of the first file")
    parser.add_argument("--files", type=int, default=2000)
    parser.add_argument("--table", type=Path, default=ROOT / "benchmarks" / "results" / "round_trips.csv")
    asked = parser.parse_args()
    counts = run(asked.first, asked.files)
    rows = [
        {"container": name, "first": asked.first, "seconds": found["us"] / 1e6}
        | {key: found[key] for key in ("files", "written", "refused", "faults")}
        | {"commit": commit(), "machine": machine()}
        for name, found in counts.items()
    ]
    Ledger(asked.table, COLUMNS, ("container", "first")).add(rows)
    for row in rows:
        print("  ".join(f"{key} {row[key]}" for key in COLUMNS[:6]))
    faults = sum(found["faults"] for found in counts.values())
    print(f"{asked.files} files, {faults} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
