"""Do the study's results hold on test micrographs that nobody looked at while its settings were chosen?

Draws further test scenes (their ids go on where the study's test split ends, so each has a random stream of its own),
degrades them as the study does, and restores them with a finished study's models and its classical methods, whose
parameters are those found on the validation split. Nothing is trained or tuned.

    python -m benchmarks.quality.fresh_test [--study FOLDER] [--micrographs N]

Writes benchmarks/results/fresh_test_scores.csv (a row a micrograph, method and metric) and fresh_test.md (means, gap
closure, differences to the classical methods with Wilcoxon tests, Holm-corrected over all of them).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.common.provenance import ROOT, commit, machine
from semclear import compute, params
from semclear.degradation import forward
from semclear.errors import SemclearError
from semclear.evaluation.metrics import psnr, psnr_affine, ssim
from semclear.evaluation.multiple_testing import holm
from semclear.evaluation.scoring import COLUMNS
from semclear.evaluation.tables import comparison, formatting, gap_closure, score_table, summary
from semclear.evaluation.tables.writers import Block, markdown, write_csv, write_text
from semclear.io.png import to_uint8
from semclear.restoration import restored
from semclear.restoration.classical.registry import methods
from semclear.scenes import render
from semclear.seeds import generator

METRICS = {"psnr": psnr, "ssim": ssim, "psnr_affine": psnr_affine}
Restore = Callable[..., np.ndarray]


@dataclass(frozen=True)
class Fresh:
    """A test micrograph of no study: truth and degraded image (H, W) float32 in [0, 1], and its true degradation."""

    id: str
    kind: str
    truth: np.ndarray
    image: np.ndarray
    parameters: dict


def rounded(image: np.ndarray) -> np.ndarray:
    """Return the image as it comes back from an 8-bit file."""
    return to_uint8(image).astype(np.float32) / np.float32(255)


def fresh(settings: params.Params, dataset: str, count: int, beyond: int = 0) -> Iterator[Fresh]:
    """Yield `count` test micrographs beyond the study's own, made as `datasets.scenes` and `.degraded` make theirs.

    Parameters
    ----------
    settings : params.Params
        Of the study.
    dataset : str
        A key of `degradations`.
    count : int
        How many.
    beyond : int
        How many of those beyond the study's own to leave out first, for sets without a micrograph in common.

    Yields
    ------
    Fresh
    """
    data, kinds = settings.scales[settings.scale].data, settings.scenes.kinds
    for index in range(data.test + beyond, data.test + beyond + count):
        kind = kinds[index % len(kinds)]
        name = f"test-{index:04d}-{kind}"
        scene = render(kind, data.size, generator(settings.seed, "scene", name), settings.scenes)
        truth = rounded(scene.image)
        parameters = forward.draw(
            settings.degradations[dataset], generator(settings.seed, "degrade", dataset, name)
        )
        yield Fresh(name, kind, truth, rounded(forward.apply(truth, parameters)), parameters)


def methods_of(study: Path, settings: params.Params, dataset: str) -> dict[tuple[str, str], Restore]:
    """Return every method of the main study on a data set by (model, method), as the study applies it."""
    from semclear.networks import bundle as bundles
    from semclear.restoration.network_step import method_of

    made = restored.load(study / "results" / "classical" / dataset / "manifest.json")
    found: dict[tuple[str, str], Restore] = {
        (score_table.CLASSICAL_MODEL, name): methods()[name].with_parameters(**values["parameters"])
        for name, values in made.methods.items()
    }
    for name, experiment in settings.experiments.items():
        if experiment.study is None and experiment.dataset == dataset:
            bundle = bundles.load(study / "results" / "models" / f"{name}.semclear")
            found[name, experiment.method] = method_of(
                bundle, ensembling=settings.restoration.ensemble, choosing=settings.restoration.choosing
            )
    return found


def scores_of(study: Path, settings: params.Params, dataset: str, count: int) -> pd.DataFrame:
    """Return tidy scores of all methods on fresh micrographs of a data set."""
    methods = methods_of(study, settings, dataset)
    rows = []
    for one in fresh(settings, dataset, count):
        for (model, method), restore in methods.items():
            image = rounded(restore(one.image, one.parameters))
            head = (dataset, model, method, one.id, one.kind)
            rows += [(*head, name, function(one.truth, image)) for name, function in METRICS.items()]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def closure_blocks(table: pd.DataFrame) -> list[Block]:
    """Return the closure of the unpaired trainings in per cent, a line a data set and method."""
    chosen = table[table["method"].isin(score_table.UNPAIRED)]
    lines = []
    for (dataset, method), part in chosen.groupby(["dataset", "method"], sort=False):
        cells = {
            r.metric: f"{100 * r.mean:.0f} [{100 * r.low:.0f}, {100 * r.high:.0f}]" for r in part.itertuples()
        }
        lines.append([dataset, score_table.label(method), cells.get("psnr", "-"), cells.get("ssim", "-")])
    return [Block("Gap closure (%)", ["data set", "method", "PSNR", "SSIM"], lines, 2)]


def run(study: Path, results: Path, count: int) -> None:
    """Score, compare and write.

    Raises
    ------
    SemclearError
        When the study lacks a model or a restoration by classical methods.
    """
    settings = params.load(study / "params.yaml")
    compute.configure(settings.compute)
    print(f"commit {commit()}; {machine()}; seed {settings.seed}; {compute.describe()}", flush=True)
    parts = []
    for dataset in settings.degradations:
        parts.append(scores_of(study, settings, dataset, count))
        means = parts[-1].groupby(["method", "metric"], sort=False)["value"].mean().unstack()
        print(f"{dataset}\n{means.round(3).to_string()}", flush=True)
    scores = pd.concat(parts, ignore_index=True)
    evaluation, seed = settings.evaluation, settings.seed
    compared = comparison.compare(scores, seed, evaluation)
    classical = compared["against"] != "degraded"
    compared.loc[classical, "p"] = holm(compared.loc[classical, "p"])
    blocks = [
        *formatting.method_blocks(summary.summarise(scores, seed, evaluation), "Data set"),
        *closure_blocks(gap_closure.close(scores, seed, evaluation)),
        *formatting.comparison_blocks(compared[classical]),
    ]
    note = (
        f"{count} test micrographs a data set that no choice of a setting has seen; models and classical "
        "parameters of the "
        f"study as they were. Means with {100 * evaluation.confidence:g} % bootstrap intervals over micrographs; p of "
        "Wilcoxon's signed-rank test, Holm-corrected over all data sets, models, classical methods and metrics. "
        f"Commit {commit()}; {machine()}; seed {seed}."
    )
    write_csv(results / "fresh_test_scores.csv", scores)
    write_text(results / "fresh_test.md", markdown(blocks, note))


def main() -> int:
    """Read the arguments and run; bad input is one line and exit code 1."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--study", type=Path, default=ROOT, help="folder of a finished study")
    parser.add_argument("--results", type=Path, default=ROOT / "benchmarks/results", help="where to write")
    parser.add_argument("--micrographs", type=int, default=48, help="fresh test micrographs a data set")
    given = parser.parse_args()
    try:
        run(given.study, given.results, given.micrographs)
    except SemclearError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
