"""A trial of self-enhancement: paired training on pairs that a finished cyclegan-physics model makes without truth.

    python benchmarks/pseudo_pairs.py NAME DATASET formula|restored|both [train.KEY=VALUE ...] [--study FOLDER]

`formula`: what the model reads from degraded training micrographs (blur, veil, airlight) and their noise, put into clear
training micrographs, which are the truth. `restored`: degraded training micrographs with their restorations by the model
as truth. Trains `paired` from scratch, with as many updates of the generator as the study, and appends a row to
benchmarks/results/quality.csv, scored as trial.py scores. A further round takes the last one's bundle by --restorer.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import trial
from trainings import code_of, digest

from semclear import compute, params
from semclear.datasets import manifest
from semclear.datasets.draft import draft
from semclear.datasets.record import Record
from semclear.errors import SemclearError
from semclear.files import sha256
from semclear.params.overrides import values_of
from semclear.seeds import generator

METHOD = "cyclegan-physics"
KINDS = ("formula", "restored", "both")
CODE = "benchmarks/pseudo_pairs.py"


class Pair(NamedTuple):
    """A pseudo-pair: id, source of the clear side, degraded image and what stands for its truth, (H, W) in [0, 1]."""

    id: str
    source: str
    image: np.ndarray
    truth: np.ndarray


def noised(image: np.ndarray, strength: float, rng: np.random.Generator) -> np.ndarray:
    """Return an image (H, W) with white noise added until it has a strength, as `consistency.noise_of` measures it.

    What passes of the clear micrograph's own noise counts: variances add up.
    """
    from semclear.restoration.checks.consistency import noise_of

    missing = np.sqrt(max(strength**2 - noise_of(image) ** 2, 0.0))
    return np.clip(image + missing * rng.standard_normal(image.shape), 0.0, 1.0)


def formula_pairs(dataset: manifest.Dataset, bundle: Any, copies: int, seed: int) -> Iterator[Pair]:
    """Yield clear training micrographs degraded by what a model reads from degraded ones.

    Parameters
    ----------
    dataset : manifest.Dataset
        Only the images of its two training domains are read.
    bundle : Bundle
        Of `cyclegan-physics`.
    copies : int
        How often each clear micrograph is degraded, by another reading each
        time; all readings are used before any a second time.
    seed : int
        Names the draws.
    """
    from semclear.restoration.checks.consistency import noise_of, reader_of

    degraded, reader = dataset.split("degraded"), reader_of(bundle)
    read = [(reader(image), noise_of(image)) for image in (record.image() for record in degraded)]
    for copy in range(copies):
        rng = generator(seed, "pseudo-pairs", dataset.name, copy)
        order = rng.permutation(len(read))
        for index, record in enumerate(dataset.split("clear")):
            reading, noise = read[order[index % len(read)]]
            truth = record.image()
            image = noised(np.asarray(reading.degrade(truth), np.float64), noise, rng)
            yield Pair(f"formula-{copy}-{record.id}", record.source, image, truth)


def restored_pairs(dataset: manifest.Dataset, bundle: Any) -> Iterator[Pair]:
    """Yield degraded training micrographs with a model's restorations, the means over orientations, as truth."""
    from semclear.restoration.network_step import method_of

    restore = method_of(bundle, ensembling=True)
    for record in dataset.split("degraded"):
        image = record.image()
        yield Pair(f"restored-{record.id}", record.source, image, restore(image))


def write(pairs: Iterator[Pair], dataset: manifest.Dataset, path: Path) -> None:
    """Write pseudo-pairs as the degraded training domain of a data set, with the validation and test split of another.

    Parameters
    ----------
    pairs : iterator of Pair
        The training pairs.
    dataset : manifest.Dataset
        Whose validation and test micrographs are named, as they are.
    path : Path
        The manifest to appear.
    """
    with draft(path, f"{dataset.name}-pseudo-pairs", dataset.kind) as made:
        for pair in pairs:
            images = made.add_image(f"{pair.id}.png", pair.image)
            truths = made.add_truth(f"truth/{pair.id}.png", pair.truth)
            made.records.append(Record(id=pair.id, split="degraded", source=pair.source, **images, **truths))
        for record in (*dataset.split("validation"), *dataset.split("test")):
            files = {"image_file": made.relative(record.image_path)}
            for name, file in (("truth_file", record.truth_path), ("labels_file", record.labels_path)):
                files[name] = None if file is None else made.relative(file)
            made.records.append(record.model_copy(update=files))


