"""The first rows of the open benchmark: the input, the classical methods, the default model, a study's models.

Makes the benchmark's folder as `semclear benchmark make` does, restores it by each method as `semclear restore` or
the study would, and scores it as `semclear benchmark score` does. Nothing is tuned: classical methods have their
defaults. A method of a study restores each set by its model of that set, what is out of family by its model of the
set that is varied, and no real micrograph.

    python -m benchmarks.quality.open_benchmark --work FOLDER [--study FOLDER] [--real FOLDER --sources TABLE]
        [--only NAME ...]

Writes benchmarks/results/open_benchmark.json (the rows, for `semclear benchmark table` and `score --against`; drawn
pictures alone), .md and .csv (with the real ones). Goes on where it stopped: a method whose row lies in
FOLDER/rows, of the same pictures, is not restored again.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

import semclear
from benchmarks.common.provenance import ROOT, commit, machine
from semclear import params
from semclear.errors import SemclearError
from semclear.evaluation.benchmark import folder as folders
from semclear.evaluation.benchmark import judging, published, standings
from semclear.evaluation.benchmark import row as rows
from semclear.evaluation.benchmark.folder import BenchmarkFolder
from semclear.evaluation.benchmark.pictures import OUT_OF_FAMILY
from semclear.evaluation.benchmark.real_pictures import PREFIX
from semclear.io.png import write_png
from semclear.restoration.classical_defaults import defaults

Restore = Callable[[np.ndarray], np.ndarray]
#: Sets to what restores them, without those that the method does not restore.
Method = Callable[[str], Restore | None]


def unchanged(image: np.ndarray) -> np.ndarray:
    """Return the input."""
    return image


def everywhere(restore: Restore) -> Method:
    """Return the method that restores every set alike."""
    return lambda name: restore


def of_study(study: Path, settings: params.Params, method: str) -> Method | None:
    """Return a method of a study's main experiments, a model a set; None where a model is not there.

    Parameters
    ----------
    study : Path
        Folder of a study.
    settings : params.Params
        Of that study.
    method : str
        As in `experiments`.
    """
    chosen = settings.benchmark
    assert chosen is not None
    files = {
        experiment.dataset: study / "results" / "models" / f"{name}.semclear"
        for name, experiment in settings.experiments.items()
        if experiment.study is None and experiment.method == method and experiment.dataset in chosen.sets
    }
    if set(files) != set(chosen.sets) or not all(file.is_file() for file in files.values()):
        return None
    loaded: dict[Path, Restore] = {}

    def of(name: str) -> Restore | None:
        if name.startswith(PREFIX):
            return None
        file = files[chosen.out_of_family.of if name == OUT_OF_FAMILY else name]
        if file not in loaded:
            loaded[file] = semclear.load(file, threads=1, leave_sharp=False).restore
        return loaded[file]

    return of


def methods(settings: params.Params, study: Path | None) -> dict[str, Callable[[], Method | None]]:
    """Return how each method is had, by its row's name."""
    found: dict[str, Callable[[], Method | None]] = {rows.INPUT: lambda: everywhere(unchanged)}
    for name in defaults():
        found[name] = lambda name=name: everywhere(semclear.load(method=name).restore)
    found["default-model"] = lambda: everywhere(semclear.load(threads=1).restore)
    if study is not None:
        own = params.load(study / "params.yaml")
        own = own.model_copy(update={"benchmark": settings.benchmark})
        for name in ("cyclegan", "cyclegan-physics", "instrument", "paired"):
            found[f"study-{name}"] = lambda name=name: of_study(study, own, name)
    return found


def restored(made: BenchmarkFolder, method: Method, place: Path) -> list[str]:
    """Restore what is not restored yet into a folder, and return the sets that the method restores."""
    sets = [name for name in made.sets if method(name) is not None]
    for entry in made.of(sets):
        file = place / f"{entry.name}.png"
        if not file.is_file():
            write_png(file, method(entry.set)(made.image(entry)))
    return sets


def run(
    work: Path, results: Path, study: Path | None, real: Path | None, table: Path | None, only: list[str]
) -> None:
    """Make, restore, score and write.

    Raises
    ------
    SemclearError
        When the folder holds another benchmark's pictures, or a file cannot be read or written.
    """
    settings = params.load(ROOT / "params.yaml")
    place = work / "benchmark"
    if not (place / folders.MANIFEST).is_file():
        folders.make(settings, place, semclear.__version__, real=real, table=table)
    made = folders.load(place)
    where = f"commit {commit()}; {machine()}; seed {settings.seed}"
    print(f"{where}\n{published.compare(made).sentence}", flush=True)
    digests = {name: made.digest(name) for name in made.sets}
    found: list[rows.Row] = []
    for name, get in methods(settings, study).items():
        file = work / "rows" / f"{name}.json"
        if file.is_file():
            (row,) = rows.read(file)
            if all(scores.digest == digests.get(one) for one, scores in row.scores.items()):
                found.append(row)
                continue
        if only and name not in only:
            continue
        if (method := get()) is None:
            print(f"{name}: the study has no model for every set; left out", file=sys.stderr, flush=True)
            continue
        unrestored = [one for one in found if one.name == rows.INPUT]
        begun = time.process_time()
        sets = restored(made, method, work / "restored" / name)
        row, _ = judging.row_of(
            made,
            work / "restored" / name,
            settings,
            name=name,
            semclear=semclear.__version__,
            notes=where,
            sets=sets,
            against=unrestored,
        )
        rows.write(file, [row])
        found.append(row)
        means = ", ".join(f"{m.set} {m.mean:.3f}" for m in row.means if m.metric == "ssim")
        print(f"{name}: SSIM {means}; {time.process_time() - begun:.0f} s of a processor", flush=True)
    standings.write(results / "open_benchmark.md", found)
    standings.write(results / "open_benchmark.csv", found)
    standings.write(results / "open_benchmark.json", [_drawn(row) for row in found])


def _drawn(row: rows.Row) -> rows.Row:
    """Return a row without the real pictures, which others do not have."""
    return row.model_copy(
        update={
            "scores": {name: scores for name, scores in row.scores.items() if not name.startswith(PREFIX)},
            "means": [mean for mean in row.means if not mean.set.startswith(PREFIX)],
            "tests": [test for test in row.tests if not test.set.startswith(PREFIX)],
        }
    )


def main() -> int:
    """Read the arguments and run; bad input is one line and exit code 1."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--work", type=Path, required=True, help="folder for pictures, restorations and rows")
    parser.add_argument("--study", type=Path, help="folder of a finished study, for its models")
    parser.add_argument("--real", type=Path, help="folder of sharp micrographs")
    parser.add_argument("--sources", type=Path, help="CSV with file and original_path of these")
    parser.add_argument(
        "--only", nargs="+", default=[], help="names of methods; rows that are there are kept"
    )
    parser.add_argument("--results", type=Path, default=ROOT / "benchmarks/results", help="where to write")
    given = parser.parse_args()
    try:
        run(given.work, given.results, given.study, given.real, given.sources, given.only)
    except SemclearError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
