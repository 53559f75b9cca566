"""`semclear restore` over many small files: what does it cost beside one image of as many pixels, and is anything lost?

    python -m benchmarks.files.many_files --work FOLDER --files 1000 --side 128
    python -m benchmarks.files.many_files --work FOLDER --files 1000 --side 128 --kills 50

Without `--kills` one call restores the files, another one image of the same pixels, and a third one file alone, which
is what starting takes; `ratio` is the processor time of the first by that of the second. `peak_mib` is the largest
resident set, `half_peak_mib` that of a call with half of the files: equal where the memory stays flat. A row a method
in benchmarks/results/many_files.csv.

With `--kills` the same call with `--skip-existing` is ended at random moments, by SIGKILL and SIGINT in turns, and
given again, until it was ended as often; then it runs to its end. Results that stand after one of these calls must be
the same files after all later ones. A row a call in benchmarks/results/many_files_kills.csv: results so far, those that
are not whole, those that were replaced, and at the end what is missing or otherwise than in a call that nobody
disturbed.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tifffile

from benchmarks.common.ledger import Ledger
from benchmarks.common.provenance import ROOT, commit, machine
from benchmarks.cost.restore_memory import measured
from benchmarks.cost.tiling import micrograph
from semclear import params
from semclear.files import sha256

RESULTS = ROOT / "benchmarks" / "results"
COLUMNS = (
    *("method", "files", "side", "cpu_s", "one_image_cpu_s", "start_cpu_s", "ratio", "ratio_without_start"),
    *("wall_s", "one_image_wall_s", "peak_mib", "half_peak_mib", "load", "commit", "machine"),
)
KILL_COLUMNS = (
    *("method", "files", "kill", "kind", "after_s", "exit_code", "standing", "half", "replaced"),
    *("missing", "unequal", "commit", "machine"),
)


def split_micrograph(folder: Path, files: int, side: int) -> None:
    """Write a micrograph as one image, ``one/a.tif``, as tiles, ``many/N.tif``, half of these, and one of them."""
    rows = round(files**0.5)
    rows = next(count for count in range(rows, 0, -1) if files % count == 0)
    settings = params.load(ROOT / "params.yaml")
    columns = files // rows
    square = micrograph(settings, side * max(rows, columns))
    image = np.uint8(255 * np.clip(square[: rows * side, : columns * side], 0, 1))
    for name in ("one", "many", "half", "start"):
        shutil.rmtree(folder / name, ignore_errors=True)
        (folder / name).mkdir(parents=True)
    tifffile.imwrite(folder / "one" / "a.tif", image)
    for number in range(files):
        y, x = divmod(number, columns)
        tile = image[y * side : (y + 1) * side, x * side : (x + 1) * side]
        for name in ("many", *(["half"] if 2 * number < files else []), *(["start"] if number == 0 else [])):
            tifffile.imwrite(folder / name / f"{number:05}.tif", tile)


def command(source: Path, output: Path, options: Sequence[str]) -> list[str]:
    """Return the words of a call."""
    return [sys.executable, "-m", "semclear.cli", "restore", str(source), "-o", str(output), *options]


def cost(folder: Path, options: Sequence[str]) -> dict[str, Any]:
    """Run the calls that are compared and return their figures."""
    found = {}
    for name in ("start", "one", "half", "many"):
        output = folder / f"{name}.out"
        shutil.rmtree(output, ignore_errors=True)
        found[name] = measured(command(folder / name, output, options))
        if found[name]["error"]:
            raise SystemExit(f"{name}: {found[name]['error']}")
    many, one, start = found["many"], found["one"], found["start"]["cpu_s"]
    return {
        "cpu_s": many["cpu_s"],
        "one_image_cpu_s": one["cpu_s"],
        "start_cpu_s": start,
        "ratio": many["cpu_s"] / one["cpu_s"],
        "ratio_without_start": (many["cpu_s"] - start) / (one["cpu_s"] - start),
        "wall_s": many["wall_s"],
        "one_image_wall_s": one["wall_s"],
        "peak_mib": many["peak_mib"],
        "half_peak_mib": found["half"]["peak_mib"],
        "load": os.getloadavg()[0],
    }


def standing(output: Path) -> dict[str, tuple[int, int]]:
    """Return inode and time of change of each result and account that stands, hidden scratch files left out."""
    files = [path for path in output.glob("*") if not path.name.startswith(".")]
    return {path.name: (status.st_ino, status.st_mtime_ns) for path in files if (status := path.stat())}


def half_written(output: Path) -> int:
    """Return how many results cannot be read whole, or lack their account: the account is there first."""
    count = 0
    for path in output.glob("[!.]*.tif"):
        try:
            tifffile.imread(path)
            count += not path.with_name(f"{path.name}.json").read_text(encoding="utf-8").endswith("}\n")
        except Exception:  # whatever it is, the file is not whole
            count += 1
    return count


def contents(output: Path) -> dict[str, str]:
    """Return the hash of each image by its name: accounts hold the seconds that they took."""
    return {path.name: sha256(path) for path in output.glob("[!.]*.tif")}


def kills(folder: Path, options: Sequence[str], count: int, seed: int = 0) -> list[dict[str, Any]]:
    """End the call again and again, and return a row a call; see the module."""
    undisturbed, output = folder / "undisturbed.out", folder / "killed.out"
    for place in (undisturbed, output):
        shutil.rmtree(place, ignore_errors=True)
    began = time.monotonic()
    subprocess.run(command(folder / "many", undisturbed, options), check=True, stdout=subprocess.DEVNULL)
    length, whole = time.monotonic() - began, contents(undisturbed)
    rng, rows = random.Random(seed), []
    words = command(folder / "many", output, [*options, "--skip-existing"])
    images: dict[str, tuple[int, int]] = {}
    for kill in range(1, count + 2):
        is_last, begun = kill > count, time.monotonic()
        kind = "none" if is_last else ("SIGKILL", "SIGINT")[kill % 2]
        process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if not is_last:
            try:  # starting takes a while, too, and may be struck; most kills are to find it at work
                process.wait(timeout=rng.uniform(0.2, 1.0) * max(length / 10, 4.0))
                kind = "none"
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL if kind == "SIGKILL" else signal.SIGINT)
        code = process.wait()
        now = {name: at for name, at in standing(output).items() if name.endswith(".tif")}
        made = contents(output) if is_last else {}
        rows.append(
            {"kill": kill, "kind": kind, "after_s": time.monotonic() - begun, "exit_code": code}
            | {"standing": len(now), "half": half_written(output)}
            | {"replaced": sum(now.get(name) != at for name, at in images.items())}
            | {
                "missing": len(whole.keys() - made.keys()) if is_last else None,
                "unequal": sum(whole[name] != made[name] for name in whole.keys() & made.keys())
                if is_last
                else None,
            }
        )
        images = now
    return rows


def main() -> int:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--work", type=Path, required=True, help="folder for the files")
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--side", type=int, default=128, help="of a file, in pixels")
    parser.add_argument(
        "--method", default="percentile-stretch", help="a classical method, or `default`: the model"
    )
    parser.add_argument("--kills", type=int, default=0)
    asked = parser.parse_args()
    folder = asked.work.resolve()
    split_micrograph(folder, asked.files, asked.side)
    options = ["--threads", "1"] if asked.method == "default" else ["--method", asked.method]
    known = {"method": asked.method, "files": asked.files, "commit": commit(), "machine": machine()}
    if asked.kills:
        table = Ledger(RESULTS / "many_files_kills.csv", KILL_COLUMNS, ("method", "files", "kill", "commit"))
        rows = kills(folder, options, asked.kills)
        table.add([row | known for row in rows])
        bad = sum(
            row["half"] + row["replaced"] + (row["missing"] or 0) + (row["unequal"] or 0) for row in rows
        )
        print(f"{len(rows) - 1} calls ended, {rows[-1]['standing']} of {asked.files} results, {bad} faults")
        return 1 if bad else 0
    row = cost(folder, options) | known | {"side": asked.side}
    Ledger(RESULTS / "many_files.csv", COLUMNS, ("method", "files", "side", "commit", "machine")).add([row])
    print("  ".join(f"{key} {row[key]}" for key in COLUMNS[:-2]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
