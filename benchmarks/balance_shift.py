"""Does an unbalanced clear domain shift the objects of the restored micrographs?

An unpaired training makes restorations look like its clear domain. Here that
domain holds only scenes of large objects, or only round ones, chosen by the
scenes' truth; a domain of as many scenes, half of each kind drawn at random, is the control. The
degraded domain and the test stay as they are, spheres and particles alike
(Cohen, Luck, Honari, "Distribution matching losses can hallucinate features in
medical image translation", MICCAI 2018, arXiv:1805.08841, for the effect).

    python benchmarks/balance_shift.py --work FOLDER [--study FOLDER] [--datasets NAME ...]
        [--domains all large round] [--seeds N ...] [--scale NAME] [--budget SHARE] [--steps N]

Appends a row a finished training to benchmarks/results/balance_shift.csv; a
finished training is not repeated.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from ledger import Ledger
from provenance import ROOT, commit, machine
from skimage.measure import regionprops_table
from trainings import code_of, digest, outside, restore_of, slice_for, train

from semclear import compute, params
from semclear.datasets import manifest, scenes
from semclear.datasets.degraded import degrade
from semclear.datasets.draft import draft
from semclear.datasets.record import Record
from semclear.errors import SemclearError
from semclear.evaluation.metrics import ssim
from semclear.evaluation.tables import bootstrap
from semclear.files import sha256
from semclear.io.png import to_uint8
from semclear.scenes import Object
from semclear.seeds import generator

KINDS = ("spheres", "particles")
ROUND = "spheres"
DOMAINS = ("all", "large", "round")
#: What is compared with the same of the clear truth, segmented alike, so that the segmentation's own bias drops out.
SHIFTS = ("diameter", "circularity", "objects")
KEYS = (
    "dataset",
    "domain",
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
    "benchmarks/balance_shift.py",
    "benchmarks/trainings.py",
    "src/semclear/evaluation/tables/bootstrap.py",
)
COLUMNS = (
    *KEYS,
    "clear_scenes",
    "clear_diameter",
    "clear_round",
    "micrographs",
    "ssim",
    *(f"{shift}_{part}" for shift in SHIFTS for part in ("truth", "restored", "shift", "low", "high")),
    "diameter_bias",
    "objects_missed",
    "objects_invented",
    "size_distance",
    "seed",
    "commit",
    "machine",
)


def choose(
    records: Sequence[Record], objects: Mapping[str, Sequence[Object]], domain: str, seed: int
) -> set[str]:
    """Return the ids of the clear scenes of a domain: half of all scenes, whichever it is.

    Parameters
    ----------
    records : sequence of Record
        Clear scenes, as many spheres as particles, up to one.
    objects : mapping
        Known objects by id.
    domain : {"all", "large", "round"}
        Half of each kind at random; the half of each kind with the largest
        median diameters; all scenes of spheres and no others.
    seed : int
        The study's seed.

    Raises
    ------
    SemclearError
        When the domain is unknown.
    """
    if domain not in DOMAINS:
        raise SemclearError(f"domain: got {domain!r}, expected one of {', '.join(DOMAINS)}; correct it")
    if domain == "round":
        return {record.id for record in records if record.kind == ROUND}
    chosen: set[str] = set()
    for kind in sorted({record.kind or "" for record in records}):
        ids = sorted(record.id for record in records if record.kind == kind)
        order = [ids[i] for i in generator(seed, "balance-shift", kind).permutation(len(ids))]
        if domain == "large":
            order = sorted(ids, key=lambda name: -median_diameter([objects[name]]))
        chosen |= set(order[: (len(ids) + 1) // 2])
    return chosen


def median_diameter(objects: Sequence[Sequence[Object]]) -> float:
    """Return the median diameter of the objects of several scenes, pixels."""
    return float(np.median([thing.diameter for scene in objects for thing in scene]))


def filtered(source: manifest.Dataset, chosen: set[str], path: Path) -> Path:
    """Write a manifest of the scenes that are not clear and of the chosen clear ones, whose images stay where they are."""
    with draft(path, source.name, "scenes") as made:
        for record in source.records:
            if record.split == "clear" and record.id not in chosen:
                continue
            made.records.append(
                Record(
                    id=record.id,
                    split=record.split,
                    source=record.source,
                    kind=record.kind,
                    pixel_size_nm=record.pixel_size_nm,
                    image_file=made.relative(record.image_path),
                    sha256=record.sha256,
                )
            )
    return path


def shape_of(image: np.ndarray) -> dict[str, float]:
    """Return median diameter (pixels) and circularity of the objects that the fixed segmentation finds, and their number.

    Circularity is 4 pi A / P^2, 1 for a disc (Cox 1927, Journal of
    Paleontology 1, 179), with the perimeter by Crofton's formula in four
    directions as scikit-image has it. NaN without objects.
    """
    from semclear.evaluation.trust import objects, segmentation

    labels = segmentation.segment(image)
    found = regionprops_table(labels, properties=("area", "perimeter_crofton"))
    area, perimeter = found["area"], np.maximum(found["perimeter_crofton"], 1.0)
    if not len(area):
        return {"diameter": float("nan"), "circularity": float("nan"), "objects": 0.0}
    return {
        "diameter": float(np.median(objects.diameters(area))),
        "circularity": float(np.median(4 * np.pi * area / perimeter**2)),
        "objects": float(len(area)),
    }


def summarise(
    truth: Sequence[Mapping[str, float]],
    restored: Sequence[Mapping[str, float]],
    settings: params.Evaluation,
    seed: int,
) -> dict[str, float]:
    """Return means over micrographs and the mean shift restored minus truth with its bootstrap interval.

    Micrographs in which one of the two has no object are left out of
    diameter and circularity.
    """
    row = {}
    for name in SHIFTS:
        pairs = np.array([[a[name], b[name]] for a, b in zip(truth, restored, strict=True)])
        pairs = pairs[np.isfinite(pairs).all(axis=1)]
        values = [float("nan")] * 5
        if len(pairs):
            differences = pairs[:, 1] - pairs[:, 0]
            indices = bootstrap.resamples(len(pairs), settings.bootstrap, seed, "balance-shift")
            ends = bootstrap.interval(differences, indices, settings.confidence)
            values = [*pairs.mean(axis=0), differences.mean(), *ends]
        parts = ("truth", "restored", "shift", "low", "high")
        row |= {f"{name}_{part}": float(value) for part, value in zip(parts, values, strict=True)}
    return row


def measure(dataset: manifest.Dataset, restore: Any, settings: params.Params) -> dict[str, float]:
    """Restore the test micrographs and return the row's measures."""
    from semclear.evaluation.trust import known_objects, objects, segmentation

    labels = known_objects.label_masks(dataset)
    truths, shapes, matched, likeness = [], [], [], []
    for record in dataset.split("test"):
        image = to_uint8(restore(record.image())).astype(np.float32) / np.float32(255)
        likeness.append(ssim(record.truth(), image))
        truths.append(shape_of(record.truth()))
        shapes.append(shape_of(image))
        matched.append(objects.measure(objects.match(labels[record.id], segmentation.segment(image))))
    row = {"micrographs": len(likeness), "ssim": float(np.mean(likeness))}
    for name in ("diameter_bias", "objects_missed", "objects_invented", "size_distance"):
        found = [values[name] for values in matched if name in values]
        row[name] = float(np.mean(found)) if found else float("nan")
    return row | summarise(truths, shapes, settings.evaluation, settings.seed)


