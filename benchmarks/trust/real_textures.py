"""Unpaired and paired training on real textures, also tested on a material never seen.

Sharp real micrographs, degraded by the operators of params.yaml, take the
place of the rendered scenes. Sources are split for each material apart: a
test share, the rest halved between the clear and the degraded domain. `mixed`
trains on all materials; `cross` trains on all but one and is tested on that
one, on the same micrographs as `mixed`.

    SEMCLEAR_SEM_IMAGES=FOLDER python -m benchmarks.trust.real_textures --work FOLDER
        [--mode mixed|cross|both] [--datasets NAME ...] [--methods NAME ...] [--seeds N ...]
        [--scale NAME] [--budget SHARE] [--steps N]

FOLDER holds sharp/ and SOURCES.csv (columns file, original_path, subject).
Appends a row a finished training and tested material to
benchmarks/results/real_textures.csv; a finished training is not repeated. The
micrographs' pictures are written to --work alone, outside the repository.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from benchmarks.common.ledger import Ledger
from benchmarks.common.provenance import ROOT, commit, machine
from benchmarks.common.trainings import code_of, digest, outside, restore_of, slice_for, train
from benchmarks.trust import textures
from semclear import compute, params
from semclear.datasets import manifest
from semclear.datasets.degraded import degrade
from semclear.datasets.record import Record
from semclear.errors import SemclearError
from semclear.evaluation.metrics import psnr, ssim
from semclear.evaluation.tables import bootstrap
from semclear.files import sha256
from semclear.io.png import to_uint8

METHODS = ("cyclegan-physics", "paired")
#: Of each material's sources: with 8 to 15 sources, enough to average over and most left to train on.
TEST_SHARE = 0.3
METRICS = {"psnr": psnr, "ssim": ssim}
OF_METRIC = ("degraded", "restored", "difference", "low", "high")
KEYS = (
    "mode",
    "unseen",
    "dataset",
    "method",
    "training_seed",
    "scale",
    "steps",
    "data_sha256",
    "settings_sha256",
    "code",
)
#: What else a row depends on, besides the steps of the workflow.
CODE = (
    "benchmarks/trust/real_textures.py",
    "benchmarks/trust/textures.py",
    "benchmarks/common/trainings.py",
    "src/semclear/evaluation/tables/bootstrap.py",
)
COLUMNS = (
    *KEYS,
    "tested",
    "sources",
    "pictures",
    *(f"{metric}_{part}" for metric in METRICS for part in OF_METRIC),
    "seconds",
    "seed",
    "commit",
    "machine",
)


def summarise(
    before: Mapping[str, Mapping[str, float]],
    after: Mapping[str, Mapping[str, float]],
    settings: params.Evaluation,
    seed: int,
) -> dict[str, float]:
    """Return means over sources, and the mean difference with its bootstrap interval.

    Parameters
    ----------
    before, after : mapping
        Metric to source to score, of degraded and restored micrographs.
    settings : params.Evaluation
        Draws and confidence.
    seed : int
        The study's seed.
    """
    row = {}
    for metric in METRICS:
        names = sorted(before[metric])
        first, second = (np.array([side[metric][name] for name in names]) for side in (before, after))
        indices = bootstrap.resamples(len(names), settings.bootstrap, seed, "real-textures")
        low, high = bootstrap.interval(second - first, indices, settings.confidence)
        values = (first.mean(), second.mean(), (second - first).mean(), low, high)
        row |= {f"{metric}_{part}": float(value) for part, value in zip(OF_METRIC, values, strict=True)}
    return row


def score(
    records: Sequence[Record], restore: Callable[[np.ndarray], np.ndarray]
) -> tuple[dict[str, dict[str, float]], dict[str, dict[str, float]]]:
    """Return scores by metric and source, of the degraded and of the restored micrographs (rounded to 8 bit)."""
    restored = {
        record.id: to_uint8(restore(record.image())).astype(np.float32) / np.float32(255)
        for record in records
    }
    before = {
        m: textures.by_source(records, lambda r, f=f: f(r.truth(), r.image())) for m, f in METRICS.items()
    }
    after = {
        m: textures.by_source(records, lambda r, f=f: f(r.truth(), restored[r.id]))
        for m, f in METRICS.items()
    }
    return before, after


def tested_sets(records: Sequence[Record]) -> dict[str, list[Record]]:
    """Return the test micrographs as they are reported: all, and each material where there are several."""
    materials = sorted({record.kind or "" for record in records})
    each = {material: [record for record in records if record.kind == material] for material in materials}
    return each if len(each) == 1 else {"all": list(records), **each}


def datasets_of(
    given: argparse.Namespace, settings: params.Params, originals: Sequence[Any], materials: Mapping[str, str]
) -> Iterator[tuple[str, str, str, Path]]:
    """Make the data sets one by one; yield (mode, unseen, data set, manifest) of each."""
    split_of = textures.split(materials, TEST_SHARE, settings.seed)
    size = settings.scales[settings.scale].data.size
    unseen: list[str | None] = [None] if given.mode in ("mixed", "both") else []
    unseen += sorted(set(materials.values())) if given.mode in ("cross", "both") else []
    for material in unseen:
        part = "mixed" if material is None else f"cross-{material.replace(' ', '-').replace('/', '-')}"
        home = given.work / settings.scale / part
        splits = textures.without(split_of, materials, material)
        scenes = textures.write(originals, materials, splits, size, home / "scenes/manifest.json")
        for name in given.datasets or list(settings.degradations):
            path = home / name / "manifest.json"
            degrade(settings.degradations[name], settings.seed, name, scenes, path)
            yield "mixed" if material is None else "cross", material or "", name, path


def run(given: argparse.Namespace) -> None:
    """Train and score what the table lacks.

    Raises
    ------
    SemclearError
        When the images are not there, an argument names nothing in params.yaml, or --work lies in the repository.
    """
    given.work = outside(given.work, ROOT)
    values = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    values["scale"] = given.scale or values["scale"]
    settings = params.validate(params.Params, values, "params.yaml")
    if wrong := set(given.datasets or ()) - set(settings.degradations):
        raise SemclearError(
            f"--datasets: got {sorted(wrong)}, expected some of {sorted(settings.degradations)}"
        )
    place = os.environ.get("SEMCLEAR_SEM_IMAGES")
    if not place:
        raise SemclearError("SEMCLEAR_SEM_IMAGES: got nothing, expected a folder that holds sharp/; set it")
    compute.configure(settings.compute)
    print(f"commit {commit()}; {machine()}; seed {settings.seed}; {compute.describe()}", flush=True)
    size = settings.scales[settings.scale].data.size
    originals, materials = textures.look(Path(place), size)
    for material in sorted(set(materials.values())):
        print(f"{material}: {sum(m == material for m in materials.values())} sources", flush=True)
    code = code_of("train", "restore", "score", files=CODE)
    ledger = Ledger(given.results / "real_textures.csv", COLUMNS, KEYS)
    for mode, unseen, name, path in datasets_of(given, settings, originals, materials):
        dataset = manifest.load(path)
        for method in given.methods:
            for seed in given.seeds:
                label = f"{mode}-{name}-{method}-{seed}"
                piece = slice_for(values, label, name, method, given.steps, seed=seed, budget=given.budget)
                key = dict.fromkeys(KEYS, "") | {
                    "mode": mode,
                    "unseen": unseen,
                    "dataset": name,
                    "method": method,
                    "training_seed": seed,
                    "scale": settings.scale,
                    "steps": given.steps or "",
                    "data_sha256": sha256(path)[:16],
                    "settings_sha256": digest(piece, values["restoration"], values["evaluation"]),
                    "code": code,
                }
                if ledger.done(**key):
                    continue
                start = time.monotonic()
                bundle = train(piece, label, path, given.work)
                seconds = round(time.monotonic() - start)
                restore = restore_of(bundle, settings)
                rows = []
                for tested, records in tested_sets(dataset.split("test")).items():
                    row = summarise(*score(records, restore), settings.evaluation, settings.seed)
                    counts = {"sources": len({r.source for r in records}), "pictures": len(records)}
                    about = {"tested": tested, **counts, "seconds": seconds, "seed": settings.seed}
                    rows.append({**key, **row, **about, "commit": commit(), "machine": machine()})
                    print(
                        f"{label} {unseen or ''} on {tested}: SSIM {row['ssim_degraded']:.3f} -> "
                        f"{row['ssim_restored']:.3f}, "
                        f"PSNR {row['psnr_degraded']:.2f} -> {row['psnr_restored']:.2f}",
                        flush=True,
                    )
                ledger.add(rows)


def main() -> int:
    """Read the arguments and run; bad input is one line and exit code 1."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--work", type=Path, required=True, help="working folder, outside the repository")
    parser.add_argument("--mode", choices=("mixed", "cross", "both"), default="both")
    parser.add_argument("--datasets", nargs="*", help="lines of `degradations` (default: all)")
    parser.add_argument(
        "--methods", nargs="*", default=METHODS, choices=("cyclegan", "cyclegan-physics", "paired")
    )
    parser.add_argument("--seeds", nargs="*", type=int, default=[0])
    parser.add_argument("--scale", help="instead of that of params.yaml")
    parser.add_argument("--budget", type=float, help="share of the scale's epochs")
    parser.add_argument("--steps", type=int, help="steps of each training, instead of the scale's")
    parser.add_argument("--results", type=Path, default=ROOT / "benchmarks/results", help="where to write")
    given = parser.parse_args()
    try:
        run(given)
    except SemclearError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
