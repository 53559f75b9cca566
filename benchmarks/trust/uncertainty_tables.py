"""The tables of uncertainty.py: means over micrographs with their intervals, and what a reader sees of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from benchmarks.trust.uncertainty_maps import BOTH, FITTED, METRICS, ROUNDING, SEEDS
from semclear import params
from semclear.degradation.out_of_family import IN_FAMILY
from semclear.evaluation.tables import bootstrap
from semclear.evaluation.tables.formatting import number, with_interval
from semclear.evaluation.tables.writers import Block

FLOORED = (ROUNDING, FITTED)
#: Means over micrographs with an interval.
WITH_INTERVAL = ("correlation", "area", "coverage")
CURVES = ("curve", "best")
VALUES = (
    *(*METRICS, "error"),
    *(f"{name}{end}" for name in WITH_INTERVAL for end in ("", "_low", "_high")),
    *("coverage_spread", "coverage_least", "interval_width"),
    *("flagged", "passed", "coverage_passed", "coverage_passed_low", "coverage_passed_high", *CURVES),
)


def summarise(
    measured: Sequence[Mapping[str, Any]],
    calibration: tuple[str, str],
    flags: Sequence[bool | None],
    indices: np.ndarray,
    confidence: float,
) -> dict[str, Any]:
    """Return the row of one map, calibration and degradation.

    Parameters
    ----------
    measured : sequence of mapping
        `uncertainty_maps.measure` of n micrographs.
    calibration : (str, str)
        Whose intervals: on what, and with which floor.
    flags : sequence of bool or None
        The micrographs' trust flags; None where there is none.
    indices : ndarray, (draws, n)
        From `bootstrap.resamples`.
    confidence : float
        Of the intervals over micrographs, in (0, 1).

    Returns
    -------
    dict
        `VALUES`: means over micrographs, with percentile-bootstrap ends for
        those `WITH_INTERVAL`; "coverage_spread", the standard deviation of
        the coverage over micrographs, and "coverage_least", its tenth
        percentile; share "flagged", number "passed" and the coverage of
        these, None without a flag. Resamples without a micrograph that
        passes say nothing about those and are left out.
    """
    values = {
        name: np.array([one[name] for one in measured]) for name in (*METRICS, "error", "correlation", "area")
    }
    values["coverage"] = np.array([one["coverage"][calibration] for one in measured])
    row: dict[str, Any] = {name: float(values[name].mean()) for name in (*METRICS, "error")}
    for name in WITH_INTERVAL:
        known = np.isfinite(values[name])
        row[name] = float(values[name][known].mean()) if known.any() else None
        row[f"{name}_low"], row[f"{name}_high"] = _interval(values[name], known, indices, confidence)
    coverage = values["coverage"]
    row["coverage_spread"] = float(coverage.std(ddof=1)) if coverage.size > 1 else None
    row["coverage_least"] = float(np.quantile(coverage, 0.1))
    row["interval_width"] = float(np.mean([one["interval_width"][calibration] for one in measured]))
    row |= dict.fromkeys(
        ("flagged", "passed", "coverage_passed", "coverage_passed_low", "coverage_passed_high")
    )
    if None not in flags:
        passed = ~np.array(flags, dtype=bool)
        row["flagged"], row["passed"] = float(np.mean(~passed)), int(passed.sum())
        row["coverage_passed"] = float(coverage[passed].mean()) if passed.any() else None
        ends = _interval(coverage, passed, indices, confidence)
        row["coverage_passed_low"], row["coverage_passed_high"] = ends
    for name in CURVES:
        row[name] = " ".join(f"{v:.4f}" for v in np.mean([one[name] for one in measured], axis=0))
    return row


def _interval(
    values: np.ndarray, chosen: np.ndarray, indices: np.ndarray, confidence: float
) -> bootstrap.Interval:
    """Return the bootstrap interval of the mean of those chosen (n,), micrographs drawn from all."""
    if chosen.sum() < 2:
        return float("nan"), float("nan")
    count = chosen[indices].sum(axis=1)
    total = np.where(chosen, values, 0.0)[indices].sum(axis=1)
    return bootstrap.percentiles(np.where(count > 0, total / np.maximum(count, 1), np.nan), confidence)


def _value(row: Mapping[str, str], name: str) -> float:
    return float(row[name] or "nan")


def _share(row: Mapping[str, str], name: str) -> str:
    """Return a share in per cent with its interval."""
    mean, low, high = (100 * _value(row, f"{name}{end}") for end in ("", "_low", "_high"))
    if not np.isfinite(mean):
        return "-"
    return f"{mean:.1f}" + (f" [{low:.1f}, {high:.1f}]" if np.isfinite(low) else "")


def name_of(row: Mapping[str, str]) -> str:
    """Return a map's name for readers: what it is the spread over, and of which seeds."""
    seeds = row["seeds"].split()
    named = f"seed{'s' if len(seeds) > 1 else ''} {', '.join(seeds)}"
    return {SEEDS: named, BOTH: f"{named} and orientations"}.get(row["over"], f"{row['over']}, {named}")


