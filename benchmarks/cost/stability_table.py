"""The table of `stability.py` in a form to read: what went wrong, by kind and by numeric variant, before and after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.cost.stability_run import EXPLODED
from semclear.errors import SemclearError
from semclear.files import whole_file

Row = Mapping[str, str]


def _times(ratio: float) -> str:
    return f"{ratio:.1f}" if ratio < 1e4 else f"{ratio:.2g}"


def inverted(row: Row) -> bool:
    """Return whether the restored micrographs correlate negatively with their inputs."""
    return row["correlation"] != "" and float(row["correlation"]) < 0


def labelled(rows: Sequence[Row]) -> dict[str, list[Row]]:
    """Return the rows by the label of their code, which is told apart further where a label had several codes."""
    codes: dict[str, set[str]] = {}
    for row in rows:
        codes.setdefault(row["code_label"], set()).add(row["code"])
    found: dict[str, list[Row]] = {}
    for row in rows:
        label, code = row["code_label"], row["code"]
        found.setdefault(label if len(codes[label]) == 1 else f"{label} ({code[:6]})", []).append(row)
    return found


def counts(rows: Sequence[Row]) -> list[str]:
    """Return runs, how many met a loss that is no number, exceeded the median, were inverted, and turned back."""
    ratios = [(float(row["worst_ratio"]), row["worst_term"]) for row in rows if row["worst_ratio"]]
    largest = max(ratios, default=None)
    found = [len(rows), sum(row["failed_step"] != "" for row in rows)]
    found += [sum(ratio > EXPLODED for ratio, _ in ratios), sum(map(inverted, rows))]
    found += [sum(int(row["recoveries"] or 0) > 0 for row in rows)]
    return [*map(str, found), "" if largest is None else f"{_times(largest[0])} ({largest[1]})"]


def by(rows: Sequence[Row], column: str) -> list[str]:
    """Return the lines of a table that counts by a column, a line a value and label of the code."""
    head = [column, "code", "runs", "not a number", f"over {EXPLODED:g} times its median", "inverted"]
    head += ["went back", "largest ratio (term)"]
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * 2}{'---:|' * 5}---|"]
    for value in [*dict.fromkeys(row[column] for row in rows), "all"]:
        for label, own in labelled(rows).items():
            if chosen := [row for row in own if value in (row[column], "all")]:
                lines.append(f"| {' | '.join([value, label, *counts(chosen)])} |")
    return lines


def text_of(rows: Sequence[Row]) -> str:
    """Return the page: a part a scale, number of steps and state of the recovery, which are not to be mixed.

    Raises
    ------
    SemclearError
        When there are no rows.
    """
    if not rows:
        raise SemclearError("stability.csv: got no rows, expected some; run without --table first")
    lines = ["# Trainings under other arithmetic", ""]
    lines += ["Written by `python -m benchmarks.cost.stability --table` from stability.csv.", ""]
    for scale, steps, recovery in dict.fromkeys((r["scale"], r["steps"], r["recovery"]) for r in rows):
        part = [r for r in rows if (r["scale"], r["steps"], r["recovery"]) == (scale, steps, recovery)]
        lines += [f"## Scale {scale}, first {steps} steps, recovery {recovery}", ""]
        lines += [*by(part, "kind"), "", *by(part, "variant"), ""]
        bad = [row for row in part if row["outcome"] != "finished" or inverted(row)]
        lines += [
            f"- {r['code_label']}: {r['kind']}, seed {r['seed']}, {r['variant']}: {r['outcome']}"
            + (f" at step {r['failed_step']} ({r['failed_terms']})" if r["failed_step"] else "")
            + (
                f"; {r['worst_term']} {_times(float(r['worst_ratio']))} times its median at step {r['worst_step']}"
                if r["worst_ratio"]
                else ""
            )
            + (f"; correlation {float(r['correlation']):.2f}" if r["correlation"] else "")
            for r in bad
        ]
        lines += [""] if bad else []
    made = sorted({f"{r['code_label']}: commit {r['commit'] or 'unknown'}, {r['machine']}" for r in rows})
    return "\n".join([*lines, *(f"{line}  " for line in made)]).rstrip() + "\n"


def write(rows: Sequence[Row], path: Path) -> str:
    """Write the page and return it."""
    text = text_of(rows)
    with whole_file(path) as scratch:
        scratch.write_text(text, encoding="utf-8")
    return text
