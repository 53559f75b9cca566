"""How far do the trained models carry? Test micrographs degraded in ways that no training saw.

Takes a finished study and degrades the clear test micrographs of every
synthetic data set anew: as in the study, and by each operator of
`out_of_family` in params.yaml. Restores them with the study's unpaired models,
compares with the degraded ones, and counts how often the trust flag is raised.

    python -m benchmarks.trust.out_of_family [--study FOLDER] [--models NAME ...] [--micrographs N]

Writes benchmarks/results/out_of_family.csv (a row a model and degradation; a
row whose model, settings and code have not changed is not computed again) and out_of_family.md.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.common.ledger import Ledger
from benchmarks.common.provenance import ROOT, commit, machine
from benchmarks.common.trainings import code_of, digest
from semclear import compute, params
from semclear.datasets import manifest
from semclear.datasets.record import Record
from semclear.degradation import forward
from semclear.degradation.out_of_family import IN_FAMILY, variants
from semclear.errors import SemclearError
from semclear.evaluation.metrics import psnr, ssim
from semclear.evaluation.tables import bootstrap, score_table
from semclear.evaluation.tables.formatting import number, with_interval
from semclear.evaluation.tables.writers import Block, markdown, write_text
from semclear.files import sha256
from semclear.io.png import to_uint8

METRICS = {"psnr": psnr, "ssim": ssim}
KEYS = ("model", "bundle_sha256", "degradation", "micrographs", "seed", "settings_sha256", "code")
#: What else a row depends on, besides the steps of the workflow and the model.
CODE = ("benchmarks/trust/out_of_family.py", "src/semclear/evaluation/tables/bootstrap.py")
OF_METRIC = ("degraded", "restored", "difference", "low", "high")
COLUMNS = (
    "dataset",
    "method",
    *KEYS,
    *(f"{metric}_{part}" for metric in METRICS for part in OF_METRIC),
    "flagged",
    "ssim_fell",
    "ssim_fell_unflagged",
    "training_seed",
    "commit",
    "machine",
)
#: From a degraded micrograph to its restoration and whether the trust flag is raised (None: no flag can be had).
Judge = Callable[[np.ndarray], tuple[np.ndarray, bool | None]]


def main_models(settings: params.Params) -> list[str]:
    """Return the unpaired experiments of the main study on synthetic data."""
    return [
        name
        for name, experiment in settings.experiments.items()
        if experiment.study is None
        and experiment.method in score_table.UNPAIRED
        and experiment.dataset in settings.degradations
    ]


def degraded(record: Record, name: str, settings: params.Params) -> np.ndarray:
    """Return a test micrograph degraded anew, float32 (H, W) in [0, 1], rounded to 8 bit as on disk."""
    if name == IN_FAMILY:
        return record.image()
    parameters = variants(record.parameters or {}, settings.out_of_family, settings.seed, record.id)[name]
    return to_uint8(forward.apply(record.truth(), parameters)).astype(np.float32) / np.float32(255)


def judge_of(bundle: Any, dataset: manifest.Dataset, settings: params.Params) -> Judge:
    """Return the model as the study applies it, its trust flag calibrated on micrographs of its own family."""
    from semclear.restoration import network_step
    from semclear.restoration import restorer as restorers

    restorer = restorers.Restorer(
        bundle, settings.restoration.ensemble, choosing=settings.restoration.choosing
    )
    calibration = network_step.Calibration(restorer, dataset, settings.restoration)

    def judge(image: np.ndarray) -> tuple[np.ndarray, bool | None]:
        made = calibration.inspect(image)
        flag = calibration.checks_of(made, None).get("trust_flag")
        return made.image, None if flag is None else bool(flag)

    return judge


def measure(records: Sequence[Record], name: str, judge: Judge, settings: params.Params) -> dict[str, Any]:
    """Return the scores of all micrographs under one degradation: arrays by metric and part, and the flags."""
    scores: dict[str, list[float]] = {f"{m}_{part}": [] for m in METRICS for part in OF_METRIC[:2]}
    flags = []
    for record in records:
        truth, image = record.truth(), degraded(record, name, settings)
        restored, flag = judge(image)
        restored = to_uint8(restored).astype(np.float32) / np.float32(255)
        flags.append(flag)
        for metric, function in METRICS.items():
            scores[f"{metric}_degraded"].append(function(truth, image))
            scores[f"{metric}_restored"].append(function(truth, restored))
    return {**{key: np.array(values) for key, values in scores.items()}, "flags": flags}


def summarise(measured: Mapping[str, Any], indices: np.ndarray, confidence: float) -> dict[str, Any]:
    """Return means, mean differences with their bootstrap intervals, and counts.

    Parameters
    ----------
    measured : mapping
        As `measure` returns it, n micrographs.
    indices : ndarray, (draws, n)
        From `bootstrap.resamples`.
    confidence : float
        In (0, 1).

    Returns
    -------
    dict
        ``flagged``, share of the micrographs; ``ssim_fell``, micrographs
        whose restoration is less like the truth than the degraded one, and
        ``ssim_fell_unflagged``, those of them without a flag. The flag's two
        are None where there is no flag.
    """
    row: dict[str, Any] = {}
    for metric in METRICS:
        before, after = measured[f"{metric}_degraded"], measured[f"{metric}_restored"]
        row[f"{metric}_degraded"], row[f"{metric}_restored"] = float(before.mean()), float(after.mean())
        row[f"{metric}_difference"] = float((after - before).mean())
        row[f"{metric}_low"], row[f"{metric}_high"] = bootstrap.interval(after - before, indices, confidence)
    fell = measured["ssim_restored"] < measured["ssim_degraded"]
    known = None not in measured["flags"]
    flags = np.array(measured["flags"], dtype=bool) if known else None
    row["flagged"] = float(flags.mean()) if known else None
    row["ssim_fell"] = int(fell.sum())
    row["ssim_fell_unflagged"] = int((fell & ~flags).sum()) if known else None
    return row


def blocks_of(rows: Sequence[Mapping[str, str]]) -> list[Block]:
    """Return a printed table a model, a line a degradation, from the rows of the CSV table."""
    blocks = []
    for model in dict.fromkeys(row["model"] for row in rows):
        lines = []
        for row in (row for row in rows if row["model"] == model):
            line = [row["degradation"]]
            for metric in METRICS:
                values = [float(row[f"{metric}_{part}"] or "nan") for part in OF_METRIC]
                line += [number(values[0], metric), number(values[1], metric)]
                line.append(with_interval(*values[2:], metric, True))
            flagged = f"{100 * float(row['flagged']):.0f} %" if row["flagged"] else "-"
            lines.append([*line, flagged, f"{row['ssim_fell']} ({row['ssim_fell_unflagged'] or '-'})"])
        first = next(row for row in rows if row["model"] == model)
        heads = [f"{m.upper()} {part}" for m in METRICS for part in ("degraded", "restored", "difference")]
        title = (
            f"{score_table.label(first['method'])} trained on {first['dataset']} (model {model}), "
            f"{first['micrographs']} test micrographs"
        )
        blocks.append(Block(title, ["degradation", *heads, "flagged", "SSIM fell (unflagged)"], lines))
    return blocks


def run(study: Path, results: Path, names: Sequence[str] | None, micrographs: int | None) -> None:
    """Measure what is missing and write both tables.

    Raises
    ------
    SemclearError
        When the study lacks a model or a data set, or a name is no unpaired model of it.
    """
    settings = params.load(study / "params.yaml")
    if unknown := set(names or ()) - set(main_models(settings)):
        raise SemclearError(
            f"--models: got {sorted(unknown)}, expected some of {main_models(settings)}; correct the names"
        )
    compute.configure(settings.compute)
    from semclear.networks import bundle as bundles

    print(f"commit {commit()}; {machine()}; seed {settings.seed}; {compute.describe()}", flush=True)
    ledger = Ledger(results / "out_of_family.csv", COLUMNS, KEYS)
    code = code_of("restore", "score", files=CODE)
    current = []
    for model in names or main_models(settings):
        path = study / "results" / "models" / f"{model}.semclear"
        bundle, experiment = bundles.load(path), settings.experiments[model]
        dataset = manifest.load(study / "data" / experiment.dataset / "manifest.json")
        records = dataset.split("test")[:micrographs]
        key = {"model": model, "bundle_sha256": sha256(path)[:16], "micrographs": len(records)}
        looked_at = [settings.out_of_family, settings.restoration, settings.evaluation]
        looked_at.append(settings.degradations[experiment.dataset])
        key |= {"seed": settings.seed, "settings_sha256": digest([part.model_dump() for part in looked_at])}
        key["code"] = code
        indices = bootstrap.resamples(
            len(records), settings.evaluation.bootstrap, settings.seed, dataset.name
        )
        judge = None
        for name in variants(
            records[0].parameters or {}, settings.out_of_family, settings.seed, records[0].id
        ):
            current.append({**key, "degradation": name})
            if ledger.done(**current[-1]):
                continue
            judge = judge or judge_of(bundle, dataset, settings)
            row = summarise(measure(records, name, judge, settings), indices, settings.evaluation.confidence)
            head = {"dataset": dataset.name, "method": experiment.method, **current[-1]}
            about = {"training_seed": bundle.training["seed"], "commit": commit(), "machine": machine()}
            ledger.add([{**head, **row, **about}])
            print(
                f"{model}, {name}: SSIM {row['ssim_degraded']:.3f} -> {row['ssim_restored']:.3f}, flagged "
                f"{row['flagged']}",
                flush=True,
            )
    wanted = [{name: str(value) for name, value in key.items()} for key in current]
    rows = [row for row in ledger.rows if {name: row[name] for name in KEYS} in wanted]
    note = (
        "Difference restored minus degraded, mean over micrographs with its "
        f"{100 * settings.evaluation.confidence:g} % bootstrap interval. "
        "SSIM fell: micrographs that restoration made less like the truth, in brackets those of them that "
        "the trust flag let pass. "
        f"Commits {', '.join(sorted({row['commit'] for row in rows}))}; "
        f"{'; '.join(sorted({row['machine'] for row in rows}))}; seed {settings.seed}."
    )
    write_text(results / "out_of_family.md", markdown(blocks_of(rows), note))


def main() -> int:
    """Read the arguments and run; bad input is one line and exit code 1."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--study", type=Path, default=ROOT, help="folder of a finished study")
    parser.add_argument("--results", type=Path, default=ROOT / "benchmarks/results", help="where to write")
    parser.add_argument("--models", nargs="*", help="names of experiments (default: all unpaired main ones)")
    parser.add_argument("--micrographs", type=int, help="only the first so many test micrographs")
    given = parser.parse_args()
    try:
        run(given.study, given.results, given.models, given.micrographs)
    except SemclearError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
