"""What `semclear restore` takes for micrographs of several sizes: memory of the whole process, and time.

    python -m benchmarks.cost.restore_memory --sides 1024 2048 4096 8192 --memory 1500 2000 --runtimes tensorflow jax

Each run is the command itself, on an 8-bit TIFF, with the model that comes with semclear (for onnxruntime its export).
The micrograph is that of `tiling.py`. `peak_mib` is the largest resident set of the process from start to end,
reading and writing included; `error` what the command said where it refused. Writes
benchmarks/results/restore_memory.csv.
"""

from __future__ import annotations

import argparse
import itertools
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import tifffile

from benchmarks.common.ledger import Ledger
from benchmarks.common.provenance import ROOT, commit, machine
from benchmarks.cost.tiling import micrograph
from semclear import params
from semclear.models import catalogue

KEYS = ("runtime", "side", "allowed_mib", "orientations", "commit", "machine")
COLUMNS = (
    *("runtime", "side", "allowed_mib", "orientations", "threads", "peak_mib", "cpu_s", "wall_s"),
    *("cpu_s_a_megapixel", "error", "commit", "machine"),
)


def measured(command: list[str]) -> dict[str, Any]:
    """Run a command and return its peak memory, times, and the last line of what it complained of."""
    start = time.perf_counter()
    with tempfile.TemporaryFile("w+", encoding="utf-8") as told:
        process = subprocess.Popen(command, stdout=told, stderr=subprocess.STDOUT)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        told.seek(0)
        lines = [line for line in told.read().splitlines() if line.strip()]
    row = {"peak_mib": used.ru_maxrss / 1024, "cpu_s": used.ru_utime + used.ru_stime}
    row |= {"wall_s": time.perf_counter() - start, "error": ""}
    if process.returncode:
        refused = [line[line.index("--memory") :] for line in lines if "--memory: got" in line]
        row["error"] = " ".join([f"exit code {process.returncode}:", *(refused[:1] or lines[-1:])])
    return row


def main() -> int:
    """Measure every combination; print and write each row as soon as it is there."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--runtimes", nargs="+", default=["tensorflow"], help="backends of Keras, or onnxruntime"
    )
    parser.add_argument("--sides", nargs="+", type=int, default=[1024, 2048], help="in pixels")
    parser.add_argument("--memory", nargs="+", type=int, default=[2048], help="MiB")
    parser.add_argument(
        "--no-ensemble", dest="ensemble", action="store_false", help="one orientation instead of eight"
    )
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--output", type=Path, default=ROOT / "benchmarks" / "results" / "restore_memory.csv")
    chosen = parser.parse_args()
    table, settings = Ledger(chosen.output, COLUMNS, KEYS), params.load(ROOT / "params.yaml")
    semclear = [sys.executable, "-m", "semclear.cli"]
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        onnx = folder / "exported.onnx"
        if "onnxruntime" in chosen.runtimes:
            bundle = str(catalogue.find(None).path)
            subprocess.run([*semclear, "export", bundle, "--format", "onnx", "-o", str(onnx)], check=True)
        for side in chosen.sides:
            tifffile.imwrite(
                folder / f"{side}.tif", np.uint8(255 * np.clip(micrograph(settings, side), 0, 1))
            )
        for runtime, side, memory in itertools.product(chosen.runtimes, chosen.sides, chosen.memory):
            made_by = ["--model", str(onnx)] if runtime == "onnxruntime" else ["--backend", runtime]
            command = [
                *semclear,
                "restore",
                str(folder / f"{side}.tif"),
                "-o",
                str(folder / "restored"),
                "--overwrite",
            ]
            command += [*made_by, "--memory", f"{memory}MB", "--threads", str(chosen.threads)]
            row = measured(command if chosen.ensemble else [*command, "--no-ensemble"])
            row |= {"runtime": runtime, "side": side, "allowed_mib": memory, "threads": chosen.threads}
            row |= {
                "orientations": 8 if chosen.ensemble else 1,
                "cpu_s_a_megapixel": 1e6 * row["cpu_s"] / side**2,
            }
            table.add([row | {"commit": commit(), "machine": machine()}])
            print("  ".join(f"{key} {row[key]}" for key in COLUMNS[:-2]), flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
