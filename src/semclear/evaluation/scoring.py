"""The step that scores restored micrographs: one row a micrograph, method and metric."""

from __future__ import annotations

import csv
from pathlib import Path

from semclear.datasets import manifest
from semclear.errors import SemclearError
from semclear.evaluation import metrics
from semclear.evaluation.trust import known_objects, null_objects
from semclear.evaluation.trust import measures as measuring
from semclear.files import whole_file
from semclear.restoration import restored as restorations

METRICS = metrics.METRICS + measuring.METRICS
REFERENCE = "reference"
DEGRADED = "degraded"
COLUMNS = ("dataset", "model", "method", "micrograph", "kind", "metric", "value")


def score(data_manifest: str | Path, restored_manifest: str | Path, scores_csv: str | Path) -> None:
    """Measure every restored micrograph, as stored, against its truth where there is one.

    Parameters
    ----------
    data_manifest : str or Path
        Of the data set.
    restored_manifest : str or Path
        Of a restoration of its test split.
    scores_csv : str or Path
        Tidy table to appear, with the columns `COLUMNS`; `kind` is empty for
        real micrographs, which have only the metrics that need no truth
        unless their data set holds one. Objects and gaps are measured in
        spheres and particles; where `degraded` is scored, also in the truths
        themselves, as the method `reference`: what it misses and invents is
        the segmentation's fault. The checks of a restoration follow as
        further metrics, then its null tests, as metrics ``null_TEST_NAME`` of
        the micrograph ``null-TEST``, and the objects found in these (see
        `trust.null_objects`), where clear micrographs are several as
        ``null-TEST-ID``.

    Raises
    ------
    SemclearError
        When the restoration is of another data set or an earlier state of
        it, holds a micrograph that is not in the test split, or has another
        size, or a file cannot be read or written.
    """
    data = manifest.load(data_manifest)
    made = restorations.load(restored_manifest, verify=True)
    if made.data_sha256 != data.digest:
        raise SemclearError(
            f"{restored_manifest}: was made from {made.dataset} with manifest {made.data_sha256[:12]}, expected "
            f"{data.name} with {data.digest[:12]} ({data_manifest}); restore it again"
        )
    test = {record.id: record for record in data.split("test")}
    truths = {identity: record.truth() for identity, record in test.items()}
    scenes = {
        identity: measuring.scene_of(labels, truth)
        for identity, labels in known_objects.label_masks(data).items()
        if (truth := truths[identity]) is not None
    }
    rows: list[tuple[str, ...]] = []

    def enter(method: str, identity: str, values: dict[str, float]) -> None:
        head = (data.name, made.model, method, identity, test[identity].kind or "")
        rows.extend((*head, name, f"{values[name]:.10g}") for name in METRICS if name in values)

    for entry in made.records:
        if entry.id not in test:
            raise SemclearError(
                f"{restored_manifest}: got the micrograph {entry.id}, expected only test micrographs of "
                f"{data_manifest}; "
                "restore it again"
            )
        image, truth = made.image(entry), truths[entry.id]
        if truth is not None and truth.shape != image.shape:
            raise SemclearError(
                f"{made.file(entry)}: got the size {image.shape}, expected {truth.shape} as its truth; restore it again"
            )
        values = metrics.measure(image, truth)
        if truth is not None:
            values |= measuring.measure(image, truth, scenes.get(entry.id))
        enter(entry.method, entry.id, values)
        head = (data.name, made.model, entry.method, entry.id, test[entry.id].kind or "")
        rows += [(*head, name, f"{value:.10g}") for name, value in entry.checks.items()]
        if entry.method == DEGRADED and truth is not None and entry.id in scenes:
            enter(REFERENCE, entry.id, measuring.content(truth, scenes[entry.id]))
    for method, description in made.methods.items():
        for test_name, measures in description.get("nulls", {}).items():
            # Metrics of their own, and no micrograph of the set: no mean over the test split holds them.
            head = (data.name, made.model, method, f"null-{test_name}", "")
            rows += [(*head, f"null_{test_name}_{name}", f"{v:.10g}") for name, v in measures.items()]
    labels = {identity: scene.labels for identity, scene in scenes.items()}
    clear = {identity: truth for identity, truth in truths.items() if truth is not None}
    for method, test_name, identity, measures in null_objects.measure(made, clear, labels):
        name = f"null-{test_name}" if identity == test_name else f"null-{test_name}-{identity}"
        head = (data.name, made.model, method, name, "")
        rows += [(*head, f"null_{test_name}_{key}", f"{v:.10g}") for key, v in measures.items()]
    with whole_file(scores_csv) as scratch, scratch.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(rows)
