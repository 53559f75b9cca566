"""A row of the benchmark: one method's scores of every picture, their means, and tests against input and reference."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import pandas as pd
from pydantic import Field

from semclear.errors import FileError, SemclearError, one_line
from semclear.evaluation.metric import Metric, names_of
from semclear.evaluation.metrics import METRICS as IMAGE_METRICS
from semclear.evaluation.multiple_testing import holm
from semclear.evaluation.scoring import COLUMNS, METRICS
from semclear.evaluation.tables import bootstrap, pooling
from semclear.evaluation.tables.comparison import verdict
from semclear.evaluation.tables.formatting import ENTRIES
from semclear.evaluation.tables.summary import summarise
from semclear.files import DIGITS, whole_file
from semclear.params import Evaluation, Settings, validate

FORMAT: Literal[1] = 1
INPUT = "input"
Value = float | None


class Scores(Settings):
    """Of one test set.

    Attributes
    ----------
    digest : str
        `BenchmarkFolder.digest`: of which pixels they are.
    pictures, kinds, variants : list of str
        Names, what is shown, and the operator out of family.
    values : dict
        By metric, one a picture; None where a picture has none.
    """

    digest: str
    pictures: Annotated[list[str], Field(min_length=1)]
    kinds: list[str]
    variants: list[str]
    values: dict[str, list[Value]]


class Mean(Settings):
    """A metric of a set: mean over `n` pictures, or pooled over objects and gaps, with its bootstrap interval."""

    set: str
    metric: str
    n: int
    mean: Value
    low: Value
    high: Value


class Test(Settings):
    """A metric of a set, paired picture by picture against another row's.

    Attributes
    ----------
    against : str
        Name of the other row.
    difference, low, high : float or None
        Mean of this row minus the other, and its bootstrap interval.
    p, p_holm : float
        Of Wilcoxon's signed-rank test; adjusted by Holm over all sets and metrics of this comparison.
    verdict : str
        "better", "worse" or "undecided", by the interval alone.
    """

    __test__ = False  # for pytest, which collects what is called so

    set: str
    metric: str
    against: str
    n: int
    difference: Value
    low: Value
    high: Value
    p: float
    p_holm: float
    verdict: Literal["better", "worse", "undecided"]


class Row(Settings):
    """What `semclear benchmark score` writes."""

    format: Literal[1]
    name: Annotated[str, Field(min_length=1, max_length=80)]
    notes: str
    version: int
    published: str
    semclear: str
    scores: dict[str, Scores]
    means: list[Mean]
    tests: list[Test]

    @property
    def comparable(self) -> bool:
        """Whether its drawn pictures are the published ones, but for rounding."""
        return self.published != "other"


def _short(value: Any) -> Value:
    number = float(value)
    return float(f"{number:.{DIGITS}g}") if math.isfinite(number) else None


def scores_of(frame: pd.DataFrame, digest: str, variants: Mapping[str, str]) -> Scores:
    """Return the scores of one set from its part of the tidy table.

    Parameters
    ----------
    frame : DataFrame
        Of one set, columns `scoring.COLUMNS`.
    digest : str
        Of the set.
    variants : mapping of str to str
        Operator by picture.
    """
    wide = frame.pivot(index="micrograph", columns="metric", values="value").sort_index()
    kinds = frame.drop_duplicates("micrograph").set_index("micrograph")["kind"]
    names = [str(name) for name in wide.index]
    return Scores(
        digest=digest,
        pictures=names,
        kinds=[str(kinds[name]) for name in names],
        variants=[variants[name] for name in names],
        values={metric: [_short(v) for v in wide[metric]] for metric in METRICS if metric in wide.columns},
    )


def frame_of(row: Row) -> pd.DataFrame:
    """Return a row's scores as a tidy table, columns `scoring.COLUMNS`; what is missing is left out."""
    lines = [
        (name, row.name, row.name, picture, kind, metric, value)
        for name, scores in row.scores.items()
        for metric, values in scores.values.items()
        for picture, kind, value in zip(scores.pictures, scores.kinds, values, strict=True)
        if value is not None
    ]
    return pd.DataFrame(lines, columns=list(COLUMNS))


def means_of(frame: pd.DataFrame, seed: int, settings: Evaluation) -> list[Mean]:
    """Return the means of all metrics of all sets, as the study's tables have them (`summarise`, `pooling.pool`)."""
    image = summarise(frame[frame["metric"].isin(IMAGE_METRICS)], seed, settings)
    table = pd.concat([image, pooling.pool(frame, seed, settings)])
    made = []
    for name in frame["dataset"].unique():
        made += [
            Mean(
                set=name,
                metric=one.metric,
                n=int(one.n),
                mean=_short(one.mean),
                low=_short(one.low),
                high=_short(one.high),
            )
            for one in table[table["dataset"] == name].itertuples()
        ]
    return made


def _tested() -> list[Metric]:
    """Return the metrics of which one can say which values are better, picture by picture."""
    single = {*IMAGE_METRICS, *names_of(pooling.MEANS)}
    return [ENTRIES[name] for name in METRICS if name in single and ENTRIES[name].better is not None]


