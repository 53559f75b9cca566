"""Does the map of uncertainty say where a restoration is wrong, and do the intervals made of it hold the truth?

Takes a study's cyclegan-physics models and, where there are some, those of further training seeds, and compares three
maps: the spread over eight orientations of one model, over the models of several seeds, and over both. Intervals of
nominal coverage are calibrated on the study's validation micrographs and on fresh ones, and tested on other fresh
ones, none of which any training or choice has seen; then on the operators of `out_of_family` in params.yaml.

    python -m benchmarks.trust.uncertainty --study FOLDER [--quality-work FOLDER ...] [--micrographs N]
    python -m benchmarks.trust.uncertainty --study FOLDER --models DATASET=BUNDLE[,BUNDLE...] ...

Writes benchmarks/results/uncertainty.csv (a row a data set, map, calibration and degradation; what stands there for
the same models, settings and code is not computed again), uncertainty.md, and docs/figures/uncertainty.png.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.common.ledger import Ledger
from benchmarks.common.provenance import ROOT, commit, machine
from benchmarks.common.trainings import code_of, digest
from benchmarks.quality.fresh_test import Fresh, fresh, rounded
from benchmarks.trust import uncertainty_maps as maps
from benchmarks.trust import uncertainty_models as models
from benchmarks.trust import uncertainty_tables as tables
from benchmarks.trust.uncertainty_maps import Map
from semclear import compute, params
from semclear.datasets import manifest
from semclear.degradation import forward
from semclear.degradation.out_of_family import IN_FAMILY, variants
from semclear.errors import SemclearError
from semclear.evaluation.tables import bootstrap
from semclear.evaluation.tables.writers import markdown, write_text
from semclear.files import sha256

#: Micrographs beyond the study's own that are left out before each set: farther than fresh_test.py draws.
CALIBRATION, TEST = 1000, 2000
VALIDATION, FRESH = "validation", "fresh"
KEYS = (
    *("dataset", "over", "seeds", "calibration", "floored", "degradation", "models_sha256", "data_sha256"),
    *("micrographs", "calibration_micrographs", "seed", "settings_sha256", "code"),
)
COLUMNS = (*KEYS, "nominal", "factor", "floor", *tables.VALUES, "commit", "machine")
#: What else a row depends on, besides the steps of the workflow and the models.
CODE = (
    *(
        "benchmarks/trust/uncertainty.py",
        "benchmarks/trust/uncertainty_maps.py",
        "benchmarks/trust/uncertainty_models.py",
    ),
    *(
        "benchmarks/trust/uncertainty_tables.py",
        "benchmarks/quality/fresh_test.py",
        "src/semclear/evaluation/tables/bootstrap.py",
    ),
)
#: Settings that a row depends on.
LOOKED_AT = ("scenes", "restoration", "evaluation", "out_of_family")
#: By map, and by calibration and floor.
Intervals = Mapping[Map, Mapping[tuple[str, str], maps.Interval]]


def kinds_of(seeds: Sequence[str]) -> list[Map]:
    """Return the maps that models of these training seeds give, in the order of `maps.products`."""
    together = " ".join(seeds)
    several = [Map(maps.SEEDS, together), Map(maps.BOTH, together)] if len(seeds) > 1 else []
    return [*(Map(maps.ORIENTATIONS, seed) for seed in seeds), *several]


def shown_outside(kinds: Sequence[Map]) -> list[Map]:
    """Return the maps that are looked at out of the family: that of the first model alone, and that of all."""
    return list(dict.fromkeys((kinds[0], kinds[-1])))


def degradations_of(
    tests: Sequence[Fresh], settings: params.Params
) -> Iterator[tuple[str, list[np.ndarray]]]:
    """Yield each degradation's name and the test micrographs under it, (H, W) in [0, 1]; in family first."""
    own = [variants(one.parameters, settings.out_of_family, settings.seed, one.id) for one in tests]
    for name in own[0]:
        if name == IN_FAMILY:
            yield name, [one.image for one in tests]
        else:
            pairs = zip(tests, own, strict=True)
            yield name, [rounded(forward.apply(one.truth, made[name])) for one, made in pairs]


