"""From a folder of restorations to its row."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from semclear.evaluation.benchmark import published, submission
from semclear.evaluation.benchmark import row as rows
from semclear.evaluation.benchmark.folder import BenchmarkFolder
from semclear.evaluation.benchmark.row import INPUT, Row
from semclear.params import Params


def row_of(
    made: BenchmarkFolder,
    restorations: Path,
    settings: Params,
    *,
    name: str,
    semclear: str,
    notes: str = "",
    sets: Sequence[str] = (),
    against: Sequence[Row] = (),
) -> tuple[Row, list[str]]:
    """Score a folder of restorations.

    Parameters
    ----------
    made : BenchmarkFolder
        What was restored.
    restorations : Path
        One image a picture, see `submission.files_of`.
    settings : Params
        Seed and `evaluation`, for intervals.
    name, notes : str
        Of the row; notes are for its readers (method, version, training data, link).
    semclear : str
        Version of the program.
    sets : sequence of str
        That are scored; all without.
    against : sequence of Row
        Whose pictures are compared one by one, besides the unrestored ones, which are scored where their row is not
        among these.

    Returns
    -------
    Row, list of str
        And images in the folder that belong to no picture.

    Raises
    ------
    SemclearError
        See `submission.score`.
    """
    entries = made.of(sets or made.sets)
    frame, others = submission.score(made, restorations, entries, name)
    variants = {entry.name: entry.variant for entry in entries}
    names = list(dict.fromkeys(entry.set for entry in entries))

    def by_set(table: Any) -> dict[str, rows.Scores]:
        return {
            one: rows.scores_of(table[table["dataset"] == one], made.digest(one), variants) for one in names
        }

    own = by_set(frame)
    compared = {row.name: row.scores for row in against}
    if INPUT not in {name, *compared}:
        compared = {INPUT: by_set(submission.score_inputs(made, entries, INPUT)), **compared}
    row = Row(
        format=rows.FORMAT,
        name=name,
        notes=notes,
        version=made.version,
        published=published.compare(made).verdict,
        semclear=semclear,
        scores=own,
        means=rows.means_of(frame, settings.seed, settings.evaluation),
        tests=[
            test
            for other, scores in compared.items()
            for test in rows.tests_of(own, scores, other, settings.seed, settings.evaluation)
        ],
    )
    return row, others
