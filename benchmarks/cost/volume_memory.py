"""What `semclear restore` takes for OME-Zarr volumes: memory of all its processes, disk, and time.

    python -m benchmarks.cost.volume_memory --sides 20000 --planes 4 --memory 2048 --methods nlm-rows percentile-stretch
    python -m benchmarks.cost.volume_memory --sides 4096 --planes 1 --memory 2048 --methods default

Each run is the command itself (extra `volumes`), on an 8-bit volume of Zarr version 3 with chunks of 1024 pixels: one
drawn micrograph of 1024 pixels side by side, with noise of its own in each chunk. `peak_mib` is the largest sum of the
resident sets of the process and its children, asked every fifth of a second, or the largest resident set that the
system noted for one of them, if that is more. `default` is the model that comes along. `seconds_for_full` is the time
of 20,000 x 20,000 x 4 at the same seconds a pixel: extrapolated where the volume is smaller, and not measured.
Writes benchmarks/results/volume_memory.csv.
"""

from __future__ import annotations

import argparse
import itertools
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from benchmarks.common.ledger import Ledger
from benchmarks.common.provenance import ROOT, commit, machine
from benchmarks.cost.tiling import micrograph
from semclear import params

CHUNK, NOISE, SEED, FULL, ASKED = 1024, 8, 0, 4 * 20_000**2, 0.2
KEYS = ("method", "side", "planes", "allowed_mib", "commit", "machine")
COLUMNS = (
    *("method", "side", "planes", "allowed_mib", "threads", "seed", "peak_mib", "cpu_s", "wall_s"),
    *("cpu_s_a_megapixel", "seconds_for_full", "result_gb", "error", "commit", "machine"),
)


def drawn(path: Path, side: int, planes: int, seed: int = SEED) -> None:
    """Write the volume chunk by chunk.

    Parameters
    ----------
    path : Path
        Of the group to appear.
    side, planes : int
        Of its planes in pixels, and how many.
    seed : int
        Of the noise.
    """
    import zarr
    from ome_zarr.format import FormatV05
    from ome_zarr.writer import write_multiscales_metadata

    ground = 255 * np.clip(micrograph(params.load(ROOT / "params.yaml"), CHUNK), 0, 1)
    group = zarr.open_group(str(path), mode="w", zarr_format=3)
    array = group.create_array("0", shape=(planes, side, side), dtype="uint8", chunks=(1, CHUNK, CHUNK))
    places = itertools.product(range(planes), range(0, side, CHUNK), range(0, side, CHUNK))
    for number, (plane, top, left) in enumerate(places):
        rng = np.random.default_rng([seed, number])
        height, width = min(CHUNK, side - top), min(CHUNK, side - left)
        noisy = ground[:height, :width] + NOISE * rng.standard_normal((height, width), np.float32)
        array[plane, top : top + height, left : left + width] = np.clip(noisy, 0, 255).astype(np.uint8)
    axes = [{"name": name, "type": "space", "unit": "nanometer"} for name in "zyx"]
    scale = [{"type": "scale", "scale": [10.0, 4.0, 4.0]}]
    write_multiscales_metadata(
        group, [{"path": "0", "coordinateTransformations": scale}], fmt=FormatV05(), axes=axes, name="drawn"
    )


def _resident(process: psutil.Process) -> int:
    total = 0
    for one in (process, *process.children(recursive=True)):
        try:
            total += one.memory_info().rss
        except psutil.Error:
            continue
    return total


def measured(command: list[str]) -> dict[str, Any]:
    """Run a command and return the peak memory of its processes, times, and what it complained of last."""
    start, peak = time.perf_counter(), 0
    with tempfile.TemporaryFile("w+", encoding="utf-8") as told:
        process = subprocess.Popen(command, stdout=told, stderr=subprocess.STDOUT)
        watched = psutil.Process(process.pid)
        while True:
            ended, status, used = os.wait4(process.pid, os.WNOHANG)
            if ended:
                break
            try:
                peak = max(peak, _resident(watched))
            except psutil.Error:
                continue
            time.sleep(ASKED)
        process.returncode = os.waitstatus_to_exitcode(status)
        told.seek(0)
        lines = [line for line in told.read().splitlines() if line.strip()]
    print("\n".join(lines), flush=True)
    return {
        "peak_mib": max(peak / 2**20, used.ru_maxrss / 1024),
        "cpu_s": used.ru_utime + used.ru_stime,
        "wall_s": time.perf_counter() - start,
        "error": f"exit code {process.returncode}: {lines[-1]}" if process.returncode else "",
    }


def _bytes_of(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def main() -> int:
    """Measure every combination; print and write each row as soon as it is there."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--methods", nargs="+", default=["percentile-stretch"], help="or default, the model")
    parser.add_argument("--sides", nargs="+", type=int, default=[20_000], help="in pixels")
    parser.add_argument("--planes", type=int, default=4)
    parser.add_argument("--memory", nargs="+", type=int, default=[2048], help="MiB")
    parser.add_argument("--threads", type=int, default=1, help="of the model")
    parser.add_argument(
        "--work", type=Path, help="folder with room for volume and result; a temporary one if not said"
    )
    parser.add_argument("--output", type=Path, default=ROOT / "benchmarks" / "results" / "volume_memory.csv")
    chosen = parser.parse_args()
    table = Ledger(chosen.output, COLUMNS, KEYS)
    with tempfile.TemporaryDirectory(dir=chosen.work) as scratch:
        for side in chosen.sides:
            source, out = Path(scratch) / f"{side}.zarr", Path(scratch) / "out.zarr"
            drawn(source, side, chosen.planes)
            for method, memory in itertools.product(chosen.methods, chosen.memory):
                by = ["--threads", str(chosen.threads)] if method == "default" else ["--method", method]
                command = [sys.executable, "-m", "semclear.cli", "restore", str(source), "-o", str(out)]
                row = measured([*command, *by, "--memory", f"{memory}MB", "--overwrite"])
                pixels = chosen.planes * side**2
                row |= {"method": method, "side": side, "planes": chosen.planes, "allowed_mib": memory}
                row |= {
                    "threads": chosen.threads,
                    "seed": SEED,
                    "cpu_s_a_megapixel": 1e6 * row["cpu_s"] / pixels,
                    "seconds_for_full": row["wall_s"] * FULL / pixels,
                    "result_gb": _bytes_of(out) / 1e9 if out.exists() else "",
                }
                table.add([row | {"commit": commit(), "machine": machine()}])
                print("  ".join(f"{key} {row[key]}" for key in COLUMNS[:-2]), flush=True)
                shutil.rmtree(out, ignore_errors=True)
            shutil.rmtree(source)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
