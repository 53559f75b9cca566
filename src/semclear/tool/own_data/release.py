"""From a trained bundle to a release, by the steps of the study's workflow: restore, score, release."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from semclear.datasets import manifest
from semclear.evaluation import scoring
from semclear.evaluation.release import assemble, test_scores
from semclear.evaluation.release.model_card import render
from semclear.files import sha256, whole_file
from semclear.models import release as releases
from semclear.networks import bundle as bundles
from semclear.restoration import restored as restorations
from semclear.tool.own_data.start import Start
from semclear.tool.verdict import cautions


def write_given(data_path: Path, path: Path) -> None:
    """Write the test micrographs as they came, as a restoration by the method ``degraded``, to be scored alike."""
    dataset = manifest.load(data_path)
    restorations.write(
        path,
        dataset=dataset.name,
        model="given",
        data_sha256=dataset.digest,
        methods={scoring.DEGRADED: {"parameters": {}}},
        images=((scoring.DEGRADED, record.id, record.image()) for record in dataset.split("test")),
    )


def write(
    name: str,
    work: Path,
    files: Mapping[str, Path],
    values: Mapping[str, Any],
    plan: Mapping[str, Any],
    start: Start | None = None,
) -> tuple[Path, Path]:
    """Score what was restored and make the release and its card.

    Parameters
    ----------
    name : str
        Of the model, as a person says it.
    work : Path
        Folder for what is made.
    files : mapping
        "data", "restored" (manifests) and "bundle".
    values : mapping
        `scale` and `compute` of params.yaml.
    plan : mapping
        What the same command is known by; it stands in the card.
    start : Start, optional
        What the training started from; the card names it.

    Returns
    -------
    release, card : Path
        ``work/release.semclear`` and ``work/card.md``.

    Raises
    ------
    SemclearError
        When a file is missing or damaged, or the disk refuses a write.
    """
    given, scores = work / "given" / "manifest.json", work / "scores.csv"
    write_given(files["data"], given)
    scoring.score(files["data"], given, work / "given.csv")
    scoring.score(files["data"], files["restored"], scores)
    bundle, dataset = bundles.load(files["bundle"]), manifest.load(files["data"])
    made = replace(restorations.load(files["restored"]), model=name)
    card = assemble.card_of(
        bundle,
        made,
        dataset,
        test_scores.summary(test_scores.read(scores), test_scores.read(work / "given.csv"), bundle.method),
        scale=values["scale"],
        commit=None,
        uncommitted_changes=False,
        versions=assemble.versions_of(values["compute"]["backend"]),
        sha256={role: sha256(file) for role, file in {**files, "scores": scores}.items()},
        plan=dict(plan),
    )
    if start is not None:
        known = card["training"].get("start", {})
        begun = {**known, "name": start.name, "sha256": start.sha256}
        card = {**card, "training": {**card["training"], "start": begun}}
    if (text_of_model := cautions.of_model(assemble.release_of(bundle, made, card).family)) is not None:
        # Before everything else that a user of the model must know.
        limit = f"{text_of_model[0].upper()}{text_of_model[1:]}."
        card = {**card, "limits": [limit, *card["limits"]]}
    release, text = work / "release.semclear", work / "card.md"
    releases.write(release, assemble.release_of(bundle, made, card))
    with whole_file(text) as scratch:
        scratch.write_text(render(card), encoding="utf-8")
    return release, text
