"""The step that makes every table of the study from the tidy scores."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from semclear.errors import SemclearError
from semclear.evaluation.metric import names_of
from semclear.evaluation.metrics import METRICS
from semclear.evaluation.tables import checks, formatting, pooling, score_table
from semclear.evaluation.tables.ablation import ablate
from semclear.evaluation.tables.comparison import compare
from semclear.evaluation.tables.gap_closure import close
from semclear.evaluation.tables.summary import summarise
from semclear.evaluation.tables.writers import Block, latex, markdown, write_csv, write_text
from semclear.files import whole_file
from semclear.params import Evaluation, validate
from semclear.params.slices import part
from semclear.study.missing import check, note_of, without


def _notes(settings: Evaluation) -> dict[str, str]:
    sure = f"{100 * settings.confidence:.10g} % interval"
    means = f"Mean over test micrographs with its bootstrap {sure} ({settings.bootstrap} draws)"
    return {
        "summary": f"{means}. AG, CON and SF also rise with noise and invented texture: read their error to the truth, "
        "not their height. Oracle rows were told what nobody knows in practice.",
        "closure": "Gap closure (method - degraded) / (paired - degraded), a ratio of means with its joint bootstrap "
        f"{sure}; 1 is as good as the same generator trained with supervision, a dash is undefined: paired gains less "
        "than 0.5 dB (PSNR) or 0.02 (SSIM).",
        "comparison": f"Mean difference a micrograph with its bootstrap {sure}; p of Wilcoxon's signed-rank test; "
        "better or worse where the interval excludes 0. The oracle was told the true sigma of every micrograph.",
        "trust": f"{means}; limits of agreement of the diameters (bias +/- 1.96 standard deviations) and "
        "gaps seen are pooled "
        "over all objects and gaps. FRC resolution: period at which the Fourier ring correlation with the "
        "truth falls under "
        "1/7 to stay. Invented energy: share of the spectral energy in rings under 1/7, left-over noise "
        "included. Objects: "
        "one fixed segmentation, matched at an overlap of 0.5, on spheres and particles; what the row of the "
        "clear truth "
        "misses and invents is the segmentation's own. Diameters: of matched objects alone. Gaps: those dark "
        "in the truth.",
        "checks": f"{means}, of what can be told of a trained model without truth, and of what is told by "
        "it. Flagged: outside "
        "what is usual in the family. D(restored): the restoration degraded again by the model, with what it "
        "read from the "
        "micrograph. RMS: of the micrograph less D(restored). Hiding amplification: what D lets through of "
        "noise added to "
        "the restoration; at most 1 for any blur and veil, far above 1 where it reads what is hidden. Null tests: grey "
        "changed, structure added and objects found by the fixed segmentation where there is nothing to "
        "restore. It takes the "
        "brighter part of any image for objects, so that numbers compare with those in the field itself, and "
        "contrasts with the "
        "noise. Already clear: shares against the labels of spheres and particles; before restoring they are the "
        "segmentation's own. Uncertainty and read parameters against the truth.",
        "ablation": f"{means}, seeds averaged; +/- is the standard deviation between runs that differ in the seed "
        "alone.",
    }


def _write(folder: Path, name: str, table: pd.DataFrame, blocks: Sequence[Block], note: str) -> None:
    write_csv(folder / f"{name}.csv", table)
    write_text(folder / f"{name}.md", markdown(blocks, note))
    write_text(folder / f"{name}.tex", latex(blocks, note))


def metrics_of(summary: pd.DataFrame) -> dict[str, dict[str, dict[str, float]]]:
    """Return the means as ``{model: {method: {metric: mean}}}``, for `dvc metrics`.

    Classical methods stand under ``classical-DATASET``. Means that are not
    finite, which JSON cannot hold, are left out.
    """
    values: dict[str, dict[str, dict[str, float]]] = {}
    for row in summary.itertuples():
        if math.isfinite(row.mean):
            model = f"classical-{row.dataset}" if row.model == score_table.CLASSICAL_MODEL else row.model
            values.setdefault(model, {}).setdefault(row.method, {})[row.metric] = float(f"{row.mean:.10g}")
    return values


def tabulate(
    values: Mapping[str, Any],
    scores_csvs: Sequence[str | Path],
    tables_folder: str | Path,
    metrics_json: str | Path,
    missing: Sequence[str] = (),
) -> None:
    """Make the study's tables.

    Parameters
    ----------
    values : mapping
        The step's slice of params.yaml: ``seed``, ``experiments``, ``evaluation``.
    scores_csvs : sequence of str or Path
        Tidy scores of every experiment and data set.
    tables_folder : str or Path
        Where ``scores.csv`` and summary, closure, comparison, ablation, trust
        and checks appear, these as .csv, .md and .tex. ``summary.csv`` has every
        experiment; the printed summary and trust, closure and comparison
        leave out those of an ablation study, which has its own table. The
        trust measures stand in ``trust`` alone.
    metrics_json : str or Path
        Means by model, method and metric; what is missing under ``_missing``,
        which no experiment can be called.
    missing : sequence of str
        Those of `scores_csvs`, by their names without ending, that are not
        there or no longer true: the tables are made of the rest and say so.

    Raises
    ------
    SemclearError
        When a file is missing or no table of scores, or a score's model is no experiment.
    """
    check(missing, [Path(path).stem for path in scores_csvs])
    folder, seed, experiments = Path(tables_folder), values["seed"], values["experiments"]
    settings = validate(Evaluation, part(values, "evaluation"), "evaluation")
    scores = score_table.read([path for path in scores_csvs if Path(path).stem not in missing])
    unknown = sorted(set(scores["model"]) - {score_table.CLASSICAL_MODEL, *experiments})
    if unknown:
        raise SemclearError(
            f"--scores: got the model {unknown[0]}, expected one of {sorted(experiments)}; leave its file out or add "
            "it to experiments"
        )
    experiments = without(values, missing)["experiments"]
    scores = scores[scores["model"].isin([score_table.CLASSICAL_MODEL, *experiments])]
    images = scores[scores["metric"].isin(METRICS)]
    main = score_table.of_main_study(images, experiments)
    summary = summarise(images, seed, settings)
    notes = {name: f"{note_of(missing)} {note}".strip() for name, note in _notes(settings).items()}
    trust = pooling.pool(scores, seed, settings)
    checked = summarise(scores[scores["metric"].isin(names_of(checks.ENTRIES))], seed, settings)
    closure, comparison = close(main, seed, settings), compare(main, seed, settings)
    ablation = ablate(images, experiments, seed, settings)

    write_csv(folder / "scores.csv", scores)
    printed = formatting.method_blocks(score_table.of_main_study(summary, experiments), "Data set")
    _write(folder, "summary", summary, printed, notes["summary"])
    printed = formatting.method_blocks(closure, "Gap closure on", decimals_of="ssim")
    _write(folder, "closure", closure, printed, notes["closure"])
    _write(folder, "comparison", comparison, formatting.comparison_blocks(comparison), notes["comparison"])
    _write(folder, "ablation", ablation, formatting.ablation_blocks(ablation), notes["ablation"])
    printed = formatting.method_blocks(
        score_table.of_main_study(trust, experiments), "Trust measures on", order=pooling.METRICS
    )
    _write(folder, "trust", trust, printed, notes["trust"])
    printed = formatting.method_blocks(
        score_table.of_main_study(checked, experiments),
        "Checks of the models on",
        order=names_of(checks.OF_RESTORATIONS),
    ) + formatting.method_blocks(
        score_table.of_main_study(checked, experiments),
        "Null tests of the models on",
        order=names_of(checks.OF_NULL_TESTS),
        counted="micrographs at most",
    )
    _write(folder, "checks", checked, printed, notes["checks"])
    with whole_file(metrics_json) as scratch:
        means: dict[str, Any] = {**metrics_of(pd.concat([summary, trust, checked]))}
        if missing:
            means["_missing"] = sorted(missing)
        text = json.dumps(means, sort_keys=True, indent=1, allow_nan=False)
        scratch.write_text(text + "\n", encoding="utf-8")