def in_family_block(rows: Sequence[Mapping[str, str]]) -> Block:
    """Return the printed table of a data set's maps in family, a row a map and calibration."""
    columns = [
        "map",
        "calibrated on",
        "floor (grey)",
        "PSNR (dB)",
        "SSIM",
        "rank correlation",
        "sparsification area",
    ]
    columns += ["coverage (%)", "spread (%)", "tenth percentile (%)", "width (grey)"]
    lines = []
    for row in rows:
        line = [name_of(row), row["calibration"], f"{float(row['floor']):.3f}"]
        line += [*(number(_value(row, name), name) for name in METRICS)]
        for name in ("correlation", "area"):
            line.append(with_interval(*(_value(row, f"{name}{end}") for end in ("", "_low", "_high")), name))
        line.append(_share(row, "coverage"))
        line += [f"{100 * _value(row, name):.1f}" for name in ("coverage_spread", "coverage_least")]
        lines.append([*line, f"{_value(row, 'interval_width'):.3f}"])
    return Block(f"{rows[0]['dataset']}, in family", columns, lines, 3)


def outside_block(rows: Sequence[Mapping[str, str]], calibration: tuple[str, str]) -> Block:
    """Return the printed table of a data set out of the family, a row a degradation, by one calibration and floor."""
    shown = [row for row in rows if (row["calibration"], row["floored"]) == calibration]
    kinds = list(dict.fromkeys(name_of(row) for row in shown if row["degradation"] != IN_FAMILY))
    columns = ["degradation", "flagged (%)", "passed"]
    for kind in kinds:
        columns += [f"coverage, {kind} (%)", "of those passed (%)", "width (grey)", "rank correlation"]
    lines = []
    for degradation in dict.fromkeys(row["degradation"] for row in shown):
        own = {name_of(row): row for row in shown if row["degradation"] == degradation}
        first = own[kinds[0]]
        flagged = _value(first, "flagged")
        line = [degradation, f"{100 * flagged:.0f}" if np.isfinite(flagged) else "-", first["passed"] or "-"]
        for kind in kinds:
            row = own[kind]
            line += [_share(row, "coverage"), _share(row, "coverage_passed")]
            line += [
                f"{_value(row, 'interval_width'):.3f}",
                number(_value(row, "correlation"), "correlation"),
            ]
        lines.append(line)
    on, floored = calibration
    title = f"{rows[0]['dataset']}, out of the family, calibrated on {on} micrographs, {floored} floor"
    return Block(title, columns, lines)


def blocks(rows: Sequence[Mapping[str, str]]) -> list[Block]:
    """Return the printed tables, three a data set, from the rows of the CSV table."""
    made = []
    for dataset in dict.fromkeys(row["dataset"] for row in rows):
        own = [row for row in rows if row["dataset"] == dataset]
        made.append(in_family_block([row for row in own if row["degradation"] == IN_FAMILY]))
        made += [outside_block(own, (own[-1]["calibration"], floored)) for floored in FLOORED]
    return made


def note(rows: Sequence[Mapping[str, str]], settings: params.Params) -> str:
    """Return what is to be known to read the tables."""
    first, confidence = rows[0], 100 * settings.evaluation.confidence
    own = settings.scales[settings.scale].data.validation
    return (
        f"{first['micrographs']} fresh test micrographs a data set, that no training and no choice has seen; "
        "in brackets "
        f"{confidence:g} % bootstrap intervals over these. Nominal coverage "
        f"{100 * float(first['nominal']):g} %; intervals "
        f"x ± q (s + floor), q calibrated on the study's {own} validation micrographs or on "
        f"{first['calibration_micrographs']} further fresh ones, the floor half a grey level (rounding) or "
        "the one of a few that makes them narrowest there "
        "(fitted). Spread: standard deviation of the coverage over "
        "micrographs. Rank correlation (Spearman) of map and absolute error within a micrograph; "
        "sparsification area: 0 "
        "is the best order of pixels. With several seeds the restoration is the mean over their models. Flagged and "
        "passed: by the trust flag of the first seed's model. "
        f"Commits {', '.join(sorted({row['commit'] for row in rows}))}; "
        f"{'; '.join(sorted({row['machine'] for row in rows}))}; seed {first['seed']}."
    )
