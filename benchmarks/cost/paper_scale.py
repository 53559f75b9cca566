"""What the full-size model costs: parameters, seconds a step and memory, each method in a process of its own.

    python -m benchmarks.cost.paper_scale --steps 3 [--pack PACK] [--precision mixed_bfloat16 --methods cyclegan]

Writes to benchmarks/results/paper_scale.csv: a row a method, precision, device and commit. Micrographs are drawn and
degraded as in the study; where only the extra `jax` is installed they come from a pack (`semclear pack`). On a GPU
with JAX also the operations a second are given, and which share of the measured bfloat16 peak they are, also for a
training in float32.
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import resource
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.common.ledger import Ledger
from benchmarks.common.provenance import ROOT, commit, machine
from benchmarks.common.worker import answer_of
from semclear import compute, params, seeds
from semclear.errors import SemclearError
from semclear.packs import pack, speed
from semclear.packs.opencv import tolerate_absence
from semclear.packs.train import PRECISIONS, check_precision, describe
from semclear.params import overrides

METHODS = ("cyclegan", "cyclegan-physics")
NETWORKS = ("restorer", "degrader", "judge_clear", "judge_degraded")
DATASET = "hybrid"
KEYS = ("method", "scale", "precision", "device", "commit")
COLUMNS = (
    *("method", "scale", "precision", *NETWORKS, "crop", "batch", "steps", "first_step_s", "seconds_a_step"),
    *("cycle", "seed", "peak_memory_mib", "device", "operations_a_second", "share_of_bfloat16_peak"),
    *("commit", "machine"),
)


def batches(
    settings: params.Params, crop: int, batch: int, steps: int
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return unpaired batches (degraded, clear), each (batch, crop, crop, 1) float32, of drawn micrographs."""
    try:
        from semclear.degradation import forward
        from semclear.scenes import render
    except ModuleNotFoundError as error:
        raise SemclearError(
            f"drawing micrographs needs {error.name}, which is not installed; install the extra `study`, or give --pack"
        ) from None

    kinds = settings.scenes.kinds

    def scene(place: int) -> np.ndarray:
        rng = seeds.generator(settings.seed, "paper scale", place)
        return render(kinds[place % len(kinds)], crop, rng, settings.scenes).image.astype(np.float32)

    def degraded(place: int) -> np.ndarray:
        rng = seeds.generator(settings.seed, "paper scale", "degradation", place)
        return forward.apply(scene(place), forward.draw(settings.degradations[DATASET], rng))

    half = batch * steps
    images = [degraded(i) for i in range(half)], [scene(half + i) for i in range(half)]
    first, second = (np.stack(domain).astype(np.float32)[..., None] for domain in images)
    return [(first[i : i + batch], second[i : i + batch]) for i in range(0, half, batch)]


def measure(method: str, chosen: argparse.Namespace) -> dict[str, Any]:
    """Train a full-size model for a few steps in this process and return its row of the table."""
    scale, backend, steps = chosen.scale, chosen.backend, chosen.steps
    values = overrides.slice_from(chosen.params, dataset=DATASET, scale=scale, method=method, backend=backend)
    compute.configure(params.validate(params.Compute, values["compute"], "compute"))
    tolerate_absence()
    import keras

    keras.config.set_dtype_policy(chosen.precision)
    from semclear.training import fitting, run

    settings = run.settings_of(values, overrides.NAME)
    crop, batch = settings.scale.crop, settings.scale.batch
    if chosen.pack is None:
        data = batches(params.load(chosen.params), crop, batch, steps)
    else:
        data = list(itertools.islice(fitting.batches_of(settings, pack.load(chosen.pack)).endless(0), steps))
    model = fitting.build(settings)
    times, terms = [], {}
    for x, y in data:
        start = time.perf_counter()
        terms = {name: float(value) for name, value in model.train_on_batch(x, y, return_dict=True).items()}
        times.append(time.perf_counter() - start)
        print(f"{method}: step {len(times)} took {times[-1]:.1f} s", file=sys.stderr, flush=True)
    wrong = sorted(name for name, value in terms.items() if not math.isfinite(value))
    if wrong:
        raise SemclearError(
            f"{method}: {', '.join(wrong)} is not a number after {steps} steps; lower train.learning_rate"
        )
    row = {"method": method, "scale": scale, "precision": chosen.precision}
    row |= {name: getattr(model, name).count_params() for name in NETWORKS}
    row |= {"crop": crop, "batch": batch, "steps": steps, "first_step_s": round(times[0], 2)}
    row["seconds_a_step"] = round(float(np.mean(times[1:])), 2)
    row["cycle"] = round(terms["cycle"], 4)
    row["seed"] = values["seed"]
    # Kibibytes on Linux; macOS says bytes.
    unit = 1024 if sys.platform != "darwin" else 1024**2
    row["peak_memory_mib"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit)
    row |= {"device": describe(), "operations_a_second": "", "share_of_bfloat16_peak": ""}
    if backend == "jax" and compute.has_gpu():
        reached = speed.step_operations(model, *data[0]) / np.mean(times[1:])
        row["operations_a_second"] = f"{reached:.4g}"
        row["share_of_bfloat16_peak"] = f"{reached / speed.matmul_peak():.4g}"
    return row


def in_own_process(method: str, chosen: argparse.Namespace) -> dict[str, Any]:
    """Return the row of a method measured in a fresh process, whose peak memory is the training's own."""
    words = ["--worker", method, "--scale", chosen.scale, "--backend", chosen.backend]
    words += ["--steps", str(chosen.steps), "--params", str(chosen.params), "--precision", chosen.precision]
    words += ["--pack", str(chosen.pack)] if chosen.pack else []
    environment = {"KERAS_BACKEND": chosen.backend}
    return answer_of("benchmarks.cost.paper_scale", words, f"{method}: the training", environment)


def main(arguments: list[str] | None = None) -> int:
    """Measure every method; print and write each as soon as it is there."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=3, help="at least 2; the first is not counted")
    parser.add_argument("--scale", default="paper", help="key of scales in params.yaml")
    parser.add_argument("--backend", default="tensorflow", choices=("tensorflow", "jax", "torch"))
    parser.add_argument("--methods", nargs="+", default=list(METHODS), choices=METHODS)
    parser.add_argument(
        "--precision", default="float32", choices=PRECISIONS, help="mixed_bfloat16: cyclegan alone"
    )
    parser.add_argument("--pack", type=Path, help="data set from `semclear pack` to take the crops from")
    parser.add_argument("--params", type=Path, default=ROOT / "params.yaml")
    parser.add_argument("--output", type=Path, default=ROOT / "benchmarks" / "results" / "paper_scale.csv")
    parser.add_argument("--worker", choices=METHODS, help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    try:
        if chosen.steps < 2:
            raise SemclearError(f"--steps: got {chosen.steps}, expected at least 2: the first step compiles")
        if chosen.worker:
            print(json.dumps(measure(chosen.worker, chosen)))
            return 0
        for method in chosen.methods:
            check_precision(chosen.precision, method)
        table = Ledger(chosen.output, COLUMNS, KEYS)
        for method in chosen.methods:
            row = in_own_process(method, chosen) | {"commit": commit(), "machine": machine()}
            table.add([row])
            print("\n".join(f"{name}: {row[name]}" for name in COLUMNS), flush=True)
    except SemclearError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
