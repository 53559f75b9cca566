"""What each measure against a loss that is not a number does alone: trainings on wild data, one measure taken out.

    python -m benchmarks.cost.measures [--seeds 2] [--steps 30]

Copies of the code, each without one measure and one without any, train the first steps at smoke scale, without the
recovery: on data made to explode (saturated greys, a constant, a chessboard, one hot pixel), on usual micrographs of
which every fifth batch has greys up to a thousand, and on usual ones at a hundred times the learning rates. A row a
training in benchmarks/results/measures.csv, the counts in measures.md; called again it goes on where it was.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.common.ledger import Ledger
from benchmarks.common.provenance import commit, machine
from benchmarks.cost import apart
from benchmarks.cost.stability_run import digest
from semclear.errors import SemclearError
from semclear.files import sha256, whole_file
from semclear.study.step_code import files_of

METHODS = ("cyclegan-physics", "cyclegan")
DATA = ("wild", "bursts", "fast")
KEYS = ("without", "data", "method", "seed", "steps", "code")
COLUMNS = (
    *(*KEYS, "done", "outcome", "failed_step", "failed_terms"),
    *("largest_term", "largest_value", "commit", "machine"),
)


@dataclass(frozen=True)
class Measure:
    """One measure: what it is, and how the code reads without it.

    Parameters
    ----------
    label : str
        For the table.
    file : str
        Module of semclear that has it.
    lines : tuple of (str, str)
        Text that stands there exactly once, and what stands there without the measure.
    """

    label: str
    file: str
    lines: tuple[tuple[str, str], ...]


MEASURES = {
    "gain": Measure(
        "gain of a pixel within 1/20 and 20",
        "networks/generator.py",
        (("ops.exp(bound * ops.tanh(gain / bound))", "ops.exp(gain)"),),
    ),
    "norm": Measure(
        "norm of a network's gradient cut",
        "training/optimizer.py",
        (
            (
                'gradient = self.shortened(ops.cast(gradient, "float32"))',
                'gradient = ops.cast(gradient, "float32")',
            ),
        ),
    ),
    "step": Measure(
        "size of a variable's step cut",
        "training/optimizer.py",
        (("move = self.bounded(move, self._variable[start])", "move = move"),),
    ),
    "ssim": Measure(
        "variances and covariance of SSIM held",
        "networks/losses.py",
        (
            ("ops.maximum(square_a - ops.square(mean_a), 0.0)", "square_a - ops.square(mean_a)"),
            ("ops.maximum(square_b - ops.square(mean_b), 0.0)", "square_b - ops.square(mean_b)"),
            ("ops.clip(product - mean_a * mean_b, -bound, bound)", "product - mean_a * mean_b"),
            ("a, b = first - 0.5, second - 0.5", "a, b = first, second"),
            ("mean_a, mean_b = mean_a + 0.5, mean_b + 0.5", "pass"),
        ),
    ),
}
#: What is taken out in each copy of the code.
COPIES: dict[str, tuple[str, ...]] = {
    "none": (),
    **{name: (name,) for name in MEASURES},
    **{f"all but {name}": tuple(other for other in MEASURES if other != name) for name in MEASURES},
    "all": tuple(MEASURES),
}


def without(names: Sequence[str], target: Path, root: Path = apart.ROOT) -> Path:
    """Copy the code to `target`, take measures out of it, and return `target`.

    Raises
    ------
    SemclearError
        When a measure's text does not stand in its module exactly once.
    """
    shutil.copytree(root / "src", target / "src", ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    shutil.copy(root / "params.yaml", target)
    for name in names:
        measure = MEASURES[name]
        path = target / "src" / "semclear" / measure.file
        text = path.read_text(encoding="utf-8")
        for old, new in measure.lines:
            if text.count(old) != 1:
                raise SemclearError(
                    f"{measure.file}: got {text.count(old)} places with {old!r}, expected 1; adapt MEASURES to the code"
                )
            text = text.replace(old, new)
        path.write_text(text, encoding="utf-8")
    return target


def code_of(source: Path) -> str:
    """Return a digest of what a training runs."""
    return digest([sha256(source / file) for file in files_of("train", source)])


def table(rows: Sequence[Mapping[str, str]]) -> str:
    """Return the page: how many trainings went wrong, a line a copy of the code, two columns a kind of data."""
    lines = [
        "# Each measure alone",
        "",
        "Trainings that met a loss that is not a number, of all, and the largest value of any term that the others "
        "reported.",
        "",
        f"| taken out | {' | '.join(f'{data}: not a number | largest term' for data in DATA)} |",
        f"|---|{'---:|---:|' * len(DATA)}",
    ]
    for name in COPIES:
        cells = [name]
        for data in DATA:
            own = [row for row in rows if (row["without"], row["data"]) == (name, data)]
            values = [float(row["largest_value"]) for row in own if row["outcome"] == "finished"]
            cells.append(f"{sum(row['outcome'] != 'finished' for row in own)} of {len(own)}")
            cells.append(f"{max(values):.3g}" if values else "")
        lines.append(f"| {' | '.join(cells)} |")
    labels = "; ".join(f"{name}: {measure.label}" for name, measure in MEASURES.items())
    made = sorted({f"commit {row['commit']}, {row['machine']}" for row in rows})
    return "\n".join([*lines, "", f"{labels}.", "", f"Made by: {'; '.join(made)}.", ""])


def run(given: argparse.Namespace) -> None:
    """Run what is not in the table yet, and write the page."""
    ledger = Ledger(given.results / "measures.csv", COLUMNS, KEYS)
    origin = {"commit": commit(apart.ROOT), "machine": machine()}
    with tempfile.TemporaryDirectory() as scratch:
        for name, names in COPIES.items():
            source = without(names, Path(scratch) / name.replace(" ", "-"))
            code = code_of(source)
            for method in METHODS:
                pieces = [
                    {"without": name, "data": data, "method": method, "seed": seed, "steps": given.steps}
                    for data in DATA
                    for seed in range(given.seeds)
                ]
                left = [piece for piece in pieces if not ledger.done(**piece, code=code)]
                if not left:
                    continue
                words = {"pieces": left, "source": str(source), "work": str(Path(scratch) / "data")}
                found = apart.call("measures_run:train", words, source)
                ledger.add(
                    [{**piece, "code": code, **row, **origin} for piece, row in zip(left, found, strict=True)]
                )
                print(f"without {name}, {method}: {[row['outcome'] for row in found]}", flush=True)
    page = table(ledger.rows)
    with whole_file(given.results / "measures.md") as scratch_file:
        scratch_file.write_text(page, encoding="utf-8")
    print(page)


def main(arguments: list[str] | None = None) -> int:
    """Run; bad input is one line and exit code 1."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=2, help="draws a method")
    parser.add_argument("--steps", type=int, default=30, help="of each training")
    parser.add_argument(
        "--results", type=Path, default=apart.ROOT / "benchmarks/results", help="where to write"
    )
    try:
        run(parser.parse_args(arguments))
    except SemclearError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