def bundle_of(path: Path, data_sha256: str) -> Any:
    """Return the model that reads the degradation.

    Raises
    ------
    SemclearError
        When it is of another method or data set.
    """
    from semclear.networks import bundle as bundles

    bundle = bundles.load(path)
    if bundle.method != METHOD or bundle.data_sha256 != data_sha256:
        raise SemclearError(
            f"{path}: got {bundle.method} of data {bundle.data_sha256[:12]}, expected {METHOD} of data "
            f"{data_sha256[:12]}; give the study's model of this data set"
        )
    return bundle


def model_of(study: Path, values: dict[str, Any], dataset: str) -> Path:
    """Return the file of the study's own cyclegan-physics model of a data set.

    Raises
    ------
    SemclearError
        When params.yaml has none.
    """
    for name, line in values["experiments"].items():
        if (line["dataset"], line["method"], line.get("study")) == (dataset, METHOD, None):
            return study / "results" / "models" / f"{name}.semclear"
    raise SemclearError(f"experiments: got no {METHOD} on {dataset}, expected one; name a bundle by --model")


def pairs_of(given: argparse.Namespace, values: dict[str, Any], data: Path) -> Path:
    """Return the manifest of the pseudo-pairs, which are made only where the working folder does not hold them."""
    model = given.model or model_of(given.study.resolve(), values, given.dataset)
    bundle = bundle_of(model, sha256(data))
    files = [sha256(path) for path in (data, model, given.restorer or model)]
    name = digest(files, given.kind, given.copies, values["seed"], code_of("train", "restore", files=[CODE]))
    path = given.work.resolve() / "pseudo-pairs" / f"{given.dataset}-{given.kind}-{name}" / "manifest.json"
    if path.is_file():
        return path
    compute.configure(params.validate(params.Compute, values["compute"], "compute"))
    from semclear.networks import bundle as bundles

    dataset = manifest.load(data)

    def pairs() -> Iterator[Pair]:
        if given.kind != "restored":
            yield from formula_pairs(dataset, bundle, given.copies, values["seed"])
        if given.kind != "formula":
            yield from restored_pairs(dataset, bundles.load(given.restorer) if given.restorer else bundle)

    write(pairs(), dataset, path)
    return path


def told(given: argparse.Namespace) -> list[str]:
    """Return what the table says of the data: the kind of pairs, and how many of a clear micrograph."""
    words = [f"pseudo-pairs={given.kind}"]
    words += [] if given.kind == "restored" else [f"copies={given.copies}"]
    return [*words, *([f"restorer={given.restorer.parent.name}"] if given.restorer else [])]


def run(given: argparse.Namespace) -> dict[str, Any]:
    """Make the pairs, train, score and record the trial, and return its row.

    Raises
    ------
    SemclearError
        When the name is taken or unfit, a setting or the model is wrong, or a step fails.
    """
    table = trial.table_of(given.results, given.name)
    values = values_of(given.params, given.scale, given.changes)
    if given.copies < 1:
        raise SemclearError(f"--copies: got {given.copies}, expected at least 1; correct it")
    pairs = pairs_of(given, values, trial.data_of(given, values))
    row = trial.trained(given, values, pairs, [*told(given), *given.changes], CODE)
    table.add([row])
    return row


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the arguments and run; bad input is one line and exit code 1."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("name", help="of the trial, not yet in the table")
    parser.add_argument("dataset", help="line of `degradations` in params.yaml")
    parser.add_argument("kind", choices=KINDS, help="of pairs")
    trial.arguments_of(parser)
    parser.add_argument("--model", type=Path, help="bundle that reads and restores (default: the study's)")
    parser.add_argument("--restorer", type=Path, help="bundle that restores instead: of the round before")
    parser.add_argument("--copies", type=int, default=4, help="degraded versions of each clear micrograph")
    parser.set_defaults(method="paired")
    try:
        row = run(parser.parse_args(arguments))
    except SemclearError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print("\n".join(f"{name}: {row[name]}" for name in trial.COLUMNS if row[name] != ""))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
