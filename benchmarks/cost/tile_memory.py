"""How much memory a generator takes to restore one tile, by what it runs on, its width and the tile's side.

    python -m benchmarks.cost.tile_memory --runtimes tensorflow jax onnxruntime --widths 8 16 32 64 --sides 512 1024

Each figure is the growth of a fresh process from before its first tile of that side to its peak, what a compiler takes
for the new shape included, with an untrained generator of `laptop`'s levels without normalisation. Writes
benchmarks/results/tile_memory.csv, to which `semclear.restoration.tiled.memory` holds
(tests/restoration/tiled/test_memory.py).
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.common.ledger import Ledger
from benchmarks.common.provenance import ROOT, commit, machine
from benchmarks.common.worker import answer_of
from benchmarks.cost.tiling import peak, untrained
from semclear import compute, params
from semclear.errors import SemclearError

RUNTIMES = ("tensorflow", "jax", "onnxruntime")
KEYS = ("runtime", "width", "side", "commit", "machine")
COLUMNS = ("runtime", "width", "side", "added_mib", "cpu_s", "device", "commit", "machine")


def _bundle(backend: str, width: int) -> Any:
    """Load Keras and return an untrained bundle of this width."""
    settings = params.load(ROOT / "params.yaml")
    compute.configure(settings.compute.model_copy(update={"backend": backend}))
    scale = settings.scales["laptop"]
    scale = scale.model_copy(update={"model": scale.model.model_copy(update={"width": width})})
    return untrained(settings.model_copy(update={"scales": {"laptop": scale}}), "laptop", "none")


def export(width: int, path: str) -> dict[str, Any]:
    """Write the ONNX file of an untrained bundle, in a process that measures nothing."""
    from semclear.export import export as writing
    from semclear.networks import bundle as bundles

    source = Path(path).with_suffix(".semclear")
    bundles.save(_bundle("tensorflow", width), source)
    writing.export(source, "onnx", path)
    return {}


def _network(runtime: str, width: int, onnx: str) -> tuple[Any, str]:
    """Return what restores a batch, and what it runs on."""
    if runtime != "onnxruntime":
        return _bundle(runtime, width).network("restorer"), compute.describe()
    from semclear.models.onnx_restorer import OnnxNetwork

    return OnnxNetwork(onnx, 1), "ONNX Runtime, CPU, 1 thread(s)"


def measure(runtime: str, width: int, side: int, onnx: str) -> dict[str, Any]:
    """Return the row of one tile, restored in this process."""
    network, device = _network(runtime, width, onnx)
    network.predict_on_batch(np.zeros((1, 32, 32, 1), np.float32))
    tile = np.random.default_rng(0).random((1, side, side, 1)).astype(np.float32)
    before, start = peak(afresh=True), time.process_time()
    network.predict_on_batch(tile)
    row = {"runtime": runtime, "width": width, "side": side, "added_mib": (peak() - before) / 2**20}
    return row | {"cpu_s": time.process_time() - start, "device": device}


def in_own_process(name: str, *words: Any) -> dict[str, Any]:
    """Return what `measure` or `export` returns in a fresh process."""
    worker = ["--worker", json.dumps([name, *words])]
    return answer_of("benchmarks.cost.tile_memory", worker, f"{name} {words}")


def main() -> int:
    """Measure every combination in a process of its own; print and write each row as soon as it is there."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runtimes", nargs="+", choices=RUNTIMES, default=RUNTIMES)
    parser.add_argument("--widths", nargs="+", type=int, default=[16], help="channels of the first level")
    parser.add_argument("--sides", nargs="+", type=int, default=[512, 1024], help="of the tile, in pixels")
    parser.add_argument("--output", type=Path, default=ROOT / "benchmarks" / "results" / "tile_memory.csv")
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.worker:
        name, *words = json.loads(chosen.worker)
        print(json.dumps({"measure": measure, "export": export}[name](*words)))
        return 0
    table = Ledger(chosen.output, COLUMNS, KEYS)
    try:
        with tempfile.TemporaryDirectory() as folder:
            for runtime, width in itertools.product(chosen.runtimes, chosen.widths):
                onnx = str(Path(folder) / f"{width}.onnx")
                if runtime == "onnxruntime":
                    in_own_process("export", width, onnx)
                for side in chosen.sides:
                    row = in_own_process("measure", runtime, width, side, onnx)
                    table.add([row | {"commit": commit(), "machine": machine()}])
                    print("  ".join(f"{key} {row[key]}" for key in COLUMNS[:5]), flush=True)
    except SemclearError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
