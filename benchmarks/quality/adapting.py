"""What does training on a person's own micrographs add to the model that comes along, and by which part of it?

The pairs of `benchmarks.quality.real_sets`, fast scans with registered slow scans as truth, are split by field: some
are the test, of the others half give their slow scan as a clear micrograph and half their fast one as a degraded one.
Methods: `input`, the fast scan as it is; `default`, the model that comes along; `scratch`, `semclear train` on both
folders from nothing; `adapted`, the same from the default; `alone`, from the default on the degraded folder with drawn
clear views.

    SEMCLEAR_SEM_IMAGES=FOLDER python -m benchmarks.quality.adapting --work WORK [--methods NAME ...] [--test PAIRS]
        [--scale NAME] [--threads N] [--set KEY=VALUE ...] [--table]

FOLDER holds pairs/noisy and pairs/clean. Models are made in WORK by the command itself, which goes on where it stopped.
Writes into benchmarks/results adapting.csv, a row a test picture, method and blur laid over the restored picture, goes
on where it stopped, and writes adapting.md; --table does the latter alone.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.common.ledger import Ledger
from benchmarks.common.provenance import ROOT, commit, machine
from benchmarks.quality import real_table
from benchmarks.quality.real import BLURS, COLUMNS, KEYS, rows_of
from benchmarks.quality.real_methods import DEFAULT, INPUT, Method, of_model
from benchmarks.quality.real_sets import PAIRS, in_turns, pairs
from semclear import params
from semclear.errors import SemclearError
from semclear.evaluation.tables.writers import markdown, write_text

SCRATCH, ADAPTED, ALONE = "scratch", "adapted", "alone"
#: What a training starts from, and whether it has clear micrographs.
TRAININGS = {SCRATCH: ("none", True), ADAPTED: (DEFAULT, True), ALONE: (DEFAULT, False)}
NAMES = (INPUT, DEFAULT, *TRAININGS)
#: Pairs of the test.
TEST = 16


@dataclass(frozen=True)
class Split:
    """Names of pairs, a field each: what gives clear micrographs, what degraded ones, and what the test."""

    clear: tuple[str, ...]
    degraded: tuple[str, ...]
    test: tuple[str, ...]


def split_of(names: Sequence[str], test: int, seed: int) -> Split:
    """Return the pairs split by field, kinds of fast scans in equal shares where they can be.

    Parameters
    ----------
    names : sequence of str
        File names, whose part before "_" says how the fast scan was made (short dwell time, or few lines).
    test : int
        Pairs of the test.
    seed : int
        The study's seed.

    Raises
    ------
    SemclearError
        When fewer than two clear and two degraded micrographs are left.
    """

    def kind(name: str) -> str:
        return name.partition("_")[0]

    ordered = in_turns(names, kind, seed)
    rest = ordered[test:]
    clear: list[str] = []
    degraded: list[str] = []
    for one in sorted({kind(name) for name in rest}):
        own = [name for name in rest if kind(name) == one]
        # An odd one goes to the smaller side.
        first, second = (clear, degraded) if len(clear) <= len(degraded) else (degraded, clear)
        first += own[::2]
        second += own[1::2]
    if min(len(clear), len(degraded)) < 2:
        raise SemclearError(
            f"--test: got {test} of {len(names)} pairs, expected 4 at least to be left for training; give fewer"
        )
    return Split(tuple(clear), tuple(degraded), tuple(ordered[:test]))


def lay_out(folder: Path, split: Split, work: Path) -> tuple[Path, Path]:
    """Copy what is trained on into two folders, clear/ and degraded/, that hold nothing else, and return them."""
    made = work / "clear", work / "degraded"
    for place, names, source in zip(made, (split.clear, split.degraded), ("clean", "noisy"), strict=True):
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        for name in names:
            shutil.copyfile(folder / "pairs" / source / name, place / name)
    return made


def command_of(name: str, given: argparse.Namespace, clear: Path, degraded: Path, output: Path) -> list[str]:
    """Return the command that makes the model of a method of `TRAININGS`."""
    start, has_clear = TRAININGS[name]
    words = ["train", "--degraded", degraded, "-o", output, "--start", start, "--scale", given.scale]
    words += ["--clear", clear] if has_clear else []
    # One micrograph is held out of the training for its own closing page; the test is apart.
    words += ["--test-share", f"{1 / len(list(degraded.iterdir())):g}"]
    words += [] if given.threads is None else ["--threads", given.threads]
    words += [word for change in given.set for word in ("-S", change)]
    return [sys.executable, "-m", "semclear.cli", *map(str, words)]


def method_of(name: str, given: argparse.Namespace, folders: tuple[Path, Path]) -> Method:
    """Return a method by its name, trained where it has to be.

    Raises
    ------
    SemclearError
        When the training failed; its own last line says why.
    """
    if name == INPUT:
        return Method(INPUT, lambda one: np.asarray(one.image))
    if name == DEFAULT:
        return of_model(DEFAULT, None)
    output = given.work / f"{name}.semclear"
    done = subprocess.run(
        command_of(name, given, *folders, output), stderr=subprocess.PIPE, text=True, check=False
    )
    if done.returncode:
        raise SemclearError(f"{name}: semclear train failed ({(done.stderr.splitlines() or ['?'])[-1]})")
    return of_model(name, str(output))


def measure(given: argparse.Namespace, ledger: Ledger, folder: Path, settings: params.Params) -> None:
    """Train, restore and score what the table lacks.

    Raises
    ------
    SemclearError
        When images are missing, or a training failed.
    """
    # Before anything slow: it is the code that was loaded.
    made_by = {"seed": settings.seed, "commit": commit(), "machine": machine()}
    names = [path.name for path in (folder / "pairs/noisy").glob("*.png")]
    split = split_of(names, given.test, settings.seed)
    tested = {Path(name).stem for name in split.test}
    test = [one for one in pairs(folder, settings.seed) if one.name in tested]
    folders = lay_out(folder, split, given.work)
    for name in given.methods:
        method = method_of(name, given, folders)
        for one in test:
            key = (PAIRS, one.name, one.digest, 0, method.label, method.version)
            about = dict(zip(KEYS, key, strict=True))
            if ledger.done(**about):
                continue
            start = time.process_time()
            restored = np.asarray(method.restore(one))
            seconds = time.process_time() - start
            about |= {"material": one.material, "source": one.source, "seconds": seconds, **made_by}
            rows = rows_of(one, PAIRS, restored)
            ledger.add([{**about, **row} for row in rows])
            fit = f"PSNR {rows[0]['psnr_fit']:.2f}, SSIM {rows[0]['ssim_fit']:.3f} fitted"
            print(f"{one.name} {method.label}: {fit}", flush=True)


def note(rows: Sequence[real_table.Row], settings: params.Params) -> str:
    """Return what stands under the tables."""
    told = sorted({row["commit"] for row in rows}), sorted({row["machine"] for row in rows})
    return (
        "Tin balls of one microscope alone. No field is both in a training and in the test. Fitted: after an affine "
        "fit to the truth. `scratch`, `adapted`: clear and degraded micrographs of other fields, from nothing and "
        "from the default; `alone`: the degraded ones and drawn clear views, from the default. n counts pictures, "
        f"means with {100 * settings.evaluation.confidence:g} % bootstrap intervals over them; bold: best mean as "
        f"printed. One training each. Best common blur: of 0 and {', '.join(f'{blur:g}' for blur in BLURS)} px. "
        f"Seed {settings.seed}; commit {', '.join(told[0])}; {', '.join(told[1])}."
    )


def run(given: argparse.Namespace) -> None:
    """Measure what is wanted and write the table.

    Raises
    ------
    SemclearError
        When the images are not there, a training failed, or the table is of another version.
    """
    settings = params.load(ROOT / "params.yaml")
    place = os.environ.get("SEMCLEAR_SEM_IMAGES")
    if not given.table and not (place and given.work):
        lacking = "--work" if place else "SEMCLEAR_SEM_IMAGES"
        raise SemclearError(f"{lacking}: got nothing, expected a folder; give one")
    ledger = Ledger(given.results / "adapting.csv", COLUMNS, KEYS)
    if not given.table:
        os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
        measure(given, ledger, Path(place or ""), settings)
    if not ledger.rows:
        raise SemclearError(f"{ledger.path}: got no row, expected scores; run without --table first")
    text = markdown(real_table.blocks(ledger.rows, settings), note(real_table.latest(ledger.rows), settings))
    write_text(given.results / "adapting.md", text)
    print(text)


def arguments(words: Sequence[str] | None = None) -> argparse.Namespace:
    """Return what the command line says."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--work", type=Path, help="folder for micrographs and models, to go on from")
    parser.add_argument("--methods", nargs="+", choices=NAMES, default=NAMES)
    parser.add_argument("--test", type=int, default=TEST, help="pairs of the test")
    parser.add_argument("--scale", default="laptop", help="of the trainings")
    parser.add_argument("--threads", type=int, help="of the trainings")
    parser.add_argument("--set", nargs="+", default=[], help="changes of params.yaml for the trainings")
    parser.add_argument("--table", action="store_true", help="only write adapting.md of the rows there are")
    parser.add_argument("--results", type=Path, default=ROOT / "benchmarks/results", help="where to write")
    return parser.parse_args(words)


def main() -> int:
    """Read the arguments and run; bad input is one line and exit code 1."""
    try:
        run(arguments())
    except SemclearError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
