"""The end of a training on own images: a table and a page of the test micrographs, which it did not see."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from semclear import row_noise
from semclear.datasets import manifest
from semclear.datasets.record import Record
from semclear.evaluation import scoring
from semclear.evaluation.release import model_card, test_scores
from semclear.models.release import Release
from semclear.restoration import outcome, restored
from semclear.restoration.restored import Entry as Restoration
from semclear.tool.report import page, reduction
from semclear.tool.report.entry import Entry
from semclear.tool.terminal import aligned, many
from semclear.tool.verdict import cautions, wording
from semclear.tool.verdict.cautions import Caution
from semclear.tool.verdict.judgement import Judged, verdict_of

#: Metric to micrograph to value.
Scores = Mapping[str, Mapping[str, float]]

WITH_TRUTH, WITHOUT_TRUTH = ("psnr", "ssim"), ("ag", "con", "sf")
MEASURES = {name: model_card.NAMES[name] for name in WITH_TRUTH + WITHOUT_TRUTH}
READ = {
    "redegradation_ratio": "unexplained (x noise)",
    "read_sigma": "blur read (px)",
    "read_transmission": "transmission read",
}
#: Edges that keep more than this share of their width were hardly sharpened.
HARDLY = 0.9
#: What the measures without truth are worth.
WARNING = (
    "AG, CON and SF rise with noise and invented texture as they do with sharpness: a higher value proves nothing. "
    "Look at the pictures, beside the originals."
)


@dataclass(frozen=True)
class Closing:
    """What is known of the test micrographs.

    Attributes
    ----------
    data : Path
        Manifest of the data set.
    restored : Path
        Manifest of the restorations.
    given_scores, scores : Path
        Tables of scores before and after.
    release : Release
        The model.
    """

    data: Path
    restored: Path
    given_scores: Path
    scores: Path
    release: Release

    def micrographs(self) -> Iterator[tuple[Record, Restoration]]:
        """Yield the test micrographs and their restorations."""
        records = {record.id: record for record in manifest.load(self.data).split("test")}
        for made in restored.load(self.restored).records:
            if made.method == self.release.bundle.method:
                yield records[made.id], made


def _name(record: Record) -> str:
    return str((record.origin or {}).get("file", record.id)).rsplit("/", 1)[-1]


def _pair(before: float | None, after: float | None) -> str:
    form = "{:.3f}" if max(abs(v) for v in (before, after, 0.0) if v is not None) < 10 else "{:.1f}"
    return " -> ".join("-" if value is None else form.format(value) for value in (before, after))


def _edges(before: np.ndarray, after: np.ndarray) -> tuple[float | None, float | None]:
    """Return the width of the edges (pixels from 10 to 90 %) of a micrograph and of its restoration."""
    from semclear.tool.micrograph import edge_width

    before_width, after_width = (
        edge_width.measure(image, row_noise.strength(image)) for image in (before, after)
    )
    return before_width, after_width


def hardly_sharper(edges: Sequence[tuple[float | None, float | None]], sigmas: Sequence[float]) -> list[str]:
    """Return that a model leaves blurred micrographs as they are, if it does so with most; else nothing.

    Parameters
    ----------
    edges : sequence of (float or None, float or None)
        Width before and after, in pixels; None where there are too few edges.
    sigmas : sequence of float
        Blur that the model reads, pixels; empty where it reads none.
    """
    known = [(before, after) for before, after in edges if before and after]
    if not known or not sigmas or median(sigmas) <= wording.SHARP_SIGMA:
        return []
    if median(after / before for before, after in known) <= HARDLY:
        return []
    widths = [median(widths) for widths in zip(*known, strict=True)]
    return [
        f"the restorations are hardly sharper than the micrographs (edges of {widths[0]:.3g} and {widths[1]:.3g} "
        "pixels, medians), though the model reads a blur: the clear micrographs may be blurred, too, or the training "
        "was too short"
    ]


def _scores(closing: Closing) -> tuple[Scores, Scores]:
    """Return the scores of the test micrographs as they came, and restored: by metric and micrograph."""
    given = test_scores.read(closing.given_scores).get(scoring.DEGRADED, {})
    return given, test_scores.read(closing.scores).get(closing.release.bundle.method, {})


def table(closing: Closing) -> str:
    """Return a line a test micrograph: measures before -> after, the verdict, what degrading it again leaves
    unexplained and what the encoder reads; then what they mean."""
    given, own = _scores(closing)
    pairs = list(closing.micrographs())
    measures = {name: heading for name, heading in MEASURES.items() if own.get(name) and given.get(name)}
    reads = {name: text for name, text in READ.items() if all(name in made.checks for _, made in pairs)}
    rows, flags, edges = [], [], []
    images = restored.load(closing.restored)
    for record, made in pairs:
        verdict = verdict_of(closing.release.family, made.checks)
        edges.append(_edges(record.image(), images.image(made)))
        flags.append(verdict)
        cells = [_pair(given[name].get(record.id), own[name].get(record.id)) for name in measures]
        cells.append(_pair(*edges[-1]))
        cells.append(wording.words(verdict, made.checks, {}).short)
        rows.append([_name(record), *cells, *(f"{made.checks[name]:.2f}" for name in reads)])
    head = ["test micrograph", *measures.values(), "edges (px)", "verdict", *reads.values()]
    right = range(1, len(head))
    lines = [aligned(head, rows, right=tuple(right)), "", WARNING]
    if "psnr" in measures:
        better = sum(own["psnr"][key] > value for key, value in given["psnr"].items() if key in own["psnr"])
        lines.append(
            f"With truth: PSNR is higher restored than degraded in {better} of {len(own['psnr'])} test micrographs."
        )
    sigmas = [made.checks["read_sigma"] for _, made in pairs if "read_sigma" in made.checks]
    warnings = [cautions.of_model(closing.release.family), *hardly_sharper(edges, sigmas)]
    lines += [f"warning: {text}." for text in warnings if text is not None]
    if None in flags:
        lines.append(
            f"{wording.UNJUDGED.capitalize()}: there are too few degraded micrographs to calibrate the trust flag."
        )
    elif raised := sum(one.flag for one in flags if one is not None):
        lines.append(f"{wording.UNLIKE}: {raised} of {len(flags)} test micrographs; do not rely on these.")
    return "\n".join(lines)


def _judged(closing: Closing, image: np.ndarray, made: restored.Restored, entry: Restoration) -> Judged:
    """Return a test micrograph (`image`) and its restoration as `semclear restore` would judge them."""
    family, after = closing.release.family, made.image(entry)
    verdict = verdict_of(family, entry.checks)
    changes = outcome.changes(image, after)
    return Judged(
        image,
        outcome.Outcome(after, made.map(entry, "uncertainty"), made.map(entry, "residual")),
        {**entry.checks, **changes},
        verdict,
        [
            *cautions.of_family(verdict, family, entry.checks),
            *cautions.of_explanation(entry.checks, verdict),
            *cautions.of_sharpness(entry.checks, None),
            *cautions.of_change(changes),
        ],
        family=family,
        interval_factor=closing.release.interval_factor,
    )


def _entries(closing: Closing, facts: Mapping[str, str]) -> Iterator[Entry]:
    made = restored.load(closing.restored)
    given, own = _scores(closing)
    of_model = cautions.of_model(closing.release.family)
    for record, entry in closing.micrographs():
        judged = _judged(closing, record.image(), made, entry)
        scores = {
            f"{heading}, before -> restored": _pair(given.get(name, {}).get(record.id), own[name][record.id])
            + (
                ""
                if name in WITH_TRUTH
                else "; proves nothing: it rises with noise and invented texture, too"
            )
            for name, heading in MEASURES.items()
            if record.id in own.get(name, {})
        }
        yield Entry(
            _name(record),
            judged,
            record.pixel_size_nm,
            [] if of_model is None else [Caution("unexplained", of_model)],
            {
                **_facts(record, judged.before),
                "Width of edges (px), before -> restored": _pair(*_edges(judged.before, judged.made.image)),
                **scores,
                **facts,
            },
        )


def _facts(record: Record, image: np.ndarray) -> dict[str, str]:
    origin: Mapping[str, Any] = record.origin or {}
    return {
        "File": str(origin.get("file", record.id)),
        "Size": f"{image.shape[1]} x {image.shape[0]} pixels, without data bar and frame, in 8 bits",
        "Type": str(origin.get("dtype", "unknown")),
        "Seen by the training": f"no: the source {record.source} was held out",
    }


def write_page(closing: Closing, path: Path, facts: Mapping[str, str], remarks: Sequence[str] = ()) -> None:
    """Write the page of the test micrographs before and after.

    Parameters
    ----------
    closing : Closing
        What is known.
    path : Path
        HTML file to appear.
    facts : mapping
        Of the model, for every micrograph: heading to text.
    remarks : sequence of str
        Lines of warning of the training, shown with the facts.

    Raises
    ------
    SemclearError
        When a file cannot be read or written.
    """
    count = sum(1 for _ in closing.micrographs())
    more = {"Of the training": "; ".join(remarks)} if remarks else {}
    page.write(
        path,
        _entries(closing, {**facts, **more}),
        title=f"{closing.release.name}: {many(count, 'test micrograph')} that the training did not see",
        side=reduction.side_for(count),
    )
