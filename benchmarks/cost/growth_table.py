"""The table of `growth.py` in a form to read: power laws, and the largest sizes that common memories hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from semclear.errors import SemclearError
from semclear.files import whole_file

Row = Mapping[str, str]
#: Memories for which the largest sizes are told, in GB (10^9 bytes).
MEMORIES = (8, 24, 80)
MEBI = 2**20
#: What tells series apart that have an axis in common.
SAME = ("what", "method", "scale", "backend", "threads", "code", "machine")
UNITS = {"width": "channels", "crop": "pixels", "batch": "crops", "side": "pixels", "micrographs": "a domain"}


#: Activations grow at least so; sizes that a benchmark can wait for are too small to show it beside what does not grow.
LEAST_POWER = {"batch": 1.0, "crop": 2.0, "width": 2.0, "side": 2.0, "micrographs": 1.0}


@dataclass(frozen=True)
class Law:
    """A power law fitted to logarithms.

    Attributes
    ----------
    exponent, error : float
        Of the power, and its standard error; the error is NaN for two points.
    last : float
        Exponent between the two largest sizes alone.
    """

    exponent: float
    error: float
    last: float


def law_of(sizes: Sequence[float], values: Sequence[float]) -> Law | None:
    """Return the power law of values that are all over zero, or None of fewer than two."""
    x, y = np.asarray(sizes, float), np.asarray(values, float)
    if len(x) < 2 or (y <= 0).any():
        return None
    x, y = np.log(x), np.log(y)
    spread = np.sum((x - x.mean()) ** 2)
    slope = float(np.sum((x - x.mean()) * y) / spread)
    rest = y - y.mean() - slope * (x - x.mean())
    error = float(np.sqrt(np.sum(rest**2) / (len(x) - 2) / spread)) if len(x) > 2 else float("nan")
    return Law(slope, error, float((y[-1] - y[-2]) / (x[-1] - x[-2])))


def largest(
    sizes: Sequence[float], added: Sequence[float], libraries: float, memory_gb: float, least: float
) -> float | None:
    """Return the size at which a process would take a memory, from the largest measured on, by the steepest exponent.

    Parameters
    ----------
    sizes, added : sequence of float
        Sizes, rising, and what each added, MiB.
    libraries : float
        What a process takes before, MiB.
    memory_gb : float
        What there is.
    least : float
        Exponent by which it grows in the end, see `LEAST_POWER`.
    """
    law = law_of(sizes, added)
    left = memory_gb * 1e9 / MEBI - libraries
    if law is None or left <= 0:
        return None
    return sizes[-1] * (left / added[-1]) ** (1.0 / max(law.exponent, law.last, least))


def series_of(rows: Sequence[Row]) -> Iterator[tuple[dict[str, str], str, list[Row]]]:
    """Yield what a series is of, its axis, and its rows by rising size; the last row of a size counts."""
    for key in dict.fromkeys(tuple(row[name] for name in SAME) for row in rows):
        own = [row for row in rows if tuple(row[name] for name in SAME) == key]
        for axis in dict.fromkeys(axis for row in own for axis in row["axes"].split()):
            by_size = {int(row[axis]): row for row in own if axis in row["axes"].split()}
            yield dict(zip(SAME, key, strict=True)), axis, [by_size[size] for size in sorted(by_size)]


def _exponent(law: Law | None) -> str:
    if law is None:
        return ""
    error = "" if np.isnan(law.error) else f" ± {law.error:.2f}"
    return f"{law.exponent:.2f}{error} (last {law.last:.2f})"


def _size(value: float | None, within: float) -> str:
    if value is None:
        return ""
    return f"{float(f'{value:.2g}'):.0f}" + ("" if value > within else " (measured)")


def text_of(rows: Sequence[Row]) -> str:
    """Return the page.

    Raises
    ------
    SemclearError
        When there are no rows.
    """
    if not rows:
        raise SemclearError("growth.csv: got no rows, expected some; run without --table first")
    lines = ["# How time and memory grow", ""]
    lines += [
        "Written by `python -m benchmarks.cost.growth --table` from growth.csv. One size is varied at a time.",
        "",
    ]
    laws, fits = [], []
    for same, axis, own in series_of(rows):
        sizes = [int(row[axis]) for row in own]
        seconds, added = ([float(row[name]) for row in own] for name in ("cpu_s", "added_mib"))
        libraries = float(np.mean([float(row["libraries_mib"]) for row in own]))
        name = f"{same['what']}, {same['method']}, {same['scale']}, {same['backend']}, {same['threads']} thread(s)"
        lines += [f"## {name}: {axis} ({UNITS[axis]})", ""]
        lines += [f"| {axis} | processor (s) | time (s) | memory added (MiB) |", "|---:|---:|---:|---:|"]
        for row, size in zip(own, sizes, strict=True):
            cells = [str(size), f"{float(row['cpu_s']):.4g}", f"{float(row['seconds']):.4g}"]
            cells += [f"{float(row['added_mib']):.0f}"]
            lines.append(f"| {' | '.join(cells)} |")
        lines += [""]
        head = f"| {name} | {axis} |"
        laws += [f"{head} {_exponent(law_of(sizes, seconds))} | {_exponent(law_of(sizes, added))} |"]
        told = [
            _size(largest(sizes, added, libraries, memory, LEAST_POWER[axis]), sizes[-1])
            for memory in MEMORIES
        ]
        fits += [f"{head} {libraries:.0f} | {' | '.join(told)} |"]
    lines += [
        "## Exponents",
        "",
        "Power laws fitted to the logarithms, with their standard errors; in brackets that of the",
        "",
    ]
    lines[-2] += " two largest sizes alone. Costs that do not grow make the first smaller."
    lines += ["| series | size | of processor seconds | of memory added |", "|---|---|---|---|", *laws, ""]
    lines += ["## Largest sizes that fit", ""]
    lines += [
        "Extrapolated from the largest size measured by the steepest of both exponents and of that by which "
        "activations grow",
        "",
    ]
    lines[-2] += (
        " (batch, micrographs 1; crop, width, side 2), the other sizes as they are; all that was added "
        "counts as growing, and what "
    )
    lines[-2] += (
        "a process takes before counts too. A prediction for main memory, on the small side, two digits."
    )
    memories = " | ".join(f"{memory} GB" for memory in MEMORIES)
    lines += [
        f"| series | size | before (MiB) | {memories} |",
        f"|---|---|---:|{'---:|' * len(MEMORIES)}",
        *fits,
        "",
    ]
    lines += sorted(
        {f"Commit {row['commit'] or 'unknown'}, {row['machine']}, {row['device']}.  " for row in rows}
    )
    return "\n".join(lines).rstrip() + "\n"


def write(rows: Sequence[Row], path: Path) -> str:
    """Write the page and return it."""
    text = text_of(rows)
    with whole_file(path) as scratch:
        scratch.write_text(text, encoding="utf-8")
    return text


def draw(rows: Sequence[Row], path: Path) -> None:
    """Draw processor seconds and memory against each size, on logarithmic axes."""
    from matplotlib.ticker import NullLocator

    from semclear.evaluation.figures import style

    series = list(series_of(rows))
    axes_of = list(dict.fromkeys((same["what"], axis) for same, axis, _ in series))
    with style.figure(path, 1.6 * len(axes_of) + 0.6, 3.6) as drawn:
        panels = drawn.subplots(2, len(axes_of), squeeze=False)
        for column, (what, axis) in enumerate(axes_of):
            for line, (column_name, label) in enumerate(
                (("cpu_s", "processor (s)"), ("added_mib", "memory added (MiB)"))
            ):
                panel = panels[line, column]
                chosen = [(same, own) for same, name, own in series if (same["what"], name) == (what, axis)]
                for colour, (same, own) in zip(style.CURVES, chosen, strict=False):
                    points = [(int(row[axis]), float(row[column_name])) for row in own]
                    panel.loglog(
                        *zip(*points, strict=True), "o-", color=colour, markersize=3, label=same["method"]
                    )
                sizes = sorted({int(row[axis]) for _, own in chosen for row in own})
                values = [float(row[column_name]) for _, own in chosen for row in own]
                # Decades hardly fit between the smallest and the largest size: the sizes themselves, and the ends.
                panel.set_xticks(sizes, [str(size) for size in sizes], minor=False)
                panel.set_yticks(
                    ends := [min(values), max(values)], [f"{end:.3g}" for end in ends], minor=False
                )
                panel.xaxis.set_minor_locator(NullLocator())
                panel.yaxis.set_minor_locator(NullLocator())
                panel.set_xlabel(f"{axis} ({UNITS[axis]})")
                if column == 0:
                    panel.set_ylabel(label)
                if line == 0:
                    panel.set_title(what)
        drawn.tight_layout()
