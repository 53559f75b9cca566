"""Size and speed of an exported restorer beside the bundle and its Keras network, on one micrograph.

    python benchmarks/export_speed.py BUNDLE [--side 512] [--repeats 5] [--threads 1]

Prints one JSON object. Both restore the same random picture with the same
number of threads; `seconds` is the median of the repeats on the clock,
`processor_seconds` that of the time spent computing, which other work on the
machine hardly changes. The first call of each, which prepares it, is not counted.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from semclear import compute
from semclear.export.export import export
from semclear.models.onnx_restorer import OnnxNetwork
from semclear.networks import bundle as bundles
from semclear.networks.apply import apply
from semclear.params import Compute
from semclear.seeds import generator


def timed(run: Callable[[], object], repeats: int) -> dict[str, float]:
    """Return the median seconds of a call, on the clock and of the processor, after a first call."""
    run()
    clock, processor = [], []
    for _ in range(repeats):
        start = time.perf_counter(), time.process_time()
        run()
        clock.append(time.perf_counter() - start[0])
        processor.append(time.process_time() - start[1])
    return {
        "seconds": round(statistics.median(clock), 4),
        "processor_seconds": round(statistics.median(processor), 4),
    }


def measure(path: Path, side: int, repeats: int, threads: int) -> dict[str, object]:
    """Return sizes in bytes, times of both, their ratios (ONNX Runtime over Keras) and their largest difference."""
    compute.configure(Compute(backend="tensorflow", threads=threads, require_gpu=False))
    bundle = bundles.load(path)
    image = generator(0, "export speed").random((side, side)).astype(np.float32)
    network, multiple = bundle.network(), 2**bundle.size.levels
    with tempfile.TemporaryDirectory() as folder:
        made = export(path, "onnx", Path(folder) / "m.onnx", check=False)
        onnx = OnnxNetwork(made.path, threads=threads)
        difference = float(np.abs(onnx(image[None])[0] - apply(network, image, multiple)).max())
        times = {
            "keras": timed(lambda: apply(network, image, multiple), repeats),
            "onnxruntime": timed(lambda: onnx(image[None]), repeats),
        }
    return {
        "side": side,
        "threads": threads,
        "bundle_bytes": path.stat().st_size,
        "onnx_bytes": made.size,
        **times,
        "ratio": {key: round(times["onnxruntime"][key] / times["keras"][key], 3) for key in times["keras"]},
        "difference": difference,
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--side", type=int, default=512)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    print(json.dumps(measure(options.bundle, options.side, options.repeats, options.threads), indent=1))


if __name__ == "__main__":
    main()
