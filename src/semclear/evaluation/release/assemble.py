"""The step that makes a release of every model that a person may want, with its card."""

from __future__ import annotations

import platform
import subprocess
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from semclear import __version__, params
from semclear.datasets import manifest
from semclear.errors import SemclearError
from semclear.evaluation import study_files
from semclear.evaluation.release import test_scores, training_data
from semclear.evaluation.release.limits import limits_of
from semclear.evaluation.release.model_card import render
from semclear.evaluation.release.names import ENDINGS, released
from semclear.files import sha256, whole_file
from semclear.models import release as releases
from semclear.models.release import Release
from semclear.networks import bundle as bundles
from semclear.networks.bundle import Bundle
from semclear.restoration import restored as restorations
from semclear.restoration.checks import tiles
from semclear.restoration.checks.gain import Gain
from semclear.restoration.checks.invention import Invention
from semclear.restoration.checks.trust_flag import Family
from semclear.restoration.restored import Restored
from semclear.study.missing import without


def release_of(bundle: Bundle, made: Restored, card: Mapping[str, Any]) -> Release:
    """Return a trained model with the calibration that its restored test set has.

    Parameters
    ----------
    bundle : Bundle
        The trained model.
    made : Restored
        From `network_step.restore_test_set` with this bundle.
    card : mapping
        What to say of it, as JSON holds it.

    Raises
    ------
    SemclearError
        When the manifest has no restorations of the bundle's method, or none
        of an earlier version's.
    """
    known = _calibration_of(bundle, made)
    flag = known.get("flag")
    return Release(
        bundle,
        made.model,
        None if flag is None else Family.of_columns(flag["members"], flag["level"]),
        known.get("interval_factor"),
        tiles.SIDE if flag is None else flag["tile"],
        card,
        known["parameters"]["ensemble"],
        Invention.of(known["invention"]) if "invention" in known else None,
        Gain.of(known["gain"]) if "gain" in known else None,
        params.validate(params.Choosing, known["choosing"], "choosing") if "choosing" in known else None,
    )


def _calibration_of(bundle: Bundle, made: Restored) -> Mapping[str, Any]:
    known = made.methods.get(bundle.method)
    if known is None or "members" not in known.get("flag", {"members": None}):
        raise SemclearError(
            f"{made.path}: got {'another method' if known is None else 'a flag without its family'}, expected "
            f"restorations by {bundle.method} with its calibration; run the step restore again"
        )
    return known


def card_of(
    bundle: Bundle, made: Restored, dataset: manifest.Dataset, scores: Mapping[str, Any], **provenance: Any
) -> dict[str, Any]:
    """Return the card of a release.

    Parameters
    ----------
    bundle : Bundle
        The trained model.
    made : Restored
        What it restored, with its calibration.
    dataset : Dataset
        What it was trained on.
    scores : mapping
        From `test_scores.summary`.
    **provenance
        scale, commit, uncommitted_changes, versions, sha256.

    Returns
    -------
    dict
        These, and name, method, model and size (settings of the networks),
        training, trained_on, scores, calibration and limits.
    """
    known = _calibration_of(bundle, made)
    flag = known.get("flag", {})
    card = {
        "name": made.model,
        "method": bundle.method,
        "model": bundle.model.model_dump(),
        "size": bundle.size.model_dump(),
        "training": dict(bundle.training),
        "trained_on": training_data.describe(dataset),
        "scores": dict(scores),
        "calibration": {
            "ensemble": known["parameters"]["ensemble"],
            "orientations": bundle.model.orientations,
            "flags": bool(flag.get("enough")),
            "flag_level": flag.get("level"),
            "flag_members": flag.get("family"),
            "flag_checks": sorted(flag.get("members", {})),
            "tile": flag.get("tile"),
            "interval_factor": known.get("interval_factor"),
            "interval_coverage": known.get("interval_coverage"),
            "interval_micrographs": known.get("interval_micrographs"),
            **{name: known[name] for name in ("invention", "gain", "told_by", "choosing") if name in known},
        },
        **provenance,
    }
    return card | {"limits": limits_of(card)}


def commit_of(root: Path) -> tuple[str | None, bool]:
    """Return the commit that a project's folder is at, and whether tracked files differ from it.

    None where the folder is no repository of its own. dvc.lock, which a run
    writes, does not count.
    """

    def git(*words: str) -> str | None:
        try:
            done = subprocess.run(["git", "-C", str(root), *words], capture_output=True, text=True)
        except OSError:
            return None
        return done.stdout.strip() if done.returncode == 0 else None

    top = git("rev-parse", "--show-toplevel")
    commit = git("rev-parse", "HEAD")
    if not top or not commit or Path(top).resolve() != root.resolve():
        return None, False
    return commit, bool(git("status", "--porcelain", "--untracked-files=no", "--", ".", ":!dvc.lock"))


def versions_of(backend: str) -> dict[str, str]:
    """Return the versions of Python, semclear and what its networks run on, where they are installed."""
    found = {"python": platform.python_version(), "semclear": __version__}
    for package in ("keras", "numpy", backend):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def release(
    values: Mapping[str, Any], root: str | Path, folder: str | Path, missing: Sequence[str] = ()
) -> list[Path]:
    """Make the releases of a study, and a card for people beside each.

    Parameters
    ----------
    values : mapping
        The step's slice of params.yaml: ``scale``, ``compute.backend``,
        ``experiments``.
    root : str or Path
        The project's folder; data sets, bundles, restorations and scores are
        found below it by their usual places.
    folder : str or Path
        Where ``NAME.semclear`` and ``NAME.md`` appear.
    missing : sequence of str
        Experiments, or ``classical-DATASET``, that there are no scores of;
        the rest is released.

    Returns
    -------
    list of Path
        The files made.

    Raises
    ------
    SemclearError
        When a file is missing, damaged or belongs to another state of the
        study, or the disk refuses a write.
    """
    root, folder = Path(root), Path(folder)
    commit, changed = commit_of(root)
    made = []
    for name in released(without(values, missing)):
        files = {
            "data": study_files.data_manifest(root, values["experiments"][name]["dataset"]),
            "bundle": study_files.bundle(root, name),
            "restored": study_files.restored_manifest(root, name),
            "scores": study_files.scores_table(root, name),
        }
        bundle, dataset = bundles.load(files["bundle"]), manifest.load(files["data"])
        restored = restorations.load(files["restored"])
        _check_same_data(files, dataset.digest, bundle.data_sha256, restored.data_sha256)
        classical = test_scores.read(study_files.scores_table(root, f"classical-{dataset.name}"))
        scores = test_scores.summary(test_scores.read(files["scores"]), classical, bundle.method)
        card = card_of(
            bundle,
            restored,
            dataset,
            scores,
            scale=values["scale"],
            commit=commit,
            uncommitted_changes=changed,
            versions=versions_of(values["compute.backend"]),
            sha256={role: sha256(file) for role, file in files.items()},
        )
        file, text = (folder / f"{name}{ending}" for ending in ENDINGS)
        releases.write(file, release_of(bundle, restored, card))
        with whole_file(text) as scratch:
            scratch.write_text(render(card), encoding="utf-8")
        made += [file, text]
    return made


def _check_same_data(files: Mapping[str, Path], digest: str, trained: str, restored: str) -> None:
    for role, other in (("bundle", trained), ("restored", restored)):
        if other != digest:
            raise SemclearError(
                f"{files[role]}: was made from data with the manifest {other[:12]}, expected {digest[:12]} "
                f"({files['data']}); train and restore again"
            )
