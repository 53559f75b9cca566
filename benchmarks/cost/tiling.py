"""What restoring by tiles costs and changes: deviation from the whole, seconds a megapixel, memory against its bound.

    python -m benchmarks.cost.tiling --models results/models/hybrid.semclear --sizes 512 1024 --memory 256
    python -m benchmarks.cost.tiling --models paper:instance laptop:none --sizes 1024 --tile 768

A model is a bundle, or SCALE:NORMALISATION for an untrained generator of that scale of params.yaml with random weights,
its last layer scaled so that it changes a micrograph by 0.15 of the grey range (standard deviation). The micrograph is
a synthetic one, degraded as in the set `hybrid`, and above 1024 pixels continued by reflection. Each size runs in a
process of its own: by tiles first, whose processor time and memory are recorded, then whole (not with --no-whole), for
the deviation. Writes benchmarks/results/tiling.csv, a row a model, size, tile or memory, and commit.
"""

from __future__ import annotations

import argparse
import json
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
from semclear.files import sha256

DATASET = "hybrid"
CHANGE = 0.15
RENDERED = 1024  # pixels; drawing a scene takes longer than restoring it
KEYS = (
    "model",
    "model_sha256",
    "side",
    "allowed_mib",
    "given_tile",
    "orientations",
    "device",
    "commit",
    "machine",
)
COLUMNS = (
    *("model", "model_sha256", "normalisation", "levels", "width", "side", "allowed_mib", "given_tile"),
    *("orientations", "tile", "overlap", "tiles", "exact", "cpu_s", "cpu_s_a_megapixel", "planned_mib"),
    *("added_mib", "deviation_max", "deviation_rms", "change_rms", "device", "seed", "commit", "machine"),
)


def untrained(settings: params.Params, scale: str, normalisation: str) -> Any:
    """Return a bundle with a random generator that changes micrographs visibly.

    Raises
    ------
    SemclearError
        When there is no such scale or normalisation.
    """
    from semclear.networks.bundle import Bundle
    from semclear.networks.generator import generator_of

    if scale not in settings.scales or normalisation not in ("instance", "none"):
        raise SemclearError(
            f"--models: got {scale}:{normalisation}, expected one of {sorted(settings.scales)}, a colon, and "
            "instance or none"
        )
    import keras

    keras.utils.set_random_seed(settings.seed % 2**32)
    size, model = (
        settings.scales[scale].model,
        settings.model.model_copy(update={"normalisation": normalisation}),
    )
    network = generator_of(size, model, "restorer")
    last, rng = network.get_layer("restorer_up0"), seeds.generator(settings.seed, "tiling", scale)
    kernel, bias = last.get_weights()
    kernel = rng.standard_normal(kernel.shape)
    last.set_weights([kernel, bias])
    noise = rng.random((1, 2**size.levels, 2**size.levels, 1)).astype(np.float32)
    spread = np.std(keras.Model(network.inputs[0], last.output).predict_on_batch(noise))
    last.set_weights([kernel * CHANGE / spread, bias])
    return Bundle("paired", size, model, "0" * 64, {"restorer": network.get_weights()})


def micrograph(settings: params.Params, side: int) -> np.ndarray:
    """Return a degraded synthetic micrograph, (side, side) float32 in [0, 1]."""
    from semclear.degradation import forward
    from semclear.scenes import render

    rng = seeds.generator(settings.seed, "tiling", side)
    drawn = min(side, RENDERED)
    clear = render(settings.scenes.kinds[0], drawn, rng, settings.scenes).image.astype(np.float32)
    parameters = forward.draw(settings.degradations[DATASET], rng)
    degraded = np.asarray(forward.apply(clear, parameters), np.float32)
    return np.pad(degraded, (0, side - drawn), mode="symmetric")


def peak(afresh: bool = False) -> int:
    """Return the largest memory that this process has held, in bytes; 0 where the system does not say.

    Parameters
    ----------
    afresh : bool
        Whether to forget what was held and freed before (Linux).
    """
    status, reset = Path("/proc/self/status"), Path("/proc/self/clear_refs")
    if not status.is_file():
        return 0
    if afresh:
        reset.write_text("5", encoding="ascii")
    lines = status.read_text(encoding="utf-8").splitlines()
    return next((1024 * int(line.split()[1]) for line in lines if line.startswith("VmHWM")), 0)


