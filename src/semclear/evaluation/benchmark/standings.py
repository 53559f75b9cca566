"""The table of the benchmark: a line a method, a block a test set, of rows that have the same pictures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from semclear.errors import FileError, SemclearError
from semclear.evaluation.benchmark import row as rows_of
from semclear.evaluation.benchmark.pictures import OUT_OF_FAMILY
from semclear.evaluation.benchmark.row import INPUT, Row
from semclear.evaluation.tables.formatting import ENTRIES, number, with_interval
from semclear.evaluation.tables.writers import Block, markdown, write_text

#: Metrics that the printed table shows; the CSV has all.
SHOWN = (
    "psnr",
    "ssim",
    "psnr_affine",
    "ag_error",
    "con_error",
    "sf_error",
    "frc_resolution",
    "invented_energy",
    "objects_missed",
    "objects_invented",
)
TESTED = ("psnr", "ssim", "invented_energy", "objects_invented")


def _of_one_benchmark(rows: Sequence[Row]) -> None:
    names = [row.name for row in rows]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise SemclearError(
            f"rows: got two called {twice[0]!r}, expected different names; score one again by --name"
        )
    if len({row.version for row in rows}) > 1:
        versions = ", ".join(f"{row.name}: {row.version}" for row in rows)
        raise SemclearError(
            f"rows: got several versions of the benchmark ({versions}), expected one; score anew"
        )


def _groups(rows: Sequence[Row]) -> list[tuple[str, list[Row]]]:
    """Return the rows of each set: those of the published pictures together, others by their digest."""
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        for name, scores in row.scores.items():
            real = name.startswith("real-")
            key = "published" if row.comparable and not real else scores.digest
            groups.setdefault((name, key), []).append(row)
    order = list(dict.fromkeys(name for row in rows for name in row.scores))
    ordered = sorted(groups.items(), key=lambda group: order.index(group[0][0]))
    return [(name, members) for (name, _), members in ordered]


def _title(name: str, rows: Sequence[Row]) -> str:
    scores = rows[0].scores[name]
    digests = {row.scores[name].digest[:8] for row in rows}
    of = (
        "published pictures"
        if rows[0].comparable and not name.startswith("real-")
        else "pictures of one's own"
    )
    return f"{name}, {len(scores.pictures)} pictures ({of}, {', '.join(sorted(digests))})"


def _interval(
    mean: float | None, low: float | None, high: float | None, metric: str, signed: bool = False
) -> str:
    mean, low, high = (np.nan if value is None else value for value in (mean, low, high))
    return with_interval(mean, low, high, metric, signed)


def _means(name: str, rows: Sequence[Row]) -> Block:
    shown = [
        metric
        for metric in SHOWN
        if any(one.set == name and one.metric == metric for row in rows for one in row.means)
    ]
    lines = []
    for row in rows:
        cells = {
            one.metric: _interval(one.mean, one.low, one.high, one.metric)
            for one in row.means
            if one.set == name
        }
        lines.append([row.name, *(cells.get(metric, "-") for metric in shown)])
    return Block(_title(name, rows), ["method", *(ENTRIES[metric].heading for metric in shown)], lines)


def _tests(name: str, rows: Sequence[Row]) -> list[Block]:
    blocks = []
    for against in dict.fromkeys(test.against for row in rows for test in row.tests if test.set == name):
        lines = []
        for row in rows:
            cells = {test.metric: test for test in row.tests if test.set == name and test.against == against}
            if not cells:
                continue
            line = [row.name]
            for metric in TESTED:
                if (test := cells.get(metric)) is None:
                    line.append("-")
                    continue
                text = _interval(test.difference, test.low, test.high, metric, signed=True)
                line.append(f"{text}, p {test.p_holm:.1e}, {test.verdict}")
            lines.append(line)
        heads = ["method", *(ENTRIES[metric].heading for metric in TESTED)]
        blocks.append(Block(f"{name}: method minus {against}, paired", heads, lines))
    return blocks


def _operators(rows: Sequence[Row]) -> list[Block]:
    """Return mean PSNR and SSIM by operator out of family, a line a method."""
    names = list(dict.fromkeys(rows[0].scores[OUT_OF_FAMILY].variants))
    blocks = []
    for metric in ("psnr", "ssim"):
        lines = []
        for row in rows:
            scores = row.scores[OUT_OF_FAMILY]
            values = np.array([np.nan if v is None else v for v in scores.values[metric]], np.float64)
            variants = np.array(scores.variants)
            lines.append(
                [row.name, *(number(float(np.nanmean(values[variants == n])), metric) for n in names)]
            )
        each = len(rows[0].scores[OUT_OF_FAMILY].pictures) // max(1, len(names))
        title = f"{OUT_OF_FAMILY}: mean {ENTRIES[metric].heading} by operator, {each} pictures each"
        blocks.append(Block(title, ["method", *names], lines))
    return blocks


NOTE = (
    "Means with bootstrap intervals over pictures. p: Wilcoxon's signed-rank test, Holm-adjusted over all sets and "
    "metrics of a method's comparison; the verdict goes by the interval alone. AG, CON and SF are given as errors "
    "against the truth's. A digest in brackets names a set's pixels; rows of other pixels stand apart, those that "
    "differ by rounding alone do not."
)


def text_of(rows: Sequence[Row]) -> str:
    """Return the table as Markdown, the row called `input` first.

    Raises
    ------
    SemclearError
        When two rows have one name, or they are of several versions.
    """
    _of_one_benchmark(rows)
    rows = sorted(rows, key=lambda row: row.name != INPUT)
    blocks = []
    for name, members in _groups(rows):
        blocks += [_means(name, members), *_tests(name, members)]
        if name == OUT_OF_FAMILY:
            blocks += _operators(members)
    return markdown(blocks, NOTE)


def write(path: Path, rows: Sequence[Row]) -> None:
    """Write the table, by the ending: ``.md`` as printed, ``.csv`` with all metrics, ``.json`` all rows in one file.

    Raises
    ------
    FileError
        For another ending, or when the disk refuses it.
    SemclearError
        See `text_of`.
    """
    _of_one_benchmark(rows)
    ending = path.suffix.lower()
    if ending == ".md":
        write_text(path, text_of(rows))
    elif ending in (".csv", ".json"):
        rows_of.write(path, rows)
    else:
        raise FileError(path, "expected the ending .md, .csv or .json; change it")