def calibrated(
    judged: models.Judged, dataset: manifest.Dataset, settings: params.Params, count: int
) -> Intervals:
    """Return the intervals of each map, by calibration and floor."""
    own = ((record.image(), record.truth()) for record in dataset.split("validation"))
    others = ((one.image, one.truth) for one in fresh(settings, dataset.name, count, CALIBRATION))
    made: dict[Map, dict[tuple[str, str], maps.Interval]] = {}
    for name, pairs in ((VALIDATION, own), (FRESH, others)):
        for kind, found in maps.calibrated(pairs, judged, settings.restoration.coverage).items():
            made.setdefault(kind, {}).update({(name, floored): one for floored, one in found.items()})
    return made


def run_dataset(
    ledger: Ledger,
    name: str,
    found: Mapping[str, tuple[Path, Any]],
    study: Path,
    settings: params.Params,
    count: int,
    calibration: int,
) -> list[dict[str, Any]]:
    """Add the rows of a data set that are missing, and return the keys of all its rows."""
    dataset = manifest.load(study / "data" / name / "manifest.json")
    kinds, bundles = kinds_of(list(found)), {seed: bundle for seed, (_, bundle) in found.items()}
    looked_at = [getattr(settings, part).model_dump() for part in LOOKED_AT]
    head = {
        "dataset": name,
        "models_sha256": digest([sha256(path) for path, _ in found.values()]),
        "data_sha256": dataset.digest[:16],
        "micrographs": count,
        "calibration_micrographs": calibration,
        "seed": settings.seed,
        "settings_sha256": digest(looked_at, settings.degradations[name].model_dump()),
        "code": code_of("restore", "score", files=CODE),
    }

    def keys_of(degradation: str) -> list[dict[str, Any]]:
        chosen = kinds if degradation == IN_FAMILY else shown_outside(kinds)
        own = [{**head, **kind._asdict(), "degradation": degradation} for kind in chosen]
        made = product(own, (VALIDATION, FRESH), tables.FLOORED)
        return [{**key, "calibration": on, "floored": floored} for key, on, floored in made]

    tests = list(fresh(settings, name, count, TEST))
    indices = bootstrap.resamples(count, settings.evaluation.bootstrap, settings.seed, "uncertainty", name)
    judged, intervals, keys = None, None, []
    for degradation, images in degradations_of(tests, settings):
        wanted = keys_of(degradation)
        keys += wanted
        if all(ledger.done(**key) for key in wanted):
            continue
        judged = judged or models.Judged(bundles, dataset, settings)
        intervals = (
            intervals
            or known(ledger, keys_of(IN_FAMILY))
            or calibrated(judged, dataset, settings, calibration)
        )
        measured, flags = measure(judged, images, [one.truth for one in tests], intervals, degradation)
        rows = []
        for key in wanted:
            kind, own = Map(key["over"], key["seeds"]), key_of(key)
            row = tables.summarise(measured[kind], own, flags, indices, settings.evaluation.confidence)
            about = {"nominal": settings.restoration.coverage, "commit": commit(), "machine": machine()}
            numbers = {name: f"{v:.10g}" for name, v in intervals[kind][own]._asdict().items()}
            rows.append({**key, **row, **about, **numbers})
        ledger.add(rows)
        last = [row for row in rows if key_of(row) == (FRESH, maps.ROUNDING)]
        said = "; ".join(f"{row['over']} ({row['seeds']}) {row['coverage']:.3f}" for row in last)
        print(f"{name}, {degradation}: coverage {said}", flush=True)
    return keys


def key_of(row: Mapping[str, Any]) -> tuple[str, str]:
    """Return what names a row's intervals: on what and with which floor they are calibrated."""
    return row["calibration"], row["floored"]