def measure(chosen: argparse.Namespace, name: str, side: int) -> dict[str, Any]:
    """Restore one micrograph by tiles and whole, in this process, and return its row of the table."""
    settings = params.load(chosen.params)
    compute.configure(
        settings.compute.model_copy(update={"backend": chosen.backend or settings.compute.backend})
    )
    from semclear.networks import bundle as bundles
    from semclear.restoration.tiled.large import LargeRestorer

    if Path(name).suffix == ".semclear":
        bundle, digest = bundles.load(name), sha256(name)[:16]
    else:
        bundle, digest = untrained(settings, *name.partition(":")[::2]), ""
    allowed = None if chosen.memory is None else chosen.memory * 2**20
    large = LargeRestorer(bundle, chosen.ensemble, allowed, chosen.tile)
    image = micrograph(settings, side)
    # What the first call to the libraries loads is no part of the cost of a tile.
    large._network.predict_on_batch(np.zeros((1, *2 * [2**bundle.size.levels], 1), np.float32))
    # Time of the processor, not of the clock: other work on the machine does not count.
    plan, before, start = large.plan(image.shape), peak(afresh=True), time.process_time()
    restored = large.restore(image, lambda done, total: print(f"{done} / {total}", file=sys.stderr))
    seconds = time.process_time() - start
    row = {"model": Path(name).stem, "model_sha256": digest, "normalisation": bundle.model.normalisation}
    row |= {"levels": bundle.size.levels, "width": bundle.size.width, "side": side}
    row |= {
        "allowed_mib": chosen.memory,
        "given_tile": chosen.tile,
        "orientations": 8 if chosen.ensemble else 1,
    }
    row |= {"tile": large.tile, "overlap": large.overlap, "tiles": plan.tiles, "exact": int(large.exact)}
    row |= {"cpu_s": seconds, "cpu_s_a_megapixel": seconds / image.size * 1e6}
    row |= {"planned_mib": plan.bytes / 2**20, "added_mib": (peak() - before) / 2**20 if before else None}
    row |= dict.fromkeys(("deviation_max", "deviation_rms", "change_rms"))
    if chosen.whole:
        whole = LargeRestorer(bundle, chosen.ensemble, 2**62).restore(image)
        deviation, change = 255.0 * (restored - whole), 255.0 * (whole - image)
        row["deviation_max"] = float(np.abs(deviation).max())
        row["deviation_rms"] = float(np.sqrt(np.mean(deviation**2)))
        row["change_rms"] = float(np.sqrt(np.mean(change**2)))
    return {**row, "device": compute.describe(), "seed": settings.seed}


def in_own_process(words: list[str], name: str, side: int) -> dict[str, Any]:
    """Return the row of one size measured in a fresh process, whose peak memory is its own."""
    worker = [*words, "--worker", json.dumps([name, side])]
    return answer_of("benchmarks.cost.tiling", worker, f"{name}, {side} pixels")


def main(arguments: list[str] | None = None) -> int:
    """Measure every model at every size; print and write each row as soon as it is there."""
    words = sys.argv[1:] if arguments is None else arguments
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", nargs="+", required=True, help="bundles, or SCALE:NORMALISATION")
    parser.add_argument("--sizes", nargs="+", type=int, default=[512, 1024], help="sides in pixels")
    parser.add_argument("--memory", type=int, help="MiB that restoring may take")
    parser.add_argument("--tile", type=int, help="side of the tiles in pixels, instead of what memory allows")
    parser.add_argument(
        "--backend", choices=("tensorflow", "jax", "torch"), help="of Keras, instead of params.yaml's"
    )
    parser.add_argument("--ensemble", action="store_true", help="all eight orientations instead of one")
    parser.add_argument("--no-whole", dest="whole", action="store_false", help="leave the deviation out")
    parser.add_argument("--params", type=Path, default=ROOT / "params.yaml")
    parser.add_argument("--output", type=Path, default=ROOT / "benchmarks" / "results" / "tiling.csv")
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    chosen = parser.parse_args(words)
    try:
        if chosen.worker:
            print(json.dumps(measure(chosen, *json.loads(chosen.worker))))
            return 0
        table = Ledger(chosen.output, COLUMNS, KEYS)
        for name in chosen.models:
            for side in chosen.sizes:
                row = in_own_process(words, name, side) | {"commit": commit(), "machine": machine()}
                table.add([row])
                print("  ".join(f"{key} {table.rows[-1][key]}" for key in COLUMNS[:-5]), flush=True)
    except SemclearError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