def tests_of(
    own: Mapping[str, Scores], other: Mapping[str, Scores], against: str, seed: int, settings: Evaluation
) -> list[Test]:
    """Return paired tests of one row against another, on the sets that both have of the same pixels.

    Parameters
    ----------
    own, other : mapping of str to Scores
        By set.
    against : str
        Name of the other row.
    seed : int
        Of the bootstrap.
    settings : Evaluation
        Draws and confidence.

    Returns
    -------
    list of Test
        Of all metrics that have better values, over the pictures that have the metric in both rows; gaps and limits
        of agreement, which are pooled, have none.
    """
    found: list[dict[str, Any]] = []
    for name in own.keys() & other.keys():
        if own[name].digest != other[name].digest:
            continue
        for metric in _tested():
            if metric.name not in own[name].values or metric.name not in other[name].values:
                continue
            theirs = dict(zip(other[name].pictures, other[name].values[metric.name], strict=True))
            pairs = [
                (value, theirs[picture])
                for picture, value in zip(own[name].pictures, own[name].values[metric.name], strict=True)
            ]
            differences = np.array([a - b for a, b in pairs if a is not None and b is not None])
            if len(differences) == 0:
                continue
            indices = bootstrap.resamples(len(differences), settings.bootstrap, seed, name)
            low, high = bootstrap.interval(differences, indices, settings.confidence)
            found.append(
                {
                    "set": name,
                    "metric": metric.name,
                    "against": against,
                    "n": len(differences),
                    "difference": _short(differences.mean()),
                    "low": _short(low),
                    "high": _short(high),
                    "p": float(f"{bootstrap.wilcoxon(differences):.{DIGITS}g}"),
                    "verdict": verdict(low, high, metric.better == "lower"),
                }
            )
    places = {name: place for place, name in enumerate(own)}
    found.sort(key=lambda test: (places[test["set"]], METRICS.index(test["metric"])))
    adjusted = holm([test["p"] for test in found]) if found else np.zeros(0)
    return [Test(**test, p_holm=float(f"{p:.{DIGITS}g}")) for test, p in zip(found, adjusted, strict=True)]


def write(path: Path, rows: Sequence[Row]) -> None:
    """Write rows: all of them as JSON, or means and tests as CSV, by the file's ending.

    The JSON of one row is what `read` and the table take. The CSV, for a spreadsheet, has a line a set and metric:
    mean and interval, and after the name of each other row difference, interval, p, adjusted p and verdict.

    Raises
    ------
    FileError
        For another ending, or when the disk refuses the write.
    """
    if path.suffix.lower() == ".json":
        values = [row.model_dump(mode="json") for row in rows]
        with whole_file(path) as scratch:
            text = ",\n".join(_lines_of(value) for value in values)
            scratch.write_text(f'{{"format": {FORMAT}, "rows": [\n{text}\n]}}\n', encoding="utf-8")
    elif path.suffix.lower() == ".csv":
        _write_csv(path, rows)
    else:
        raise FileError(
            path, "expected the ending .json (a row for the table) or .csv (for a spreadsheet); change it"
        )


def _lines_of(value: Mapping[str, Any]) -> str:
    """Return a row as JSON of which every list of numbers and every mean or test is one line."""
    compact: dict[str, Any] = {"separators": (",", ":"), "allow_nan": False}

    def scores(of: Mapping[str, Any]) -> str:
        head = [f'   "{key}": {json.dumps(of[key], **compact)}' for key in of if key != "values"]
        body = [f'    "{key}": {json.dumps(values, **compact)}' for key, values in of["values"].items()]
        return "{\n" + ",\n".join([*head, '   "values": {\n' + ",\n".join(body) + "\n   }"]) + "\n  }"

    parts = []
    for key, part in value.items():
        if key == "scores":
            text = "{\n" + ",\n".join(f'  "{name}": {scores(of)}' for name, of in part.items()) + "\n }"
        elif isinstance(part, list):
            text = "[\n" + ",\n".join(f"  {json.dumps(one, **compact)}" for one in part) + "\n ]"
        else:
            text = json.dumps(part, ensure_ascii=False)
        parts.append(f' "{key}": {text}')
    return "{\n" + ",\n".join(parts) + "\n}"


MEANS = ("name", "version", "published", "set", "metric", "n", "mean", "low", "high")
TESTS = ("difference", "low", "high", "p", "p_holm", "verdict")


def _write_csv(path: Path, rows: Sequence[Row]) -> None:
    others = list(dict.fromkeys(test.against for row in rows for test in row.tests))
    heads = [f"{what} ({name})" for name in others for what in TESTS]
    with whole_file(path) as scratch, scratch.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow([*MEANS, *heads])
        for row in rows:
            tests = {(test.set, test.metric, test.against): test for test in row.tests}
            for mean in row.means:
                line = [row.name, row.version, row.published, *mean.model_dump().values()]
                for name in others:
                    test = tests.get((mean.set, mean.metric, name))
                    line += ["" if test is None else getattr(test, what) for what in TESTS]
                writer.writerow(["" if cell is None else cell for cell in line])


def read(path: Path) -> list[Row]:
    """Read the rows of a JSON file, see `write`.

    Raises
    ------
    FileError
        When the file cannot be read or holds no rows.
    SemclearError
        When a row has a wrong value.
    """
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise FileError(
            path, f"cannot be read ({error.strerror}), expected a row of `semclear benchmark score`"
        ) from None
    except ValueError as error:
        raise FileError(
            path, f"is no JSON ({one_line(error)}), expected a row of `semclear benchmark score`"
        ) from None
    if (
        not isinstance(values, dict)
        or values.get("format") != FORMAT
        or not isinstance(values.get("rows"), list)
    ):
        raise FileError(
            path, f"is no file of rows of format {FORMAT}; score the restorations with this version"
        )
    rows: list[Row] = [validate(Row, value, str(path)) for value in values["rows"]]
    for row in rows:
        for name, scores in row.scores.items():
            lists: list[Sequence[Any]] = [scores.kinds, scores.variants, *scores.values.values()]
            if any(len(one) != len(scores.pictures) for one in lists):
                raise SemclearError(
                    f"{path}: {row.name}: {name} has lists of different lengths; score it again"
                )
    return rows