def known(ledger: Ledger, keys: Sequence[Mapping[str, Any]]) -> Intervals | None:
    """Return the intervals that the table's rows in family hold, or None where one is missing."""
    rows = {tuple(row[name] for name in KEYS): row for row in ledger.rows}
    made: dict[Map, dict[tuple[str, str], maps.Interval]] = {}
    for key in keys:
        row = rows.get(tuple(str(key[name]) for name in KEYS))
        if row is None:
            return None
        interval = maps.Interval(float(row["factor"]), float(row["floor"]))
        made.setdefault(Map(row["over"], row["seeds"]), {})[key_of(row)] = interval
    return made


def measure(
    judged: models.Judged,
    images: Sequence[np.ndarray],
    truths: Sequence[np.ndarray],
    intervals: Intervals,
    degradation: str,
) -> tuple[dict[Map, list[dict[str, Any]]], list[bool | None]]:
    """Return what each map is worth on every micrograph, and the micrographs' flags."""
    kinds = list(intervals) if degradation == IN_FAMILY else shown_outside(list(intervals))
    measured: dict[Map, list[dict[str, Any]]] = {kind: [] for kind in kinds}
    flags = []
    for image, truth in zip(images, truths, strict=True):
        made = judged(image)
        flags.append(judged.flag(made))
        of_image = maps.products(made)
        for kind in kinds:
            measured[kind].append(maps.measure(of_image[kind], truth, intervals[kind]))
    return measured, flags


def run(given: argparse.Namespace) -> None:
    """Measure what is missing, and write table, text and figure.

    Raises
    ------
    SemclearError
        When a model or the study's data are missing or do not fit together.
    """
    settings = params.load(given.study / "params.yaml")
    compute.configure(settings.compute)
    for option in ("micrographs", "calibration"):
        if (got := getattr(given, option)) < 1:
            raise SemclearError(f"--{option}: got {got}, expected at least 1; correct it")
    if given.models:
        paths = models.named(given.models, list(settings.degradations))
    else:
        paths = models.searched(given.study, settings, given.quality_work)
    print(f"commit {commit()}; {machine()}; seed {settings.seed}; {compute.describe()}", flush=True)
    ledger, keys = Ledger(given.results / "uncertainty.csv", COLUMNS, KEYS), []
    for name, files in paths.items():
        data = sha256(given.study / "data" / name / "manifest.json")
        found = models.by_seed(files, data, strict=bool(given.models))
        print(f"{name}: training seeds {', '.join(found)}", flush=True)
        keys += run_dataset(ledger, name, found, given.study, settings, given.micrographs, given.calibration)
    wanted = {tuple(str(key[name]) for name in KEYS) for key in keys}
    rows = [row for row in ledger.rows if tuple(row[name] for name in KEYS) in wanted]
    write_text(given.results / "uncertainty.md", markdown(tables.blocks(rows), tables.note(rows, settings)))
    from benchmarks.trust import uncertainty_figure

    uncertainty_figure.draw(rows, given.figure)


def options(arguments: list[str] | None = None) -> argparse.Namespace:
    """Return the command line's options."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--study", type=Path, default=ROOT, help="folder of a finished study")
    parser.add_argument(
        "--models", nargs="+", default=[], metavar="DATASET=BUNDLE[,BUNDLE...]", help="instead of those found"
    )
    parser.add_argument(
        "--quality-work",
        type=Path,
        nargs="+",
        default=[],
        help="working folders of quality.py with further seeds",
    )
    parser.add_argument("--micrographs", type=int, default=48, help="fresh ones of a data set to test on")
    parser.add_argument(
        "--calibration", type=int, default=48, help="fresh ones of a data set to calibrate on"
    )
    parser.add_argument("--results", type=Path, default=ROOT / "benchmarks/results", help="where to write")
    parser.add_argument(
        "--figure", type=Path, default=ROOT / "docs/figures/uncertainty.png", help="PNG to write"
    )
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    """Read the arguments and run; bad input is one line and exit code 1."""
    try:
        run(options(arguments))
    except SemclearError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