def run(given: argparse.Namespace) -> None:
    """Train and measure what the table lacks.

    Raises
    ------
    SemclearError
        When an argument names nothing in params.yaml, or --work lies in the repository.
    """
    given.work = outside(given.work, ROOT)
    values = yaml.safe_load((given.study / "params.yaml").read_text(encoding="utf-8"))
    values["scale"] = given.scale or values["scale"]
    settings = params.validate(params.Params, values, "params.yaml")
    if wrong := set(given.datasets) - set(settings.degradations):
        raise SemclearError(
            f"--datasets: got {sorted(wrong)}, expected some of {sorted(settings.degradations)}"
        )
    compute.configure(settings.compute)
    print(f"commit {commit()}; {machine()}; seed {settings.seed}; {compute.describe()}", flush=True)
    home = given.work / settings.scale
    own = settings.scenes.model_copy(update={"kinds": list(KINDS)})
    data_scale = settings.scales[settings.scale].data
    scenes.synthesize(own, data_scale, settings.seed, home / "scenes/manifest.json")
    source = manifest.load(home / "scenes/manifest.json")
    known = scenes.objects(source)
    code = code_of("train", "restore", "score", files=CODE)
    ledger = Ledger(given.results / "balance_shift.csv", COLUMNS, KEYS)
    for name in given.datasets:
        for domain in given.domains:
            chosen = choose(source.split("clear"), known, domain, settings.seed)
            part = filtered(source, chosen, home / domain / "scenes/manifest.json")
            path = home / domain / name / "manifest.json"
            degrade(settings.degradations[name], settings.seed, name, part, path)
            dataset = manifest.load(path)
            for seed in given.seeds:
                label = f"{name}-{domain}-{seed}"
                piece = slice_for(
                    values, label, name, given.method, given.steps, seed=seed, budget=given.budget
                )
                key = {
                    "dataset": name,
                    "domain": domain,
                    "method": given.method,
                    "training_seed": seed,
                    "scale": settings.scale,
                    "steps": given.steps,
                    "data_sha256": sha256(path)[:16],
                    "settings_sha256": digest(piece, values["restoration"], values["evaluation"]),
                    "code": code,
                }
                if ledger.done(**key):
                    continue
                bundle = train(piece, label, path, given.work)
                row = measure(dataset, restore_of(bundle, settings), settings)
                clear = {
                    "clear_scenes": len(chosen),
                    "clear_diameter": median_diameter([known[identity] for identity in chosen]),
                    "clear_round": float(
                        np.mean([r.kind == ROUND for r in source.split("clear") if r.id in chosen])
                    ),
                }
                about = {"seed": settings.seed, "commit": commit(), "machine": machine()}
                ledger.add([{**key, **clear, **row, **about}])
                print(
                    f"{label}: diameter {row['diameter_shift']:+.2f} px [{row['diameter_low']:.2f}, {row['diameter_high']:.2f}], "
                    f"circularity {row['circularity_shift']:+.3f} [{row['circularity_low']:.3f}, {row['circularity_high']:.3f}]",
                    flush=True,
                )


def main() -> int:
    """Read the arguments and run; bad input is one line and exit code 1."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--work", type=Path, required=True, help="working folder, outside the repository")
    parser.add_argument("--study", type=Path, default=ROOT, help="folder whose params.yaml counts")
    parser.add_argument("--datasets", nargs="*", default=["hybrid"], help="lines of `degradations`")
    parser.add_argument("--domains", nargs="*", default=DOMAINS, choices=DOMAINS)
    parser.add_argument("--method", default="cyclegan-physics", choices=("cyclegan", "cyclegan-physics"))
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
